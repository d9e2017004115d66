package io.vtgt.store;

/// The counters of one lane, guarded by it; or a sum of them.
final class Tally {
  private long readOperations;
  private long readBytes;
  private long writeOperations;
  private long writeBytes;
  private long flushOperations;
  private long unmapOperations;
  private long unmapBytes;
  private long otherOperations;
  private long faults;
  private long timeouts;

  void count(Operation<?> operation, boolean succeeded) {
    switch (operation.count) {
      case READ -> {
        readOperations++;
        readBytes += succeeded ? operation.length : 0;
      }
      case WRITE -> {
        writeOperations++;
        writeBytes += succeeded ? operation.length : 0;
      }
      case FLUSH -> flushOperations++;
      case UNMAP -> {
        unmapOperations++;
        unmapBytes += succeeded ? operation.length : 0;
      }
      case OTHER -> otherOperations++;
      case OWN -> {}
    }
    if (!succeeded && !operation.abandoned()) {
      faults++;
    }
  }

  void timeout() {
    timeouts++;
  }

  void add(Tally other) {
    readOperations += other.readOperations;
    readBytes += other.readBytes;
    writeOperations += other.writeOperations;
    writeBytes += other.writeBytes;
    flushOperations += other.flushOperations;
    unmapOperations += other.unmapOperations;
    unmapBytes += other.unmapBytes;
    otherOperations += other.otherOperations;
    faults += other.faults;
    timeouts += other.timeouts;
  }

  StoreGate.Counters counters(int underWay) {
    return new StoreGate.Counters(
        readOperations,
        readBytes,
        writeOperations,
        writeBytes,
        flushOperations,
        unmapOperations,
        unmapBytes,
        otherOperations,
        faults,
        timeouts,
        underWay);
  }
}
