package io.vtgt.target;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/// The order among the tasks of a unit (SAM-5, Task attributes): one task set for all nexuses, as
/// TST 000b says.
///
/// SIMPLE tasks go side by side, and while there are no others a task costs one read of a field
/// that nobody writes. An ORDERED task begins when all older tasks have ended, and holds up the
/// younger ones. A task HEAD OF QUEUE begins at once, and whatever has not begun waits for its end.
///
/// Tasks that arrived before the first that is not SIMPLE are not known here: the transports are
/// asked when they are over. That is no race: whoever arrives on a session's event loop after it
/// was asked sees the fence, and whoever came before is in its task set.
public final class TaskOrder {

  /// A task's place among those that keep an order.
  public final class Place {
    private final TaskAttribute attribute;
    private final Promise<Void> turn = Promise.promise();

    // Under the order's monitor.
    private boolean olderOver;
    private boolean begun;

    private Place(TaskAttribute attribute) {
      this.attribute = attribute;
    }

    /// Completes when the task may begin, on any thread.
    public Future<Void> turn() {
      return turn.future();
    }

    /// The task is over, whether it has begun or not: younger ones need not wait for it. Called
    /// once, on any thread.
    public void over() {
      leave(this);
    }
  }

  // Written under this object's monitor, read by every command.
  private volatile boolean fenced;

  // Under this object's monitor. Tasks that keep an order and are not over, but for those HEAD OF
  // QUEUE, oldest first. Bounded by the sessions' command windows.
  private final Set<Place> places = new LinkedHashSet<>();
  private int ordered;
  private int heads;

  /// A task has arrived. Called on its nexus' loop, in the order of arrival.
  ///
  /// @param older completes when the tasks that have begun without a place are over
  /// @return null when it may begin at once and nobody has to know when it ends
  Place arrive(Task task, Supplier<Future<Void>> older) {
    return switch (task.attribute()) {
      case UNTAGGED, SIMPLE, ACA -> fenced ? behind(task.attribute()) : null;
      case ORDERED -> ordered(older);
      case HEAD_OF_QUEUE -> first();
    };
  }

  private synchronized Place behind(TaskAttribute attribute) {
    if (!fenced) {
      return null;
    }
    var place = new Place(attribute);
    places.add(place);
    return place;
  }

  private Place ordered(Supplier<Future<Void>> older) {
    var place = new Place(TaskAttribute.ORDERED);
    synchronized (this) {
      places.add(place);
      ordered++;
      fenced = true; // before the transports are asked
    }
    older
        .get()
        .onComplete(
            _ -> {
              synchronized (this) {
                place.olderOver = true;
              }
              next();
            });
    return place;
  }

  private synchronized Place first() {
    var place = new Place(TaskAttribute.HEAD_OF_QUEUE);
    heads++;
    fenced = true;
    place.turn.complete();
    return place;
  }

  private void leave(Place place) {
    synchronized (this) {
      if (place.attribute == TaskAttribute.HEAD_OF_QUEUE) {
        heads--;
      } else if (places.remove(place) && place.attribute == TaskAttribute.ORDERED) {
        ordered--;
      }
    }
    next();
  }

  /// Lets begin who may.
  private void next() {
    List<Place> may = new ArrayList<>();
    synchronized (this) {
      if (heads == 0) {
        for (Place place : places) {
          boolean wall = place.attribute == TaskAttribute.ORDERED;
          boolean comes = !wall || (place.olderOver && place == places.iterator().next());
          if (comes && !place.begun) {
            place.begun = true;
            may.add(place);
          }
          if (wall) {
            break;
          }
        }
      }
      fenced = heads > 0 || ordered > 0;
    }
    may.forEach(place -> place.turn.complete());
  }
}
