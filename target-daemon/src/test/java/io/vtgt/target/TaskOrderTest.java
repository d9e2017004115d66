package io.vtgt.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TaskOrderTest {
  private final TaskOrder order = new TaskOrder();
  private final List<Entry> entries = new ArrayList<>();

  /// A task as its transport sees it.
  private static final class Entry {
    final TaskAttribute attribute;
    TaskOrder.Place place;
    Promise<Void> end = Promise.promise();

    Entry(TaskAttribute attribute) {
      this.attribute = attribute;
    }

    boolean begun() {
      return place == null || place.turn().isComplete();
    }

    boolean over() {
      return end.future().isComplete();
    }

    void ends() {
      end.complete();
      if (place != null) {
        place.over();
      }
    }
  }

  private Entry arrives(TaskAttribute attribute) {
    var task = new Task(null, 0, 1, Cdb.of("00 00 00 00 00 00"), attribute, 0, 0);
    var entry = new Entry(attribute);
    entry.place = order.arrive(task, this::older);
    entries.add(entry);
    return entry;
  }

  private Future<Void> older() {
    return Future.join(
            entries.stream()
                .filter(entry -> entry.place == null)
                .map(entry -> entry.end.future())
                .toList())
        .mapEmpty();
  }

  @Test
  void simpleTasks_haveNoPlace() {
    assertNull(arrives(TaskAttribute.SIMPLE).place);
    assertNull(arrives(TaskAttribute.UNTAGGED).place);
    arrives(TaskAttribute.ORDERED).ends();
    entries.forEach(entry -> entry.end.tryComplete());
    assertNull(arrives(TaskAttribute.SIMPLE).place, "and none again when the ordered one is over");
  }

  @Test
  void ordered_beginsAfterTheOlderAndBeforeTheYounger() {
    var older = arrives(TaskAttribute.SIMPLE);
    var ordered = arrives(TaskAttribute.ORDERED);
    var younger = arrives(TaskAttribute.SIMPLE);
    assertFalse(ordered.begun());
    assertFalse(younger.begun());
    older.ends();
    assertTrue(ordered.begun());
    assertFalse(younger.begun());
    ordered.ends();
    assertTrue(younger.begun());
  }

  @Test
  void ordered_waitsForYoungerOnesThatHaveBegunBeforeItCame() {
    var first = arrives(TaskAttribute.ORDERED);
    var second = arrives(TaskAttribute.SIMPLE);
    first.ends();
    assertTrue(second.begun());
    var third = arrives(TaskAttribute.ORDERED);
    assertFalse(third.begun());
    second.ends();
    assertTrue(third.begun());
  }

  @Test
  void headOfQueue_beginsAtOnceAndHoldsUpWhatHasNotBegun() {
    var running = arrives(TaskAttribute.SIMPLE);
    var ordered = arrives(TaskAttribute.ORDERED);
    var head = arrives(TaskAttribute.HEAD_OF_QUEUE);
    assertTrue(head.begun());
    running.ends();
    assertFalse(ordered.begun());
    var simple = arrives(TaskAttribute.SIMPLE);
    head.ends();
    assertTrue(ordered.begun());
    assertFalse(simple.begun());
  }

  @Test
  void orderedThatIsAborted_letsTheYoungerOn() {
    var older = arrives(TaskAttribute.SIMPLE);
    var ordered = arrives(TaskAttribute.ORDERED);
    var younger = arrives(TaskAttribute.SIMPLE);
    ordered.ends(); // without having begun
    assertTrue(younger.begun());
    assertFalse(older.over());
  }

  @Test
  void randomTasks_keepTheOrderAndAllBegin() {
    long seed = System.nanoTime();
    System.out.println("task order: seed " + seed);
    var random = new Random(seed);
    for (int step = 0; step < 20_000; step++) {
      var alive = entries.stream().filter(entry -> !entry.over()).toList();
      if (alive.size() < 20 && random.nextBoolean()) {
        arrives(
            switch (random.nextInt(10)) {
              case 0, 1 -> TaskAttribute.ORDERED;
              case 2 -> TaskAttribute.HEAD_OF_QUEUE;
              default -> TaskAttribute.SIMPLE;
            });
      } else if (!alive.isEmpty()) {
        var before = alive.stream().filter(Entry::begun).toList();
        var some = alive.get(random.nextInt(alive.size()));
        if (some.begun() || random.nextInt(8) == 0) { // or it is aborted
          some.ends();
          check(alive, before);
        }
      }
      entries.removeIf(Entry::over);
      assertTrue(entries.isEmpty() || entries.stream().anyMatch(Entry::begun), "stuck");
    }
  }

  /// Whoever has begun just now was allowed to.
  private static void check(List<Entry> alive, List<Entry> before) {
    for (int i = 0; i < alive.size(); i++) {
      var entry = alive.get(i);
      if (entry.over() || !entry.begun() || before.contains(entry)) {
        continue;
      }
      for (int j = 0; j < alive.size(); j++) {
        var other = alive.get(j);
        if (other.over() || other == entry) {
          continue;
        }
        assertFalse(other.attribute == TaskAttribute.HEAD_OF_QUEUE, "a head of queue is alive");
        if (j < i) {
          assertEquals(TaskAttribute.SIMPLE, other.attribute, "an older ordered task is alive");
          assertFalse(entry.attribute == TaskAttribute.ORDERED, "an older task is alive");
        }
      }
    }
  }
}
