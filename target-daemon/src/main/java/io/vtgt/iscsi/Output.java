package io.vtgt.iscsi;

import io.netty.buffer.ByteBuf;
import io.vtgt.iscsi.pdu.PduWriter;
import io.vtgt.iscsi.pdu.ResponsePdu;
import java.util.ArrayList;
import java.util.List;

/// What a connection sends, in batches: PDUs are queued without a system call and leave with one
/// flush for everything that one read of the socket caused, or, when they come of completions, for
/// one turn of the event loop.
///
/// Headers and small data are copied together into one pooled buffer; large data goes out as it is,
/// between pieces of that buffer. Touched on the connection's event loop only.
final class Output {
  /// Up to here data is copied: cheaper than a piece of its own (the crossing lies between 4 and 64
  /// KiB).
  private static final int COPIED_BYTES = 8 * 1024;

  /// The largest buffer that the allocator keeps in its thread's cache.
  private static final int BATCH_BYTES = 32 * 1024;

  /// Header, digests and padding of one PDU with small room to spare.
  private static final int FRAME_BYTES = 64;

  /// For data whose leaving nobody waits for.
  static final Runnable NOTHING = () -> {};

  private final PipelineAdapter socket;
  private final Counter.Tally tally;
  private final PduWriter writer = new PduWriter();

  /// What is gathered and not queued yet, or null.
  private ByteBuf batch;

  /// What to run when that has left.
  private List<Runnable> whenGone = new ArrayList<>();

  /// In a turn of the event loop that ends with [#flush()].
  private boolean inRead;

  private boolean flushPending;
  private boolean ended;

  Output(PipelineAdapter socket, Counter.Tally tally) {
    this.socket = socket;
    this.tally = tally;
  }

  /// Room for the header of the PDU to send next.
  ByteBuf header() {
    return writer.header();
  }

  /// From the next PDU on.
  void digests(boolean header, boolean data) {
    writer.digests(header, data);
  }

  /// A read of the socket begins: what it causes is flushed at its end.
  void readBegins() {
    inRead = true;
  }

  void readEnds() {
    inRead = false;
    if (batch != null || flushPending) {
      flush();
    }
  }

  /// Queues a PDU with the data it has.
  void send(ResponsePdu pdu) {
    send(pdu, pdu.data());
  }

  /// Queues a PDU.
  ///
  /// @param data borrowed; copied
  void send(ResponsePdu pdu, ByteBuf data) {
    if (ended) {
      return;
    }
    int length = data.readableBytes();
    count(length);
    writer.append(room(FRAME_BYTES + length), pdu, data);
    flushSoon();
  }

  /// Queues a PDU with a part of `data`.
  ///
  /// @param data borrowed: copied when small, else a slice is kept
  /// @param gone runs when it has left or never will; a copy takes memory as long as a slice does
  void send(ResponsePdu pdu, ByteBuf data, int offset, int length, Runnable gone) {
    boolean whole = length == data.readableBytes();
    if (ended) {
      gone.run();
    } else if (length <= COPIED_BYTES) {
      send(pdu, whole ? data : data.slice(data.readerIndex() + offset, length));
      if (!gone.equals(NOTHING)) {
        whenGone.add(gone);
      }
    } else {
      count(length);
      var slice = data.retainedSlice(data.readerIndex() + offset, length);
      writer.head(room(FRAME_BYTES), pdu, length);
      queue();
      writer.tail(room(FRAME_BYTES), slice); // before the slice is given away
      socket.write(slice, gone);
      flushSoon();
    }
  }

  /// Sends what is queued.
  void flush() {
    flushPending = false;
    if (ended) {
      return;
    }
    if (batch != null) {
      var last = batch;
      batch = null;
      write(last); // whole, and given away
    }
    socket.flush();
  }

  /// Gives back what was not sent, and drops what follows.
  void end() {
    ended = true;
    if (batch != null) {
      batch.release();
      batch = null;
    }
    var dropped = whenGone;
    whenGone = List.of(); // nothing is added any more
    dropped.forEach(Runnable::run);
  }

  private void count(int dataLength) {
    tally.add(Counter.TX_PDUS, 1);
    tally.add(Counter.TX_BYTES, 48L + dataLength);
  }

  /// The batch, with room for `bytes` more.
  private ByteBuf room(int bytes) {
    if (batch != null && batch.writableBytes() < bytes) {
      queue();
      batch.release();
      batch = null;
    }
    if (batch == null) {
      batch = socket.alloc().directBuffer(Math.max(BATCH_BYTES, bytes));
    }
    return batch;
  }

  /// Queues what the batch has; its room goes on being used.
  private void queue() {
    if (batch != null && batch.isReadable()) {
      write(batch.readRetainedSlice(batch.readableBytes()));
    }
  }

  private void write(ByteBuf bytes) {
    if (whenGone.isEmpty()) {
      socket.write(bytes);
    } else {
      var these = whenGone;
      whenGone = new ArrayList<>();
      socket.write(bytes, () -> these.forEach(Runnable::run));
    }
  }

  private void flushSoon() {
    if (!inRead && !flushPending) {
      flushPending = true;
      socket.later(this::flushIfPending);
    }
  }

  private void flushIfPending() {
    if (flushPending) {
      flush();
    }
  }
}
