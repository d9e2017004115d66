package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// What an initiator sends.
public sealed interface RequestPdu extends Pdu
    permits NopOut,
        ScsiCommand,
        TaskManagementRequest,
        LoginRequest,
        TextRequest,
        DataOut,
        LogoutRequest,
        SnackRequest {

  int itt();

  @Override
  default ByteBuf data() {
    return Unpooled.EMPTY_BUFFER;
  }

  /// To be acted on at once, outside the CmdSN order.
  default boolean immediate() {
    return (bytes().getByte(0) & Bhs.IMMEDIATE) != 0;
  }

  /// Sets the I bit.
  default void immediate(boolean on) {
    int was = bytes().getByte(0);
    bytes().setByte(0, on ? was | Bhs.IMMEDIATE : was & ~Bhs.IMMEDIATE);
  }

  /// @return the view for an operation code; null when no initiator sends it
  static RequestPdu of(int opcode, ByteBuf bytes, ByteBuf data) {
    return switch (opcode) {
      case NopOut.OPCODE -> new NopOut(bytes, data);
      case ScsiCommand.OPCODE -> new ScsiCommand(bytes, data);
      case TaskManagementRequest.OPCODE -> new TaskManagementRequest(bytes);
      case LoginRequest.OPCODE -> new LoginRequest(bytes, data);
      case TextRequest.OPCODE -> new TextRequest(bytes, data);
      case DataOut.OPCODE -> new DataOut(bytes, data);
      case LogoutRequest.OPCODE -> new LogoutRequest(bytes);
      case SnackRequest.OPCODE -> new SnackRequest(bytes);
      default -> null;
    };
  }
}
