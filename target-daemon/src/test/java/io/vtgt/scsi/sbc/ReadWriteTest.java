package io.vtgt.scsi.sbc;

import static io.vtgt.scsi.sbc.UnitUnderTest.Shape.THIN;
import static io.vtgt.scsi.sbc.UnitUnderTest.filled;
import static io.vtgt.scsi.sbc.UnitUnderTest.join;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Status;
import io.vtgt.scsi.sbc.UnitUnderTest.Outcome;
import io.vtgt.store.StoreFault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadWriteTest {
  private final UnitUnderTest on = new UnitUnderTest(THIN);

  @AfterEach
  void everyBufferIsGivenBack() {
    on.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0a 00 00 05 02 00                               | 08 00 00 05 02 00
          2a 00 00 00 00 05 00 00 02 00                   | 28 00 00 00 00 05 00 00 02 00
          aa 00 00 00 00 05 00 00 00 02 00 00             | a8 00 00 00 00 05 00 00 00 02 00 00
          8a 00 00 00 00 00 00 00 00 05 00 00 00 02 00 00 | 88 00 00 00 00 00 00 00 00 05 00 00 00 02 00 00
          2e 00 00 00 00 05 00 00 02 00                   | 28 10 00 00 00 05 00 00 02 00
          ae 00 00 00 00 05 00 00 00 02 00 00             | a8 18 00 00 00 05 00 00 00 02 00 00
          8e 02 00 00 00 00 00 00 00 05 00 00 00 02 00 00 | 88 08 00 00 00 00 00 00 00 05 00 00 00 02 00 00
          """)
  void write_isReadBackWhereItWasWritten(String write, String read) {
    byte[] data = join(filled(512, 1), filled(512, 2));
    on.good(write, data);
    assertArrayEquals(data, on.good(read));
    assertArrayEquals(join(filled(512, 0), data, filled(512, 0)), on.medium(4, 4));
  }

  @Test
  void read6_length0_is256Blocks() {
    assertEquals(256 * 512, on.good("08 00 00 00 00 00").length);
    assertEquals(256 * 512, on.run("0a 00 00 00 00 00", filled(256 * 512, 7)).asked());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "28 00 00 00 10 00 00 00 00 00",
        "2a 00 00 00 10 00 00 00 00 00",
        "2e 00 00 00 10 00 00 00 00 00",
        "2f 02 00 00 10 00 00 00 00 00",
        "35 00 00 00 10 00 00 00 00 00",
        "34 00 00 00 10 00 00 00 00 00",
        "88 00 00 00 00 00 00 00 10 00 00 00 00 00 00 00",
        "8b 00 00 00 00 00 00 00 10 00 00 00 00 00 00 00",
        "89 00 00 00 00 00 00 00 10 00 00 00 00 00 00 00",
      })
  void noBlocks_rightBehindTheLastOne_isGood(String cdb) {
    assertEquals(0, on.good(cdb).length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "28 00 00 00 10 01 00 00 00 00",
        "28 00 00 00 10 00 00 00 01 00",
        "28 00 00 00 0f ff 00 00 02 00",
        "28 00 ff ff ff ff 00 ff ff 00",
        "2a 00 00 00 0f ff 00 00 02 00",
        "2e 00 00 00 0f ff 00 00 02 00",
        "2f 00 00 00 0f ff 00 00 02 00",
        "34 00 00 00 0f ff 00 00 02 00",
        "35 00 00 00 0f ff 00 00 02 00",
        "41 00 00 00 0f ff 00 00 02 00",
        "41 00 00 00 10 01 00 00 00 00",
        "88 00 ff ff ff ff ff ff ff ff 00 00 00 00 00 00",
        "88 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
        "88 00 ff ff ff ff ff ff ff ff ff ff ff ff 00 00",
        "88 00 80 00 00 00 00 00 00 00 00 00 00 01 00 00",
        "88 00 7f ff ff ff ff ff ff ff ff ff ff ff 00 00",
        "8a 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
        "8b 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
        "89 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
        "8e 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
        "8f 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
        "90 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
        "91 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
        "93 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
        "9e 12 ff ff ff ff ff ff ff ff 00 00 00 18 00 00",
        "9e 12 00 00 00 00 00 00 10 00 00 00 00 18 00 00",
        "a8 00 00 00 0f ff 00 00 00 02 00 00",
        "aa 00 00 00 0f ff 00 00 00 02 00 00",
        "08 00 0f ff 02 00",
        "0a 1f ff ff 01 00",
      })
  void blocksPastTheEnd_areOutOfRange_andSolicitNothing(String cdb) {
    Outcome outcome = on.run(cdb, filled(1024, 1));
    assertEquals(
        Completion.check(Sense.illegalRequest(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE)),
        outcome.completion());
    assertEquals(0, outcome.asked());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "28 20 00 00 00 00 00 00 01 00",
        "2a 80 00 00 00 00 00 00 01 00",
        "2e 20 00 00 00 00 00 00 01 00",
        "2f 20 00 00 00 00 00 00 01 00",
        "41 20 00 00 00 00 00 00 01 00",
        "8b 20 00 00 00 00 00 00 00 00 00 00 00 01 00 00",
        "89 20 00 00 00 00 00 00 00 00 00 00 00 01 00 00",
      })
  void protectionInformation_isRefused(String cdb) {
    Sense sense = on.refused(cdb, new byte[1024]);
    assertEquals(Asc.INVALID_FIELD_IN_CDB, sense.asc());
    assertEquals(1, sense.fieldPointer().byteOffset());
  }

  @Test
  void transferBeyondTheLimit_isAnInvalidField() {
    try (var big = new UnitUnderTest(THIN.withBlocks(1 << 20))) {
      int most = BlockLimits.of(big.unit).maxTransfer();
      assertEquals(65536, most);
      // READ (10) cannot ask for more: its transfer length has two bytes.
      assertEquals(65535 * 512, big.good("28 00 00 00 00 00 00 ff ff 00").length);
      assertEquals(
          Sense.invalidFieldInCdb(10, 7),
          big.refused(
              "8a 00 00 00 00 00 00 00 00 00 ff ff ff ff 00 00"
                  .replace("ff ff ff ff", "00 01 00 01")));
    }
  }

  @Test
  void write_withLessDataThanItsLength_writesTheWholeBlocksThatCame() {
    on.good("2a 00 00 00 00 00 00 00 04 00", filled(2048, 'a'));
    Outcome outcome = on.run("2a 00 00 00 00 00 00 00 04 00", filled(1024, 'b'));
    assertEquals(Status.GOOD, outcome.completion().status());
    assertEquals(2048, outcome.asked());
    assertArrayEquals(join(filled(1024, 'b'), filled(1024, 'a')), on.medium(0, 4));
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 511, 512 + 200})
  void write_withDataThatEndsWithinABlock_writesNothing(int dataLength) {
    for (String cdb : new String[] {"2a 08", "2e 02"}) {
      Sense sense = on.refused(cdb + " 00 00 00 00 00 00 02 00", filled(dataLength, 'b'));
      assertEquals(Asc.INVALID_FIELD_IN_COMMAND_INFORMATION_UNIT, sense.asc());
    }
    assertArrayEquals(new byte[1024], on.medium(0, 2));
  }

  @Test
  void write_withoutData_isGoodAndWritesNothing() {
    for (String cdb : new String[] {"2a 08", "2e 02"}) {
      var outcome = on.run(cdb + " 00 00 00 00 00 00 01 00", new byte[0]);
      assertEquals(Status.GOOD, outcome.completion().status());
    }
    assertArrayEquals(new byte[512], on.medium(0, 1));
  }

  @Test
  void write_isDurableWithFuaOrWithoutAWriteCache() {
    on.good("2a 00 00 00 00 00 00 00 01 00", filled(512, 1));
    assertEquals(0, on.store.flushes);
    on.good("2a 08 00 00 00 00 00 00 01 00", filled(512, 1));
    assertEquals(1, on.store.flushes);
    on.good("2e 00 00 00 00 00 00 00 01 00", filled(512, 1));
    assertEquals(2, on.store.flushes);
    on.publish(on.unit.state().withMode(on.unit.state().mode().withWriteCacheEnabled(false)));
    on.good("0a 00 00 00 01 00", filled(512, 1));
    assertEquals(3, on.store.flushes);
    on.good("41 00 00 00 00 00 00 00 01 00", filled(512, 1));
    assertEquals(4, on.store.flushes);
  }

  @Test
  void read_withFua_flushesWhatItRead() {
    on.good("28 08 00 00 00 00 00 00 01 00");
    assertEquals(1, on.store.flushes);
  }

  @Test
  void flushThatFails_isNeverGood() {
    on.store.flushFails = true;
    for (String cdb :
        new String[] {
          "28 08 00 00 00 00 00 00 01 00",
          "2a 08 00 00 00 00 00 00 01 00",
          "2e 00 00 00 00 00 00 00 01 00",
          "35 02 00 00 00 00 00 00 00 00",
        }) {
      on.refusedWith(Asc.WRITE_ERROR, cdb, filled(512, 1));
    }
    on.store.flushFails = false;
  }

  @Test
  void storeFault_isTheMediumsSense() {
    on.store.failWith = StoreFault.Kind.READ_ERROR;
    assertEquals(
        Sense.of(SenseKey.MEDIUM_ERROR, Asc.UNRECOVERED_READ_ERROR),
        on.refused("28 00 00 00 00 00 00 00 01 00"));
    on.store.failWith = StoreFault.Kind.WRITE_ERROR;
    assertEquals(
        Sense.of(SenseKey.MEDIUM_ERROR, Asc.WRITE_ERROR),
        on.refused("2e 02 00 00 00 00 00 00 01 00", filled(512, 1)));
    on.refused("8b 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00", filled(512, 1));
    on.refused("89 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00", filled(1024, 1));
    on.refused("2f 02 00 00 00 00 00 00 01 00", filled(512, 1));
    on.store.failWith = null;
  }

  @Test
  void readOnlyUnit_refusesEveryWriteAndReads() {
    try (var readOnly = new UnitUnderTest(THIN.asReadOnly())) {
      for (String cdb :
          new String[] {
            "0a 00 00 00 01 00",
            "2a 00 00 00 00 00 00 00 01 00",
            "2e 00 00 00 00 00 00 00 01 00",
            "41 08 00 00 00 00 00 00 01 00",
            "42 00 00 00 00 00 00 00 18 00",
            "8b 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00",
            "89 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00",
            "93 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00",
          }) {
        assertEquals(
            Sense.of(SenseKey.DATA_PROTECT, Asc.WRITE_PROTECTED),
            readOnly.refused(cdb, filled(1024, 1)),
            cdb);
      }
      readOnly.good("28 00 00 00 00 00 00 00 01 00");
      readOnly.good("2f 02 00 00 00 00 00 00 01 00", new byte[512]);
      readOnly.good("35 00 00 00 00 00 00 00 00 00");
    }
  }
}
