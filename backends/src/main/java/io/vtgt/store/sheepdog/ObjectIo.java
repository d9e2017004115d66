package io.vtgt.store.sheepdog;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vtgt.store.StoreFault;
import io.vtgt.store.Zeroes;
import io.vtgt.store.sheepdog.Counts.Count;
import io.vtgt.store.sheepdog.ObjectLanes.Doubt;
import io.vtgt.store.sheepdog.ObjectLanes.Turn;
import io.vtgt.store.sheepdog.ObjectLanes.Wish;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Reads, writes and discards within one data object. Belongs to the store's event loop.
///
/// Each operation is a loop: take the view in force, send the one request that it asks for, look at
/// the answer, and where that is not the end begin anew with whatever view is in force then. What
/// was learned on the way (an object made, a request that may still be under way) is kept in the
/// operation. So one way leads through everything that can happen meanwhile:
///
/// - *A plain write during a reload.* It went to the old VDI: done there before the snapshot was
///   taken, it is part of both; later, it is refused (0x1A) and begins anew, as a create.
/// - *A create and a snapshot.* The object is made, then its entry of the map written, then the
///   cluster asked whether the VDI is still the current one. Where it is not, the entry may have
///   come too late, into the snapshot's inode. The map of the new state tells: if it has the entry
///   the data was inherited; if not the object is made again in the new state. Only then the write
///   is answered.
/// - *A discard and a write.* A discard has the object alone: what came before has been answered,
///   what comes after waits. The cluster is asked first whether the VDI is the current one, for a
///   `sheep` does not refuse to discard a snapshot's object.
/// - *A lost answer.* A read begins anew. A write of an object that exists is repeated, and other
///   changes of those bytes wait until the first one is reckoned to be over ([Timing#settle]), for
///   a `sheep` may carry it out long after the connection is gone and would put old data over new.
///   A create, an entry of the map and a discard wait for that themselves, with the whole object,
///   then look what has become of entry and object, and go on from there. Nobody else is at the
///   object meanwhile. What is given up before that leaves a doubt, which the next one at the
///   object settles in the same way.
final class ObjectIo {
  /// From then on there is a pause before something is looked up anew.
  private static final int REDONE_AT_ONCE = 3;

  private final Vdi vdi;
  private final SheepLink link;
  private final ObjectLanes lanes;
  private final MapWriter mapWriter;
  private final Timing timing;
  private final Counts counts;

  ObjectIo(
      Vdi vdi,
      SheepLink link,
      ObjectLanes lanes,
      MapWriter mapWriter,
      Timing timing,
      Counts counts) {
    this.vdi = vdi;
    this.link = link;
    this.lanes = lanes;
    this.mapWriter = mapWriter;
    this.timing = timing;
    this.counts = counts;
  }

  /// @return exactly `length` bytes, owned by the caller
  Future<ByteBuf> read(int index, int offset, int length, long deadline) {
    return new Read(index, offset, length, deadline).run();
  }

  /// @param data borrowed until it is answered
  /// @param onlyMapped does nothing where there is no object: for zeroes
  Future<Void> write(int index, int offset, ByteBuf data, boolean onlyMapped, long deadline) {
    return new Write(index, offset, data, onlyMapped, deadline).run();
  }

  /// Removes the object: its bytes read as zeroes.
  Future<Void> discard(int index, long deadline) {
    return new Discard(index, vdi.view().inode().objectLength(), deadline).run();
  }

  private static <T> Future<T> thenEnd(Turn turn, Future<T> work) {
    return work.transform(
        _ -> {
          turn.end();
          return work;
        });
  }

  /// What all of them have in common.
  private abstract class Operation {
    final int index;
    final int offset;
    final int length;
    final long deadline;
    private int attempts;
    private boolean missed;

    Operation(int index, int offset, int length, long deadline) {
      this.index = index;
      this.offset = offset;
      this.length = length;
      this.deadline = deadline;
    }

    final Wish wish(boolean changes, BooleanSupplier alone) {
      return new Wish(index, offset, offset + length, changes, alone);
    }

    /// The view in force, when there is one.
    final Future<Vdi.View> ready() {
      return vdi.ready(deadline)
          .compose(
              view ->
                  index < view.map().count()
                      ? Future.succeededFuture(view)
                      : Future.failedFuture(
                          new StoreFault(
                              StoreFault.Kind.OUT_OF_RANGE,
                              "object %d of %d: the disk was made smaller"
                                  .formatted(index, view.map().count()))));
    }

    final boolean done(AsyncResult<SheepResponse> answer) {
      if (answer.succeeded()) {
        vdi.heard(answer.result().result());
      }
      return answer.succeeded() && answer.result().succeeded();
    }

