package io.vtgt.scsi.page;

/// Read-Write Error Recovery (SBC-4, page 01h): the store recovers what it can by itself, so there
/// is nothing to reallocate, to retry or to tell of (every bit and count is 0).
final class ReadWriteErrorRecoveryPage {
  static final ModePage ROW = ModePage.constant(0x01, 0, "Read-Write Error Recovery", new byte[10]);

  private ReadWriteErrorRecoveryPage() {}
}
