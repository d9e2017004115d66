package io.vtgt.store;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;

/// The medium in the hands of one user, who changes all of it: see [StoreGate#takeAlone]. Calls are
/// those of the gate, with its checks, deadlines and counters; the user is their caller.
public final class SoleUse implements Caller {
  private final StoreGate gate;

  SoleUse(StoreGate gate) {
    this.gate = gate;
  }

  /// As [StoreGate#write].
  public Future<Void> write(long offset, ByteBuf data, boolean fua) {
    return gate.write(this, offset, data, fua);
  }

  /// As [StoreGate#writeZeroes].
  public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
    return gate.writeZeroes(this, offset, length, mayUnmap);
  }

  /// As [StoreGate#flush].
  public Future<Void> flush() {
    return gate.flush(this);
  }

  /// Lets the others in again. May be called more than once.
  public void end() {
    gate.giveBack(this);
  }

  /// Nobody takes back what a whole medium is in the middle of.
  @Override
  public boolean aborted() {
    return false;
  }
}
