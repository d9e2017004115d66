package io.vtgt.scsi.sbc;

import static io.vtgt.scsi.sbc.UnitUnderTest.Shape.THIN;
import static io.vtgt.scsi.sbc.UnitUnderTest.filled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.store.StoreFault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StartStopUnitTest {
  private static final String EJECT = "1b 00 00 00 02 00";
  private static final String LOAD = "1b 00 00 00 03 00";
  private static final String STOP = "1b 00 00 00 00 00";

  private final UnitUnderTest on = new UnitUnderTest(THIN.asRemovable());

  @AfterEach
  void everyBufferIsGivenBack() {
    on.close();
  }

  @Test
  void ejectedMedium_isNotThereUntilLoaded() {
    on.good("2a 00 00 00 00 00 00 00 01 00", filled(512, 1));
    on.good(EJECT);
    assertEquals(1, on.store.flushes);
    for (String cdb :
        new String[] {
          "28 00 00 00 00 00 00 00 01 00",
          "2a 00 00 00 00 00 00 00 01 00",
          "25 00 00 00 00 00 00 00 00 00",
          "9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00",
          "9e 12 00 00 00 00 00 00 00 00 00 00 00 20 00 00",
          "34 02 00 00 00 00 00 00 01 00",
          "35 06 00 00 00 00 00 00 01 00",
          "2f 02 00 00 00 00 00 00 01 00",
          "42 00 00 00 00 00 00 00 18 00",
          "89 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00",
        }) {
      assertEquals(
          Sense.of(SenseKey.NOT_READY, Asc.MEDIUM_NOT_PRESENT),
          on.refused(cdb, filled(1024, 1)),
          cdb);
    }
    on.good(EJECT);
    on.good(LOAD);
    on.good("2f 02 00 00 00 00 00 00 01 00", filled(512, 1));
  }

  @Test
  void preventedRemoval_refusesEjectAndLoad() {
    on.unit.preventRemoval(on.nexus.id(), true);
    on.refusedWith(Asc.MEDIUM_REMOVAL_PREVENTED, EJECT);
    on.refusedWith(Asc.MEDIUM_REMOVAL_PREVENTED, LOAD);
    assertTrue(on.unit.state().mediumPresent());
    on.good(STOP);
    on.unit.preventRemoval(on.nexus.id(), false);
    on.good(EJECT);
  }

  @Test
  void ejectThatCannotFlush_leavesTheMedium() {
    on.store.failWith = StoreFault.Kind.WRITE_ERROR;
    on.refusedWith(Asc.WRITE_ERROR, EJECT);
    on.store.failWith = null;
    assertTrue(on.unit.state().mediumPresent());
  }

  @Test
  void stop_flushesUnlessToldNotTo_andLeavesTheUnitReady() {
    on.good(STOP);
    assertEquals(1, on.store.flushes);
    on.good("1b 00 00 00 04 00");
    on.good("1b 01 00 00 01 00");
    assertEquals(1, on.store.flushes);
    on.good("28 00 00 00 00 00 00 00 01 00");
  }

  @Test
  void powerCondition_isAcceptedAndEjectsNothing() {
    for (int condition = 1; condition < 16; condition++) {
      on.good("1b 01 00 00 %x2 00".formatted(condition));
    }
    assertTrue(on.unit.state().mediumPresent());
  }

  @Test
  void eject_ofAFixedDisk_isAnInvalidField() {
    try (var fixed = new UnitUnderTest(THIN)) {
      assertEquals(Sense.invalidFieldInCdb(4, 1), fixed.refused(EJECT));
    }
  }
}
