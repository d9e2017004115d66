package io.vtgt.scsi.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.vertx.core.Future;
import io.vtgt.scsi.Access;
import io.vtgt.scsi.Status;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random commands of four nexuses with few keys, so that they meet; a model that keeps no more
/// than a map and two letters must agree after every step. Now and then the unit is made anew from
/// what its memory recalls, and a write of that memory fails.
class ReservationsRandomWalkTest {
  private static final ServiceAction MOVES = ServiceAction.REGISTER_AND_MOVE;
  private static final List<String> NAMES = List.of("A", "B", "C", "D");
  private static final List<String> TYPES = List.of("WE", "EA", "WE-RO", "EA-RO", "WE-AR", "EA-AR");

  /// What SPC-5 says, told the short way: names and text only, no state of the real thing.
  private static final class Model {
    final Map<String, Long> keys = new TreeMap<>();
    String type = "";
    String holder = "";
    String spc2 = "";
    int generation;
    boolean kept;

    void restart() {
      generation = 0;
      spc2 = "";
      if (!kept) {
        keys.clear();
        type = "";
        holder = "";
      }
    }

    boolean shared() {
      return type.endsWith("AR");
    }

    boolean holds(String who) {
      return !type.isEmpty() && (shared() ? keys.containsKey(who) : holder.equals(who));
    }

    void drop(String who) {
      keys.remove(who);
      if (shared() ? keys.isEmpty() : holder.equals(who)) {
        type = "";
        holder = "";
      }
    }

    void take(String who, String newType) {
      type = newType;
      holder = shared() ? "" : who;
    }

    Status out(ServiceAction action, String who, long key, long sa, String newType, boolean aptpl) {
      if (!spc2.isEmpty()) {
        return Status.RESERVATION_CONFLICT;
      }
      long mine = keys.getOrDefault(who, 0L);
      boolean right = mine == key || action == ServiceAction.REGISTER_AND_IGNORE_EXISTING_KEY;
      boolean register = action.registers();
      if (action == ServiceAction.REPLACE_LOST_RESERVATION) {
        return type.isEmpty() || mine != 0 ? Status.CHECK_CONDITION : Status.RESERVATION_CONFLICT;
      }
      if (!right || (mine == 0 && !register)) {
        return Status.RESERVATION_CONFLICT;
      }
      if (register) {
        boolean nothing = action == ServiceAction.REGISTER && mine == 0 && sa == 0;
        kept = nothing ? kept : aptpl;
        if (sa != 0) {
          keys.put(who, sa);
        } else if (mine != 0) {
          drop(who);
        }
      } else if (action == ServiceAction.RESERVE) {
        if (!type.isEmpty() && !(holds(who) && type.equals(newType))) {
          return Status.RESERVATION_CONFLICT;
        }
        take(who, newType);
        return Status.GOOD;
      } else if (action == ServiceAction.RELEASE) {
        if (holds(who)) {
          if (!type.equals(newType)) {
            return Status.CHECK_CONDITION;
          }
          type = "";
          holder = "";
        }
        return Status.GOOD;
      } else if (action == ServiceAction.CLEAR) {
        keys.clear();
        type = "";
        holder = "";
      } else { // PREEMPT, PREEMPT AND ABORT
        boolean held = !type.isEmpty();
        if (held && sa == 0 && !shared()) {
          return Status.CHECK_CONDITION;
        }
        boolean takeover = held && (shared() ? sa == 0 : keys.get(holder) == sa);
        if (!takeover && !keys.containsValue(sa)) {
          return Status.RESERVATION_CONFLICT;
        }
        for (String other : NAMES) {
          boolean hit = keys.containsKey(other) && (sa == 0 || keys.get(other) == sa);
          if (hit && takeover && !other.equals(who)) {
            keys.remove(other);
          } else if (hit && !takeover) {
            drop(other);
          }
        }
        if (takeover) {
          take(who, newType);
        }
      }
      generation++;
      return Status.GOOD;
    }

