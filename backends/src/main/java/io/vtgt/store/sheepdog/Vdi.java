package io.vtgt.store.sheepdog;

import io.netty.channel.EventLoop;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.store.Geometry;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreListener;
import io.vtgt.store.StoreState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is known of one VDI: its lock, its inode, its map; and how that is learned again when the
/// link to the cluster was lost or somebody took a snapshot. Belongs to the store's event loop.
///
/// Everything known at one time is a [View]. Each time the VDI is looked up anew there is a new
/// view, with the next generation; who holds an old one asks [#inForce] before he acts on it, and
/// begins anew with [#ready] when it is not.
final class Vdi {
  private static final Logger LOG = LoggerFactory.getLogger(Vdi.class);

  /// How long a cluster that is not ready may keep one `sheep` from answering before the next one
  /// is asked, milliseconds.
  private static final long MOST_LOAD_MILLIS = 5_000;

  /// How often a VDI that was refused is looked for again, milliseconds.
  private static final long REFUSED_PAUSE = 5_000;

  /// How long giving the lock back may take, milliseconds.
  private static final long MOST_RELEASE_MILLIS = 3_000;

  /// From then on a cluster that only says "later" is reported, nanoseconds.
  private static final long TROUBLE = TimeUnit.SECONDS.toNanos(1);

  private static final int MAP_READ_LENGTH = 1 << 20;

  static final int PHYSICAL_BLOCK = 4096;

  /// Which state of which VDI is meant.
  ///
  /// @param tag of a snapshot; empty for none
  /// @param snapshotId of a snapshot; 0 for none
  /// @param breakLock takes the lock, whoever holds it
  record Wanted(String name, String tag, int snapshotId, boolean breakLock) {
    boolean snapshot() {
      return !tag.isEmpty() || snapshotId != 0;
    }

    @Override
    public String toString() {
      return "VDI '%s'%s%s"
          .formatted(
              name,
              tag.isEmpty() ? "" : ", snapshot '" + tag + "'",
              snapshotId == 0 ? "" : ", snapshot " + snapshotId);
    }
  }

  /// What was known at one time.
  ///
  /// @param generation counts the look-ups
  /// @param map changes with what is created and discarded
  record View(long generation, Inode inode, ObjectMap map) {
    int vid() {
      return inode.vid();
    }
  }

  private enum Phase {
    OPENING,
    READY,
    /// Looked up anew over a link that stands.
    RELOADING,
    /// The link is lost.
    AWAY,
    /// The cluster says that it cannot be had.
    REFUSED,
    CLOSED
  }

  private record Waiter(Promise<View> promise, ScheduledFuture<?> timer) {}

  private final EventLoop loop;
  private final SheepLink link;
  private final Wanted wanted;
  private final Timing timing;
  private final IntPredicate changing;
  private final Counts counts;

  // Touched on the event loop only.
  private Phase phase = Phase.OPENING;
  private View view;
  private String reason = "";
  private final List<Waiter> waiters = new ArrayList<>();
  private int attempt;
  private boolean linkWasLost;
  private long expectedBytes = -1;

  /// Whose lock is ours; 0 for none.
  private int lockedVid;

  /// A lock was asked for and no answer came.
  private boolean lockInDoubt;

  private boolean lockGained;

  private Promise<Void> confirming;
  private Promise<Void> confirmingNext;

  private long troubledSince;
  private boolean troubled;

  private StoreState state = StoreState.USABLE;
  private StoreListener listener = StoreListener.NONE;

  // Read from every thread.
  private volatile Geometry geometry;
  private volatile boolean snapshot;

  /// @param changing tells of an object that an operation of ours is changing its entry now
  Vdi(
      EventLoop loop,
      SheepLink link,
      Wanted wanted,
      Timing timing,
      IntPredicate changing,
      Counts counts) {
    this.loop = loop;
    this.link = link;
    this.wanted = wanted;
    this.timing = timing;
    this.changing = changing;
    this.counts = counts;
  }

  /// Any thread, once it is open.
  Geometry geometry() {
    return geometry;
  }

  /// Whether nobody can write it. Any thread.
  boolean snapshot() {
    return snapshot;
  }

  /// The first object that begins at `offset` or after it.
  int firstWhole(long offset) {
    Inode inode = view.inode();
    return (int) ((offset + inode.objectLength() - 1) >> inode.objectShift());
  }

