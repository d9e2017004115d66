package io.vtgt.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Initiator;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a unit keeps over restarts, through the data folder.
class UnitRestartTest {
  private static final String READY = "00 00 00 00 00 00";

  private final Vertx vertx = Vertx.vertx();
  private final ScsiFixture fixture = new ScsiFixture();
  @TempDir Path folder;

  @AfterEach
  void close() {
    fixture.close();
    Daemon.await(vertx.close(), 30);
  }

  /// A unit as a new process finds it.
  private LogicalUnit unit(int lun) {
    var memory =
        FolderStateStore.open(vertx, folder)
            .compose(state -> StoredUnitMemory.open(state, ScsiFixture.PROFILE.uuid()));
    LogicalUnit unit =
        fixture.unit(
            ScsiFixture.PROFILE, new MemoryStore(ScsiFixture.BYTES), Daemon.await(memory, 30));
    fixture.target().addUnit(lun, unit);
    return unit;
  }

  @Test
  void everyPart_isThereAfterARestart() {
    LogicalUnit before = unit(0);
    Initiator a = fixture.ready("a");
    assertEquals(
        "GOOD",
        a.send(0, "15 11 00 00 10 00", "00 00 00 00 0a 0a 06 10 08 40 00 00 00 00 00 00").status());
    assertEquals("GOOD", a.send(0, "a4 06 00 00 00 00 00 00 00 02 00 00", "cafe").status());
    assertEquals("GOOD", a.send(0, "1b 00 00 00 00 00").status());
    // the count is kept beside the answer; a write after it is kept after it
    ScsiFixture.on(before.owner(), Future::succeededFuture);
    assertEquals("GOOD", a.send(0, "a4 06 00 00 00 00 00 00 00 01 04 00", "00").status());
    LogicalUnit after = unit(1);
    a.send(0, READY);
    a.send(1, READY);
    assertEquals(before.state().mode(), after.state().mode());
    assertEquals("00 00 00 02 ca fe", a.send(1, "a3 05 00 00 00 00 00 00 00 20 00 00").data());
    assertEquals("00 00 00 01 00", a.send(1, "a3 05 00 00 00 00 00 00 00 20 04 00").data());
    assertEquals(before.startStopCycles().counts(), after.startStopCycles().counts());
  }
}