    Status reserve(String who, boolean release) {
      if (!keys.isEmpty()) {
        boolean may = holds(who) || (type.endsWith("RO") && keys.containsKey(who));
        return may ? Status.GOOD : Status.RESERVATION_CONFLICT;
      }
      if (!spc2.isEmpty() && !spc2.equals(who)) {
        return release ? Status.GOOD : Status.RESERVATION_CONFLICT;
      }
      spc2 = release ? "" : who;
      return Status.GOOD;
    }

    boolean mayWrite(String who) {
      return spc2.isEmpty()
          ? type.isEmpty() || holds(who) || (type.endsWith("RO") && keys.containsKey(who))
          : spc2.equals(who);
    }

    boolean mayRead(String who) {
      return mayWrite(who) || (spc2.isEmpty() && type.startsWith("WE"));
    }

    String text() {
      var text = new StringBuilder();
      keys.forEach((who, key) -> text.append(who).append('=').append(key).append(' '));
      if (keys.isEmpty()) {
        text.append("- ");
      }
      if (!type.isEmpty()) {
        text.append("/ ").append(type).append(' ').append(holder);
      }
      return text.toString().trim() + (kept ? " kept" : "");
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void anyCommands_agreeWithTheModel(long seed) {
    var random = new Random(seed);
    var memory = new FakeUnit.Memory();
    var unit = new FakeUnit(memory);
    var reservations = new Reservations(unit);
    var model = new Model();
    var actions = Stream.of(ServiceAction.values()).filter(it -> !MOVES.equals(it)).toList();
    for (int step = 0; step < 20_000; step++) {
      String who = NAMES.get(random.nextInt(NAMES.size()));
      var nexus = Nexuses.BY_NAME.get(who);
      String what = "seed " + seed + " step " + step + ": " + model.text() + " " + model.spc2;
      int dice = random.nextInt(40);
      unit.attentions.clear();
      unit.aborts.clear();
      if (dice == 0) {
        reservations.nexusLost(nexus);
        model.spc2 = model.spc2.equals(who) ? "" : model.spc2;
      } else if (dice == 1) {
        reservations.unitReset();
        model.spc2 = "";
      } else if (dice == 2) {
        unit = new FakeUnit(memory);
        reservations = new Reservations(unit);
        model.restart();
      } else if (dice < 8) {
        boolean release = random.nextBoolean();
        var answer = release ? reservations.release(nexus) : reservations.reserve(nexus);
        assertEquals(model.reserve(who, release), answer.status(), what);
      } else {
        var action = actions.get(random.nextInt(actions.size()));
        // Mostly the right key, else few would get past it.
        long key = random.nextInt(5) > 0 ? model.keys.getOrDefault(who, 0L) : random.nextInt(4);
        long sa = random.nextInt(4);
        String type = TYPES.get(random.nextInt(TYPES.size()));
        boolean aptpl = random.nextInt(3) > 0;
        what += " " + who + " " + action + " " + key + " " + sa + " " + type + " " + aptpl;
        var order =
            new ReserveOutRules.Order(
                action,
                0,
                Nexuses.type(type).code,
                new ReserveOutList.Basic(key, sa, false, false, aptpl, List.of()));
        memory.failing = random.nextInt(400) == 0;
        int writes = memory.writes;
        var answer =
            reservations.reserveOut(nexus, order, Future::succeededFuture).result().completion();
        boolean refused = memory.failing && memory.writes > writes;
        memory.failing = false;
        if (refused) {
          assertEquals(Status.CHECK_CONDITION, answer.status(), what); // and the model is as it was
        } else {
          assertEquals(model.out(action, who, key, sa, type, aptpl), answer.status(), what);
        }
        assertFalse(unit.attentions.containsKey(nexus), what + ": told itself");
        assertFalse(unit.aborts.containsKey(nexus), what + ": aborted itself");
      }
      assertEquals(model.text(), Nexuses.text(reservations.state()), what);
      assertEquals(model.generation, reservations.state().generation(), what);
      for (String name : NAMES) {
        var each = Nexuses.BY_NAME.get(name);
        assertEquals(
            !model.mayWrite(name), reservations.conflicts(each, Access.WRITES_MEDIUM), what);
        assertEquals(!model.mayRead(name), reservations.conflicts(each, Access.READS_MEDIUM), what);
      }
    }
  }
}
