package io.vtgt.scsi.spc;

import static io.vtgt.target.ScsiFixture.profile;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.CommandTable;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreFault;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Initiator;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SpcCommandsTest {
  private final ScsiFixture fixture = new ScsiFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void requestSense_isInTheFormatAskedForAndCut() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals("72 00 00 00 00 00 00 00", a.send(0, "03 01 00 00 ff 00").data());
    assertEquals("70 00 00 00", a.send(0, "03 00 00 00 04 00").data());
    assertEquals("", a.send(0, "03 00 00 00 00 00").data());
  }

  @Test
  void reportLuns_answersEverySelection() {
    fixture.addUnit(0);
    fixture.addUnit(255);
    fixture.addUnit(256);
    Initiator a = fixture.ready("a");
    String all =
        "00 00 00 18 00 00 00 00"
            + " 00 00 00 00 00 00 00 00 00 ff 00 00 00 00 00 00 41 00 00 00 00 00 00 00";
    assertEquals(all, a.send(0, "a0 00 00 00 00 00 00 00 10 00 00 00").data());
    assertEquals(all, a.send(0, "a0 00 02 00 00 00 00 00 10 00 00 00").data());
    assertEquals(
        "00 00 00 00 00 00 00 00", a.send(0, "a0 00 01 00 00 00 00 00 10 00 00 00").data());
    assertEquals(
        "ILLEGAL_REQUEST 2400 cf 00 02", a.send(0, "a0 00 03 00 00 00 00 00 10 00 00 00").status());
    assertEquals("00 00 00 18 00", a.send(0, "a0 00 00 00 00 00 00 00 00 05 00 00").data());
    assertEquals(all, a.send(0, "a0 00 00 00 00 00 ff ff ff ff 00 00").data());
  }

  @Test
  void preventAllow_countsPerNexus() {
    LogicalUnit unit = fixture.addUnit(0, profile(false, true, false));
    Initiator a = fixture.ready("a");
    Initiator b = fixture.ready("b");
    assertEquals("GOOD", a.send(0, "1e 00 00 00 01 00").status());
    assertEquals("GOOD", a.send(0, "1e 00 00 00 01 00").status());
    assertEquals("GOOD", b.send(0, "1e 00 00 00 01 00").status());
    assertEquals("GOOD", a.send(0, "1e 00 00 00 00 00").status());
    assertTrue(unit.removalPrevented());
    assertEquals("GOOD", b.send(0, "1e 00 00 00 00 00").status());
    assertFalse(unit.removalPrevented());
    assertEquals("ILLEGAL_REQUEST 2400 c9 00 04", a.send(0, "1e 00 00 00 02 00").status());
    assertEquals("ILLEGAL_REQUEST 2400 c9 00 04", a.send(0, "1e 00 00 00 03 00").status());
  }

  @Test
  void readDefectData_givesEmptyLists() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals("00 1d 00 00", a.send(0, "37 00 1d 00 00 00 00 00 20 00").data());
    assertEquals("00 00 00 00", a.send(0, "37 00 00 00 00 00 00 00 20 00").data());
    assertEquals(
        "00 0c 00 00 00 00 00 00", a.send(0, "b7 0c 00 00 00 00 00 00 00 20 00 00").data());
  }

  @Test
  void sendDiagnostic_readsTheMedium() {
    LogicalUnit unit = fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals("GOOD", a.send(0, "1d 04 00 00 00 00").status());
    assertEquals(3, unit.gate().counters().readOperations());
    assertEquals("GOOD", a.send(0, "1d 10 00 00 00 00").status());
    assertEquals(3, unit.gate().counters().readOperations());
    assertEquals("ILLEGAL_REQUEST 2400 cb 00 01", a.send(0, "1d 08 00 00 00 00").status());
  }

  @Test
  void sendDiagnostic_ofABrokenMedium_fails() {
    var broken =
        new Layer(new MemoryStore(ScsiFixture.BYTES)) {
          @Override
          public Future<ByteBuf> read(long offset, int length) {
            return Future.failedFuture(new StoreFault(StoreFault.Kind.READ_ERROR, "a test"));
          }
        };
    fixture.addUnit(0, ScsiFixture.PROFILE, broken);
    assertEquals("HARDWARE_ERROR 3e03", fixture.ready("a").send(0, "1d 04 00 00 00 00").status());
  }

  @Test
  void reportSupportedTmf_comesInTwoLengths() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals("de 07 00 00", a.send(0, "a3 0d 00 00 00 00 00 00 00 ff 00 00").data());
    assertEquals(
        "de 07 00 0c 00 00 00 00 00 00 00 00 00 00 00 00",
        a.send(0, "a3 0d 80 00 00 00 00 00 00 ff 00 00").data());
  }

  @Test
  void reportSupportedOperationCodes_listsWhatTheUnitOffers() {
    LogicalUnit fixed = fixture.addUnit(0, profile(false, false, false));
    LogicalUnit removable = fixture.addUnit(1, profile(false, true, false));
    Initiator a = fixture.ready("a");
    assertEquals(offered(fixed), (a.send(0, all("00")).data().length() + 1) / 3 / 8);
    assertEquals(offered(removable), (a.send(1, all("00")).data().length() + 1) / 3 / 8);
    assertEquals(offered(removable), (a.send(1, all("80")).data().length() + 1) / 3 / 20);
    assertTrue(a.send(1, all("00")).data().contains("1e 00 00 00 00 00 00 06"));
    assertFalse(a.send(0, all("00")).data().contains("1e 00 00 00 00 00 00 06"));
    assertTrue(a.send(0, all("00")).data().contains("a3 00 00 0c 00 01 00 0c"));
    assertTrue(
        a.send(0, all("80"))
            .data()
            .contains("a3 00 00 0c 00 03 00 0c 00 0a 00 00 00 00 00 00 00 00 00 00"));
  }

  private static long offered(LogicalUnit unit) {
    return CommandTable.rows().stream().filter(row -> row.offered().test(unit)).count();
  }

  private static String all(String options) {
    return "a3 0c " + options + " 00 00 00 00 00 ff ff 00 00";
  }

  @Test
  void reportSupportedOperationCodes_tellsOneCommand() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals("00 03 00 06 12 01 ff ff ff 00", a.send(0, one("01", "12", "00 00")).data());
    assertEquals(
        "00 83 00 06 12 01 ff ff ff 00 00 0a 00 00 00 00 00 00 00 00 00 00",
        a.send(0, one("81", "12", "00 00")).data());
    assertEquals(
        "00 03 00 0c a3 0c 87 ff ff ff ff ff ff ff 00 00",
        a.send(0, one("02", "a3", "00 0c")).data());
    assertEquals(
        "00 03 00 0c a3 0c 87 ff ff ff ff ff ff ff 00 00",
        a.send(0, one("03", "a3", "00 0c")).data());
    assertEquals("00 03 00 06 12 01 ff ff ff 00", a.send(0, one("03", "12", "00 00")).data());
  }

  @Test
  void reportSupportedOperationCodes_ofAnUnknownCommand_saysSo() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    assertEquals("00 01 00 00", a.send(0, one("01", "ff", "00 00")).data());
    assertEquals("00 01 00 00", a.send(0, one("02", "a3", "00 1f")).data());
    assertEquals("00 01 00 00", a.send(0, one("02", "a3", "ff ff")).data());
    assertEquals("00 01 00 00", a.send(0, one("03", "ff", "00 00")).data());
    assertEquals("00 01 00 00", a.send(0, one("03", "12", "00 01")).data());
    assertEquals("00 01 00 00", a.send(0, one("01", "1e", "00 00")).data());
  }

  @Test
  void reportSupportedOperationCodes_withTheWrongOption_isPointedAt() {
    fixture.addUnit(0);
    Initiator a = fixture.ready("a");
    String wrong = "ILLEGAL_REQUEST 2400 ca 00 02";
    assertEquals(wrong, a.send(0, one("01", "a3", "00 0c")).status());
    assertEquals(wrong, a.send(0, one("02", "12", "00 00")).status());
    assertEquals(wrong, a.send(0, one("04", "12", "00 00")).status());
    assertEquals(wrong, a.send(0, one("07", "12", "00 00")).status());
  }

  @Test
  void everyRow_isToldAsItIs() {
    LogicalUnit unit = fixture.addUnit(0, profile(true, true, false));
    Initiator a = fixture.ready("a");
    for (CommandSpec row : CommandTable.rows()) {
      if (row.offered().test(unit)) {
        String usage = HexFormat.ofDelimiter(" ").formatHex(row.usage());
        String action = "00 %02x".formatted(row.serviceAction().orElse(0));
        String opcode = "%02x".formatted(row.opcode());
        assertEquals(
            "00 03 00 %02x %s".formatted(row.usage().length, usage),
            a.send(0, one("03", opcode, action)).data());
      }
    }
  }

  private static String one(String options, String opcode, String serviceAction) {
    return "a3 0c " + options + " " + opcode + " " + serviceAction + " 00 00 ff ff 00 00";
  }
}