  /// The object after the last one that ends at `end` or before it, or with the disk.
  int endOfWhole(long end) {
    Inode inode = view.inode();
    return end == inode.bytes() ? inode.objectCount() : (int) (end >> inode.objectShift());
  }

  void listen(StoreListener next) {
    listener = next;
    if (!state.usable()) {
      next.stateChanged(state);
    }
  }

  // --- for operations

  /// What is known last, in force or not.
  View view() {
    return view;
  }

  /// Nothing speaks against acting on this view.
  boolean inForce(View of) {
    return phase == Phase.READY && view.generation() == of.generation();
  }

  /// Whether operations can go on at once.
  boolean usable() {
    return phase == Phase.READY;
  }

  /// @param deadline nanoseconds
  /// @return the view in force, when there is one; fails with `UNAVAILABLE` when there is none in
  ///   time, or the VDI cannot be had
  Future<View> ready(long deadline) {
    return switch (phase) {
      case READY -> Future.succeededFuture(view);
      case CLOSED -> Future.failedFuture(closedFault());
      case REFUSED -> Future.failedFuture(unavailable());
      case OPENING, RELOADING, AWAY ->
          Timing.passed(deadline) ? Future.failedFuture(unavailable()) : later(deadline);
    };
  }

  private Future<View> later(long deadline) {
    Promise<View> promise = Promise.promise();
    var timer =
        loop.schedule(
            () -> promise.tryFail(unavailable()),
            Timing.millisUntil(deadline),
            TimeUnit.MILLISECONDS);
    waiters.add(new Waiter(promise, timer));
    if (waiters.size() % 1024 == 0) {
      waiters.removeIf(waiter -> waiter.promise().future().isComplete());
    }
    return promise.future();
  }

  private StoreFault unavailable() {
    return new StoreFault(StoreFault.Kind.UNAVAILABLE, wanted + ": " + reason);
  }

  static StoreFault closedFault() {
    return new StoreFault(StoreFault.Kind.CLOSED, "the store is closed");
  }

  /// Looks the VDI up anew, unless that has been done since `seen` or is being done.
  void reload(View seen, String why) {
    if (inForce(seen)) {
      LOG.info("{}: {}; looking it up anew", wanted, why);
      reason = "being looked up anew: " + why;
      phase = Phase.RELOADING;
      counts.add(Counts.Count.RELOADS);
      attempt = 0;
      recover();
    }
  }

  /// Asks the cluster whether this is still the VDI of that name; where it is not it is looked up
  /// anew.
  ///
  /// @return completes when that has been asked, by a request that was sent after this call; then
  ///   [#inForce] tells
  Future<Void> confirm() {
    if (confirmingNext == null) {
      confirmingNext = Promise.promise();
    }
    Future<Void> asked = confirmingNext.future();
    if (confirming == null) {
      confirmNow();
    }
    return asked;
  }

  private void confirmNow() {
    confirming = confirmingNext;
    confirmingNext = null;
    View asked = view;
    link.ask(lookup(), deadlineOfLoad())
        .onComplete(
            (response, failure) -> {
              if (failure == null && !(response.succeeded() && response.vid() == asked.vid())) {
                reload(
                    asked,
                    response.succeeded()
                        ? "its current state is VDI %06x now".formatted(response.vid())
                        : "the look-up says: " + response.result().words);
              } else if (failure != null) {
                reload(asked, failure.getMessage());
              }
              Promise<Void> done = confirming;
              confirming = null;
              if (confirmingNext != null) {
                confirmNow();
              }
              done.complete();
            });
  }

  /// What an operation was answered, for the state that others see: a cluster that says nothing but
  /// "later" cannot be used.
  void heard(SheepResult result) {
    if (result.consequence != SheepResult.Consequence.RETRY) {
      troubledSince = 0;
      if (troubled) {
        troubled = false;
        tell(StoreState.USABLE);
      }
    } else if (troubledSince == 0) {
      troubledSince = System.nanoTime() | 1;
    } else if (!troubled && System.nanoTime() - troubledSince > TROUBLE) {
      troubled = true;
      reason = result.words;
      tell(new StoreState(StoreState.Kind.UNREACHABLE, wanted + ": " + result.words));
    }
  }

  /// The size may be this from now on, because it was asked for here.
  void expect(long bytes) {
    expectedBytes = bytes;
  }

  // --- opening, losing and finding again

