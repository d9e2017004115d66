package io.vtgt.scsi.spc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Lun;
import io.vtgt.target.ModeSettings;
import io.vtgt.target.ScsiFixture;
import io.vtgt.target.ScsiFixture.Answer;
import io.vtgt.target.ScsiFixture.Initiator;
import io.vtgt.target.UnitMemory;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SavedModePagesTest {
  private static final String SELECT_AND_SAVE = "15 11 00 00 10 00",
      SELECT = "15 10 00 00 10 00",
      CONTROL_WITH_SWP = "00 00 00 00 0a 0a 02 10 08 00 00 00 00 00 00 00",
      PLAIN_CONTROL = "00 00 00 00 0a 0a 02 10 00 00 00 00 00 00 00 00",
      CURRENT = "1a 08 0a 00 ff 00",
      DEFAULTS = "1a 08 8a 00 ff 00",
      SAVED = "1a 08 ca 00 ff 00",
      WITH_SWP = "0f 00 90 00 8a 0a 02 10 08 00 00 00 00 00 00 00",
      WITHOUT_SWP = "0f 00 %s 00 8a 0a 02 10 00 00 00 00 00 00 00 00",
      READY = "00 00 00 00 00 00";

  private final ScsiFixture fixture = new ScsiFixture();
  private final HeldMemory memory = new HeldMemory();
  private final LogicalUnit unit = unit(0);
  private final Initiator a = fixture.ready("a");

  @AfterEach
  void close() {
    fixture.close();
  }

  private LogicalUnit unit(int lun) {
    LogicalUnit made =
        fixture.unit(ScsiFixture.PROFILE, new MemoryStore(ScsiFixture.BYTES), memory);
    fixture.target().addUnit(lun, made);
    return made;
  }

  @Test
  void savedValues_areTheDefaultsUntilSomethingIsSaved() {
    assertEquals("GOOD", a.send(0, SELECT, CONTROL_WITH_SWP).status());
    assertEquals(WITH_SWP, a.send(0, CURRENT).data());
    assertEquals(WITHOUT_SWP.formatted("90"), a.send(0, SAVED).data());
  }

  @Test
  void savedValues_areInForceAfterARestart() {
    assertEquals("GOOD", a.send(0, SELECT_AND_SAVE, CONTROL_WITH_SWP).status());
    LogicalUnit again = unit(1);
    assertTrue(again.state().mode().softwareWriteProtect());
    a.send(1, READY); // reported luns data has changed, power on
    a.send(1, READY);
    assertEquals(WITH_SWP, a.send(1, CURRENT).data());
    assertEquals(WITH_SWP, a.send(1, SAVED).data());
    assertEquals(WITHOUT_SWP.formatted("90"), a.send(1, DEFAULTS).data());
  }

  @Test
  void savedValues_areInForceAfterAReset() {
    a.send(0, SELECT_AND_SAVE, CONTROL_WITH_SWP);
    a.send(0, SELECT, PLAIN_CONTROL);
    assertFalse(unit.state().mode().softwareWriteProtect());
    reset();
    assertTrue(unit.state().mode().softwareWriteProtect());
  }

  @Test
  void valuesThatWereNotSaved_areForgottenByAReset() {
    a.send(0, SELECT, CONTROL_WITH_SWP);
    reset();
    assertFalse(unit.state().mode().softwareWriteProtect());
  }

  private void reset() {
    ScsiFixture.on(a.nexus.context(), () -> fixture.target().resetUnit(a.nexus, Lun.of(0)));
  }

  @Test
  void save_isDurableBeforeAnythingChanges() {
    memory.held = Promise.promise();
    var answer = Promise.<Answer>promise();
    var running = new Thread(() -> answer.complete(a.send(0, SELECT_AND_SAVE, CONTROL_WITH_SWP)));
    running.start();
    ScsiFixture.await(memory.asked.future());
    assertFalse(unit.state().mode().softwareWriteProtect());
    assertFalse(answer.future().isComplete());
    unit.owner().runOnContext(_ -> memory.held.complete());
    assertEquals("GOOD", ScsiFixture.await(answer.future()).status());
    assertTrue(unit.state().mode().softwareWriteProtect());
  }

  @Test
  void save_thatFails_changesNothing() {
    memory.held = Promise.promise();
    memory.held.fail("disk full");
    assertEquals("HARDWARE_ERROR 4400", a.send(0, SELECT_AND_SAVE, CONTROL_WITH_SWP).status());
    assertEquals(WITHOUT_SWP.formatted("10"), a.send(0, CURRENT).data());
    assertEquals(WITHOUT_SWP.formatted("10"), a.send(0, SAVED).data());
  }

  @Test
  void save_withoutAList_savesWhatIsInForce() {
    a.send(0, SELECT, CONTROL_WITH_SWP);
    assertEquals("GOOD", a.send(0, "55 11 00 00 00 00 00 00 00 00").status());
    assertEquals(WITH_SWP, a.send(0, SAVED).data());
  }

  @Test
  void revertToDefaults_leavesWhatIsSavedUnlessItIsSavedToo() {
    Initiator b = fixture.ready("b");
    a.send(0, SELECT_AND_SAVE, CONTROL_WITH_SWP);
    assertEquals("UNIT_ATTENTION 2a01", b.send(0, READY).status());
    assertEquals("GOOD", a.send(0, "15 12 00 00 00 00").status());
    assertEquals("UNIT_ATTENTION 2a01", b.send(0, READY).status());
    assertEquals(WITHOUT_SWP.formatted("10"), a.send(0, CURRENT).data());
    assertEquals(WITH_SWP.replaceFirst("90", "10"), a.send(0, SAVED).data());
    assertEquals("GOOD", a.send(0, "55 13 00 00 00 00 00 00 00 00").status());
    assertEquals(WITHOUT_SWP.formatted("10"), a.send(0, SAVED).data());
  }

  @Test
  void whatWasNotChangeableWhenSaved_hasItsDefault() {
    // D_SENSE is set in the values, but was not saved: the mask has SWP alone
    memory.kept.put(
        "0a/00",
        new JsonObject()
            .put("changeable", "00000800000000000000")
            .put("values", "06100800000000000000"));
    LogicalUnit again = unit(1);
    assertTrue(again.state().mode().softwareWriteProtect());
    assertFalse(again.state().mode().descriptorSense());
    assertTrue(again.state().mode().writeCacheEnabled());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"0a/00\": 1}",
        "{\"0a/00\": {}}",
        "{\"0a/00\": {\"changeable\": \"x\", \"values\": \"00\"}}",
        "{\"0a/00\": {\"changeable\": \"00\", \"values\": \"000000\"}}"
      })
  void whatCannotBeUnderstood_isTakenForNothing(String kept) {
    memory.kept = new JsonObject(kept);
    assertEquals(ModeSettings.INITIAL, unit(1).state().mode());
  }

  /// Keeps the mode pages, and answers when the test says so.
  private static final class HeldMemory implements UnitMemory {
    final Promise<Void> asked = Promise.promise();
    Promise<Void> held = Promise.promise();
    JsonObject kept = new JsonObject();

    HeldMemory() {
      held.complete();
    }

    @Override
    public Optional<JsonObject> recall(String part) {
      return kept.isEmpty() || !part.equals("mode") ? Optional.empty() : Optional.of(kept.copy());
    }

    @Override
    public Future<Void> keep(String part, JsonObject value) {
      assertEquals("mode", part);
      asked.tryComplete();
      return held.future()
          .map(
              _ -> {
                kept = value;
                return null;
              });
    }
  }
}
