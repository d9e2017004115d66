package io.vtgt.scsi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Initiator;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What the rows of the command table must do together; what each must, [CommandRowsTest] has.
class UsageMapTest {
  private final ScsiFixture fixture = new ScsiFixture();
  private final LogicalUnit unit =
      fixture.addUnit(0, ScsiFixture.profile(true, true, false)); // offers the most
  private final Initiator initiator = fixture.ready("a");

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void everyOperationCodeWithoutRow_isRefused() {
    for (int opcode = 0; opcode <= 0xff; opcode++) {
      if (!CommandTable.offers(unit, opcode)) {
        byte[] cdb = new byte[16];
        cdb[0] = (byte) opcode;
        assertEquals(
            "ILLEGAL_REQUEST 2000", send(cdb).status(), HexFormat.of().toHexDigits(opcode));
      }
    }
  }

  @Test
  void whatWritesTheMedium_isRefusedBeforeItsFieldsAreLookedAt_whenWriteProtected() {
    LogicalUnit readOnly = fixture.addUnit(1, ScsiFixture.profile(true, false, true));
    initiator.send(1, "00 00 00 00 00 00");
    initiator.send(0, "00 00 00 00 00 00");
    for (CommandSpec row : CommandTable.rows()) {
      if (row.access() == Access.WRITES_MEDIUM && row.offered().test(readOnly)) {
        byte[] cdb = plain(row);
        Arrays.fill(cdb, Math.min(cdb.length, 10), cdb.length, (byte) 0xff);
        assertEquals(
            "DATA_PROTECT 2700",
            initiator.send(1, HexFormat.of().formatHex(cdb)).status(),
            row.name());
      }
    }
  }

  @Test
  void whatNeedsTheMedium_isNotReadyWithoutOne() {
    unit.publish(unit.state().withMediumPresent(false));
    for (CommandSpec row : CommandTable.rows()) {
      if (row.needsMedium() && row.offered().test(unit)) {
        assertEquals("NOT_READY 3a00", send(plain(row)).status(), row.name());
      }
    }
  }

  private static byte[] plain(CommandSpec row) {
    return Cdbs.empty(row);
  }

  private ScsiFixture.Answer send(byte[] cdb) {
    return initiator.send(0, HexFormat.of().formatHex(cdb));
  }
}