    /// After an answer that was not the hoped-for one.
    ///
    /// @return completes when the operation is to look again at what is in force; fails when it
    ///   cannot be done
    final Future<Void> again(
        Vdi.View view, SheepRequest request, AsyncResult<SheepResponse> answer) {
      counts.add(Count.RETRIES);
      if (answer.failed()) {
        return answer.cause() instanceof LinkLost
            ? Future.succeededFuture() // and wait until there is a view again
            : Future.failedFuture(answer.cause());
      }
      SheepResponse response = answer.result();
      return switch (response.result().consequence) {
        case RETRY -> later(request, response, 1);
        case RECONNECT -> {
          var _ = link.leave(request, response);
          yield Future.succeededFuture();
        }
        case RELOAD -> {
          vdi.reload(view, request + ": " + response.result().words);
          yield later(request, response, REDONE_AT_ONCE);
        }
        case MISSING -> {
          if (missed) {
            yield Future.failedFuture(SheepResult.fault(response, request));
          }
          missed = true;
          vdi.reload(view, request + ": " + response.result().words);
          yield Future.succeededFuture();
        }
        case DONE ->
            Future.failedFuture(
                new StoreFault(StoreFault.Kind.READ_ERROR, request + ": the answer is too short"));
        case NO_SPACE, FAILS -> Future.failedFuture(SheepResult.fault(response, request));
      };
    }

    /// @param from the attempt that waits first
    private Future<Void> later(SheepRequest request, SheepResponse response, int from) {
      if (Timing.passed(deadline)) {
        return Future.failedFuture(SheepResult.fault(response, request));
      }
      attempts++;
      return attempts < from
          ? Future.succeededFuture()
          : link.pause(timing.pause(attempts - from + 1));
    }

    /// Reads the object's entry of the map.
    ///
    /// @return false when that is to be tried again
    final Future<Boolean> examine(Vdi.View view) {
      SheepRequest request =
          SheepRequest.read(
              Oid.inode(view.vid()),
              Inode.MAP_OFFSET + index * Inode.ENTRY_LENGTH,
              Inode.ENTRY_LENGTH,
              view.inode());
      return link.send(request)
          .transform(
              answer -> {
                boolean done = done(answer);
                if (done && Vdi.whole(answer.result(), request)) {
                  view.map().load(index, answer.result().data());
                  answer.result().data().release();
                  return Future.succeededFuture(true);
                }
                if (done) {
                  answer.result().data().release();
                }
                return again(view, request, answer).map(false);
              });
    }
  }

  private final class Read extends Operation {
    private boolean settled;

    Read(int index, int offset, int length, long deadline) {
      super(index, offset, length, deadline);
    }

    Future<ByteBuf> run() {
      return lanes.enter(wish(false, () -> false)).compose(turn -> thenEnd(turn, look(turn)));
    }

    private Future<ByteBuf> look(Turn turn) {
      return ready()
          .compose(
              view -> {
                if (turn.alone() && !settled) {
                  return settle(turn, view).compose(_ -> look(turn));
                }
                int owner = view.map().owner(index);
                return owner == 0 ? Future.succeededFuture(zeroes(length)) : ask(turn, view, owner);
              });
    }

    private Future<ByteBuf> ask(Turn turn, Vdi.View view, int owner) {
      SheepRequest request =
          SheepRequest.read(Oid.data(owner, index), offset, length, view.inode());
      return link.send(request)
          .transform(
              answer -> {
                boolean done = done(answer);
                if (done && Vdi.whole(answer.result(), request)) {
                  return Future.succeededFuture(answer.result().data());
                }
                if (done) {
                  answer.result().data().release();
                }
                return again(view, request, answer).compose(_ -> look(turn));
              });
    }

    /// Settles what another operation left: what the entry says after it.
    private Future<Void> settle(Turn turn, Vdi.View view) {
      Doubt doubt = turn.takeDoubt();
      if (doubt == null || doubt.vid() != view.vid()) {
        settled = true;
        return Future.succeededFuture();
      }
      if (!Timing.passed(doubt.until())) {
        turn.leaveDoubt(doubt);
        return link.pause(Timing.millisUntil(doubt.until()));
      }
      return examine(view)
          .transform(
              examined -> {
                settled = examined.succeeded() && examined.result();
                // whoever writes here next has to know of an object that may be there
                if (!settled || (doubt.created() && view.map().owner(index) != view.vid())) {
                  turn.leaveDoubt(doubt);
                }
                return examined.succeeded()
                    ? Future.succeededFuture()
                    : Future.failedFuture(examined.cause());
              });
    }
  }

