package io.vtgt.scsi.sbc;

import static io.vtgt.scsi.sbc.UnitUnderTest.Shape.THIN;
import static io.vtgt.scsi.sbc.UnitUnderTest.filled;
import static io.vtgt.scsi.sbc.UnitUnderTest.join;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.store.StoreFault;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.Condition;
import io.vtgt.target.UnitMemory;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// FORMAT UNIT and SANITIZE.
class MediumOperationsTest {
  private static final String READY = "00 00 00 00 00 00";
  private static final String SENSE = "03 00 00 00 ff 00";
  private static final String BLOCK_ERASE = "48 02 00 00 00 00 00 00 00 00";
  private static final String EXIT = "48 1f 00 00 00 00 00 00 00 00";
  private static final int BYTES = (int) THIN.bytes();

  private final UnitMemory memory = UnitMemory.volatileMemory();
  private UnitUnderTest on = new UnitUnderTest(THIN, new MemoryStore(BYTES), memory);

  @AfterEach
  void everyBufferIsGivenBack() {
    on.close();
  }

  private static String overwrite(int flags, int listLength) {
    return "48 %02x 00 00 00 00 00 %04x 00".formatted(0x01 | flags, listLength);
  }

  private static byte[] list(int flags, byte... pattern) {
    return ByteBuffer.allocate(4 + pattern.length)
        .put((byte) flags)
        .put((byte) 0)
        .putShort((short) pattern.length)
        .put(pattern)
        .array();
  }

  private byte[] wholeMedium() {
    return on.medium(0, BYTES / 512);
  }

  private void fill() {
    on.good("2a 00 00 00 00 00 00 10 00 00", filled(BYTES, 7));
  }

  private void untilUsable() {
    while (!on.unit.state().condition().equals(Condition.USABLE)) {
      on.run(SENSE);
    }
  }

  // --- SANITIZE

  @Test
  void overwrite_fillsEveryBlockFromItsStart_andIsOverWhenItIsAnswered() {
    fill();
    byte[] list = list(1, (byte) 1, (byte) 2, (byte) 3);
    on.good(overwrite(0, list.length), list);
    byte[] block = new byte[512];
    for (int at = 0; at < block.length; at++) {
      block[at] = (byte) (1 + at % 3);
    }
    byte[] medium = wholeMedium();
    for (int at = 0; at < medium.length; at++) {
      assertEquals(block[at % 512], medium[at], "byte " + at);
    }
    assertTrue(on.store.flushes > 0);
    assertEquals(0, on.store.zeroedBytes);
    on.good(READY);
    assertTrue(memory.recall("medium-operation").orElseThrow().isEmpty());
  }

