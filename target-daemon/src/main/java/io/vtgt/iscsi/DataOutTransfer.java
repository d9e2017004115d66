package io.vtgt.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vtgt.iscsi.login.SessionParameters;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.DataOut;
import io.vtgt.scsi.Asc;

/// The data of one WRITE on its way (RFC 7143 sections 4.2.5.2 and 11.7): immediate data, then
/// unsolicited Data-Out, then what R2Ts ask for, gathered where the command wants it.
///
/// Checks every piece. After the first wrong one the data is only counted and dropped: the WRITE
/// will fail, but its status waits until the initiator has sent all it was asked for (RFC 7143
/// section 11.17). Does no I/O: its owner sends the R2Ts and takes memory from the budget.
final class DataOutTransfer {

  /// An R2T that is not answered whole.
  private static final class Burst {
    final int ttt;
    final int end;
    int next;
    int dataSn;

    Burst(int ttt, int next, int end) {
      this.ttt = ttt;
      this.next = next;
      this.end = end;
    }
  }

  /// What an R2T is to ask for.
  record Ask(int ttt, int r2tSn, int offset, int length) {}

  private final ByteBufAllocator alloc;
  private final SessionParameters parameters;

  /// What the initiator says it sends at most.
  private final long announced;

  private final Burst[] bursts;

  /// Unsolicited Data-Out is still to come: its F bit has not been seen.
  private boolean unsolicited;

  /// Immediate and unsolicited data so far, bytes and PDUs.
  private int unsolicitedEnd;

  private int unsolicitedDataSn;

  /// Bytes the command wants; -1 when it wants none (any more).
  private int needed = -1;

  private int asked;
  private int r2tSn;
  private int outstanding;

  /// Bytes of `data` that are there.
  private int received;

  /// Either a slice of the one piece that came so far, or our own buffer.
  private ByteBuf data = Unpooled.EMPTY_BUFFER;

  private boolean ownBuffer;

  /// Why the WRITE fails; null while all is well.
  private Asc fault;

  private String faultInWords = "";

  /// @param announced the Expected Data Transfer Length
  /// @param unsolicited the command came without its F bit: unsolicited Data-Out follows
  DataOutTransfer(
      ByteBufAllocator alloc, SessionParameters parameters, long announced, boolean unsolicited) {
    this.alloc = alloc;
    this.parameters = parameters;
    this.announced = announced;
    this.unsolicited = unsolicited;
    bursts = new Burst[parameters.maxOutstandingR2t()];
    if (unsolicited && parameters.initialR2t()) {
      fail(Asc.UNEXPECTED_UNSOLICITED_DATA, "unsolicited data announced under InitialR2T=Yes");
    }
  }

  /// Takes the immediate data.
  ///
  /// @param piece owned by this method
  void immediate(ByteBuf piece) {
    int length = piece.readableBytes();
    if (!parameters.immediateData()) {
      fail(Asc.UNEXPECTED_UNSOLICITED_DATA, "immediate data under ImmediateData=No");
    } else if (length > parameters.firstBurstLength() || length > announced) {
      fail(
          Asc.UNEXPECTED_UNSOLICITED_DATA,
          "%d bytes of immediate data, at most %d"
              .formatted(length, Math.min(parameters.firstBurstLength(), announced)));
    }
    unsolicitedEnd = length;
    received = length;
    data = piece;
    if (fault != null) {
      drop();
    }
  }

  /// The command wants its data.
  ///
  /// @param length 0 or more, at most what was announced
  void need(int length) {
    needed = length;
    received = Math.min(received, length);
    asked = received;
  }

  /// Takes one PDU, borrowed.
  ///
  /// @param damaged its data digest is wrong: it counts, its data does not
  /// @return false when nothing was asked that this answers
  boolean accept(DataOut pdu, boolean damaged) {
    int length = Bhs.dataLength(pdu.bytes());
    if (damaged) {
      fail(Asc.PROTOCOL_SERVICE_CRC_ERROR, "data digest does not match");
    }
    return pdu.ttt() == Bhs.NO_TAG ? unsolicited(pdu, length) : solicited(pdu, length);
  }

  private boolean unsolicited(DataOut pdu, int length) {
    if (!unsolicited) {
      return false;
    }
    check(pdu, unsolicitedDataSn, unsolicitedEnd);
    long most = Math.min(parameters.firstBurstLength(), announced);
    if (fault == null && unsolicitedEnd + length > most) {
      fail(
          Asc.UNEXPECTED_UNSOLICITED_DATA,
          "%d bytes of unsolicited data, at most %d".formatted(unsolicitedEnd + length, most));
    }
    if (fault == null) {
      store(unsolicitedEnd, pdu.data());
      asked = received;
    }
    unsolicitedDataSn++;
    unsolicitedEnd += length;
    unsolicited = !pdu.finalBit();
    return true;
  }

