package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;

/// One iSCSI protocol data unit: a view over its header bytes. Getters read absolute positions and
/// never move an index; setters write the same positions. A PDU lives for one call: what must
/// outlive it is copied.
public sealed interface Pdu permits RequestPdu, ResponsePdu {
  ByteBuf bytes();

  default int opcode() {
    return Bhs.opcode(bytes());
  }

  default boolean finalBit() {
    return (bytes().getByte(1) & Bhs.FINAL) != 0;
  }
}
