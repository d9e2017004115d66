package io.vtgt.store;

import java.util.function.Supplier;

/// The call of the gate for which the running thread asks a store, as far as layers may know it.
///
/// It is told to a stack in which some layer says [BackingStore#asksForCalls()], while the gate
/// asks it for something. Who goes on later, or on another thread, takes it along by [#within].
/// What a layer asks for on its own account, or for several callers at once (a shared fetch, a
/// write-back), it asks for within [#OWN].
public interface StoreCall {

  /// What nobody in particular asked for; also where nothing is told.
  StoreCall OWN =
      new StoreCall() {
        @Override
        public Object party() {
          return Caller.GATEWAY;
        }

        @Override
        public boolean stopped() {
          return false;
        }

        @Override
        public void waits() {}
      };

  /// The call that the running thread is in.
  static StoreCall current() {
    return CurrentCall.VALUE.orElse(OWN);
  }

  /// Does a step for `call`.
  static <T> T within(StoreCall call, Supplier<T> step) {
    return ScopedValue.where(CurrentCall.VALUE, call).call(step::get);
  }

  /// As [Caller#party()].
  Object party();

  /// Nobody waits for it any more: what has not begun shall not begin. Any thread; once true, it
  /// stays so.
  boolean stopped();

  /// A layer keeps it waiting on purpose, still: the time for that is not the store's, and its
  /// deadline begins anew. Any thread.
  void waits();
}