  /// @return fails with a [StoreFault] in words
  Future<Void> open() {
    reason = "not open yet";
    return open(timing.deadline());
  }

  private Future<Void> open(long deadline) {
    attempt++;
    return connected()
        .compose(_ -> load(deadline))
        .transform(
            loaded -> {
              if (loaded.succeeded()) {
                publish(loaded.result());
                return Future.succeededFuture();
              }
              return switch (loaded.cause()) {
                case Refused refused -> Future.failedFuture(refused.fault());
                case LinkLost lost when !Timing.passed(deadline) ->
                    link.pause(timing.pause(attempt)).compose(_ -> open(deadline));
                case StoreFault fault ->
                    Future.failedFuture(
                        new StoreFault(fault.kind(), wanted + ": " + fault.getMessage(), fault));
                default ->
                    Future.failedFuture(
                        new StoreFault(
                            StoreFault.Kind.UNAVAILABLE,
                            wanted + ": " + loaded.cause().getMessage(),
                            loaded.cause()));
              };
            });
  }

  /// Told by the link.
  void linkLost(String why) {
    linkWasLost = true;
    if (phase == Phase.READY) {
      reason = why;
      phase = Phase.AWAY;
      attempt = 0;
      loop.execute(this::recover); // when those who waited for answers have heard
    }
  }

  /// Runs from the moment a view is in force no more until there is the next one.
  private void recover() {
    if (phase == Phase.CLOSED) {
      return;
    }
    attempt++;
    connected().compose(_ -> load(deadlineOfLoad())).onComplete(this::recovered);
  }

  private Future<Void> connected() {
    return link.connected() ? Future.succeededFuture() : link.connect();
  }

  private void recovered(AsyncResult<View> loaded) {
    if (phase == Phase.CLOSED) {
      return;
    }
    if (loaded.succeeded()) {
      publish(loaded.result());
      return;
    }
    long pause = timing.pause(attempt);
    reason = loaded.cause().getMessage();
    if (loaded.cause() instanceof Refused refused) {
      phase = Phase.REFUSED;
      pause = Math.max(pause, Math.min(REFUSED_PAUSE, timing.giveUp()));
      tell(refused.state());
      takeWaiters().forEach(waiter -> waiter.promise().tryFail(unavailable()));
    } else {
      phase = Phase.AWAY;
      if (!(loaded.cause() instanceof LinkLost) || attempt > 2) {
        tell(new StoreState(StoreState.Kind.UNREACHABLE, wanted + ": " + reason));
      }
      if (link.connected()) { // it answers, and cannot
        link.next();
        link.drop(wanted + ": " + reason);
      }
    }
    var _ = loop.schedule(this::recover, pause, TimeUnit.MILLISECONDS);
  }

  private void publish(View next) {
    View before = view;
    if (linkWasLost && before != null) {
      counts.add(Counts.Count.RECONNECTS);
    }
    boolean changed =
        before != null
            && ((linkWasLost && lockGained) || !before.map().agrees(next.map(), changing));
    boolean resized =
        before != null
            && before.inode().bytes() != next.inode().bytes()
            && next.inode().bytes() != expectedBytes;
    linkWasLost = false;
    lockGained = false;
    attempt = 0;
    reason = "";
    troubledSince = 0;
    troubled = false;
    view = next;
    snapshot = next.inode().isSnapshot();
    geometry = new Geometry(next.inode().bytes(), 1, PHYSICAL_BLOCK);
    phase = Phase.READY;
    if (before != null) {
      LOG.info("{}: in use again, as VDI {}", wanted, "%06x".formatted(next.vid()));
    }
    if (resized) {
      listener.resized(geometry);
    }
    if (changed) {
      listener.contentChanged();
    }
    tell(StoreState.USABLE);
    takeWaiters().forEach(waiter -> waiter.promise().tryComplete(next));
  }

  private List<Waiter> takeWaiters() {
    List<Waiter> taken = List.copyOf(waiters);
    waiters.clear();
    taken.forEach(waiter -> waiter.timer().cancel(false));
    return taken;
  }

  private void tell(StoreState next) {
    if (!next.equals(state)) {
      state = next;
      if (next.usable()) {
        LOG.info("{}: usable", wanted);
      } else {
        LOG.warn("{}: {}", wanted, next.reason());
      }
      listener.stateChanged(next);
    }
  }

