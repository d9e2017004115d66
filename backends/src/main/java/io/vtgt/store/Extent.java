package io.vtgt.store;

/// A run of bytes of one provisioning state.
public record Extent(long offset, long length, State state) {
  public enum State {
    /// Has storage behind it.
    MAPPED,
    /// Has none, and reads as the store's [Limits#unmapZeroes()] tells.
    DEALLOCATED
  }

  public Extent {
    if (offset < 0 || length <= 0) {
      throw new IllegalArgumentException("extent of " + length + " bytes at " + offset);
    }
  }

  /// The first byte after this extent.
  public long end() {
    return offset + length;
  }
}
