package io.vtgt.store.sheepdog;

import io.netty.channel.EventLoop;
import io.netty.util.collection.IntObjectHashMap;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Puts in order what concerns one data object: reads and plain writes go side by side, whatever
/// makes or removes the object goes alone, everything in the order in which it came.
///
/// It also remembers what may still be under way in the cluster without anybody waiting for it: a
/// write whose connection was lost. There is no cancelling, and a `sheep` orders nothing, so until
/// some time has passed no other change of those bytes is let through, nor anything that makes or
/// removes the object. Belongs to the store's event loop.
final class ObjectLanes {
  private final EventLoop loop;
  private final IntObjectHashMap<Lane> lanes = new IntObjectHashMap<>();

  ObjectLanes(EventLoop loop) {
    this.loop = loop;
  }

  /// What is wanted of an object.
  ///
  /// @param from first byte within the object
  /// @param to the byte after the last
  /// @param changes it is no read
  /// @param alone asked when its turn comes: it makes or removes the object
  record Wish(int index, int from, int to, boolean changes, BooleanSupplier alone) {}

  /// A request may still be carried out though its connection is gone.
  ///
  /// @param until when it is reckoned to be over, nanoseconds
  private record Stray(int from, int to, long until) {}

  /// What nobody knows of an object after an operation on it was given up.
  ///
  /// @param vid whose object it is
  /// @param until when nothing more of it is reckoned to be under way, nanoseconds
  /// @param created the object may be there though the map does not say so
  record Doubt(int vid, long until, boolean created) {}

  /// The right to go on, until it is given back.
  static final class Turn {
    private final Lane lane;
    private final boolean alone;
    private boolean over;

    private Turn(Lane lane, boolean alone) {
      this.lane = lane;
      this.alone = alone;
    }

    /// Nobody else is at the object.
    boolean alone() {
      return alone;
    }

    /// What an operation before left behind; null for nothing. Told once.
    Doubt takeDoubt() {
      assert alone;
      Doubt doubt = lane.doubt;
      lane.doubt = null;
      return doubt;
    }

    void leaveDoubt(Doubt doubt) {
      lane.doubt = doubt;
    }

    /// From now on, until the time has passed, those bytes are not changed by another.
    void leaveStray(int from, int to, long until) {
      lane.strays.add(new Stray(from, to, until));
    }

    void end() {
      if (!over) {
        over = true;
        lane.leave(this);
      }
    }
  }

  /// Completes when the wish may begin.
  Future<Turn> enter(Wish wish) {
    Lane lane = lanes.get(wish.index());
    if (lane == null) {
      lane = new Lane(wish.index());
      lanes.put(wish.index(), lane);
    }
    return lane.enter(wish);
  }

  /// Nobody knows whether the object is there, or what the map says of it.
  boolean doubtful(int index) {
    Lane lane = lanes.get(index);
    return lane != null && lane.doubt != null;
  }

  /// Something is under way at the object, or may be.
  boolean busy(int index) {
    return lanes.containsKey(index);
  }

  private final class Lane {
    private final int index;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final List<Stray> strays = new ArrayList<>(0);
    private int underWay;
    private boolean taken;
    private boolean timed;
    private boolean goingOn;
    private Doubt doubt;

    private record Waiting(Wish wish, Promise<Turn> promise) {}

    Lane(int index) {
      this.index = index;
    }

    Future<Turn> enter(Wish wish) {
      if (waiting.isEmpty()) {
        Turn turn = admit(wish);
        if (turn != null) {
          return Future.succeededFuture(turn);
        }
      }
      Promise<Turn> promise = Promise.promise();
      waiting.add(new Waiting(wish, promise));
      return promise.future();
    }

    /// @return null when it cannot go now
    private Turn admit(Wish wish) {
      boolean alone = wish.alone().getAsBoolean() || doubt != null;
      if (taken || (alone && underWay > 0) || strayed(wish, alone)) {
        return null;
      }
      taken = alone;
      underWay++;
      return new Turn(this, alone);
    }

    private boolean strayed(Wish wish, boolean alone) {
      if (strays.isEmpty()) {
        return false;
      }
      strays.removeIf(stray -> Timing.passed(stray.until()));
      for (Stray stray : strays) {
        if (alone || (wish.changes() && stray.from() < wish.to() && wish.from() < stray.to())) {
          lookAgain();
          return true;
        }
      }
      return false;
    }

    void leave(Turn turn) {
      underWay--;
      if (turn.alone) {
        taken = false;
      }
      goOn();
    }

    private void goOn() {
      if (goingOn) {
        return; // further up on this stack: one that began has ended at once
      }
      goingOn = true;
      while (!waiting.isEmpty()) {
        Turn turn = admit(waiting.peek().wish());
        if (turn == null) {
          break;
        }
        waiting.poll().promise().complete(turn);
      }
      goingOn = false;
      if (underWay == 0 && waiting.isEmpty() && doubt == null) {
        strays.removeIf(stray -> Timing.passed(stray.until()));
        if (!strays.isEmpty()) {
          lookAgain();
        } else if (this.equals(lanes.get(index))) {
          lanes.remove(index);
        }
      }
    }

    /// When the first stray is over.
    private void lookAgain() {
      if (timed) {
        return;
      }
      timed = true;
      long first = strays.getFirst().until();
      for (Stray stray : strays) {
        first = stray.until() - first < 0 ? stray.until() : first;
      }
      var _ =
          loop.schedule(
              () -> {
                timed = false;
                goOn();
              },
              Timing.millisUntil(first),
              TimeUnit.MILLISECONDS);
    }
  }
}
