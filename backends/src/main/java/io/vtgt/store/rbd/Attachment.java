package io.vtgt.store.rbd;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.Geometry;
import io.vtgt.store.Limits;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreState;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What ties a store to its image: the open image, its lock, whether the cluster answers; and the
/// way back after any of it was lost.
///
/// Everything that may wait for the cluster is done by workers, one thing after the other. Nothing
/// that was answered with a failure is ever sent again from here: who was shut out cannot know what
/// others have written since.
final class Attachment {
  private static final Logger LOG = LoggerFactory.getLogger(Attachment.class);

  /// How often the image's header is asked for.
  private static final long PING_NANOS = 2_000_000_000L;

  /// After how long without any answer the cluster counts as unreachable.
  private static final long PATIENCE_NANOS = 5_000_000_000L;

  /// How long to wait after a try to come back, or to get the lock.
  private static final long RETRY_NANOS = 3_000_000_000L;

  /// How long a lock that was broken is left to whoever broke it.
  private static final long WAY_NANOS = 6_000_000_000L;

  /// How often it is asked whose the lock is, while nothing makes us doubt that it is ours.
  private static final long LOCK_CHECK_NANOS = 10_000_000_000L;

  /// Opens the image, or says why not.
  interface Opener {
    /// Blocks.
    ///
    /// @throws NoSuchImage when there is none of the name
    /// @throws StoreFault for every other reason
    Image open();
  }

  private final RbdOptions options;
  private final Opener opener;
  private final LockRecord lockRecord;

  /// What was asked of the image and may block, until it is answered.
  private final Set<Promise<?>> asked = ConcurrentHashMap.newKeySet();

  // Replaced when the image is lost: a call into a lost image may never return, and what follows
  // must not wait for it.
  private volatile Workers.InTurn turn = new Workers.InTurn();

  // Counted by any thread.
  private final LongAdder answers = new LongAdder();
  private final LongAdder reconnects = new LongAdder();
  private final LongAdder takeOvers = new LongAdder();

  // Written by whoever works in turn, or loses the image; read from every thread.
  private volatile Handle handle;
  private volatile boolean mayWrite;
  private volatile Geometry geometry;
  private volatile Limits limits;

  // Set once.
  private volatile boolean closed;

  // Worked with in turn only.
  private String imageId = "";
  private String formerAddress = "";

  // Guarded by this. Each reason is empty while it does not hold.
  private String gone = "";
  private String away = "";
  private String silent = "";
  private String locked = "";
  private StoreState state = StoreState.USABLE;
  private StoreListener listener = StoreListener.NONE;

  // Touched by the ticker only.
  private long answersBefore;
  private long quietSinceNanos;
  private long lastPingNanos;
  private volatile boolean pinging;

  /// We were shut out, and the lock that was ours is free: whoever broke it is about to take it.
  private volatile boolean makesWay;

  private volatile boolean working;
  private boolean ticked;
  private long lastTryNanos;

  Attachment(RbdOptions options, Opener opener) {
    this.options = options;
    this.opener = opener;
    this.lockRecord = new LockRecord(options);
  }

  // --- what the store asks, on any thread

  /// The open image, or null while there is none.
  Handle handle() {
    return handle;
  }

  Geometry geometry() {
    return geometry;
  }

  Limits limits() {
    return limits;
  }

  boolean mayWrite() {
    return mayWrite;
  }

  long reconnects() {
    return reconnects.sum();
  }

  long takeOvers() {
    return takeOvers.sum();
  }

  /// Why there is no image, or why it cannot be changed now.
  StoreFault fault() {
    if (closed) {
      return new StoreFault(StoreFault.Kind.CLOSED, options.name() + " is closed");
    }
    if (options.readOnly()) {
      return new StoreFault(StoreFault.Kind.READ_ONLY, options.name() + " is open read-only");
    }
    synchronized (this) {
      String reason = state.reason().isEmpty() ? options.name() + " was away" : state.reason();
      return new StoreFault(StoreFault.Kind.UNAVAILABLE, reason);
    }
  }

