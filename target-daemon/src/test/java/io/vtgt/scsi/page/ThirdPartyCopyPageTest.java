package io.vtgt.scsi.page;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.scsi.CommandTable;
import io.vtgt.scsi.copy.CopyCommands;
import io.vtgt.target.ScsiFixture;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The Third-party Copy page, as Windows and sg_vpd read it.
class ThirdPartyCopyPageTest {
  private final ScsiFixture fixture = new ScsiFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void page_isGolden() {
    fixture.addUnit(0);
    String golden =
        """
        00 8f 01 74
        00 00 00 20
          00 00 00 00 00 00 00 40 00 00 02 58 00 00 00 3c
          00 00 00 00 00 20 00 00 00 00 00 00 00 02 00 00
        00 01 00 10
          0f 83 05 00 01 10 11 1c 84 06 00 03 04 05 07 08
        00 04 00 1c
          00 00 00 00 00 20 00 80 00 00 20 00 00 00 00 00
          00 00 00 00 00 00 00 00 00 00 00 00
        00 08 00 04
          03 02 0a e4
        00 0c 00 04
          00 02 ff ff
        01 06 00 5c
          00 00 00 00 00 00 00 00 00 00 00 00
          00 00 00 01 00 00 0e 10 00 00 02 58
          00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
          00 30
          00 00 00 2c 00 00 00 00
          00 00 00 00 40 00 00 00 00 00 00 00 04 00 00 00
          ff ff ff ff ff ff ff ff 00 00 00 00 04 00 00 00
          00 00 00 00 00 00 00 00
        01 08 00 84
          00 00 00 80
          00 80 00 01 03 00 00 00 00 00 00 00 00 00 00 00
          00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
          00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
          00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
          ff ff 00 01 02 00 00 00 00 00 00 00 00 00 00 00
          00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
          00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
          00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        80 01 00 20
          00 00 00 40 00 00 00 40 02 00 00 00 00 00 00 00
          00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        """;
    assertEquals(
        golden.replaceAll("\\s+", " ").strip(),
        fixture.ready("a").send(0, "12 01 8f ff ff 00").data());
  }

  @Test
  void serviceActions_areThoseOfTheCommandTable() {
    for (int opcode : new int[] {0x83, 0x84}) {
      byte[] actions = CopyCommands.serviceActions(opcode);
      var rows =
          CommandTable.rows().stream()
              .filter(row -> row.opcode() == opcode)
              .map(row -> HexFormat.of().toHexDigits((byte) row.serviceAction().getAsInt()))
              .toList();
      assertEquals(String.join("", rows), HexFormat.of().formatHex(actions));
    }
  }
}
