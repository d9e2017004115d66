package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// What a target sends.
public sealed interface ResponsePdu extends Pdu
    permits NopIn,
        ScsiResponse,
        TaskManagementResponse,
        LoginResponse,
        TextResponse,
        DataIn,
        LogoutResponse,
        R2t,
        AsyncMessage,
        Reject {

  @Override
  default ByteBuf data() {
    return Unpooled.EMPTY_BUFFER;
  }

  /// @return the view for an operation code; null when no target sends it
  static ResponsePdu of(int opcode, ByteBuf bytes, ByteBuf data) {
    return switch (opcode) {
      case NopIn.OPCODE -> new NopIn(bytes, data);
      case ScsiResponse.OPCODE -> new ScsiResponse(bytes, data);
      case TaskManagementResponse.OPCODE -> new TaskManagementResponse(bytes);
      case LoginResponse.OPCODE -> new LoginResponse(bytes, data);
      case TextResponse.OPCODE -> new TextResponse(bytes, data);
      case DataIn.OPCODE -> new DataIn(bytes, data);
      case LogoutResponse.OPCODE -> new LogoutResponse(bytes);
      case R2t.OPCODE -> new R2t(bytes);
      case AsyncMessage.OPCODE -> new AsyncMessage(bytes, data);
      case Reject.OPCODE -> new Reject(bytes, data);
      default -> null;
    };
  }
}
