package io.vtgt.scsi.reservation;

import io.netty.buffer.ByteBuf;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import java.util.ArrayList;
import java.util.List;

/// The parameter list of PERSISTENT RESERVE OUT (SPC-5), checked.
sealed interface ReserveOutList {
  int LEAST_BYTES = 24;

  /// One TransportID of 228 bytes for each of 256 initiator ports, and the rest.
  int MOST_BYTES = 64 * 1024;

  /// RESERVATION KEY: the key by which the sender shows who it is.
  long key();

  /// SERVICE ACTION RESERVATION KEY: the key that the service action is about.
  long serviceActionKey();

  /// Basic PERSISTENT RESERVE OUT parameter list.
  ///
  /// @param initiatorPorts the TransportIDs of SPEC_I_PT
  record Basic(
      long key,
      long serviceActionKey,
      boolean specifyInitiatorPorts,
      boolean allTargetPorts,
      boolean aptpl,
      List<TransportId> initiatorPorts)
      implements ReserveOutList {}

  /// Parameter list of REGISTER AND MOVE.
  ///
  /// @param targetPort RELATIVE TARGET PORT IDENTIFIER: the portal group of the new holder's nexus
  record Move(
      long key,
      long serviceActionKey,
      boolean unregister,
      boolean aptpl,
      int targetPort,
      TransportId initiatorPort)
      implements ReserveOutList {}

  /// The outcome of reading a list.
  sealed interface Read {
    record Understood(ReserveOutList list) implements Read {}

    record Malformed(Sense sense) implements Read {}
  }

  int KEY = 0, SERVICE_ACTION_KEY = 8;
  int MOVE_FLAGS = 17, MOVE_TARGET_PORT = 18, MOVE_LENGTH = 20, MOVE_TRANSPORT_ID = 24;
  int FLAGS = 20, TRANSPORT_IDS_LENGTH = 24, TRANSPORT_IDS = 28;
  int SPEC_I_PT = 0x08, ALL_TG_PT = 0x04, APTPL = 0x01, UNREG = 0x02;

  /// Reads a list.
  ///
  /// @param data borrowed; as long as PARAMETER LIST LENGTH says, or shorter when less came
  /// @param length PARAMETER LIST LENGTH
  static Read read(ServiceAction action, ByteBuf data, long length) {
    ByteBuf bytes = data.slice();
    if (length < LEAST_BYTES || bytes.readableBytes() != length) {
      return LENGTH_ERROR;
    }
    return action == ServiceAction.REGISTER_AND_MOVE ? readMove(bytes) : readBasic(action, bytes);
  }

  Read LENGTH_ERROR = new Read.Malformed(Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR));

  private static Read readBasic(ServiceAction action, ByteBuf bytes) {
    int flags = bytes.getByte(FLAGS);
    // SPEC_I_PT and ALL_TG_PT count for registrations only; REGISTER AND IGNORE EXISTING KEY takes
    // no list of ports (SPC-5, Registering, "I_T nexuses being registered").
    boolean specify = (flags & SPEC_I_PT) != 0 && action.registers();
    if (specify && action != ServiceAction.REGISTER) {
      return invalid(FLAGS, 3);
    }
    var ports = new ArrayList<TransportId>();
    if (specify) {
      if (bytes.readableBytes() < TRANSPORT_IDS
          || bytes.getUnsignedInt(TRANSPORT_IDS_LENGTH) != bytes.readableBytes() - TRANSPORT_IDS) {
        return LENGTH_ERROR;
      }
      for (int at = TRANSPORT_IDS; at < bytes.readableBytes(); ) {
        int left = bytes.readableBytes() - at;
        if (left < TransportId.HEADER_BYTES) {
          return invalid(at, -1);
        }
        int next = TransportId.HEADER_BYTES + bytes.getUnsignedShort(at + 2);
        var port = next > left ? null : TransportId.parse(bytes.slice(at, next)).orElse(null);
        if (port == null) {
          return invalid(at, -1);
        }
        ports.add(port);
        at += next;
      }
    } else if (bytes.readableBytes() != LEAST_BYTES) {
      return LENGTH_ERROR;
    }
    return new Read.Understood(
        new Basic(
            bytes.getLong(KEY),
            bytes.getLong(SERVICE_ACTION_KEY),
            specify,
            (flags & ALL_TG_PT) != 0 && action.registers(),
            (flags & APTPL) != 0 && action.setsPersistence(),
            List.copyOf(ports)));
  }

  private static Read readMove(ByteBuf bytes) {
    if (bytes.getUnsignedInt(MOVE_LENGTH) != bytes.readableBytes() - MOVE_TRANSPORT_ID) {
      return LENGTH_ERROR;
    }
    // A device TransportID names no port to move to: refused here (SPC-5, TransportID for
    // initiator ports using SCSI over iSCSI).
    var port =
        TransportId.parse(bytes.slice(MOVE_TRANSPORT_ID, bytes.readableBytes() - MOVE_TRANSPORT_ID))
            .filter(id -> id.isid().isPresent());
    if (port.isEmpty()) {
      return invalid(MOVE_TRANSPORT_ID, -1);
    }
    int flags = bytes.getByte(MOVE_FLAGS);
    return new Read.Understood(
        new Move(
            bytes.getLong(KEY),
            bytes.getLong(SERVICE_ACTION_KEY),
            (flags & UNREG) != 0,
            (flags & APTPL) != 0,
            bytes.getUnsignedShort(MOVE_TARGET_PORT),
            port.get()));
  }

  private static Read invalid(int byteOffset, int bit) {
    return new Read.Malformed(Sense.invalidFieldInParameterList(byteOffset, bit));
  }
}
