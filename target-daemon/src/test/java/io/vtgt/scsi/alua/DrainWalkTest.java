package io.vtgt.scsi.alua;

import static io.vtgt.target.ScsiFixture.PROFILE;
import static io.vtgt.target.ScsiFixture.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.store.Layer;
import io.vtgt.store.layer.DelayLayer;
import io.vtgt.store.layer.DelayLayer.Traffic;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Answer;
import io.vtgt.target.ScsiFixture.Initiator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Writes through three groups, held back in the store again and again, while the groups change
/// their states: once a change to a closed state is answered, nothing that came through the group
/// reaches the medium. Each group writes in a region of its own, so that the medium knows.
class DrainWalkTest {
  private static final int GROUPS = 3, STEPS = 150;
  private static final int REGION_BLOCKS = 512, REGION_BYTES = REGION_BLOCKS * 512;

  /// The medium, which notes what comes through a closed group.
  private static final class Medium extends Layer {
    final boolean[] closed = new boolean[GROUPS + 1];
    final Queue<String> wrong = new ConcurrentLinkedQueue<>();

    Medium() {
      super(new MemoryStore(ScsiFixture.BYTES));
    }

    synchronized void closed(int group, boolean is) {
      closed[group] = is;
    }

    private synchronized void came(String what, long offset) {
      int group = (int) (offset / REGION_BYTES) + 1;
      if (closed[group]) {
        wrong.add(what + " through group " + group);
      }
    }

    @Override
    public Future<Void> write(long offset, ByteBuf data, boolean fua) {
      came("write", offset);
      return super.write(offset, data, fua);
    }

    @Override
    public Future<Void> unmap(long offset, long length) {
      came("unmap", offset);
      return super.unmap(offset, length);
    }

    @Override
    public Future<Void> writeZeroes(long offset, long length, boolean mayUnmap) {
      came("zeroes", offset);
      return super.writeZeroes(offset, length, mayUnmap);
    }
  }

  /// A write that waits for its data.
  private record Waiting(Initiator from, Step.NeedsData step, ByteBuf data) {}

  private final Medium medium = new Medium();
  private final DelayLayer delay = new DelayLayer(null, medium, DelayLayer.Delays.NONE);
  private final List<Future<Completion>> answers = new ArrayList<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private final List<Future<Void>> changes = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void closedGroup_neverReachesTheMedium(long seed) {
    try (var fixture = new ScsiFixture()) {
      walk(fixture, new Random(seed), "seed " + seed);
    }
  }

  private void walk(ScsiFixture fixture, Random random, String seed) {
    LogicalUnit unit = fixture.addUnit(0, PROFILE, delay);
    unit.portGroups()
        .start(new PortGroupSetup(AluaMode.BOTH, new TreeSet<>(Set.of(1, 2, 3)), Map.of()));
    var initiators = new ArrayList<Initiator>();
    for (int i = 0; i < 2 * GROUPS; i++) {
      initiators.add(fixture.ready("i" + i, 1 + i % GROUPS));
    }
    boolean holding = false;
    for (int step = 0; step < STEPS; step++) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> begin(initiators.get(random.nextInt(initiators.size())), random);
        case 3, 4 -> {
          if (!waiting.isEmpty()) {
            giveData(waiting.remove(random.nextInt(waiting.size())));
          }
        }
        case 5 -> {
          if (holding) {
            delay.release(Traffic.WRITES);
          } else {
            delay.hold(Traffic.WRITES);
          }
          holding = !holding;
        }
        default -> change(unit, initiators, 1 + random.nextInt(GROUPS), random);
      }
    }
    while (!waiting.isEmpty()) {
      giveData(waiting.removeLast());
    }
    delay.release(Traffic.WRITES);
    changes.forEach(ScsiFixture::await);
    for (var answer : answers) {
      String status = Answer.of(await(answer)).status();
      assertTrue(
          status.equals("GOOD")
              || status.equals("UNIT_ATTENTION 2a06")
              || status.startsWith("NOT_READY 04"),
          seed + ": " + status);
    }
    assertEquals(List.of(), List.copyOf(medium.wrong), seed);
  }

  private void begin(Initiator initiator, Random random) {
    int group = initiator.nexus.id().portalGroup();
    int lba = (group - 1) * REGION_BLOCKS;
    boolean unmap = random.nextBoolean();
    ByteBuf data = unmap ? unmapList(lba) : Unpooled.buffer(512).writeZero(512);
    String cdb =
        unmap
            ? "42 00 00 00 00 00 00 00 %02x 00".formatted(data.readableBytes())
            : "2a 00 %08x 00 00 01 00".formatted(lba);
    int length = data.readableBytes();
    Step step =
        ScsiFixture.on(
            initiator.nexus.context(),
            () -> Future.succeededFuture(initiator.begin(0, cdb, length)));
    if (step instanceof Step.NeedsData needs) {
      waiting.add(new Waiting(initiator, needs, data));
    } else {
      data.release();
      answers.add(Future.succeededFuture(((Step.Done) step).completion()));
    }
  }

  /// Four pieces, one after the other in the store.
  private static ByteBuf unmapList(int lba) {
    var list =
        Unpooled.buffer(8 + 4 * 16).writeShort(8 + 4 * 16 - 2).writeShort(4 * 16).writeInt(0);
    for (int i = 0; i < 4; i++) {
      list.writeLong(lba + 64 * i).writeInt(64).writeInt(0);
    }
    return list;
  }

  private void giveData(Waiting write) {
    Promise<Completion> answer = Promise.promise();
    answers.add(answer.future());
    write
        .from
        .nexus
        .context()
        .runOnContext(
            _ -> {
              switch (write.step.then().apply(write.data)) {
                case Step.Done done -> answer.complete(done.completion());
                case Step.Running running -> running.completion().onComplete(answer);
                case Step.NeedsData _ -> throw new AssertionError("more data");
              }
            });
  }

  private void change(LogicalUnit unit, List<Initiator> initiators, int group, Random random) {
    // One at a time, so that the test knows which one holds.
    if (!changes.isEmpty() && !changes.getLast().isComplete()) {
      return;
    }
    AccessState state =
        List.of(
                AccessState.ACTIVE_OPTIMIZED,
                AccessState.ACTIVE_NON_OPTIMIZED,
                AccessState.STANDBY,
                AccessState.UNAVAILABLE,
                AccessState.OFFLINE)
            .get(random.nextInt(5));
    if (state.active()) {
      medium.closed(group, false);
    }
    var groups = unit.portGroups();
    var change =
        random.nextBoolean()
            ? groups.changeImplicitly(group, Optional.of(state))
            : groups.changeExplicitly(
                Map.of(group, state), initiators.get(random.nextInt(initiators.size())).nexus);
    Promise<Void> seen = Promise.promise();
    change.onComplete(
        result -> {
          if (result.succeeded() && !state.active()) {
            medium.closed(group, true);
          }
          seen.handle(result);
        });
    changes.add(seen.future());
  }
}
