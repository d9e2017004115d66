package io.vtgt.store;

/// Where [StoreCall] keeps the call that a thread is in.
final class CurrentCall {
  static final ScopedValue<StoreCall> VALUE = ScopedValue.newInstance();

  private CurrentCall() {}
}