  void listen(StoreListener next) {
    synchronized (this) {
      listener = next;
      if (!state.usable()) {
        next.stateChanged(state);
      }
    }
  }

  // --- opening, in turn

  /// Opens the image for the first time. Blocks.
  ///
  /// @throws StoreFault that says in words why it cannot be opened
  void open() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    turn.execute(
        () -> {
          try {
            attach(opener.open(), true);
            done.complete(null);
          } catch (NoSuchImage e) {
            done.completeExceptionally(
                new StoreFault(StoreFault.Kind.UNAVAILABLE, e.getMessage(), e));
          } catch (RuntimeException | Error e) {
            done.completeExceptionally(e);
          }
        });
    try {
      done.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreFault fault ? fault : e;
    }
  }

  /// @param image owned by the attachment from here on
  private void attach(Image image, boolean first) {
    try {
      Image.Description about = image.describe();
      mustSuit(about);
      if (!first && !about.id().equals(imageId)) {
        throw new NoSuchImage(
            "%s is another image now (id %s, was %s); close the unit and open it again"
                .formatted(options.name(), about.id(), imageId));
      }
      imageId = about.id();
      Optional<String> refusal = first ? lock(image, true) : lockOnReturn(image);
      image.watch(this::headerChanged);
      boolean writes = !options.readOnly() && refusal.isEmpty();
      int decided = writes ? CompareProbe.longest(image, about) : 0;
      Geometry before = geometry;
      settle(image, image.describe(), decided);
      synchronized (this) {
        gone = "";
        away = "";
        silent = "";
        locked = refusal.orElse("");
        mayWrite = writes;
        handle = new Handle(image);
      }
      if (closed) {
        detach();
      } else if (!first) {
        changedHands(before);
      }
      tell();
    } catch (RuntimeException | Error e) {
      image.close();
      throw e;
    }
  }

  private void mustSuit(Image.Description about) {
    boolean lockable = about.has(Librbd.FEATURE_EXCLUSIVE_LOCK);
    if (options.locks() && !lockable) {
      throw unsuitable(
          "has no feature exclusive-lock, so nobody can be kept from writing; give it one (rbd"
              + " feature enable %s exclusive-lock) or open it with lock: shared");
    }
    if (options.shared() && !options.readOnly() && lockable) {
      throw unsuitable(
          "has the feature exclusive-lock, so only one client can write at a time; take it away"
              + " (rbd feature disable %s journaling object-map fast-diff exclusive-lock, those of"
              + " them that it has) or open it with lock: exclusive");
    }
  }

  private StoreFault unsuitable(String why) {
    return new StoreFault(
        StoreFault.Kind.UNSUPPORTED,
        "image " + options.name() + " " + why.formatted(options.name()));
  }

  private void settle(Image image, Image.Description about, int decided) {
    Shape shape = Shape.of(options, about, image.encrypted(), decided);
    geometry = shape.geometry();
    limits = shape.limits();
  }

  /// Tells that others may have done anything to the image since it was ours last.
  private void changedHands(Geometry before) {
    StoreListener told = listener();
    told.contentChanged();
    if (before != null && !before.equals(geometry)) {
      told.resized(geometry);
    }
  }

  // --- the lock, in turn

  /// Takes the exclusive lock where it is wanted, by the rule.
  ///
  /// @param mayBreak the rule `always` holds; not when we were shut out: two gateways would shut
  ///   each other out for ever
  /// @return why we do not have it; empty when we have it or need none
  private Optional<String> lock(Image image, boolean mayBreak) {
    if (!options.locks()) {
      return Optional.empty();
    }
    Optional<String> owner = image.lockOwner();
    if (owner.isPresent() && !image.ownsLock()) {
      Optional<String> refusal = makeWay(image, owner.get(), mayBreak);
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    if (!image.acquireLock()) {
      return Optional.of(
          "%s is locked by %s, which does not give the lock up"
              .formatted(options.name(), image.lockOwner().orElse("another client")));
    }
    lockRecord.ours(imageId, image.clientAddress());
    return Optional.empty();
  }

  /// After we were shut out: a lock that nobody has was broken by somebody who is about to take it.
  /// To be quicker would turn a fail-over around, so we try after a while only.
  private Optional<String> lockOnReturn(Image image) {
    boolean shutOut;
    synchronized (this) {
      shutOut = !away.isEmpty();
    }
    if (shutOut && options.locks() && image.lockOwner().isEmpty()) {
      makesWay = true;
      return Optional.of(options.name() + ": the lock was taken from us, and is not in use yet");
    }
    return lock(image, false);
  }

  /// @return why the owner has to be left alone; empty when it is gone, or can be asked
  private Optional<String> makeWay(Image image, String owner, boolean mayBreak) {
    if (Cluster.sameClient(owner, image.clientAddress())) {
      return Optional.of(
          "%s is locked by this gateway itself: another unit has it, or has not given it back yet"
              .formatted(options.name()));
    }
    if (Cluster.sameClient(owner, formerAddress) || lockRecord.isOurs(imageId, owner)) {
      LOG.info("{}: breaking the lock {} that we left behind", options.name(), owner);
      breakLock(image, owner);
      return Optional.empty();
    }
    boolean alive = image.isWatchedBy(owner);
    boolean breaks =
        switch (options.takeOver()) {
          case ASK -> false;
          case DEAD -> !alive;
          case ALWAYS -> mayBreak || !alive;
        };
    if (breaks) {
      LOG.warn(
          "{}: taking the lock from {} ({}), takeOver is {}",
          options.name(),
          owner,
          alive ? "alive" : "gone",
          options.takeOver().word());
      breakLock(image, owner);
    } else if (!alive) {
      return Optional.of(
          "%s is locked by %s, which the cluster does not see any more; take it over to go on"
              .formatted(options.name(), owner));
    }
    return Optional.empty();
  }

  private void breakLock(Image image, String owner) {
    image.breakLock(owner);
    takeOvers.increment();
  }

  /// Another try for the lock.
  private void lockAgain(boolean mayBreak) {
    Handle tried = handle;
    if (tried == null || mayWrite || closed || !options.locks() || !tried.enter()) {
      return;
    }
    try {
      Image image = tried.image();
      Optional<String> refusal = lock(image, mayBreak);
      if (refusal.isEmpty()) {
        Image.Description about = image.describe();
        Geometry before = geometry;
        settle(image, about, CompareProbe.longest(image, about));
        synchronized (this) {
          if (!tried.equals(handle)) {
            return;
          }
          locked = "";
          mayWrite = true;
        }
        changedHands(before);
      } else {
        synchronized (this) {
          locked = refusal.get();
        }
      }
      tell();
    } catch (StoreFault e) {
      LOG.warn("{}: no lock yet: {}", options.name(), e.getMessage());
    } finally {
      tried.leave();
    }
  }

  /// A change was refused as if the lock were not ours: somebody may have taken it without shutting
  /// us out.
  void doubtLock() {
    turn.execute(this::checkLock);
  }

  private void checkLock() {
    Handle now = handle;
    if (now == null || !mayWrite || !options.locks() || !now.enter()) {
      return;
    }
    try {
      if (!now.image().ownsLock()) {
        synchronized (this) {
          mayWrite = false;
          locked = options.name() + ": the lock was taken from us";
        }
        tell();
      }
    } catch (StoreFault e) {
      LOG.warn("{}: whose is the lock: {}", options.name(), e.getMessage());
    } finally {
      now.leave();
    }
  }

  /// Breaks the lock of whoever has it and takes it.
  Future<Void> takeOver(Promise<Void> done) {
    // Not in turn: somebody may be waiting there for an owner that does not answer.
    Workers.execute(
        () -> {
          try {
            Handle now = handle;
            if (now == null || !now.enter()) {
              throw fault();
            }
            try {
              if (!mayWrite) {
                Image image = now.image();
                Optional<String> owner = image.lockOwner();
                if (owner.isPresent()) {
                  if (Cluster.sameClient(owner.get(), image.clientAddress())) {
                    throw fault();
                  }
                  LOG.warn("{}: taking the lock from {}, as told", options.name(), owner.get());
                  breakLock(image, owner.get());
                }
              }
            } finally {
              now.leave();
            }
            turn.execute(
                () -> {
                  try {
                    lockAgain(true);
                    if (mayWrite) {
                      done.complete();
                    } else {
                      done.fail(fault());
                    }
                  } catch (RuntimeException e) {
                    done.fail(e);
                  }
                });
          } catch (RuntimeException e) {
            done.fail(e);
          }
        });
    return done.future();
  }

  // --- what happens to the image

  /// Told by librbd on a thread of its own.
  private void headerChanged() {
    turn.execute(() -> refresh(true));
  }

  private void refresh(boolean tells) {
    Handle now = handle;
    if (now == null || closed || !now.enter()) {
      return;
    }
    try {
      Image.Description about = now.image().describe();
      if (!now.equals(handle)) {
        return; // it was lost meanwhile
      }
      Geometry before = geometry;
      settle(now.image(), about, limits.maxNativeCompareAndWrite());
      if (tells && !before.equals(geometry)) {
        LOG.info("{} has {} bytes now, had {}", options.name(), geometry.bytes(), before.bytes());
        listener().resized(geometry);
      }
    } catch (StoreFault e) {
      LOG.warn("{}: its size is not known: {}", options.name(), e.getMessage());
    } finally {
      now.leave();
    }
  }

  /// An asynchronous call was answered, whatever it was. Any thread.
  void answered(Handle by, long result) {
    answers.increment();
    if (Errno.ESHUTDOWN.is(result)) {
      lost(by, true, options.name() + ": the cluster has shut this client out (blocklist)");
    }
  }

  /// The image is of no use any more: nothing goes there, and the way back begins.
  private void lost(Handle which, boolean fenced, String reason) {
    synchronized (this) {
      if (closed || !which.equals(handle)) {
        return; // one of many that were under way
      }
      handle = null;
      turn = new Workers.InTurn();
      mayWrite = false;
      locked = "";
      silent = "";
      if (fenced) {
        away = reason;
      } else {
        gone = reason;
      }
    }
    if (fenced) {
      which.image().clientIsLost();
    }
    var _ = fenced ? which.abandon() : which.retire();
    tell();
    asked.forEach(promise -> promise.tryFail(fault()));
    turn.execute(
        () -> {
          if (fenced) {
            formerAddress = which.image().clientAddress();
          }
          reopen();
        });
  }

  private void reopen() {
    if (closed || handle != null) {
      return;
    }
    try {
      attach(opener.open(), false);
      reconnects.increment();
      LOG.info("{} is open again", options.name());
    } catch (NoSuchImage e) {
      synchronized (this) {
        gone = e.getMessage();
      }
      tell();
    } catch (StoreFault e) {
      LOG.warn("{} cannot be opened again yet: {}", options.name(), e.getMessage());
    }
  }

  // --- the clock

  /// Looks after the image; called about once a second, always on the same thread.
  void tick(long nowNanos) {
    if (closed) {
      return;
    }
    if (!ticked) {
      ticked = true;
      quietSinceNanos = nowNanos;
      lastPingNanos = nowNanos;
      lastTryNanos = nowNanos;
    }
    Handle now = handle;
    if (now == null) {
      tryLater(nowNanos, this::reopen);
      return;
    }
    listenForSilence(now, nowNanos);
    if (!pinging && nowNanos - lastPingNanos >= PING_NANOS) {
      lastPingNanos = nowNanos;
      ping(now);
    }
    if (makesWay) {
      makesWay = false;
      lastTryNanos = nowNanos + WAY_NANOS - RETRY_NANOS;
    }
    if (options.locks() && !mayWrite) {
      tryLater(nowNanos, () -> lockAgain(false));
    } else if (mayWrite && nowNanos - lastTryNanos >= LOCK_CHECK_NANOS) {
      tryLater(nowNanos, this::checkLock);
    }
  }

  private void tryLater(long nowNanos, Runnable work) {
    if (!working && nowNanos - lastTryNanos >= RETRY_NANOS) {
      working = true;
      lastTryNanos = nowNanos;
      turn.execute(
          () -> {
            try {
              work.run();
            } finally {
              working = false;
            }
          });
    }
  }

  private void listenForSilence(Handle now, long nowNanos) {
    long answered = answers.sum();
    if (answered != answersBefore || now.users() == 0) {
      answersBefore = answered;
      quietSinceNanos = nowNanos;
    }
    boolean unreachable = nowNanos - quietSinceNanos >= PATIENCE_NANOS;
    synchronized (this) {
      silent =
          unreachable
              ? "%s: the cluster has not answered for %d seconds"
                  .formatted(options.name(), PATIENCE_NANOS / 1_000_000_000L)
              : "";
    }
    tell();
  }

  private void ping(Handle now) {
    if (!now.enter()) {
      return;
    }
    pinging = true;
    int refused =
        now.image()
            .ping(
                result -> {
                  pinging = false;
                  now.leave();
                  answered(now, result);
                  if (Errno.ENOENT.is(result)) {
                    lost(now, false, options.name() + " was removed");
                  }
                });
    if (refused < 0) {
      pinging = false;
      now.leave();
    }
  }

  // --- telling

  private StoreListener listener() {
    synchronized (this) {
      return listener;
    }
  }

  private void tell() {
    synchronized (this) {
      StoreState next = stateNow();
      if (next.equals(state)) {
        return;
      }
      state = next;
      if (next.usable()) {
        LOG.info("{} can be used", options.name());
      } else {
        LOG.warn("{}", next.reason());
      }
      listener.stateChanged(next);
    }
  }

  // Under this object's monitor.
  private StoreState stateNow() {
    if (!gone.isEmpty()) {
      return new StoreState(StoreState.Kind.GONE, gone);
    } else if (!away.isEmpty()) {
      return new StoreState(StoreState.Kind.FENCED, away);
    } else if (!silent.isEmpty()) {
      return new StoreState(StoreState.Kind.UNREACHABLE, silent);
    } else if (!locked.isEmpty()) {
      return new StoreState(StoreState.Kind.LOCKED_BY_ANOTHER, locked);
    }
    return StoreState.USABLE;
  }

  // --- work of the store

  /// Does something with the open image that may block, in turn.
  ///
  /// @param changes it needs the right to write
  <T> Future<T> work(Promise<T> promise, boolean changes, Function<Image, T> what) {
    synchronized (this) {
      if (!silent.isEmpty()) { // else what is asked again and again would pile up
        return Future.failedFuture(new StoreFault(StoreFault.Kind.UNAVAILABLE, silent));
      }
      asked.add(promise); // with the turn it is asked in: whoever loses the image ends both
      turn.execute(
          () -> {
            answer(promise, changes, what);
            asked.remove(promise);
          });
    }
    return promise.future();
  }

  private <T> void answer(Promise<T> promise, boolean changes, Function<Image, T> what) {
    Handle now = handle;
    if (now == null || (changes && !mayWrite) || !now.enter()) {
      promise.tryFail(fault());
      return;
    }
    try {
      promise.tryComplete(what.apply(now.image()));
    } catch (RuntimeException | Error e) {
      promise.tryFail(e);
    } finally {
      now.leave();
    }
  }

  /// We changed the size ourselves: nobody needs to be told. In turn.
  void resizedByUs() {
    refresh(false);
  }

  /// We put another content in place ourselves, and perhaps another size. In turn.
  void rolledBackByUs() {
    refresh(true);
    listener().contentChanged();
  }

  /// Completes when everything that was to be done in turn is done.
  Future<Void> settled() {
    Promise<Void> done = Promise.promise();
    turn.execute(done::complete);
    return done.future();
  }

  /// Begins to give everything back.
  ///
  /// @return completes when the image is closed, on any thread: perhaps never, when the cluster is
  ///   away
  Future<Void> close() {
    closed = true;
    mayWrite = false;
    Promise<Void> done = Promise.promise();
    turn.execute(
        () -> {
          lockRecord.drop(imageId);
          detach().onComplete(done);
        });
    return done.future();
  }

  private Future<Void> detach() {
    Handle now = handle;
    handle = null;
    return now == null ? Future.succeededFuture() : now.retire();
  }
}
