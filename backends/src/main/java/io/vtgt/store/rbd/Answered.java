package io.vtgt.store.rbd;

/// Hears how an asynchronous call of a native library ended.
interface Answered {
  /// Called once, on any thread, most often one of the library's own: so it does next to nothing.
  ///
  /// @param result what the call answers: a count, 0, or the negative error number
  void answered(long result);
}
