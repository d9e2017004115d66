package io.vtgt.scsi.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.CommandTable;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import io.vtgt.scsi.alua.AluaMode;
import io.vtgt.scsi.alua.PortGroupSetup;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.Target;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// Every command of the table under every reservation, from its holder, from somebody registered
/// and from a stranger: what ends with RESERVATION CONFLICT is written down here once more, out of
/// the standards and not out of the rows.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConflictMatrixTest {

  /// The tables "commands that are allowed in the presence of various reservations" of SPC-4 (table
  /// 65) and SBC-4 (table 13), columns in their order: another nexus holds Write Exclusive,
  /// Exclusive Access; a registrants only or all registrants type, asked by somebody registered;
  /// Write Exclusive and Exclusive Access of those types, asked by somebody who is not. The last
  /// column is for RESERVE of another (SPC-2). A is allowed, C conflicts.
  ///
  /// A line covers every length of a command and every service action without a line of its own:
  /// `READ` is READ (6) to READ (32), `SANITIZE` all of its service actions.
  private static final String COMMANDS =
      """
      TEST UNIT READY                         | A A A A A | C
      REQUEST SENSE                           | A A A A A | A
      INQUIRY                                 | A A A A A | A
      REPORT LUNS                             | A A A A A | A
      FORMAT UNIT                             | C C A C C | C
      REASSIGN BLOCKS                         | C C A C C | C
      READ                                    | A C A A C | C
      READ LONG                               | A C A A C | C
      WRITE                                   | C C A C C | C
      WRITE AND VERIFY                        | C C A C C | C
      WRITE ATOMIC                            | C C A C C | C
      WRITE LONG                              | C C A C C | C
      WRITE SAME                              | C C A C C | C
      WRITE SCATTERED                         | C C A C C | C
      WRITE STREAM                            | C C A C C | C
      COMPARE AND WRITE                       | C C A C C | C
      ORWRITE                                 | C C A C C | C
      UNMAP                                   | C C A C C | C
      SANITIZE                                | C C A C C | C
      VERIFY                                  | A C A A C | C
      PRE-FETCH                               | A C A A C | C
      SYNCHRONIZE CACHE                       | C C A C C | C
      READ CAPACITY                           | A A A A A | C
      READ DEFECT DATA                        | A C A A C | C
      GET LBA STATUS                          | A C A A C | C
      GET STREAM STATUS                       | A C A A C | C
      GET PHYSICAL ELEMENT STATUS             | A C A A C | C
      STREAM CONTROL                          | C C A C C | C
      BACKGROUND CONTROL                      | C C A C C | C
      REPORT REFERRALS                        | A A A A A | C
      REPORT PROVISIONING INITIALIZATION PATTERN | A A A A A | C
      MODE SELECT                             | C C A C C | C
      MODE SENSE                              | A C A A C | C
      LOG SELECT                              | C C A C C | C
      LOG SENSE                               | A A A A A | A
      READ BUFFER                             | A C A A C | C
      WRITE BUFFER                            | C C A C C | C
      READ ATTRIBUTE                          | A C A A C | C
      READ MEDIA SERIAL NUMBER                | A A A A A | C
      SEND DIAGNOSTIC                         | C C A C C | C
      RECEIVE DIAGNOSTIC RESULTS              | A C A A C | C
      SECURITY PROTOCOL IN                    | A C A A C | C
      SECURITY PROTOCOL OUT                   | C C A C C | C
      REPORT SUPPORTED OPERATION CODES        | A C A A C | C
      REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS | A C A A C | C
      REPORT TARGET PORT GROUPS               | A A A A A | C
      SET TARGET PORT GROUPS                  | C C A C C | C
      REPORT IDENTIFYING INFORMATION          | A A A A A | C
      SET IDENTIFYING INFORMATION             | C C A C C | C
      REPORT TIMESTAMP                        | A A A A A | C
      SET TIMESTAMP                           | C C A C C | C
      REPORT PRIORITY                         | A A A A A | C
      SET PRIORITY                            | C C A C C | C
      REPORT ALIASES                          | A A A A A | C
      CHANGE ALIASES                          | C C A C C | C
      EXTENDED COPY                           | C C A C C | C
      COPY OPERATION ABORT                    | C C A C C | C
      POPULATE TOKEN                          | A C A A C | C
      WRITE USING TOKEN                       | C C A C C | C
      RECEIVE ROD TOKEN INFORMATION           | A A A A A | C
      REPORT ALL ROD TOKENS                   | A A A A A | C
      RECEIVE COPY DATA                       | A A A A A | C
      RECEIVE COPY OPERATING PARAMETERS       | A A A A A | C
      RECEIVE COPY FAILURE DETAILS            | A A A A A | C
      RECEIVE COPY STATUS                     | A A A A A | C
      RECEIVE COPY RESULTS                    | A A A A A | C
      """;

  /// Commands whose CDB decides, with the CDB.
  private static final String BY_CDB =
      """
      START STOP UNIT              | 1b 00 00 00 01 00 | A A A A A | A
      START STOP UNIT              | 1b 00 00 00 00 00 | C C A C C | C
      START STOP UNIT              | 1b 00 00 00 31 00 | C C A C C | C
      PREVENT ALLOW MEDIUM REMOVAL | 1e 00 00 00 00 00 | A A A A A | A
      PREVENT ALLOW MEDIUM REMOVAL | 1e 00 00 00 01 00 | C C A C C | C
      """;

  /// SPC-4, table 66, for a reservation of another's: asked by somebody registered, and by somebody
  /// who is not. PERSISTENT RESERVE IN is always allowed. Beside RESERVE all of them conflict, for
  /// its holder too (SPC-2).
  private static final String PERSISTENT =
      """
      PERSISTENT RESERVE IN                                    | A A
      PERSISTENT RESERVE OUT, REGISTER                         | A A
      PERSISTENT RESERVE OUT, RESERVE                          | C C
      PERSISTENT RESERVE OUT, RELEASE                          | A C
      PERSISTENT RESERVE OUT, CLEAR                            | A C
      PERSISTENT RESERVE OUT, PREEMPT                          | A C
      PERSISTENT RESERVE OUT, PREEMPT AND ABORT                | A C
      PERSISTENT RESERVE OUT, REGISTER AND IGNORE EXISTING KEY | A A
      PERSISTENT RESERVE OUT, REGISTER AND MOVE                | C C
      PERSISTENT RESERVE OUT, REPLACE LOST RESERVATION         | A C
      """;

  private static final List<String> TYPES = List.of("WE", "EA", "WE-RO", "EA-RO", "WE-AR", "EA-AR");
  private static final String SPC_2 = "RESERVE";

  private static final PortGroupSetup PORT_GROUPS =
      new PortGroupSetup(AluaMode.BOTH, new TreeSet<>(Set.of(1, 2)), Map.of());

  @SuppressWarnings("ImmutableEnumChecker") // records are immutable; the checker does not know
  private enum Asker {
    HOLDER(Nexuses.A, 1),
    REGISTERED(Nexuses.B, 2),
    STRANGER(Nexuses.C, 0);

    final Nexus.Id id;
    final long key;

    Asker(Nexus.Id id, long key) {
      this.id = id;
      this.key = key;
    }
  }

  /// A line of the tables.
  ///
  /// @param cdb empty: the bare operation code and service action
  /// @param cells A and C
  private record Line(String name, Optional<String> cdb, String cells) {
    boolean allows(int cell) {
      return cells.charAt(cell) == 'A';
    }
  }

  private static final Map<String, List<Line>> LINES = new LinkedHashMap<>();

  static {
    for (String line : (COMMANDS + BY_CDB + PERSISTENT).split("\n", -1)) {
      String[] parts = line.split("\\|", -1);
      if (parts.length > 1) {
        String name = parts[0].trim();
        boolean byCdb = parts.length == 4;
        var cells = new StringBuilder();
        for (int i = byCdb ? 2 : 1; i < parts.length; i++) {
          cells.append(parts[i].replace(" ", ""));
        }
        LINES
            .computeIfAbsent(name, _ -> new ArrayList<>())
            .add(
                new Line(
                    name,
                    byCdb ? Optional.of(parts[1].trim()) : Optional.empty(),
                    cells.toString()));
      }
    }
  }

  private static List<Line> lines(CommandSpec row) {
    String name = row.name(), family = name.replaceFirst(" ?\\([^)]*\\)", "");
    for (String each : List.of(name, family, family.split(",", -1)[0])) {
      if (LINES.containsKey(each)) {
        return LINES.get(each);
      }
    }
    return List.of();
  }

  /// RESERVE and RELEASE of SPC-2 have rules of their own, tested with them.
  private static boolean ownTest(CommandSpec row) {
    return switch (row.opcode()) {
      case 0x16, 0x17, 0x56, 0x57 -> true;
      default -> false;
    };
  }

  private static boolean allowed(Line line, String type, Asker asker) {
    boolean persistent = line.name().startsWith("PERSISTENT RESERVE");
    if (type.equals(SPC_2)) {
      return persistent ? false : asker == Asker.HOLDER || line.allows(5);
    }
    boolean everybodyHolds = type.endsWith("AR") && asker != Asker.STRANGER;
    if (line.name().endsWith("REGISTER AND MOVE") && type.endsWith("AR")) {
      return false; // what everybody holds cannot be moved (SPC-4, Registering and moving)
    }
    if (asker == Asker.HOLDER || everybodyHolds) {
      return true;
    }
    if (persistent) {
      return line.allows(asker == Asker.REGISTERED ? 0 : 1);
    }
    boolean writeExclusive = type.startsWith("WE");
    if (type.length() == 2) {
      return line.allows(writeExclusive ? 0 : 1);
    }
    return line.allows(asker == Asker.REGISTERED ? 2 : writeExclusive ? 3 : 4);
  }

  private ScsiFixture fixture;
  private final Map<Asker, Nexus> nexuses = new LinkedHashMap<>();

  @BeforeAll
  void open() {
    fixture = new ScsiFixture();
    for (var asker : Asker.values()) {
      nexuses.put(asker, new Nexus(asker.id, fixture.context(), new ScsiFixture.FakeTransport()));
    }
  }

  @AfterAll
  void close() {
    fixture.close();
  }

  @Test
  void everyRow_hasALineOfTheStandards() {
    var missing = new TreeSet<String>();
    for (var row : CommandTable.rows()) {
      if (lines(row).isEmpty() && !ownTest(row)) {
        missing.add(row.name());
      }
    }
    assertTrue(
        missing.isEmpty(),
        () ->
            missing
                + ": add a line each to COMMANDS (or BY_CDB) of ConflictMatrixTest, out of the"
                + " table 'commands that are allowed in the presence of various reservations' of"
                + " SPC or SBC");
  }

  @TestFactory
  Stream<DynamicContainer> conflicts_everyCell_asTheStandardsSay() {
    return CommandTable.rows().stream()
        .filter(row -> !ownTest(row))
        .flatMap(row -> lines(row).stream().map(line -> container(row, line)));
  }

  private DynamicContainer container(CommandSpec row, Line line) {
    var cells = new ArrayList<DynamicTest>();
    for (String type : TYPES) {
      for (var asker : Asker.values()) {
        cells.add(cell(row, line, type, asker));
      }
    }
    cells.add(cell(row, line, SPC_2, Asker.HOLDER));
    cells.add(cell(row, line, SPC_2, Asker.STRANGER));
    return dynamicContainer(row.name() + line.cdb().map(cdb -> ": " + cdb).orElse(""), cells);
  }

  private DynamicTest cell(CommandSpec row, Line line, String type, Asker asker) {
    boolean allowed = allowed(line, type, asker);
    return dynamicTest(
        type + ", " + asker + ": " + (allowed ? "allowed" : "conflict"),
        () ->
            assertEquals(
                allowed ? "allowed" : "conflict", outcome(row, line, type, asker), row.name()));
  }

  private String outcome(CommandSpec row, Line line, String type, Asker asker) {
    var unit = unit(row, type);
    var target = new Target(Nexuses.A.targetName());
    target.addUnit(0, unit);
    var nexus = nexuses.get(asker);
    target.attach(nexus);
    try {
      while (nexus.takeAttention(0).isPresent()) {
        // of a new nexus
      }
      return ScsiFixture.on(nexus.context(), () -> send(target, row, line, type, asker))
          ? "conflict"
          : "allowed";
    } finally {
      target.detach(nexus);
    }
  }

  /// A unit that offers the command, reserved.
  private LogicalUnit unit(CommandSpec row, String type) {
    for (boolean thin : new boolean[] {true, false}) {
      for (boolean removable : new boolean[] {true, false}) {
        var unit =
            fixture.unit(
                ScsiFixture.profile(thin, removable, false), new MemoryStore(ScsiFixture.BYTES));
        unit.portGroups().start(PORT_GROUPS);
        if (row.offered().test(unit)) {
          ScsiFixture.on(unit.owner(), () -> reserve(unit.reservations(), type));
          return unit;
        }
      }
    }
    throw new AssertionError(row.name() + " is offered by no unit of this test: add one that does");
  }

  private static Future<Void> reserve(Reservations reservations, String type) {
    if (type.equals(SPC_2)) {
      reservations.reserve(Asker.HOLDER.id);
      return Future.succeededFuture();
    }
    int code = Nexuses.type(type).code;
    return out(reservations, Asker.HOLDER, ServiceAction.REGISTER, 0, 0, Asker.HOLDER.key)
        .compose(_ -> out(reservations, Asker.REGISTERED, ServiceAction.REGISTER, 0, 0, 2))
        .compose(
            _ -> out(reservations, Asker.HOLDER, ServiceAction.RESERVE, code, Asker.HOLDER.key, 0));
  }

  private static Future<Void> out(
      Reservations reservations, Asker asker, ServiceAction action, int type, long key, long sa) {
    var list = new ReserveOutList.Basic(key, sa, false, false, false, List.of());
    var order = new ReserveOutRules.Order(action, 0, type, list);
    return reservations
        .reserveOut(asker.id, order, Future::succeededFuture)
        .map(
            turn -> {
              assertEquals(Completion.good(), turn.completion());
              return null;
            });
  }

  /// @return whether it ends with RESERVATION CONFLICT
  private static Future<Boolean> send(
      Target target, CommandSpec row, Line line, String type, Asker asker) {
    boolean out = row.opcode() == 0x5f;
    var nexus = target.nexuses().getFirst();
    byte[] cdb = cdb(row, line, out ? type : "");
    var task = new Task(nexus, 0, 1, new Cdb(cdb), TaskAttribute.SIMPLE, 4096, 4096);
    Step step = target.begin(task);
    if (step instanceof Step.NeedsData(var length, var then)) {
      if (!out) {
        return Future.succeededFuture(false); // it asks for its data: it has begun
      }
      step = then.apply(list(row, asker).setIndex(0, length));
    }
    return switch (step) {
      case Step.Done(var completion) -> Future.succeededFuture(conflict(completion));
      case Step.Running(var completion) -> completion.map(ConflictMatrixTest::conflict);
      case Step.NeedsData _ -> throw new AssertionError("asks for its data twice");
    };
  }

  private static boolean conflict(Completion completion) {
    if (completion instanceof Completion.Good(var data)) {
      data.release();
    }
    return completion instanceof Completion.ReservationConflict;
  }

  private static byte[] cdb(CommandSpec row, Line line, String outType) {
    if (line.cdb().isPresent()) {
      return HexFormat.of().parseHex(line.cdb().get().replace(" ", ""));
    }
    byte[] cdb = new byte[row.usage().length];
    cdb[0] = (byte) row.opcode();
    int action = row.serviceAction().orElse(0);
    if (row.opcode() == 0x7f) { // variable length
      cdb[7] = (byte) (cdb.length - 8);
      cdb[8] = (byte) (action >> 8);
      cdb[9] = (byte) action;
    } else if (row.serviceAction().isPresent()) {
      cdb[1] = (byte) action;
    }
    if (!outType.isEmpty()) {
      cdb[2] = (byte) (outType.equals(SPC_2) ? 1 : Nexuses.type(outType).code);
      cdb[8] = (byte) (isMove(row) ? 24 + moveTo().readableBytes() : 24);
    }
    return cdb;
  }

  private static boolean isMove(CommandSpec row) {
    return row.serviceAction().orElse(0) == ServiceAction.REGISTER_AND_MOVE.code;
  }

  /// A parameter list with the key of the one who asks; the service action is about key 1, that of
  /// the holder.
  private static ByteBuf list(CommandSpec row, Asker asker) {
    var list = Unpooled.buffer().writeLong(asker.key).writeLong(1);
    if (!isMove(row)) {
      return list.writeZero(8);
    }
    var port = moveTo();
    return list.writeShort(0).writeShort(1).writeInt(port.readableBytes()).writeBytes(port);
  }

  private static ByteBuf moveTo() {
    var port = Unpooled.buffer();
    TransportId.of(Nexuses.D).write(port);
    return port;
  }
}
