package io.vtgt.scsi.reservation;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import io.vtgt.scsi.Asc;
import io.vtgt.target.Nexus;
import io.vtgt.target.UnitMemory;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What reservations ask of their unit, noted; aborts end when the test says so. Its memory is kept
/// for the next unit of the same identity.
final class FakeUnit implements Reservations.Unit {
  final Map<Nexus.Id, Asc> attentions = new LinkedHashMap<>();
  final Map<Nexus.Id, Promise<Void>> aborts = new LinkedHashMap<>();
  final Memory memory;

  FakeUnit() {
    this(new Memory());
  }

  FakeUnit(Memory memory) {
    this.memory = memory;
  }

  @Override
  public String name() {
    return "unit";
  }

  @Override
  public UnitMemory memory() {
    return memory;
  }

  @Override
  public Collection<Nexus.Id> nexuses() {
    return List.of(Nexuses.A, Nexuses.B, Nexuses.C);
  }

  @Override
  public void attention(Asc asc, Set<Nexus.Id> whose) {
    whose.forEach(nexus -> attentions.put(nexus, asc));
  }

  @Override
  public Future<Void> abortTasksOf(Nexus.Id nexus) {
    var promise = Promise.<Void>promise();
    aborts.put(nexus, promise);
    return promise.future();
  }

  /// A memory of which writes fail or wait as the test says.
  static final class Memory implements UnitMemory {
    private Optional<JsonObject> durable = Optional.empty();
    int writes;
    boolean failing;
    boolean holding;
    final Deque<Runnable> held = new ArrayDeque<>();

    @Override
    public Optional<JsonObject> recall(String part) {
      return durable.map(JsonObject::copy);
    }

    @Override
    public Future<Void> keep(String part, JsonObject value) {
      writes++;
      Promise<Void> done = Promise.promise();
      Runnable write =
          () -> {
            if (failing) {
              done.fail("the disk is full");
            } else {
              durable = Optional.of(new JsonObject(value.encode()));
              done.complete();
            }
          };
      if (holding) {
        held.add(write);
      } else {
        write.run();
      }
      return done.future();
    }

    /// What a new unit would recall, as it is stored.
    void put(String json) {
      durable = Optional.of(new JsonObject(json));
    }
  }
}
