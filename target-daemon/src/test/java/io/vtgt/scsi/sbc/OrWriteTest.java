package io.vtgt.scsi.sbc;

import static io.vtgt.scsi.sbc.UnitUnderTest.Shape.THIN;
import static io.vtgt.scsi.sbc.UnitUnderTest.filled;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// ORWRITE (16), (32) and the generations of their writers.
class OrWriteTest {
  private static final Sense DOES_NOT_MATCH =
      Sense.illegalRequest(Asc.ORWRITE_GENERATION_DOES_NOT_MATCH);

  private final UnitUnderTest on = new UnitUnderTest(THIN);

  @AfterEach
  void everyBufferIsGivenBack() {
    on.close();
  }

  private static String set(int expected, int blockCount) {
    return "7f 00 00 00 00 00 00 18 00 0e 00 00 0000000000000000 %08x 00000000 %08x"
        .formatted(expected, blockCount);
  }

  private static String change(int policy, int expected, int next, int blockCount) {
    return "7f 00 01 %02x 00 00 00 18 00 0e 00 00 0000000000000000 %08x %08x %08x"
        .formatted(policy, expected, next, blockCount);
  }

  @Test
  void set_unitesBits_changeAndClear_leavesTheCommonOnes() {
    on.good("2a 00 00 00 00 00 00 00 01 00", filled(512, 0x0c));
    on.good(set(0, 1), filled(512, 0x03));
    assertArrayEquals(filled(512, 0x0f), on.medium(0, 1));
    on.good(change(7, 0, 5, 1), filled(512, 0x06));
    assertArrayEquals(filled(512, 0x06), on.medium(0, 1));
    on.good(set(5, 1), filled(512, 0x01));
    assertArrayEquals(filled(512, 0x07), on.medium(0, 1));
  }

  /// SBC-4, Performing an ORWRITE set operation.
  @ParameterizedTest
  @CsvSource({
    "0, WRITES, REFUSED",
    "2, IS DROPPED, REFUSED",
    "3, WRITES, WRITES",
    "5, IS DROPPED, IS DROPPED",
    "7, REFUSED, REFUSED"
  })
  void set_ofAnotherGeneration_goesByThePolicyOfTheLastChange(
      int policy, String ofThePrevious, String ofAnyOther) {
    on.good(change(7, 0, 8, 0));
    on.good(change(policy, 8, 9, 0));
    assertEquals("WRITES", became(set(9, 1)));
    assertEquals(ofThePrevious, became(set(8, 1)));
    assertEquals(ofAnyOther, became(set(0, 1)));
    assertEquals(ofAnyOther, became("8b 00 0000000000000000 00000001 00 00")); // expects 0
  }

  private String became(String cdb) {
    on.good("2a 00 00 00 00 00 00 00 01 00", filled(512, 1));
    var outcome = on.run(cdb, filled(512, 2));
    if (outcome.completion() instanceof Completion.CheckCondition check) {
      assertEquals(DOES_NOT_MATCH, check.sense());
      assertArrayEquals(filled(512, 1), on.medium(0, 1));
      return "REFUSED";
    }
    return on.medium(0, 1)[0] == 3 ? "WRITES" : "IS DROPPED";
  }

  @Test
  void change_thatExpectsAnotherGeneration_changesNothing() {
    on.good("2a 00 00 00 00 00 00 00 01 00", filled(512, 0x0c));
    assertEquals(DOES_NOT_MATCH, on.refused(change(0, 1, 2, 1), new byte[512]));
    assertArrayEquals(filled(512, 0x0c), on.medium(0, 1));
    on.good(set(0, 1), new byte[512]);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 6, 8, 15})
  void change_toAReservedPolicy_isAnInvalidField(int policy) {
    assertEquals(Sense.invalidFieldInCdb(3, 3), on.refused(change(policy, 0, 1, 1), new byte[512]));
  }

  @Test
  void generations_outliveALogicalUnitReset_andEndWithPowerOn() {
    on.good(change(7, 0, 5, 0));
    on.unit.orWriteGenerations().powerOn();
    on.good(set(0, 1), new byte[512]);
    assertEquals(DOES_NOT_MATCH, on.refused(set(5, 1), new byte[512]));
    assertEquals(
        Sense.invalidFieldInCdb(2, 2), on.refused(set(0, 1).replace("7f 00 00", "7f 00 02")));
  }
}