  private boolean solicited(DataOut pdu, int length) {
    int index = 0;
    while (index < outstanding && bursts[index].ttt != pdu.ttt()) {
      index++;
    }
    if (index == outstanding) {
      return false;
    }
    var burst = bursts[index];
    check(pdu, burst.dataSn, burst.next);
    if (fault == null && length > burst.end - burst.next) {
      fail(
          Asc.NOT_ENOUGH_UNSOLICITED_DATA,
          "%d bytes, the burst lacks %d".formatted(length, burst.end - burst.next));
    }
    if (fault == null && pdu.finalBit() && burst.next + length < burst.end) {
      fail(
          Asc.NOT_ENOUGH_UNSOLICITED_DATA,
          "the burst ended %d bytes early".formatted(burst.end - burst.next - length));
    }
    if (fault == null) {
      store(burst.next, pdu.data());
    }
    burst.dataSn++;
    burst.next += Math.min(length, burst.end - burst.next);
    if (pdu.finalBit() || (fault == null && burst.next == burst.end)) {
      outstanding--;
      System.arraycopy(bursts, index + 1, bursts, index, outstanding - index);
      bursts[outstanding] = null;
    }
    return true;
  }

  private void check(DataOut pdu, int dataSn, int offset) {
    if (fault == null && pdu.dataSn() != dataSn) {
      fail(
          Asc.PROTOCOL_SERVICE_CRC_ERROR, "DataSN %d, expected %d".formatted(pdu.dataSn(), dataSn));
    }
    if (fault == null && pdu.bufferOffset() != offset) {
      fail(
          Asc.PROTOCOL_SERVICE_CRC_ERROR,
          "buffer offset %d, expected %d".formatted(pdu.bufferOffset(), offset));
    }
  }

  private void fail(Asc asc, String inWords) {
    if (fault == null) {
      fault = asc;
      faultInWords = inWords;
      drop();
    }
  }

  /// Keeps a piece that has passed the checks; what the command does not want is left out.
  private void store(int offset, ByteBuf piece) {
    int length = Math.min(piece.readableBytes(), needed - offset);
    if (length <= 0) {
      return;
    }
    if (received == 0 && length == needed && !ownBuffer) {
      data = piece.retainedSlice(piece.readerIndex(), length);
    } else {
      if (!ownBuffer) {
        grow(Math.min(needed, Math.max(parameters.firstBurstLength(), offset + length)));
      }
      data.setBytes(offset, piece, piece.readerIndex(), length);
    }
    received += length;
  }

  /// Memory [#ready()] will take.
  int memoryNeeded() {
    return ownBuffer && data.capacity() >= needed ? 0 : needed;
  }

  /// Makes room for the whole; before R2Ts are sent.
  void ready() {
    if (memoryNeeded() > 0) {
      grow(needed);
    }
  }

  private void grow(int capacity) {
    var larger = alloc.directBuffer(capacity, capacity);
    larger.setBytes(0, data, data.readerIndex(), Math.min(received, data.readableBytes()));
    larger.writerIndex(capacity);
    data.release();
    data = larger;
    ownBuffer = true;
  }

  /// Is there more to ask for, and may it be asked for now?
  boolean mayAsk() {
    return fault == null
        && !unsolicited
        && needed > 0
        && asked < needed
        && outstanding < bursts.length;
  }

  /// What the next R2T asks for.
  Ask ask(int ttt) {
    int length = Math.min(needed - asked, parameters.maxBurstLength());
    bursts[outstanding++] = new Burst(ttt, asked, asked + length);
    var ask = new Ask(ttt, r2tSn++, asked, length);
    asked += length;
    return ask;
  }

  /// Everything the command wants is here, and nothing is on the way.
  boolean complete() {
    return fault == null && needed >= 0 && received == needed && !expectsMore();
  }

  /// Data is on the way: unsolicited, or an R2T is not answered whole.
  boolean expectsMore() {
    return unsolicited || outstanding > 0;
  }

  /// Why the WRITE fails; null while all is well.
  Asc fault() {
    return fault;
  }

  String faultInWords() {
    return faultInWords;
  }

  /// Hands the data over: exactly what the command wants.
  ByteBuf take() {
    var taken = data;
    data = Unpooled.EMPTY_BUFFER;
    ownBuffer = false;
    taken.writerIndex(taken.readerIndex() + needed);
    needed = -1;
    return taken;
  }

  /// Gives the data back.
  void drop() {
    data.release();
    data = Unpooled.EMPTY_BUFFER;
    ownBuffer = false;
    needed = -1;
  }
}
