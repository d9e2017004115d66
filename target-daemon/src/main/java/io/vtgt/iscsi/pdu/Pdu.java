package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBuf;
import java.util.Optional;

/// One iSCSI protocol data unit: a view over its header bytes. Getters read absolute positions and
/// never move an index; setters write the same positions. A PDU lives for one call: what must
/// outlive it is copied.
public sealed interface Pdu permits RequestPdu, ResponsePdu {
  ByteBuf bytes();

  /// The data segment without its padding; borrowed, empty when there is none.
  ByteBuf data();

  default int opcode() {
    return Bhs.opcode(bytes());
  }

  default boolean finalBit() {
    return (bytes().getByte(1) & Bhs.FINAL) != 0;
  }

  /// What in the header contradicts itself, in words (RFC 7143 section 11.2 and the PDU's own). The
  /// framer asks once; behind it no accessor can throw.
  default Optional<String> fault() {
    return Bhs.ahsLength(bytes()) == 0 ? Optional.empty() : Optional.of("AHS where none may be");
  }
}