  // --- loading

  private long deadlineOfLoad() {
    return System.nanoTime()
        + TimeUnit.MILLISECONDS.toNanos(Math.min(MOST_LOAD_MILLIS, timing.giveUp()));
  }

  private SheepRequest lookup() {
    return SheepRequest.info(wanted.name(), wanted.tag(), wanted.snapshotId());
  }

  /// Finds the VDI by its name, takes its lock, reads inode and map.
  ///
  /// @return fails with [LinkLost], [Refused], or a [StoreFault] when the cluster is not ready
  private Future<View> load(long deadline) {
    return (wanted.snapshot() ? find(deadline) : lock(deadline))
        .compose(
            vid ->
                header(vid, deadline)
                    .compose(
                        inode ->
                            successor(inode, deadline)
                                .compose(_ -> map(inode, deadline))
                                .map(
                                    map ->
                                        new View(
                                            view == null ? 1 : view.generation() + 1,
                                            inode,
                                            map))));
  }

  private Future<Integer> find(long deadline) {
    return ask(lookup(), deadline)
        .compose(
            response ->
                switch (response.result()) {
                  case SUCCESS -> Future.succeededFuture(response.vid());
                  case NO_VDI ->
                      refused(StoreState.Kind.GONE, "the cluster has no VDI of that name");
                  case NO_TAG -> refused(StoreState.Kind.GONE, "it has no such snapshot");
                  default -> failed(response, lookup());
                });
  }

  private Future<Integer> lock(long deadline) {
    boolean asked = lockInDoubt;
    lockInDoubt = true;
    SheepRequest request = SheepRequest.lock(wanted.name());
    return ask(request, deadline)
        .compose(
            response -> {
              lockInDoubt = asked && response.result() == SheepResult.VDI_LOCKED;
              return switch (response.result()) {
                case SUCCESS -> Future.succeededFuture(gained(response.vid()));
                case VDI_LOCKED ->
                    find(deadline).compose(vid -> lockedAlready(vid, asked, deadline));
                case NO_VDI -> refused(StoreState.Kind.GONE, "the cluster has no VDI of that name");
                default -> failed(response, request);
              };
            });
  }

  private int gained(int vid) {
    if (lockedVid != 0 && lockedVid != vid) {
      giveBack(lockedVid); // of what has become a snapshot
    }
    lockedVid = vid;
    lockGained = true;
    return vid;
  }

  /// Nothing tells whose lock it is: the cluster records the `sheep` it was asked through.
  ///
  /// @param asked an own request for it may have succeeded
  private Future<Integer> lockedAlready(int vid, boolean asked, long deadline) {
    if (vid == lockedVid || (asked && phase != Phase.OPENING)) {
      lockInDoubt = false;
      lockedVid = vid;
      return Future.succeededFuture(vid);
    }
    if (wanted.breakLock() && phase == Phase.OPENING) {
      LOG.warn("{}: breaking its lock, as the option breakLock says", wanted);
      return ask(SheepRequest.release(vid), deadline)
          .compose(_ -> ask(SheepRequest.lock(wanted.name()), deadline))
          .compose(
              response ->
                  response.succeeded()
                      ? Future.succeededFuture(gained(response.vid()))
                      : inUse(vid));
    }
    return inUse(vid);
  }

  private Future<Integer> inUse(int vid) {
    return refused(
        StoreState.Kind.LOCKED_BY_ANOTHER,
        """
        it is in use: its lock (VDI %06x) is held. A gateway that was killed leaves its lock behind; \
        when no other client uses the VDI, break it with 'dog vdi lock unlock %s', or open the unit \
        once with the option breakLock: true\
        """
            .formatted(vid, wanted.name()));
  }

  private <T> Future<T> refused(StoreState.Kind kind, String why) {
    return Future.failedFuture(new Refused(kind, wanted + ": " + why));
  }

  private void giveBack(int vid) {
    link.send(SheepRequest.release(vid))
        .onFailure(
            cause -> LOG.warn("{}: the lock of {} stays: {}", wanted, vid, cause.toString()));
  }

  private Future<Inode> header(int vid, long deadline) {
    return readInode(vid, deadline)
        .compose(
            inode -> {
              String fault = inode.fault(vid);
              return fault.isEmpty()
                  ? Future.succeededFuture(inode)
                  : refused(StoreState.Kind.GONE, fault);
            });
  }

