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

  default ByteBuf data() {
    return Unpooled.EMPTY_BUFFER;
  }

  /// To be acted on at once, outside the CmdSN order.
  default boolean immediate() {
    return (bytes().getByte(0) & Bhs.IMMEDIATE) != 0;
  }
}