  @Test
  void overwrite_withZeroes_writesThem() {
    fill();
    byte[] list = list(1, (byte) 0);
    on.good(overwrite(0, list.length), list);
    assertArrayEquals(new byte[BYTES], wholeMedium());
    assertEquals(0, on.store.zeroedBytes);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void overwrite_inverting_endsWithThePatternItself(int passes) {
    byte[] list = list(0x80 | passes, (byte) 0x0f);
    on.good(overwrite(0, list.length), list);
    assertArrayEquals(filled(BYTES, 0x0f), wholeMedium());
  }

  @Test
  void sanitizeUnderWay_refusesAllButAFewCommands_andTellsItsProgress() {
    byte[] list = list(4, (byte) 1);
    on.good(overwrite(0x80, list.length), list); // IMMED
    Sense refused = on.refused(READY);
    assertEquals(SenseKey.NOT_READY, refused.key());
    assertEquals(Asc.LOGICAL_UNIT_NOT_READY_SANITIZE_IN_PROGRESS, refused.asc());
    assertTrue(refused.progress().isPresent());
    for (String cdb :
        new String[] {
          "28 00 00 00 00 00 00 00 01 00",
          "2a 00 00 00 00 00 00 00 01 00",
          "1b 00 00 00 01 00",
          "35 00 00 00 00 00 00 00 00 00",
          "1a 00 3f 00 ff 00",
          BLOCK_ERASE,
          EXIT,
          "04 00 00 00 00 00"
        }) {
      on.refusedWith(Asc.LOGICAL_UNIT_NOT_READY_SANITIZE_IN_PROGRESS, cdb, new byte[512]);
    }
    for (String cdb :
        new String[] {
          "12 00 00 00 ff 00",
          "25 00 00 00 00 00 00 00 00 00",
          "1a 00 08 00 ff 00",
          "a3 0c 00 00 00 00 00 00 ff ff 00 00"
        }) {
      on.good(cdb);
    }
    byte[] sense = on.good(SENSE);
    assertEquals("041b", HexFormat.of().formatHex(sense, 12, 14));
    assertEquals((byte) 0x80, sense[15]);
    untilUsable();
    assertArrayEquals(filled(BYTES, 1), wholeMedium());
  }

  @Test
  void blockErase_deallocatesAll_andReadsZeroes() {
    fill();
    on.good(BLOCK_ERASE);
    assertArrayEquals(new byte[BYTES], wholeMedium());
    assertEquals(
        "00000014" + "00000000" + "0000000000000000" + "00001000" + "01000000",
        on.run("9e 12 00 00 00 00 00 00 00 00 00 00 01 00 00 00").hex());
    on.good(EXIT);
    try (var thick = new UnitUnderTest(THIN.thick())) {
      assertEquals(Sense.invalidFieldInCdb(1, 4), thick.refused(BLOCK_ERASE));
    }
  }

  @Test
  void listsThatAreWrong_changeNothing() {
    fill();
    for (int length : new int[] {0, 1, 4, 512 + 5}) {
      assertEquals(
          Sense.invalidFieldInCdb(7, 7), on.refused(overwrite(0, length), new byte[length]));
    }
    byte[] list = list(1, (byte) 1, (byte) 2);
    on.refusedWith(Asc.PARAMETER_LIST_LENGTH_ERROR, overwrite(0, 6), new byte[5]);
    assertEquals(
        Sense.illegalRequest(Asc.INVALID_FIELD_IN_CDB),
        on.refused(overwrite(0, 6), list(0, (byte) 1, (byte) 2)));
    assertEquals(
        Sense.invalidFieldInParameterList(0, 6),
        on.refused(overwrite(0, 6), list(0x21, (byte) 1, (byte) 2)));
    list[3] = 0;
    assertEquals(Sense.invalidFieldInParameterList(2, 7), on.refused(overwrite(0, 6), list));
    list[3] = 3;
    on.refusedWith(Asc.PARAMETER_LIST_LENGTH_ERROR, overwrite(0, 6), list);
    assertEquals(
        Sense.invalidFieldInCdb(7, 7), on.refused("48 02 00 00 00 00 00 00 08 00", new byte[8]));
    assertEquals(
        Sense.invalidFieldInCdb(7, 7), on.refused("48 1f 00 00 00 00 00 00 08 00", new byte[8]));
    assertEquals(Sense.invalidFieldInCdb(1, 4), on.refused("48 03 00 00 00 00 00 00 00 00"));
    assertArrayEquals(filled(BYTES, 7), wholeMedium());
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void sanitizeThatFails_keepsEverybodyAway(boolean unrestricted) {
    fill();
    on.store.failWith = StoreFault.Kind.WRITE_ERROR;
    byte[] list = list(1, (byte) 1);
    int ause = unrestricted ? 0x20 : 0;
    Sense failed = Sense.of(SenseKey.MEDIUM_ERROR, Asc.SANITIZE_COMMAND_FAILED);
    assertEquals(failed, on.refused(overwrite(ause, list.length), list));
    on.store.failWith = null;
    assertEquals(failed, on.refused(READY));
    assertEquals(failed, on.refused("28 00 00 00 00 00 00 00 01 00"));
    assertEquals(failed, on.refused("04 00 00 00 00 00"));
    on.good("25 00 00 00 00 00 00 00 00 00");
    if (unrestricted) {
      on.good(EXIT);
    } else {
      assertEquals(Sense.invalidFieldInCdb(1, 4), on.refused(EXIT));
      assertEquals(Sense.invalidFieldInCdb(1, 5), on.refused(overwrite(0x20, list.length), list));
      on.good(overwrite(0, list.length), list);
      assertArrayEquals(filled(BYTES, 1), wholeMedium());
    }
    on.good(READY);
  }

  // --- over a restart

  private void reopen() {
    on.close();
    on = new UnitUnderTest(THIN, new MemoryStore(BYTES), memory);
  }

  @Test
  void sanitizeCutOff_goesOnWhenTheUnitIsOpenedAgain() {
    byte[] list = list(31, (byte) 1);
    on.good(overwrite(0x80, list.length), list);
    on.refusedWith(Asc.LOGICAL_UNIT_NOT_READY_SANITIZE_IN_PROGRESS, READY);
    assertEquals(
        "overwrite", memory.recall("medium-operation").orElseThrow().getString("operation"));
    reopen(); // the medium is a new one: all that it holds was written by the second half
    assertInstanceOf(Condition.Sanitizing.class, on.unit.state().condition());
    untilUsable();
    assertArrayEquals(filled(BYTES, 1), wholeMedium());
    reopen();
    on.good(READY);
  }

  @Test
  void sanitizeThatFailed_isFailedAfterARestart() {
    on.store.failWith = StoreFault.Kind.WRITE_ERROR;
    byte[] list = list(1, (byte) 1);
    on.refusedWith(Asc.SANITIZE_COMMAND_FAILED, overwrite(0, list.length), list);
    reopen();
    on.refusedWith(Asc.SANITIZE_COMMAND_FAILED, READY);
    on.good(BLOCK_ERASE);
    on.good(READY);
  }

  @Test
  void formatCutOff_leavesTheMediumCorrupt_untilItIsFormatted() {
    var format = new MediumOperation.Format(new byte[] {5}, true).toJson();
    var _ =
        memory.keep(
            "medium-operation", format.put("failed", false).put("pass", 0).put("offset", 0));
    reopen();
    Sense corrupt = Sense.of(SenseKey.MEDIUM_ERROR, Asc.MEDIUM_FORMAT_CORRUPTED);
    assertEquals(corrupt, on.refused(READY));
    assertEquals(corrupt, on.refused("28 00 00 00 00 00 00 00 01 00"));
    on.good("1a 00 3f 00 ff 00");
    on.good("04 00 00 00 00 00");
    on.good(READY);
  }

  // --- FORMAT UNIT

  @Test
  void format_withoutList_zeroesAll_andDeallocatesOnAThinUnit() {
    fill();
    on.good("04 00 00 00 00 00");
    assertArrayEquals(new byte[BYTES], wholeMedium());
    assertEquals(BYTES, on.store.zeroedBytes);
  }

  @ParameterizedTest
  @CsvSource({
    "10, 00 00 00 00, 0",
    "10, 00 82 00 00, 0",
    "30, 00 00 00 00 00 00 00 00, 0",
    "13, 00 f0 00 00, 0",
    "10, 00 88 00 00 00 00 00 00, 0",
    "10, 00 88 00 00 00 01 00 01 5a, 90",
    "30, 00 8a 00 00 00 00 00 00 20 01 00 01 5a, 90",
    "18, 00 88 00 00 20 00 00 00, 0"
  })
  void format_withAList_writesItsPattern(String flags, String list, int expected) {
    fill();
    on.good("04 " + flags + " 00 00 00 00", HexFormat.of().parseHex(list.replace(" ", "")));
    untilUsable();
    assertArrayEquals(filled(BYTES, expected), wholeMedium());
  }

  @ParameterizedTest
  @CsvSource({
    "01, '', 2400",
    "16, 00 00 00 00, 2400",
    "40, '', 2400",
    "10, '', 1a00",
    "10, 00 00 00, 1a00",
    "10, 00 00 00 00 00, 1a00",
    "10, 01 00 00 00, 2600",
    "10, 00 08 00 00 00 00 00 00, 2600",
    "10, 00 81 00 00, 2600",
    "10, 00 00 00 08 00 00 00 01 00 00 00 02, 2600",
    "30, 00 00 00 01 00 00 00 00, 2600",
    "30, 00 00 00 00 00 00 00 04, 2600",
    "10, 00 88 00 00, 1a00",
    "10, 00 88 00 00 40 00 00 00, 2600",
    "10, 00 88 00 00 00 02 00 01 5a, 2600",
    "10, 00 88 00 00 00 01 00 00, 2600",
    "10, 00 88 00 00 00 01 00 02 5a, 1a00",
    "10, 00 88 00 00 00 00 00 01 5a, 2600"
  })
  void format_whoseListIsNotRightToItsEnd_changesNothing(String flags, String list, String asc) {
    fill();
    Sense refused =
        on.refused("04 " + flags + " 00 00 00 00", HexFormat.of().parseHex(list.replace(" ", "")));
    assertEquals(asc, "%04x".formatted(refused.asc().code));
    assertArrayEquals(filled(BYTES, 7), wholeMedium());
    assertEquals(Condition.USABLE, on.unit.state().condition());
  }

  @Test
  void formatThatFails_leavesTheMediumCorrupt() {
    on.store.failWith = StoreFault.Kind.WRITE_ERROR;
    byte[] list = join(new byte[] {0, (byte) 0x88, 0, 0}, new byte[] {0, 1, 0, 1, 9});
    assertEquals(
        Sense.of(SenseKey.MEDIUM_ERROR, Asc.FORMAT_COMMAND_FAILED),
        on.refused("04 10 00 00 00 00", list));
    on.store.failWith = null;
    on.refusedWith(Asc.MEDIUM_FORMAT_CORRUPTED, READY);
    on.good("04 10 00 00 00 00", list);
    assertArrayEquals(filled(BYTES, 9), wholeMedium());
  }

  @Test
  void writeWhoseDataComesAfterASanitizeBegan_isRefused() {
    fill();
    var outcome =
        on.run(
            "2a 00 00 00 00 00 00 00 01 00",
            filled(512, 3),
            () -> on.unit.publish(on.unit.state().withCondition(new Condition.Sanitizing(0))));
    assertInstanceOf(Completion.CheckCondition.class, outcome.completion());
    on.publish(on.unit.state().withCondition(Condition.USABLE));
    assertArrayEquals(filled(512, 7), on.medium(0, 1));
  }
}
