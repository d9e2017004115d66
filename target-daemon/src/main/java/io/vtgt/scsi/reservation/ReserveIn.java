package io.vtgt.scsi.reservation;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vtgt.target.Nexus;

/// The answers of PERSISTENT RESERVE IN (SPC-5), whole: ALLOCATION LENGTH is not looked at here.
/// The buffers belong to the caller.
final class ReserveIn {
  /// RLR_C: REPLACE LOST RESERVATION. CRH: compatible reservation handling. SIP_C and ATP_C:
  /// SPEC_I_PT and ALL_TG_PT are understood. PTPL_C: reservations are kept over a power cycle where
  /// APTPL asks for it.
  private static final int RLR_C = 0x80, CRH = 0x10, SIP_C = 0x08, ATP_C = 0x04, PTPL_C = 0x01;

  private static final int TMV = 0x80, PTPL_A = 0x01;

  /// 100b: TEST UNIT READY and RECEIVE COPY RESULTS pass Write Exclusive and Exclusive Access; MODE
  /// SENSE, READ BUFFER, RECEIVE DIAGNOSTIC RESULTS, READ DEFECT DATA and the reports of what is
  /// supported pass Write Exclusive.
  private static final int ALLOW_COMMANDS = 0x40;

  private static final int R_HOLDER = 0x01;

  private ReserveIn() {}

  static ByteBuf readKeys(ReservationState state) {
    var registrations = state.registrations();
    var out = Unpooled.buffer(8 + 8 * registrations.size());
    out.writeInt(state.generation()).writeInt(8 * registrations.size());
    registrations.forEach(registration -> out.writeLong(registration.key()));
    return out;
  }

  static ByteBuf readReservation(ReservationState state) {
    var out = Unpooled.buffer(24).writeInt(state.generation());
    if (state.reservation().isEmpty()) {
      return out.writeInt(0);
    }
    var reservation = state.reservation().get();
    long key = reservation.holder().map(holder -> state.keyOf(holder).orElseThrow()).orElse(0L);
    return out.writeInt(16)
        .writeLong(key)
        .writeZero(5)
        .writeByte(reservation.type().code)
        .writeZero(2);
  }

  static ByteBuf reportCapabilities(ReservationState state) {
    int types = 0; // WR_EX_AR is the highest bit of byte 4; EX_AC_AR the lowest of byte 5
    for (var type : ReservationType.values()) {
      types |= 1 << (type.code + 8) % 16;
    }
    return Unpooled.buffer(8)
        .writeShort(8)
        .writeByte(RLR_C | CRH | SIP_C | ATP_C | PTPL_C)
        .writeByte(TMV | ALLOW_COMMANDS | (state.aptpl() ? PTPL_A : 0))
        .writeShort(types)
        .writeZero(2);
  }

  /// One descriptor per nexus with ALL_TG_PT 0, also for those that a registration with ALL_TG_PT
  /// made: the standard leaves it to the device server to sum them up.
  static ByteBuf readFullStatus(ReservationState state) {
    var out = Unpooled.buffer().writeInt(state.generation()).writeInt(0);
    for (var registration : state.registrations()) {
      Nexus.Id nexus = registration.nexus();
      boolean holds = state.holds(nexus);
      out.writeLong(registration.key())
          .writeZero(4)
          .writeByte(holds ? R_HOLDER : 0)
          .writeByte(holds ? state.reservation().orElseThrow().type().code : 0)
          .writeZero(4)
          .writeShort(nexus.portalGroup())
          .writeInt(0);
      int from = out.writerIndex();
      TransportId.of(nexus).write(out);
      out.setInt(from - 4, out.writerIndex() - from);
    }
    return out.setInt(4, out.writerIndex() - 8);
  }
}
