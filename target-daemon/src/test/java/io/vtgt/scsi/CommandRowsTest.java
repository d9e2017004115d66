package io.vtgt.scsi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Answer;
import io.vtgt.target.ScsiFixture.Initiator;
import io.vtgt.target.UnitMemory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// One set of tests for each row of the command table, made from the row: what every command must
/// do, whichever it is. Reservations and access states have such tests of their own.
class CommandRowsTest {
  private static final int NACA = 2;
  private static final int VARIABLE_LENGTH = 0x7f;

  /// Where the CDB has its ALLOCATION LENGTH, for commands that have one; by operation code, and by
  /// `code/service action` where they differ.
  private static final Map<String, Field> ALLOCATION_LENGTHS =
      Map.ofEntries(
          Map.entry("03", new Field(4, 1)),
          Map.entry("12", new Field(3, 2)),
          Map.entry("1a", new Field(4, 1)),
          Map.entry("1c", new Field(3, 2)),
          Map.entry("37", new Field(7, 2)),
          Map.entry("3c", new Field(6, 3)),
          Map.entry("4d", new Field(7, 2)),
          Map.entry("5a", new Field(7, 2)),
          Map.entry("5e", new Field(7, 2)),
          Map.entry("9e", new Field(10, 4)),
          Map.entry("a0", new Field(6, 4)),
          Map.entry("a3", new Field(6, 4)),
          Map.entry("b7", new Field(6, 4)));

  /// CDB bytes without which a command with an allocation length has nothing to tell.
  private static final Map<Integer, Map<Integer, Integer>> TO_HAVE_DATA =
      Map.of(
          0x1a, Map.of(2, 0x3f), // all mode pages
          0x5a, Map.of(2, 0x3f),
          0x3c, Map.of(1, 0x0b)); // echo buffer descriptor

  private record Field(int at, int length) {
    void put(byte[] cdb, long value) {
      for (int i = 0; i < length; i++) {
        cdb[at + i] = (byte) (value >> (8 * (length - 1 - i)));
      }
    }
  }

  private final ScsiFixture fixture = new ScsiFixture();
  private final LogicalUnit unit =
      fixture.unit(
          ScsiFixture.profile(true, true, false), // offers the most
          new MemoryStore(ScsiFixture.BYTES),
          UnitMemory.volatileMemory(),
          () -> Instant.EPOCH, // REPORT TIMESTAMP tells the same twice
          System::nanoTime);
  private final Initiator initiator;

  CommandRowsTest() {
    fixture.target().addUnit(0, unit);
    initiator = fixture.ready("a");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @TestFactory
  Stream<DynamicContainer> everyRow() {
    return CommandTable.rows().stream()
        .map(row -> dynamicContainer(title(row), offered(row) ? tests(row) : notOffered(row)));
  }

  private boolean offered(CommandSpec row) {
    return row.offered().test(unit);
  }

  private static String title(CommandSpec row) {
    return key(row) + " " + row.name();
  }

  private static String key(CommandSpec row) {
    String opcode = HexFormat.of().toHexDigits((byte) row.opcode());
    return row.serviceAction().isPresent()
        ? opcode + "/" + HexFormat.of().toHexDigits((byte) row.serviceAction().getAsInt())
        : opcode;
  }

  private List<DynamicTest> notOffered(CommandSpec row) {
    return List.of(
        dynamicTest(
            "is not known to a unit that does not offer it",
            () ->
                assertTrue(
                    List.of("ILLEGAL_REQUEST 2000", "ILLEGAL_REQUEST 2400 cc 00 01")
                        .contains(send(plain(row)).status()))));
  }

  private List<DynamicTest> tests(CommandSpec row) {
    var tests = new ArrayList<DynamicTest>();
    tests.add(dynamicTest("is as long as its operation code says", () -> hasItsLength(row)));
    tests.add(dynamicTest("is refused when it is shorter", () -> isRefusedWhenShorter(row)));
    tests.add(dynamicTest("may be padded by the transport", () -> mayBePadded(row)));
    tests.add(dynamicTest("refuses every bit it does not know", () -> refusesUnknownBits(row)));
    tests.add(dynamicTest("refuses NACA", () -> refusesNaca(row)));
    tests.add(dynamicTest("is told by REPORT SUPPORTED OPERATION CODES", () -> isReported(row)));
    allocationLength(row)
        .forEach(
            field ->
                tests.add(
                    dynamicTest(
                        "is cut at the allocation length",
                        () -> isCutAtTheAllocationLength(row, field))));
    return tests;
  }

  private static Stream<Field> allocationLength(CommandSpec row) {
    return row.access() == Access.WRITES_MEDIUM
        ? Stream.empty()
        : Stream.ofNullable(
            ALLOCATION_LENGTHS.get(HexFormat.of().toHexDigits((byte) row.opcode())));
  }

  private static void hasItsLength(CommandSpec row) {
    int expected =
        switch (row.opcode() >> 5) {
          case 0 -> 6;
          case 1, 2 -> 10;
          case 4 -> 16;
          case 5 -> 12;
          default -> row.usage().length; // 7Fh has its length inside
        };
    assertEquals(expected, row.usage().length);
  }

  private void isRefusedWhenShorter(CommandSpec row) {
    for (int length = 6; length < row.usage().length; length++) {
      String status = send(Arrays.copyOf(plain(row), length)).status();
      assertTrue(
          status.startsWith("ILLEGAL_REQUEST 2400") || status.equals("ILLEGAL_REQUEST 2000"),
          length + " bytes: " + status);
    }
  }

  /// iSCSI carries 16 bytes of CDB whatever the command's length is (RFC 7143 section 11.3.5).
  private void mayBePadded(CommandSpec row) {
    if (row.usage().length < 16) {
      byte[] padded = Arrays.copyOf(plain(row), 16);
      String plain = send(plain(row)).status();
      Arrays.fill(padded, row.usage().length, 16, (byte) 0xff);
      assertEquals(plain, send(padded).status());
    }
  }

  private void refusesUnknownBits(CommandSpec row) {
    for (int at = 1; at < row.usage().length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        if ((row.evaluatedBits(at) >> bit & 1) == 0) {
          byte[] cdb = plain(row);
          cdb[at] |= (byte) (1 << bit);
          if (!CommandTable.find(new Cdb(cdb)).equals(Optional.of(row))) {
            continue; // another service action
          }
          assertEquals(
              "ILLEGAL_REQUEST 2400 %02x 00 %02x".formatted(0xc8 | bit, at),
              send(cdb).status(),
              () -> HexFormat.ofDelimiter(" ").formatHex(cdb));
        }
      }
    }
  }

