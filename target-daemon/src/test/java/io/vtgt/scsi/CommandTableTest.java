package io.vtgt.scsi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CommandTableTest {
  private static final CommandSpec
      READ_10 =
          CommandSpec.command(
              "READ (10)", "28 18 FF FF FF FF 00 FF FF 00", Access.READS_MEDIUM, (_, _) -> null),
      REPORT_OPCODES =
          CommandSpec.service(
              "RSOC", 0x0c, "A3 0C 87 FF FF FF FF FF FF FF 00 00", Access.REPORTS, (_, _) -> null),
      REPORT_TMF =
          CommandSpec.service(
              "RSTMF", 0x0d, "A3 0D 80 00 00 00 FF FF FF FF 00 00", Access.REPORTS, (_, _) -> null);

  @Test
  void everyRow_isFoundByItsKey() {
    for (CommandSpec row : CommandTable.rows()) {
      assertEquals(
          Optional.of(row), CommandTable.find(row.opcode(), row.serviceAction().orElse(0)));
    }
  }

  @Test
  void rows_areInTheOrderOfOperationCodes() {
    List<Integer> keys =
        CommandTable.rows().stream()
            .map(row -> row.opcode() << 16 | row.serviceAction().orElse(0))
            .toList();
    assertEquals(keys.stream().sorted().toList(), keys);
  }

  @Test
  void find_looksAtOperationCodeAndServiceAction() {
    var index = CommandTable.Index.of(List.of(READ_10, REPORT_OPCODES, REPORT_TMF));
    assertEquals(Optional.of(READ_10), index.find(Cdb.of("28 1f 00 00 00 00 00 00 00 00")));
    assertEquals(
        Optional.of(REPORT_TMF), index.find(Cdb.of("a3 ed 00 00 00 00 00 00 00 00 00 00")));
    assertEquals(Optional.empty(), index.find(Cdb.of("a3 0e 00 00 00 00 00 00 00 00 00 00")));
    assertEquals(Optional.empty(), index.find(Cdb.of("00 00 00 00 00 00")));
  }

  @Test
  void twoRowsWithOneKey_fail() {
    assertThrows(
        IllegalStateException.class, () -> CommandTable.Index.of(List.of(READ_10, READ_10)));
    assertThrows(
        IllegalStateException.class,
        () -> CommandTable.Index.of(List.of(REPORT_TMF, REPORT_OPCODES, REPORT_TMF)));
    CommandSpec plain =
        CommandSpec.command(
            "A3h", "A3 00 00 00 00 00 00 00 00 00 00 00", Access.REPORTS, (_, _) -> null);
    assertThrows(
        IllegalStateException.class, () -> CommandTable.Index.of(List.of(plain, REPORT_TMF)));
    assertThrows(
        IllegalStateException.class, () -> CommandTable.Index.of(List.of(REPORT_TMF, plain)));
  }

  @Test
  void unexpectedBit_isTheHighestOfTheFirstWrongByte() {
    assertEquals(-1, Cdb.of("28 18 ff ff ff ff 00 ff ff 00").unexpectedBit(READ_10));
    assertEquals(8 + 7, Cdb.of("28 a0 00 00 00 00 ff 00 00 00").unexpectedBit(READ_10));
    assertEquals(9 * 8 + 2, Cdb.of("28 00 00 00 00 00 00 00 00 04").unexpectedBit(READ_10));
    assertEquals(
        -1, Cdb.of("28 00 00 00 00 00 00 00 00 00 ff ff ff ff ff ff").unexpectedBit(READ_10));
    assertEquals(8 + 6, Cdb.of("a3 4d 00 00 00 00 00 00 00 00 00 00").unexpectedBit(REPORT_TMF));
  }

  @Test
  void markdown_hasALineForEveryRow() {
    var lines = CommandTable.markdown().lines().filter(line -> line.startsWith("|")).toList();
    assertEquals(CommandTable.rows().size() + 2, lines.size());
    assertEquals(
        "| 28 | READ (10) | `28 18 FF FF FF FF 1F FF FF 00` | reads medium | active |",
        lines.stream().filter(line -> line.contains(" READ (10) ")).findFirst().orElseThrow());
  }
}
