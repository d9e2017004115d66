package io.vtgt.scsi.copy;

import static io.vtgt.scsi.copy.CopyFixture.ABORT;
import static io.vtgt.scsi.copy.CopyFixture.STATUS_LID4;
import static io.vtgt.scsi.copy.CopyFixture.XCOPY;
import static io.vtgt.scsi.copy.CopyFixture.XCOPY_LID4;
import static io.vtgt.scsi.copy.CopyFixture.assertGood;
import static io.vtgt.scsi.copy.CopyFixture.cscd;
import static io.vtgt.scsi.copy.CopyFixture.list;
import static io.vtgt.scsi.copy.CopyFixture.listLid4;
import static io.vtgt.scsi.copy.CopyFixture.pattern;
import static io.vtgt.scsi.copy.CopyFixture.segment;
import static io.vtgt.scsi.copy.CopyFixture.sense;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Task;
import io.vtgt.store.layer.DelayLayer;
import io.vtgt.store.layer.DelayLayer.Traffic;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What ends a copy before its time ends it within a piece, and nothing of it lands later.
class CopyStopTest {
  private static final int BYTES = 8 << 20;
  private static final int PIECES = Mover.MEMORY_BYTES / 2;

  private final CopyFixture fixture = new CopyFixture();
  private final DelayLayer media =
      new DelayLayer(null, new MemoryStore(BYTES), DelayLayer.Delays.NONE);
  private final LogicalUnit a = fixture.add(0, new MemoryStore(BYTES));
  private final LogicalUnit b = fixture.add(1, media);
  private final ScsiFixture.Initiator host = fixture.scsi.ready("host");
  private final byte[] data = pattern(BYTES, 1);

  CopyStopTest() {
    fixture.write(a, 0, data);
  }

  @AfterEach
  void close() {
    media.release(Traffic.WRITES);
    fixture.close();
  }

  private byte[] everything(int listId) {
    return list(listId, 0, List.of(cscd(a), cscd(b)), List.of(segment(0, 1, 16384, 0, 0)));
  }

  private static void awaitHeld(DelayLayer layer, int count) {
    while (layer.heldCount(Traffic.WRITES) < count) {
      Thread.onSpinWait();
    }
  }

  private Future<Completion> copyHeld(Task task, byte[] list) {
    media.hold(Traffic.WRITES);
    Future<Completion> end = fixture.start(task, list);
    awaitHeld(media, 2);
    return end;
  }

  /// What ends it has reached the copy that unit 0 was asked for.
  private void awaitStopping(int listId) {
    while (!a.copies().find(host.nexus.id(), listId).orElseThrow().stopping()) {
      Thread.onSpinWait();
    }
  }

  private static Sense stopped(int segment) {
    return Sense.of(SenseKey.COPY_ABORTED, Asc.COMMANDS_CLEARED_BY_DEVICE_SERVER)
        .withCommandSpecific(segment);
  }

  @Test
  void abortedTask_endsWithThePiecesUnderWay_andNotSooner() {
    byte[] list = everything(1);
    Task task = fixture.task(host, 0, XCOPY.formatted(list.length), list.length);
    Future<Completion> end = copyHeld(task, list);
    task.life().end();
    assertFalse(end.isComplete());
    media.release(Traffic.WRITES);
    Sense sense = sense(ScsiFixture.await(end));
    assertEquals(Asc.COMMANDS_CLEARED_BY_DEVICE_SERVER, sense.asc());
    assertEquals((BYTES - 2 * PIECES) / 512, sense.information().orElseThrow());
    assertArrayEquals(Arrays.copyOf(data, 2 * PIECES), fixture.read(b, 0, 2 * PIECES));
    assertArrayEquals(
        new byte[BYTES - 2 * PIECES], fixture.read(b, 2 * PIECES, BYTES - 2 * PIECES));
    assertEquals(0x60, fixture.good(host, 0, STATUS_LID4.formatted(1))[5]);
  }

  @Test
  void copyOperationAbort_isAnsweredWhenNothingIsUnderWay() {
    byte[] list = everything(5);
    Future<Completion> end =
        copyHeld(fixture.task(host, 0, XCOPY.formatted(list.length), list.length), list);
    Completion again = fixture.copy(host, 0, list);
    assertEquals(Sense.illegalRequest(Asc.OPERATION_IN_PROGRESS), sense(again));
    assertEquals(0x11, fixture.good(host, 0, STATUS_LID4.formatted(5))[5]);
    Future<Completion> abort =
        fixture.start(fixture.task(host, 0, ABORT.formatted(5), 0), new byte[0]);
    awaitStopping(5);
    assertFalse(abort.isComplete());
    media.release(Traffic.WRITES);
    assertGood(ScsiFixture.await(abort));
    assertEquals(
        stopped(0).withInformation((BYTES - 2 * PIECES) / 512), sense(ScsiFixture.await(end)));
    assertEquals(
        Sense.invalidFieldInCdb(2, 7),
        sense(fixture.run(host, 0, ABORT.formatted(5), new byte[0])));
  }

  @Test
  void resetOfEitherUnit_stopsACopyInTheBackground() {
    for (int lun = 0; lun < 2; lun++) {
      byte[] list =
          listLid4(3, true, List.of(cscd(a), cscd(b)), List.of(segment(1, 2, 16384, 0, 0)));
      Task task = fixture.task(host, 0, XCOPY_LID4.formatted(list.length), list.length);
      Future<Completion> answer = copyHeld(task, list);
      assertGood(ScsiFixture.await(answer));
      assertEquals(0x12, fixture.good(host, 0, STATUS_LID4.formatted(3))[5]);
      long number = (long) lun << 48;
      Future<Void> reset = fixture.scsi.target().resetUnit(host.nexus, number);
      awaitStopping(3);
      if (lun == 1) {
        assertFalse(reset.isComplete()); // its gate has writes under way
      }
      media.release(Traffic.WRITES);
      ScsiFixture.await(reset);
      byte[] before = fixture.read(b, 0, BYTES);
      ScsiFixture.on(host.nexus.context(), Future::succeededFuture);
      assertArrayEquals(before, fixture.read(b, 0, BYTES));
      host.send(0, "00 00 00 00 00 00");
      host.send(1, "00 00 00 00 00 00");
      fixture.write(b, 0, new byte[BYTES]);
    }
  }