  private static ByteBuf zeroes(int length) {
    if (length <= Zeroes.MAX_LENGTH) {
      return Zeroes.slice(length);
    }
    CompositeByteBuf all = PooledByteBufAllocator.DEFAULT.compositeBuffer(Integer.MAX_VALUE);
    for (int at = 0; at < length; at += Zeroes.MAX_LENGTH) {
      all.addComponent(true, Zeroes.slice(Math.min(Zeroes.MAX_LENGTH, length - at)));
    }
    return all;
  }

  /// What has the object alone: it knows what it has done, and what may have been done.
  private abstract class Alone extends Operation {
    /// What was sent may still be under way until then, nanoseconds.
    private long notBefore;

    /// Something was sent and not answered, so entry and object are to be looked at. Of this VDI.
    private int doubtfulVid;

    /// Whose object may be there, though nobody answered that it was made.
    int mayBeThereVid;

    /// Whose object was made, and answered.
    int createdVid;

    Alone(int index, int offset, int length, long deadline) {
      super(index, offset, length, deadline);
    }

    final Future<Void> goAlone(Turn turn) {
      Doubt doubt = turn.takeDoubt();
      if (doubt != null) {
        notBefore = doubt.until();
        doubtfulVid = doubt.vid();
        mayBeThereVid = doubt.created() ? doubt.vid() : 0;
      }
      Future<Void> work = step();
      return work.transform(
          done -> {
            int vid = vdi.view().vid();
            boolean created = createdVid == vid || mayBeThereVid == vid;
            if (done.failed() && (created || doubtfulVid == vid)) {
              long until = doubtfulVid == vid ? notBefore : System.nanoTime();
              turn.leaveDoubt(new Doubt(vid, until, created));
            }
            return work;
          });
    }

    /// The next thing to do, and all that follow.
    final Future<Void> step() {
      return ready()
          .compose(
              view -> {
                if (doubtfulVid == 0) {
                  return step(view);
                }
                if (doubtfulVid != view.vid()) { // another state: what was sent cannot reach it
                  doubtfulVid = 0;
                  return step(view);
                }
                if (!Timing.passed(notBefore)) {
                  return link.pause(Timing.millisUntil(notBefore)).compose(_ -> step());
                }
                return examine(view)
                    .compose(
                        examined -> {
                          if (!examined) {
                            return step();
                          }
                          doubtfulVid = 0;
                          return step(view);
                        });
              });
    }

    /// One request, by what is known now.
    abstract Future<Void> step(Vdi.View view);

    final boolean sentAndLost(AsyncResult<SheepResponse> answer) {
      return answer.cause() instanceof LinkLost lost && lost.sent();
    }