  /// ACA is not supported (NORMACA of INQUIRY is 0), so NACA must be 0 (SAM-5, CONTROL byte).
  private void refusesNaca(CommandSpec row) {
    byte[] cdb = plain(row);
    int control = row.opcode() == VARIABLE_LENGTH ? 1 : cdb.length - 1;
    cdb[control] |= 1 << NACA;
    assertEquals(
        "ILLEGAL_REQUEST 2400 %02x 00 %02x".formatted(0xc8 | NACA, control), send(cdb).status());
  }

  private void isReported(CommandSpec row) {
    String asked =
        "a3 0c 03 %02x %04x 00 00 ff ff 00 00"
            .formatted(row.opcode(), row.serviceAction().orElse(0));
    assertEquals(
        "00 03 00 %02x %s"
            .formatted(row.usage().length, HexFormat.ofDelimiter(" ").formatHex(row.usage())),
        initiator.send(0, asked).data());
  }

  private void isCutAtTheAllocationLength(CommandSpec row, Field field) {
    byte[] cdb = plain(row);
    TO_HAVE_DATA
        .getOrDefault(row.opcode(), Map.of())
        .forEach((at, value) -> cdb[at] = (byte) (int) value);
    field.put(cdb, field.length() == 1 ? 0xff : 0xffff);
    Answer whole = send(cdb);
    assertEquals("GOOD", whole.status());
    int bytes = (whole.data().length() + 1) / 3;
    assertTrue(bytes >= 4, () -> bytes + " bytes");
    for (int length : new int[] {0, 1, 3, 4, bytes - 1, bytes}) {
      field.put(cdb, length);
      Answer cut = send(cdb);
      assertEquals("GOOD", cut.status(), () -> length + " bytes");
      assertEquals(whole.data().substring(0, Math.max(0, length * 3 - 1)), cut.data());
    }
  }

  @Test
  void everyRowWithAnAllocationLength_isTriedWithIt() {
    for (String opcode : ALLOCATION_LENGTHS.keySet()) {
      assertTrue(CommandTable.rows().stream().anyMatch(row -> key(row).startsWith(opcode)), opcode);
    }
  }

  private static byte[] plain(CommandSpec row) {
    byte[] cdb = new byte[row.usage().length];
    cdb[0] = row.usage()[0];
    if (row.opcode() == VARIABLE_LENGTH) {
      System.arraycopy(row.usage(), 7, cdb, 7, 3); // additional CDB length, service action
    } else {
      row.serviceAction().ifPresent(action -> cdb[1] = (byte) action);
    }
    return cdb;
  }

  private Answer send(byte[] cdb) {
    return initiator.send(0, HexFormat.of().formatHex(cdb));
  }
}
