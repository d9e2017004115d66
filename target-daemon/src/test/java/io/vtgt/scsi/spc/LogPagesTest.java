package io.vtgt.scsi.spc;

import static io.vtgt.target.ScsiFixture.profile;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.scsi.page.LogPage;
import io.vtgt.store.Layer;
import io.vtgt.store.Space;
import io.vtgt.store.StoreFault;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Initiator;
import io.vtgt.target.UnitMemory;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogPagesTest {
  private static final String WRITE_BLOCK = "2a 00 00 00 00 00 00 00 01 00",
      READ_TWO_BLOCKS = "28 00 00 00 00 00 00 00 02 00",
      READY = "00 00 00 00 00 00",
      ZEROES = "00".repeat(512),
      RESET = "4c 02 00 00 00 00 00 00 00 00";

  private final ScsiFixture fixture = new ScsiFixture();
  private final AtomicLong nanos = new AtomicLong();
  private final Faulty store = new Faulty();
  private final UnitMemory memory = UnitMemory.volatileMemory();
  private final LogicalUnit unit =
      fixture.unit(profile(true, true, false), store, memory, InstantSource.system(), nanos::get);
  private final Initiator a = ready("a");

  private Initiator ready(String name) {
    if (fixture.target().units().isEmpty()) {
      fixture.target().addUnit(0, unit);
    }
    return fixture.ready(name);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /// A memory store whose reads or writes fail when asked.
  private static final class Faulty extends Layer {
    volatile boolean fails;
    volatile Space space = Space.NOT_TOLD;

    Faulty() {
      super(new MemoryStore(ScsiFixture.BYTES));
    }

    @Override
    public Future<ByteBuf> read(long offset, int length) {
      return fails
          ? Future.failedFuture(new StoreFault(StoreFault.Kind.READ_ERROR, "a test"))
          : super.read(offset, length);
    }

    @Override
    public Future<Space> space() {
      return Future.succeededFuture(space);
    }

    @Override
    public Future<Void> write(long offset, ByteBuf data, boolean fua) {
      if (fails) {
        data.release();
        return Future.failedFuture(new StoreFault(StoreFault.Kind.WRITE_ERROR, "a test"));
      }
      return super.write(offset, data, fua);
    }
  }

  private String sense(String page) {
    return a.send(0, "4d 00 %s 00 00 10 00 00".formatted(page)).data();
  }

  private static String counter(String code, String value) {
    return code + " 22 08 " + value;
  }

  private static String errorCounters(String page, String bytes, String uncorrected) {
    String none = "00 00 00 00 00 00 00 00";
    return String.join(
        " ",
        page + " 00 00 54",
        counter("00 00", none),
        counter("00 01", none),
        counter("00 02", none),
        counter("00 03", none),
        counter("00 04", none),
        counter("00 05", bytes),
        counter("00 06", uncorrected));
  }

  @Test
  void supportedPages_areListedWithAndWithoutSubpages() {
    assertEquals("00 00 00 09 00 02 03 05 0c 0e 10 19 2f", sense("00 00 00"));
    assertEquals(
        "40 ff 00 14 00 00 00 ff 02 00 03 00 05 00 0c 00 0e 00 10 00 19 00 2f 00",
        sense("00 ff 00"));
  }

  @Test
  void everyPage_hasItsCodeAndItsLength() {
    for (LogPage page : LogPage.of(unit)) {
      byte[] data =
          HexFormat.ofDelimiter(" ")
              .parseHex(sense("%02x %02x 00".formatted(0x40 | page.code(), page.subpage())));
      assertEquals(page.code(), data[0] & 0x3f, page.name());
      assertEquals(page.subpage(), data[1] & 0xff, page.name());
      assertEquals(data.length - 4, (data[2] & 0xff) << 8 | (data[3] & 0xff), page.name());
    }
  }

  @Test
  void errorCounters_countBytesAndWhatFailed() {
    a.send(0, WRITE_BLOCK, ZEROES);
    a.send(0, "0a 00 00 00 01 00", ZEROES);
    a.send(0, READ_TWO_BLOCKS);
    a.send(0, "08 00 00 00 01 00");
    a.send(0, "2f 00 00 00 00 00 00 00 08 00");
    a.send(0, "2e 02 00 00 00 00 00 00 01 00", ZEROES);
    store.fails = true;
    assertEquals("MEDIUM_ERROR 1100", a.send(0, READ_TWO_BLOCKS).status());
    assertEquals("MEDIUM_ERROR 0c00", a.send(0, WRITE_BLOCK, ZEROES).status());
    assertEquals("MEDIUM_ERROR 1100", a.send(0, "2f 00 00 00 00 00 00 00 08 00").status());
    assertEquals("MEDIUM_ERROR 1100", a.send(0, "2f 00 00 00 00 00 00 00 08 00").status());
    String one = "00 00 00 00 00 00 00 01";
    assertEquals(errorCounters("82", "00 00 00 00 00 00 08 00", one), sense("42 00 00"));
    assertEquals(errorCounters("83", "00 00 00 00 00 00 06 00", one), sense("43 00 00"));
    assertEquals(
        errorCounters("85", "00 00 00 00 00 00 12 00", "00 00 00 00 00 00 00 02"),
        sense("45 00 00"));
  }

  @Test
  void thresholdsAndDefaults_areZero() {
    a.send(0, WRITE_BLOCK, ZEROES);
    String none = "00 00 00 00 00 00 00 00";
    assertEquals(errorCounters("82", none, none), sense("02 00 00"));
    assertEquals(errorCounters("82", none, none), sense("82 00 00"));
    assertEquals(errorCounters("82", none, none), sense("c2 00 00"));
  }

  @Test
  void lists_areTheSameWhateverIsAskedFor() {
    for (String control : new String[] {"2f", "6f", "af", "ef"}) {
      assertEquals("af 00 00 08 00 00 23 04 00 00 ff ff", sense(control + " 00 00"));
    }
  }

  @Test
  void parameterPointer_beginsAtTheNextParameter() {
    assertEquals(
        "99 00 00 18 00 02 22 08 00 00 00 00 00 00 00 00 00 03 23 08 00 00 00 06 00 00 00 01",
        a.send(0, "4d 00 59 00 00 00 02 10 00 00").data());
    String last = "8e 00 00 08 00 06 23 04 00 00 00 00";
    assertEquals(last, a.send(0, "4d 00 4e 00 00 00 05 10 00 00").data());
    assertEquals(last, a.send(0, "4d 00 4e 00 00 00 06 10 00 00").data());
    assertEquals(
        "ILLEGAL_REQUEST 2400 cf 00 05", a.send(0, "4d 00 4e 00 00 00 07 10 00 00").status());
  }

  @Test
  void allocationLength_cutsTheAnswer() {
    assertEquals("00 00 00 09 00", a.send(0, "4d 00 00 00 00 00 00 00 05 00").data());
    assertEquals("", a.send(0, "4d 00 00 00 00 00 00 00 00 00").data());
  }

  @Test
  void startStopCycles_areCountedAndSurviveARestart() {
    a.send(0, "1b 00 00 00 00 00");
    a.send(0, "1b 00 00 00 04 00");
    a.send(0, "1b 00 00 00 01 00");
    a.send(0, "1b 00 00 00 02 00");
    a.send(0, "1b 00 00 00 03 00");
    String page =
        "8e 00 00 24 00 01 23 06 20 20 20 20 20 20 00 02 23 06 20 20 20 20 20 20"
            + " 00 04 23 04 00 00 00 02 00 06 23 04 00 00 00 01";
    ScsiFixture.on(unit.owner(), Future::succeededFuture);
    assertEquals(page, sense("4e 00 00"));
    a.send(0, RESET);
    assertEquals(page, sense("4e 00 00"));
    LogicalUnit again = fixture.unit(ScsiFixture.PROFILE, new MemoryStore(4096), memory);
    assertEquals(unit.startStopCycles().counts(), again.startStopCycles().counts());
  }

  @Test
  void statistics_countCommandsBlocksAndIdleTime() {
    a.send(0, WRITE_BLOCK, ZEROES);
    a.send(0, READ_TWO_BLOCKS);
    a.send(0, READ_TWO_BLOCKS);
    a.send(0, "08 00 00 00 01 00");
    nanos.addAndGet(258_000);
    assertEquals(
        "99 00 00 5c 00 01 22 40"
            + " 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 01"
            + " 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 04"
            + " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
            + " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
            + " 00 02 22 08 00 00 00 00 00 00 01 02"
            + " 00 03 23 08 00 00 00 06 00 00 00 01",
        sense("59 00 00"));
  }

  @Test
  void provisioning_tellsWhatIsUsedAndWhatIsAvailable() {
    store.space = new Space(3 << 20, 5L << 30);
    assertEquals(
        "8c 00 00 18 00 01 23 08 00 00 14 00 02 00 00 00 00 02 23 08 00 00 00 03 01 00 00 00",
        sense("4c 00 00"));
    store.space = new Space(Space.UNKNOWN, Long.MAX_VALUE);
    assertEquals("8c 00 00 0c 00 01 23 08 ff ff ff ff 02 00 00 00", sense("4c 00 00"));
    store.space = Space.NOT_TOLD;
    assertEquals("8c 00 00 00", sense("4c 00 00"));
  }

  @Test
  void provisioning_ofAThickUnit_isNoPage() {
    fixture.addUnit(1, profile(false, false, false));
    a.send(0, READY);
    a.send(1, READY);
    assertEquals(
        "ILLEGAL_REQUEST 2400 cd 00 02", a.send(1, "4d 00 4c 00 00 00 00 10 00 00").status());
  }

  @Test
  void logSelect_resetsOnePageAndTellsTheOthers() {
    Initiator b = ready("b");
    a.send(0, WRITE_BLOCK, ZEROES);
    a.send(0, READ_TWO_BLOCKS);
    assertEquals("GOOD", a.send(0, "4c 02 02 00 00 00 00 00 00 00").status());
    assertEquals("UNIT_ATTENTION 2a02", b.send(0, READY).status());
    assertEquals("GOOD", a.send(0, READY).status());
    String none = "00 00 00 00 00 00 00 00";
    assertEquals(errorCounters("82", none, none), sense("42 00 00"));
    assertEquals(errorCounters("83", "00 00 00 00 00 00 04 00", none), sense("43 00 00"));
    a.send(0, WRITE_BLOCK, ZEROES);
    assertEquals(errorCounters("82", "00 00 00 00 00 00 02 00", none), sense("42 00 00"));
  }

  @ParameterizedTest
  @CsvSource({
    "4c 02 00 00 00 00 00 00 00 00, true", // PCR
    "4c 02 00 ff 00 00 00 00 00 00, false", // page 00h with its subpages: counts nothing
    "4c 00 c0 00 00 00 00 00 00 00, true", // to the default cumulative values
    "4c 02 03 ff 00 00 00 00 00 00, true", // page 03h with all its subpages
    "4c 00 80 00 00 00 00 00 00 00, false", // to the default thresholds
    "4c 00 40 00 00 00 00 00 00 00, false", // no change
    "4c 02 0e 00 00 00 00 00 00 00, false", // the life of a unit is not forgotten
  })
  void logSelect_withoutAList_resetsWhatIsAskedFor(String cdb, boolean reset) {
    Initiator b = ready("b");
    a.send(0, READ_TWO_BLOCKS);
    assertEquals("GOOD", a.send(0, cdb).status());
    String none = "00 00 00 00 00 00 00 00";
    assertEquals(
        errorCounters("83", reset ? none : "00 00 00 00 00 00 04 00", none), sense("43 00 00"));
    assertEquals(reset ? "UNIT_ATTENTION 2a02" : "GOOD", b.send(0, READY).status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # no such page, no such subpage; SP
          4d 00 41 00 00 00 00 10 00 00 | ''               | ILLEGAL_REQUEST 2400 cd 00 02
          4d 00 42 01 00 00 00 10 00 00 | ''               | ILLEGAL_REQUEST 2400 cf 00 03
          4d 01 42 00 00 00 00 10 00 00 | ''               | ILLEGAL_REQUEST 2400 c8 00 01
          4c 02 01 00 00 00 00 00 00 00 | ''               | ILLEGAL_REQUEST 2400 cd 00 02
          4c 02 02 01 00 00 00 00 00 00 | ''               | ILLEGAL_REQUEST 2400 cf 00 03
          4c 01 00 00 00 00 00 00 00 00 | ''               | ILLEGAL_REQUEST 2400 c8 00 01
          # with a list: PCR, a page code, a subpage code
          4c 02 40 00 00 00 00 00 04 00 | 02000000         | ILLEGAL_REQUEST 2400 c9 00 01
          4c 00 42 00 00 00 00 00 04 00 | 02000000         | ILLEGAL_REQUEST 2400 cd 00 02
          4c 00 40 01 00 00 00 00 04 00 | 02000000         | ILLEGAL_REQUEST 2400 cf 00 03
          # lists: cut, not sent whole, of no page, without and with a parameter
          4c 00 40 00 00 00 00 00 03 00 | 020000           | ILLEGAL_REQUEST 1a00
          4c 00 40 00 00 00 00 00 08 00 | 02000000         | ILLEGAL_REQUEST 1a00
          4c 00 40 00 00 00 00 00 04 00 | 01000000         | ILLEGAL_REQUEST 2600 8d 00 00
          4c 00 40 00 00 00 00 00 04 00 | 02000000         | ILLEGAL_REQUEST 2600 8d 00 00
          4c 00 40 00 00 00 00 00 0c 00 | 0200000800052204ffffffff | ILLEGAL_REQUEST 2600 8f 00 04
          """)
  void wrongFields_arePointedAt(String cdb, String list, String status) {
    assertEquals(status, a.send(0, cdb, list).status());
  }
}