  @Test
  void preemptAndAbort_atTheDestination_keepsTheRestOut() {
    ScsiFixture.Initiator other = fixture.scsi.ready("other");
    String register = "5f 00 00 00 00 00 00 00 18 00";
    String none = "00".repeat(8), tail = "00".repeat(8);
    String hosts = "00000000000000aa", others = "00000000000000bb";
    assertEquals("GOOD", host.send(1, register, none + hosts + tail).status());
    assertEquals("GOOD", other.send(1, register, none + others + tail).status());
    assertEquals(
        "GOOD", host.send(1, "5f 01 05 00 00 00 00 00 18 00", hosts + none + tail).status());
    byte[] list = everything(1);
    Future<Completion> end =
        copyHeld(fixture.task(host, 0, XCOPY.formatted(list.length), list.length), list);
    byte[] preempt = java.util.HexFormat.of().parseHex(others + hosts + tail);
    Future<Completion> preempted =
        fixture.start(
            fixture.task(other, 1, "5f 05 05 00 00 00 00 00 18 00", preempt.length), preempt);
    awaitStopping(1);
    media.release(Traffic.WRITES);
    assertGood(ScsiFixture.await(preempted));
    byte[] then = fixture.read(b, 0, BYTES);
    assertEquals(SenseKey.COPY_ABORTED, sense(ScsiFixture.await(end)).key());
    assertArrayEquals(then, fixture.read(b, 0, BYTES));
  }

  @Test
  void unitThatIsTakenAway_orEjected_endsTheCopy() {
    byte[] list = everything(1);
    Future<Completion> end =
        copyHeld(fixture.task(host, 0, XCOPY.formatted(list.length), list.length), list);
    b.publish(b.state().withMediumPresent(false));
    media.release(Traffic.WRITES);
    Sense sense = sense(ScsiFixture.await(end));
    assertEquals(Asc.THIRD_PARTY_DEVICE_FAILURE, sense.asc());
    assertEquals(new Sense.FieldPointer(false, 48, -1), sense.fieldPointer());
    b.publish(b.state().withMediumPresent(true));
    Future<Completion> second =
        copyHeld(fixture.task(host, 0, XCOPY.formatted(list.length), list.length), list);
    Future<LogicalUnit> removed = fixture.scsi.target().removeUnit(1);
    awaitStopping(1);
    media.release(Traffic.WRITES);
    ScsiFixture.await(removed);
    assertEquals(Asc.COMMANDS_CLEARED_BY_DEVICE_SERVER, sense(ScsiFixture.await(second)).asc());
  }

  @Test
  void moreCopiesThanThereMayBe_areBusy() {
    var ends = new ArrayList<Future<Completion>>();
    media.hold(Traffic.WRITES);
    for (int i = 0; i < CopyLimits.COPIES_PER_UNIT; i++) {
      byte[] list = everything(i);
      ends.add(
          fixture.start(fixture.task(host, 0, XCOPY.formatted(list.length), list.length), list));
    }
    awaitHeld(media, 2 * CopyLimits.COPIES_PER_UNIT);
    assertEquals(new Completion.Busy(), fixture.copy(host, 0, everything(99)));
    media.release(Traffic.WRITES);
    ends.forEach(end -> assertGood(ScsiFixture.await(end)));
    assertGood(fixture.copy(host, 0, everything(99)));
    assertArrayEquals(data, fixture.read(b, 0, BYTES));
  }

  @Test
  void writesElsewhere_goOnBesideACopy_andNoneIsLost() {
    for (int seed = 1; seed <= 5; seed++) {
      var random = new Random(seed);
      fixture.write(b, 0, new byte[BYTES]);
      int half = BYTES / 2;
      byte[] list = list(1, 0, List.of(cscd(a), cscd(b)), List.of(segment(0, 1, half / 512, 0, 0)));
      Future<Completion> end =
          fixture.start(fixture.task(host, 0, XCOPY.formatted(list.length), list.length), list);
      byte[] expected = Arrays.copyOf(Arrays.copyOf(data, half), BYTES);
      while (!end.isComplete()) {
        int at = half + 512 * random.nextInt(half / 512 - 8);
        byte[] block = new byte[512 * (1 + random.nextInt(8))];
        random.nextBytes(block);
        fixture.write(b, at, block);
        System.arraycopy(block, 0, expected, at, block.length);
      }
      assertGood(ScsiFixture.await(end));
      assertArrayEquals(expected, fixture.read(b, 0, BYTES), "seed " + seed);
    }
  }

  @Test
  void writeCacheOff_makesGoodDurable() {
    b.publish(b.state().withMode(b.state().mode().withWriteCacheEnabled(false)));
    media.hold(Traffic.FLUSHES);
    byte[] list = everything(1);
    Future<Completion> end =
        fixture.start(fixture.task(host, 0, XCOPY.formatted(list.length), list.length), list);
    while (media.heldCount(Traffic.FLUSHES) == 0) {
      Thread.onSpinWait();
    }
    assertFalse(end.isComplete());
    assertTrue(Arrays.equals(data, fixture.read(b, 0, BYTES)));
    media.release(Traffic.FLUSHES);
    assertGood(ScsiFixture.await(end));
  }
}
