package io.vtgt.scsi.alua;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.target.Nexus;
import io.vtgt.target.UnitMemory;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The target port groups of one unit and their asymmetric access states (SPC-5, Asymmetric logical
/// unit access). Every target portal group is a target port group of one port; group and relative
/// target port have its tag as their number.
///
/// Changed on the unit's owner context, one change after the other; read from every event loop
/// through an immutable snapshot.
///
/// **A change that closes a path drains it.** A group that leaves the active states is
/// transitioning first: new commands are refused with the sense for it, those that have begun end,
/// a write whose data has not come by then is refused before anything is written. Only when nothing
/// of them can touch the medium any more is the new state kept on stable storage and told, and the
/// change answered. If they do not end in [#TRANSITION_SECONDS], or the state cannot be kept,
/// everything is as it was and the change has failed: a path that works is better than none.
public final class TargetPortGroups {

  /// How long a transition may take; told as IMPLICIT TRANSITION TIME.
  public static final int TRANSITION_SECONDS = 30;

  /// Changes that may wait for the one under way.
  private static final int MOST_WAITING = 64;

  private static final String MEMORY_PART = "alua";

  private static final Logger log = LoggerFactory.getLogger(TargetPortGroups.class);

  /// What the groups need of their unit.
  public interface Unit {
    String name();

    Context owner();

    UnitMemory memory();

    void attention(Asc asc, Predicate<Nexus> whose);

    /// Completes, on any context, when nothing that was begun before for these nexuses can touch
    /// the medium any more.
    Future<Void> commandsEnded(Predicate<Nexus.Id> whose);
  }

  /// One group as it is now.
  ///
  /// @param id TARGET PORT GROUP, and the relative target port identifier of its port
  public record Group(int id, AccessState state, boolean preferred, ChangedBy changedBy) {
    Group in(AccessState next) {
      return new Group(id, next, preferred, changedBy);
    }
  }

  /// A change that did not happen: everything is as it was.
  public static final class ChangeFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// So many changes wait that it was not begun.
    public final boolean busy;

    ChangeFailed(String message, boolean busy, Throwable cause) {
      super(message, cause);
      this.busy = busy;
    }
  }

  /// All groups at one moment.
  ///
  /// @param byId those that are reachable or were spoken of
  private record View(PortGroupSetup setup, SortedMap<Integer, Group> byId) {
    View {
      byId = Collections.unmodifiableSortedMap(new TreeMap<>(byId));
    }

    static View of(PortGroupSetup setup, KeptStates kept) {
      var groups = new TreeMap<Integer, Group>();
      var ids = new TreeSet<>(setup.reachable());
      ids.addAll(setup.defaults().keySet());
      ids.addAll(kept.byGroup().keySet());
      for (int id : ids) {
        var documented = setup.of(id);
        var set =
            setup.mode() == AluaMode.OFF
                ? Optional.<KeptStates.Kept>empty()
                : kept.of(id, documented.state());
        groups.put(
            id,
            new Group(
                id,
                set.map(KeptStates.Kept::state).orElse(documented.state()),
                documented.preferred(),
                set.map(KeptStates.Kept::by).orElse(ChangedBy.NOBODY)));
      }
      return new View(setup, groups);
    }

    Group group(int id) {
      var group = byId.get(id);
      return group != null
          ? group
          : new Group(id, AccessState.ACTIVE_OPTIMIZED, setup.of(id).preferred(), ChangedBy.NOBODY);
    }

    View with(Group group) {
      var next = new TreeMap<>(byId);
      next.put(group.id, group);
      return new View(setup, next);
    }

    boolean allActive() {
      return byId.values().stream().allMatch(group -> group.state.active());
    }
  }

  private final Unit unit;
  private final long transitionMillis;

  // Replaced by the owner, read from every event loop.
  private volatile View view;

  /// The same view while a group is not active, else null: the one read of the data path.
  private volatile View closed;

  // The same: no group is better than standby while the store behind the unit cannot be used.
  private volatile boolean storeAway;

  // Touched only on the owner.
  private KeptStates kept;
  private Future<Void> last = Future.succeededFuture();
  private int waiting;

  public TargetPortGroups(Unit unit) {
    this(unit, TimeUnit.SECONDS.toMillis(TRANSITION_SECONDS));
  }

  TargetPortGroups(Unit unit, long transitionMillis) {
    this.unit = unit;
    this.transitionMillis = transitionMillis;
    this.kept = unit.memory().recall(MEMORY_PART).map(KeptStates::of).orElse(KeptStates.NONE);
    publish(View.of(PortGroupSetup.OFF, KeptStates.NONE));
  }

  // --- what is asked. Any event loop.

  public AluaMode mode() {
    return view.setup.mode();
  }

  /// The groups through which the unit can be reached, by number.
  public SortedMap<Integer, Group> reachable() {
    View now = view;
    var groups = new TreeMap<Integer, Group>();
    now.setup.reachable().forEach(id -> groups.put(id, asReached(now.group(id))));
    return groups;
  }

  /// The same as this nexus is told it: the group it came through is one, whatever the document
  /// says by now.
  public SortedMap<Integer, Group> reachable(Nexus.Id nexus) {
    var groups = reachable();
    groups.computeIfAbsent(nexus.portalGroup(), id -> asReached(view.group(id)));
    return groups;
  }

  private Group asReached(Group group) {
    return storeAway && group.state.active() ? group.in(AccessState.STANDBY) : group;
  }

  private AccessState state(View view, Nexus.Id nexus) {
    return asReached(view.group(nexus.portalGroup())).state;
  }

  /// Why this nexus cannot use the unit now as it likes; nothing while its group is active.
  public Optional<Sense> inaccessible(Nexus.Id nexus) {
    View now = closed;
    return now == null ? Optional.empty() : state(now, nexus).refusal();
  }

  /// PERIPHERAL QUALIFIER and type as INQUIRY tells them to this nexus: behind a port that is
  /// unavailable or offline no device is connected (001b).
  public byte peripheral(Nexus.Id nexus) {
    View now = closed;
    if (now == null) {
      return 0;
    }
    return switch (state(now, nexus)) {
      case ACTIVE_OPTIMIZED, ACTIVE_NON_OPTIMIZED, STANDBY, TRANSITIONING -> 0;
      case UNAVAILABLE, OFFLINE -> 0x20;
    };
  }

  /// Why a command is not taken through this nexus, or null. One field is read while all groups are
  /// active.
  public Step refusal(Nexus.Id nexus, CommandSpec command, Cdb cdb) {
    View now = closed;
    if (now == null) {
      return null;
    }
    AccessState state = state(now, nexus);
    return StateRule.of(command).takes(state, cdb)
        ? null
        : Step.check(state.refusal().orElseThrow());
  }

  // --- what changes

  /// The store behind the unit cannot be used, or can again: meanwhile no group is better than
  /// standby. Nothing is drained, for nothing can be done, and nothing kept. Owner context.
  public void storeAway(boolean away) {
    boolean standby = away && view.setup.mode() != AluaMode.OFF;
    if (standby != storeAway) {
      storeAway = standby;
      publish(view);
      unit.attention(Asc.ASYMMETRIC_ACCESS_STATE_CHANGED, _ -> true);
    }
  }

  /// Says what the document says, before the unit is served. Nothing is told and nothing drained.
  public void start(PortGroupSetup setup) {
    publish(View.of(setup, kept));
  }

  /// The document says something else: groups whose state it changes go there, the others keep
  /// theirs. Any context.
  ///
  /// @return completes, on any context, when it is in effect; fails with [ChangeFailed]
  public Future<Void> change(PortGroupSetup setup) {
    return inTurn(
        () -> {
          if (setup.equals(view.setup)) {
            return Future.succeededFuture();
          }
          KeptStates still = kept.under(setup);
          View next = View.of(setup, still);
          for (Group group : next.byId.values()) {
            Group before = view.group(group.id);
            ChangedBy by = before.state == group.state ? before.changedBy : ChangedBy.ADMINISTRATOR;
            next = next.with(new Group(group.id, group.state, group.preferred, by));
          }
          boolean inquiryChanges = setup.mode() != view.setup.mode();
          return move(next, still, _ -> true)
              .onSuccess(
                  _ -> {
                    if (inquiryChanges) {
                      unit.attention(Asc.INQUIRY_DATA_HAS_CHANGED, _ -> true);
                    }
                  });
        });
  }

  /// An implicit change, by the administrator. Any context.
  ///
  /// @param state empty for what the document says
  /// @return completes, on any context, when it is in effect; fails with [ChangeFailed], of which
  ///   every nexus is told then
  public Future<Void> changeImplicitly(int group, Optional<AccessState> state) {
    return inTurn(
        () ->
            set(
                    Map.of(group, state.orElseGet(() -> view.setup.of(group).state())),
                    ChangedBy.ADMINISTRATOR,
                    _ -> true)
                .onFailure(
                    _ ->
                        unit.attention(
                            Asc.IMPLICIT_ASYMMETRIC_ACCESS_STATE_TRANSITION_FAILED, _ -> true)));
  }

  /// An explicit change, by SET TARGET PORT GROUPS. Any context.
  ///
  /// @param states by group
  /// @param by who is not told, because it knows
  /// @return completes, on any context, when it is in effect; fails with [ChangeFailed]
  Future<Void> changeExplicitly(Map<Integer, AccessState> states, Nexus by) {
    return inTurn(() -> set(states, ChangedBy.INITIATOR, nexus -> !nexus.equals(by)));
  }

  private Future<Void> inTurn(Supplier<Future<Void>> change) {
    Promise<Void> done = Promise.promise();
    unit.owner()
        .runOnContext(
            _ -> {
              if (waiting >= MOST_WAITING) {
                done.fail(new ChangeFailed(waiting + " changes are waiting", true, null));
                return;
              }
              waiting++;
              last = last.transform(_ -> change.get()).onComplete(_ -> waiting--).onComplete(done);
            });
    return done.future();
  }

  private Future<Void> set(
      Map<Integer, AccessState> states, ChangedBy by, Predicate<Nexus> whoIsTold) {
    View next = view;
    KeptStates then = kept;
    for (var entry : states.entrySet()) {
      Group group = view.group(entry.getKey());
      if (group.state != entry.getValue()) {
        next = next.with(new Group(group.id, entry.getValue(), group.preferred, by));
        AccessState documented = next.setup.of(group.id).state();
        then = then.with(group.id, new KeptStates.Kept(entry.getValue(), documented, by));
      }
    }
    return move(next, then, whoIsTold);
  }

  /// Goes from the view there is to another.
  private Future<Void> move(View to, KeptStates then, Predicate<Nexus> whoIsTold) {
    assert unit.owner().equals(Vertx.currentContext());
    View from = view;
    if (to.equals(from) && then.equals(kept)) {
      return Future.succeededFuture();
    }
    var closing = new HashSet<Integer>();
    for (Group group : to.byId.values()) {
      if (from.group(group.id).state.active() && !group.state.active()) {
        closing.add(group.id);
      }
    }
    return onOwner(drained(from, closing))
        .compose(_ -> onOwner(keep(then)))
        .map(
            _ -> {
              publish(to);
              if (to.byId.values().stream().anyMatch(it -> from.group(it.id).state != it.state)) {
                log.info("{}: target port groups {}", unit.name(), words(to));
              }
              unit.attention(Asc.ASYMMETRIC_ACCESS_STATE_CHANGED, whoIsTold);
              return (Void) null;
            })
        .onFailure(
            failure -> {
              publish(from);
              log.error(
                  "{}: target port groups stay {}: {}",
                  unit.name(),
                  words(from),
                  failure.getMessage());
            });
  }

  private Future<Void> drained(View from, Set<Integer> closing) {
    if (closing.isEmpty()) {
      return Future.succeededFuture();
    }
    View transitioning = from;
    for (int id : closing) {
      transitioning = transitioning.with(from.group(id).in(AccessState.TRANSITIONING));
    }
    publish(transitioning);
    return unit.commandsEnded(nexus -> closing.contains(nexus.portalGroup()))
        .timeout(transitionMillis, TimeUnit.MILLISECONDS)
        .recover(
            failure ->
                Future.failedFuture(
                    new ChangeFailed(
                        "commands that had begun did not end in " + transitionMillis + " ms",
                        false,
                        failure)));
  }

  private Future<Void> keep(KeptStates then) {
    if (then.equals(kept)) {
      return Future.succeededFuture();
    }
    return unit.memory()
        .keep(MEMORY_PART, then.toJson())
        .transform(
            result -> {
              if (result.failed()) {
                return Future.failedFuture(
                    new ChangeFailed(
                        "the state cannot be kept: " + result.cause().getMessage(),
                        false,
                        result.cause()));
              }
              kept = then;
              return Future.succeededFuture();
            });
  }

  /// Goes on on the owner context, whoever completed what came before.
  private Future<Void> onOwner(Future<Void> future) {
    Promise<Void> there = Promise.promise();
    future.onComplete(result -> unit.owner().runOnContext(_ -> there.handle(result)));
    return there.future();
  }

  private void publish(View next) {
    view = next;
    closed = next.allActive() && !storeAway ? null : next;
  }

  private static String words(View view) {
    var words = new StringBuilder();
    view.byId.forEach(
        (id, group) ->
            words
                .append(words.isEmpty() ? "" : ", ")
                .append(id)
                .append(' ')
                .append(group.state.text));
    return words.isEmpty() ? "none" : words.toString();
  }
}