  private Future<Inode> readInode(int vid, long deadline) {
    SheepRequest request =
        SheepRequest.read(Oid.inode(vid), 0, Inode.HEADER_LENGTH, Inode.unknown(vid));
    return ask(request, deadline)
        .compose(
            response -> {
              try {
                return whole(response, request)
                    ? Future.succeededFuture(Inode.decode(response.data()))
                    : failed(response, request);
              } finally {
                response.data().release();
              }
            });
  }

  /// Whether the VDI of our name is the one we had: it, or one made of a snapshot of that name (its
  /// later state, or that of a rollback); but not another one that was given the name.
  private Future<Void> successor(Inode next, long deadline) {
    if (view == null || next.vid() == view.vid()) {
      return view == null || next.objectShift() == view.inode().objectShift()
          ? Future.succeededFuture()
          : another(next);
    }
    if (wanted.snapshot() || next.objectShift() != view.inode().objectShift()) {
      return another(next);
    }
    if (next.parentVid() == view.vid()) {
      return Future.succeededFuture();
    }
    if (next.parentVid() == 0) {
      return another(next);
    }
    return readInode(next.parentVid(), deadline)
        .compose(
            parent ->
                parent.name().equals(wanted.name()) ? Future.succeededFuture() : another(next));
  }

  private Future<Void> another(Inode next) {
    if (lockedVid == next.vid()) {
      giveBack(lockedVid);
      lockedVid = 0;
    }
    return refused(
        StoreState.Kind.GONE,
        "it was removed, and VDI %06x, which has its name now, is another one"
            .formatted(next.vid()));
  }

  private Future<ObjectMap> map(Inode inode, long deadline) {
    var map = new ObjectMap(inode.objectCount());
    return map(inode, map, 0, deadline).map(map);
  }

  private Future<Void> map(Inode inode, ObjectMap map, int first, long deadline) {
    if (first == map.count()) {
      return Future.succeededFuture();
    }
    int count = Math.min(map.count() - first, MAP_READ_LENGTH / Inode.ENTRY_LENGTH);
    SheepRequest request =
        SheepRequest.read(
            Oid.inode(inode.vid()),
            Inode.MAP_OFFSET + first * Inode.ENTRY_LENGTH,
            count * Inode.ENTRY_LENGTH,
            inode);
    return ask(request, deadline)
        .compose(
            response -> {
              try {
                if (!whole(response, request)) {
                  return failed(response, request);
                }
                map.load(first, response.data());
              } finally {
                response.data().release();
              }
              return map(inode, map, first + count, deadline);
            });
  }

  private Future<SheepResponse> ask(SheepRequest request, long deadline) {
    return link.ask(request, deadline);
  }

  static boolean whole(SheepResponse response, SheepRequest request) {
    return response.succeeded() && response.data().readableBytes() == request.length();
  }

  private static <T> Future<T> failed(SheepResponse response, SheepRequest request) {
    return Future.failedFuture(
        response.succeeded()
            ? new StoreFault(StoreFault.Kind.READ_ERROR, request + ": the answer is too short")
            : SheepResult.fault(response, request));
  }

  // --- the end

  /// Gives the lock back, as well as that can be done, and the link.
  Future<Void> close() {
    boolean wasOpen = phase != Phase.OPENING;
    phase = Phase.CLOSED;
    reason = "the store is closed";
    takeWaiters().forEach(waiter -> waiter.promise().tryFail(closedFault()));
    int vid = lockedVid;
    lockedVid = 0;
    if (vid == 0) {
      link.close();
      return Future.succeededFuture();
    }
    Promise<Void> over = Promise.promise();
    var _ =
        loop.schedule(
            () -> over.tryFail("no sheep answers"), MOST_RELEASE_MILLIS, TimeUnit.MILLISECONDS);
    connected()
        .compose(_ -> link.send(SheepRequest.release(vid)))
        .onComplete(
            (_, cause) -> {
              if (cause == null) {
                over.tryComplete();
              } else {
                over.tryFail(cause);
              }
            });
    return over.future()
        .transform(
            released -> {
              if (released.failed() && wasOpen) {
                LOG.warn(
                    "{}: its lock could not be given back ({}): the next one to open it finds it in"
                        + " use",
                    wanted,
                    released.cause().getMessage());
              }
              link.close();
              return Future.succeededFuture();
            });
  }
}
