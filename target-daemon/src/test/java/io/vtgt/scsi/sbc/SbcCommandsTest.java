package io.vtgt.scsi.sbc;

import static io.vtgt.scsi.sbc.UnitUnderTest.Shape.THIN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Cdbs;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.sbc.UnitUnderTest.Outcome;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SbcCommandsTest {
  private static final int SERVICE_ACTION_BITS = 0x1f;

  @Test
  void everyBitOutsideTheUsageMap_isAnInvalidField() {
    try (var on = new UnitUnderTest(THIN.asRemovable())) {
      for (CommandSpec row : SbcCommands.rows()) {
        for (int at = 1; at < row.usage().length; at++) {
          int known = row.usage()[at];
          if (row.opcode() == Cdb.VARIABLE_LENGTH
              ? at >= 7 && at <= 9
              : at == 1 && row.serviceAction().isPresent()) {
            known |= row.opcode() == Cdb.VARIABLE_LENGTH ? 0xff : SERVICE_ACTION_BITS;
          }
          for (int bit = 0; bit < 8; bit++) {
            if ((known >> bit & 1) == 0) {
              byte[] cdb = Cdbs.empty(row);
              cdb[at] |= (byte) (1 << bit);
              String hex = HexFormat.of().formatHex(cdb);
              assertEquals(Sense.invalidFieldInCdb(at, bit), on.refused(hex), row.name());
            }
          }
        }
      }
    }
  }

  /// Whatever comes, a command ends, and gives its buffers back.
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 20261121})
  void randomBitsInsideTheUsageMap_endInAnAnswer(long seed) {
    var random = new Random(seed);
    try (var on = new UnitUnderTest(THIN.asRemovable())) {
      for (CommandSpec row : SbcCommands.rows()) {
        for (int round = 0; round < 40; round++) {
          byte[] cdb = Cdbs.empty(row);
          for (int at = 1; at < cdb.length; at++) {
            int bits = random.nextInt(4) == 0 ? random.nextInt(256) : 0; // small numbers too
            cdb[at] |= (byte) (bits & row.usage()[at]);
          }
          byte[] dataOut = new byte[random.nextInt(4096)];
          random.nextBytes(dataOut);
          String hex = HexFormat.of().formatHex(cdb);
          Outcome outcome = on.run(hex, dataOut);
          switch (outcome.completion().status()) {
            case GOOD, CHECK_CONDITION -> {}
            default -> throw new AssertionError(row.name() + " " + hex + ": " + outcome);
          }
        }
        on.publish(on.unit.state().withMediumPresent(true));
      }
    }
  }
}