    /// Nobody knows whether it was, or will be, done.
    final void doubt(Vdi.View view) {
      doubtfulVid = view.vid();
      notBefore = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timing.settle());
    }
  }

  private final class Write extends Alone {
    private final ByteBuf data;
    private final boolean onlyMapped;

    Write(int index, int offset, ByteBuf data, boolean onlyMapped, long deadline) {
      super(index, offset, data.readableBytes(), deadline);
      this.data = data;
      this.onlyMapped = onlyMapped;
    }

    Future<Void> run() {
      return lanes
          .enter(wish(true, this::mustBeAlone))
          .compose(
              turn ->
                  turn.alone()
                      ? thenEnd(turn, goAlone(turn))
                      : thenEnd(turn, goBeside(turn))
                          .compose(done -> done ? Future.succeededFuture() : run()));
    }

    private boolean mustBeAlone() {
      Vdi.View view = vdi.view();
      return index < view.map().count() && view.map().owner(index) != view.vid();
    }

    /// A plain write, beside others.
    ///
    /// @return false when the object is not ours any more
    private Future<Boolean> goBeside(Turn turn) {
      return ready()
          .compose(
              view -> {
                if (view.map().owner(index) != view.vid()) {
                  return Future.succeededFuture(false);
                }
                SheepRequest request = writing(view);
                return link.send(request)
                    .transform(
                        answer -> {
                          if (done(answer)) {
                            return Future.succeededFuture(true);
                          }
                          leaveStray(turn, answer);
                          return again(view, request, answer).compose(_ -> goBeside(turn));
                        });
              });
    }

    private SheepRequest writing(Vdi.View view) {
      return SheepRequest.write(Oid.data(view.vid(), index), offset, data, view.inode());
    }

    private void leaveStray(Turn turn, AsyncResult<SheepResponse> answer) {
      if (sentAndLost(answer)) {
        counts.add(Count.STRAYS);
        turn.leaveStray(
            offset,
            offset + length,
            System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timing.settle()));
      }
    }

    @Override
    Future<Void> step(Vdi.View view) {
      int owner = view.map().owner(index);
      if (createdVid != 0 && owner == createdVid) {
        return Future.succeededFuture(); // its entry has come in, here or before a snapshot
      }
      if (createdVid == view.vid()) {
        return enter(view);
      }
      if (owner == view.vid()) {
        return writeExisting(view, false);
      }
      if (mayBeThereVid == view.vid()) {
        return lookForIt(view);
      }
      return owner == 0 && onlyMapped ? Future.succeededFuture() : create(view, owner);
    }

    private Future<Void> create(Vdi.View view, int owner) {
      SheepRequest request =
          SheepRequest.create(
              Oid.data(view.vid(), index),
              owner == 0 ? 0 : Oid.data(owner, index),
              offset,
              data,
              view.inode());
      return link.send(request)
          .transform(
              answer -> {
                if (done(answer)) {
                  createdVid = view.vid();
                  counts.add(Count.CREATES);
                  if (owner != 0) {
                    counts.add(Count.COPIES);
                  }
                  return step();
                }
                if (sentAndLost(answer)) {
                  doubt(view);
                  mayBeThereVid = view.vid();
                }
                return again(view, request, answer).compose(_ -> step());
              });
    }

    /// @param entryMissing its entry of the map is still to be written
    private Future<Void> writeExisting(Vdi.View view, boolean entryMissing) {
      SheepRequest request = writing(view);
      return link.send(request)
          .transform(
              answer -> {
                if (done(answer)) {
                  if (!entryMissing) {
                    return Future.succeededFuture();
                  }
                  mayBeThereVid = 0;
                  createdVid = view.vid();
                  return step();
                }
                if (sentAndLost(answer)) {
                  doubt(view);
                }
                return again(view, request, answer).compose(_ -> step());
              });
    }

    /// The answer to a create was lost: a second one would wipe what the first has written.
    private Future<Void> lookForIt(Vdi.View view) {
      SheepRequest request = SheepRequest.read(Oid.data(view.vid(), index), 0, 1, view.inode());
      return link.send(request)
          .transform(
              answer -> {
                if (done(answer)) {
                  answer.result().data().release();
                  return writeExisting(view, true);
                }
                if (answer.succeeded() && answer.result().result() == SheepResult.NO_OBJ) {
                  mayBeThereVid = 0;
                  return step();
                }
                return again(view, request, answer).compose(_ -> step());
              });
    }

    /// Writes the entry, then asks whether it went to the state that counts.
    private Future<Void> enter(Vdi.View view) {
      return mapWriter
          .own(view, index)
          .transform(
              answer -> {
                if (done(answer)) {
                  return vdi.confirm()
                      .compose(
                          _ -> {
                            if (!vdi.inForce(view)) {
                              return step();
                            }
                            view.map().owner(index, view.vid());
                            return Future.succeededFuture();
                          });
                }
                if (sentAndLost(answer)) {
                  doubt(view);
                }
                SheepRequest request =
                    SheepRequest.write(
                        Oid.inode(view.vid()),
                        Inode.MAP_OFFSET + index * Inode.ENTRY_LENGTH,
                        Zeroes.slice(Inode.ENTRY_LENGTH),
                        view.inode());
                return again(view, request, answer).compose(_ -> step());
              });
    }
  }

  private final class Discard extends Alone {
    /// The generation of the view that was found to be the current state.
    private long confirmed;

    Discard(int index, int objectLength, long deadline) {
      super(index, 0, objectLength, deadline);
    }

    Future<Void> run() {
      return lanes.enter(wish(true, () -> true)).compose(turn -> thenEnd(turn, goAlone(turn)));
    }

    @Override
    Future<Void> step(Vdi.View view) {
      if (view.map().owner(index) == 0) {
        return Future.succeededFuture();
      }
      if (confirmed != view.generation()) {
        confirmed = view.generation();
        return vdi.confirm().compose(_ -> step());
      }
      SheepRequest request = SheepRequest.discard(Oid.data(view.vid(), index), view.inode());
      return link.send(request)
          .transform(
              answer -> {
                if (done(answer)) {
                  counts.add(Count.DISCARDS);
                  return vdi.confirm()
                      .compose(
                          _ -> {
                            if (!vdi.inForce(view)) {
                              return step();
                            }
                            view.map().owner(index, 0);
                            return Future.succeededFuture();
                          });
                }
                if (sentAndLost(answer)) {
                  doubt(view);
                }
                return again(view, request, answer).compose(_ -> step());
              });
    }
  }
}
