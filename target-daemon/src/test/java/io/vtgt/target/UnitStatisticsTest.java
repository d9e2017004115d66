package io.vtgt.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.scsi.Cdb;
import io.vtgt.store.StoreFault;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitStatisticsTest {
  private final AtomicLong nanos = new AtomicLong(-77);
  private final UnitStatistics statistics = new UnitStatistics(nanos::get);

  private void pass(long micros) {
    nanos.addAndGet(micros * 1000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          08 00 00 00 01 00                | READ_6
          28 00 00 00 00 00 00 00 01 00    | READ
          0a 00 00 00 01 00                | WRITE_6
          8a 00                            | WRITE
          ae 00                            | WRITE_AND_VERIFY
          8f 00                            | VERIFY
          42 00                            | UNMAP
          12 00                            | OTHER
          83 10                            | READ
          83 11                            | WRITE
          83 01                            | OTHER
          7f 00 00 00 00 00 00 18 00 09    | READ
          7f 00 00 00 00 00 00 18 00 0a    | VERIFY
          7f 00 00 00 00 00 00 18 00 0b    | WRITE
          7f 00 00 00 00 00 00 18 00 0c    | WRITE_AND_VERIFY
          7f 00 00 00 00 00 00 18 00 0d    | OTHER
          7f 00 00 00 00 00                | OTHER
          """)
  void traffic_isToldByOperationCodeAndServiceAction(String cdb, Traffic traffic) {
    assertEquals(traffic, Traffic.of(Cdb.of(cdb)));
  }

  @Test
  void commands_countWhereTheStandardPutsThem() {
    for (String cdb :
        new String[] {"08 00", "28 00", "88 00", "0a 00", "2a 00", "8e 00", "42 00"}) {
      statistics.received(Cdb.of(cdb));
    }
    assertEquals(2, statistics.totals().readCommands());
    assertEquals(3, statistics.totals().writeCommands());
  }

  @Test
  void errors_countAtTheReadTheWriteOrTheVerify() {
    var read = new StoreFault(StoreFault.Kind.READ_ERROR, "a test");
    var write = new StoreFault(StoreFault.Kind.WRITE_ERROR, "a test");
    statistics.failed(Traffic.READ, read);
    statistics.failed(Traffic.OTHER, read);
    statistics.failed(Traffic.VERIFY, read);
    statistics.failed(Traffic.WRITE_AND_VERIFY, read);
    statistics.failed(Traffic.WRITE_AND_VERIFY, write);
    statistics.failed(Traffic.WRITE, new StoreFault(StoreFault.Kind.TIMEOUT, "a test"));
    statistics.failed(Traffic.WRITE, new IllegalStateException("a test"));
    UnitStatistics.Totals totals = statistics.totals();
    assertEquals(2, totals.readErrors());
    assertEquals(2, totals.verifyErrors());
    assertEquals(1, totals.writeErrors());
  }

  @Test
  void time_isIdleWhileNothingIsProcessed() {
    pass(100);
    long a = statistics.began();
    pass(10);
    long b = statistics.began();
    pass(5);
    assertEquals(100, statistics.totals().idleMicros());
    statistics.ended(Traffic.READ, a);
    pass(7);
    statistics.ended(Traffic.WRITE, b);
    pass(50);
    UnitStatistics.Totals totals = statistics.totals();
    assertEquals(150, totals.idleMicros());
    assertEquals(15, totals.readMicros());
    assertEquals(12, totals.writeMicros());
  }

  @Test
  void since_takesEverythingAway() {
    pass(3);
    statistics.received(Cdb.of("28 00"));
    statistics.transferred(Traffic.READ, 512);
    statistics.verified(4096);
    UnitStatistics.Totals totals = statistics.totals();
    assertEquals(UnitStatistics.Totals.NOTHING, totals.since(totals));
    assertEquals(totals, totals.since(UnitStatistics.Totals.NOTHING));
  }

  @Test
  void idleAndBusyTime_addUpToTheWhole() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var underWay = new ArrayList<Long>();
    long busy = 0;
    long whole = 0;
    for (int i = 0; i < 10_000; i++) {
      int step = random.nextInt(100);
      pass(step);
      whole += step;
      busy += underWay.isEmpty() ? 0 : step;
      if (underWay.isEmpty() || random.nextBoolean()) {
        underWay.add(statistics.began());
      } else {
        statistics.ended(Traffic.READ, underWay.removeLast());
      }
      assertEquals(whole - busy, statistics.totals().idleMicros(), "seed " + seed);
    }
  }

  @RepeatedTest(50)
  void manyThreads_loseNothing() throws InterruptedException {
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          new Thread(
              () -> {
                for (int j = 0; j < 10_000; j++) {
                  Traffic traffic = statistics.received(Cdb.of("28 00"));
                  long began = statistics.began();
                  pass(1);
                  statistics.ended(traffic, began);
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    UnitStatistics.Totals totals = statistics.totals();
    assertEquals(40_000, totals.readCommands());
    assertTrue(totals.readMicros() >= 40_000, totals::toString);
    long idle = totals.idleMicros();
    assertTrue(idle >= 0 && idle <= 40_000, totals::toString);
    pass(1000); // nothing is left under way
    assertEquals(idle + 1000, statistics.totals().idleMicros());
  }
}
