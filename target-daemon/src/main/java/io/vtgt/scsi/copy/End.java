package io.vtgt.scsi.copy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.scsi.Access;
import io.vtgt.scsi.Completion;
import io.vtgt.store.Caller;
import io.vtgt.store.StoreGate;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import io.vtgt.target.UnitDirectory;
import java.util.Optional;

/// One end of a copy: a unit, the nexus that the initiator is there, and what is done to the unit.
///
/// Reads and writes any bytes: what ends within a block is read with the whole block, and written
/// by changing the block while nobody else writes it.
///
/// Changes go through the gate for the initiator, but for no task: whoever ends tasks of the unit
/// waits for them too, whichever unit's task they belong to.
record End(LogicalUnit unit, Nexus.Id as, Access access) {

  static End source(UnitDirectory.Way way) {
    return new End(way.unit(), way.as(), Access.READS_MEDIUM);
  }

  static End destination(UnitDirectory.Way way) {
    return new End(way.unit(), way.as(), Access.WRITES_MEDIUM);
  }

  /// Why the initiator may not do this itself now.
  Optional<Completion> refusal() {
    return unit.admission().refusalOf(as, access);
  }

  StoreGate gate() {
    return unit.gate();
  }

  private Caller caller() {
    return Caller.anonymous(as);
  }

  int blockBytes() {
    return unit.profile().blockBytes();
  }

  long bytes() {
    return unit.blockCount() * blockBytes();
  }

  /// True when bytes `offset` to `offset + length - 1` are on the medium.
  boolean holds(long offset, long length) {
    return offset >= 0 && length >= 0 && offset <= bytes() && length <= bytes() - offset;
  }

  /// @return exactly `length` bytes, owned by the caller
  Future<ByteBuf> read(long offset, int length) {
    long from = floor(offset);
    int before = (int) (offset - from);
    return gate()
        .read(caller(), from, (int) (ceiling(offset + length) - from))
        .map(
            data ->
                data.setIndex(data.readerIndex() + before, data.readerIndex() + before + length));
  }

  /// @param data owned by this method
  Future<Void> write(long offset, ByteBuf data) {
    int length = data.readableBytes();
    long from = floor(offset);
    long to = ceiling(offset + length);
    if (from == offset && to == offset + length) {
      return gate().write(caller(), offset, data, false);
    }
    int before = (int) (offset - from);
    return gate()
        .update(
            caller(),
            from,
            (int) (to - from),
            current -> {
              ByteBuf changed = current.alloc().directBuffer(current.readableBytes());
              changed.writeBytes(current, current.readerIndex(), current.readableBytes());
              return Optional.of(changed.setBytes(before, data, data.readerIndex(), length));
            },
            false)
        .onComplete(_ -> data.release());
  }

  /// Zeroes, deallocated where the unit can.
  Future<Void> zero(long offset, long length) {
    long from = ceiling(offset);
    long to = floor(offset + length);
    if (from == offset && to == offset + length) {
      return gate().writeZeroes(caller(), offset, length, unit.thin());
    }
    if (from >= to) { // not one whole block
      return writeZeroBytes(offset, length);
    }
    return writeZeroBytes(offset, from - offset)
        .compose(_ -> gate().writeZeroes(caller(), from, to - from, unit.thin()))
        .compose(_ -> writeZeroBytes(to, offset + length - to));
  }

  private Future<Void> writeZeroBytes(long offset, long length) {
    return length == 0
        ? Future.succeededFuture()
        : write(offset, Unpooled.buffer((int) length).writeZero((int) length));
  }

  /// What was written is as durable as a WRITE that was answered GOOD (WCE, SBC-4, Caching mode
  /// page).
  Future<Void> settle() {
    return unit.state().mode().writeCacheEnabled() ? Future.succeededFuture() : gate().flush();
  }

  long floor(long offset) {
    return offset / blockBytes() * blockBytes();
  }

  long ceiling(long offset) {
    return Math.ceilDiv(offset, (long) blockBytes()) * blockBytes();
  }
}
