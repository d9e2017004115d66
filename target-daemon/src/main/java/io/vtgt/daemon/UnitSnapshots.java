package io.vtgt.daemon;

import io.vertx.core.Future;
import io.vtgt.daemon.Running.ServedUnit;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.SnapshotAdmin;
import io.vtgt.mgmt.TargetAdmin.UnitAddress;
import io.vtgt.store.Snapshots;
import io.vtgt.store.StoreFault;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Upkeep;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/// Snapshots of units that run. Not in turn with the changes of the document: the unit's gate puts
/// them in their order, and while a store takes its time other units must be able to change.
final class UnitSnapshots implements SnapshotAdmin {

  /// What a snapshot may be called, so that its name can stand in an address and in `IMAGE@NAME`.
  static final int MAX_NAME_LENGTH = 128;

  private static final String BARRED = "/@";

  private final Supplier<Running> running;

  UnitSnapshots(Supplier<Running> running) {
    this.running = running;
  }

  @Override
  public Future<List<Snapshot>> list(UnitAddress unit) {
    return with(unit, (_, snapshots) -> snapshots.list())
        .map(all -> all.stream().map(UnitSnapshots::told).toList());
  }

  static Snapshot told(Snapshots.Snapshot snapshot) {
    return new Snapshot(
        snapshot.name(),
        snapshot.bytes(),
        snapshot.created().equals(Instant.EPOCH)
            ? Optional.empty()
            : Optional.of(snapshot.created().toString()),
        snapshot.isProtected());
  }

  @Override
  public Future<Snapshot> create(UnitAddress unit, String name) {
    if (!nameable(name)) {
      return DaemonAdmin.refused(
          AdminError.Kind.INVALID,
          "\"%s\" is no name of a snapshot: 1 to %d printable characters, none of them / or @"
              .formatted(name, MAX_NAME_LENGTH));
    }
    return list(unit)
        .compose(
            all ->
                all.stream().anyMatch(it -> it.name().equals(name))
                    ? DaemonAdmin.<Void>refused(
                        AdminError.Kind.CONFLICT,
                        "unit %s has a snapshot \"%s\" already".formatted(text(unit), name))
                    : with(unit, (_, snapshots) -> snapshots.create(name)))
        .compose(_ -> find(unit, name));
  }

  private static boolean nameable(String name) {
    return !name.isBlank()
        && name.length() <= MAX_NAME_LENGTH
        && name.chars().noneMatch(it -> Character.isISOControl(it) || BARRED.indexOf(it) >= 0);
  }

  @Override
  public Future<Void> rollback(UnitAddress unit, String name, boolean force) {
    return find(unit, name)
        .compose(_ -> with(unit, (served, _) -> new Upkeep(served).rollback(name, force)));
  }

  @Override
  public Future<Void> remove(UnitAddress unit, String name) {
    return find(unit, name).compose(_ -> with(unit, (_, snapshots) -> snapshots.remove(name)));
  }

  @Override
  public Future<Snapshot> protect(UnitAddress unit, String name, boolean isProtected) {
    return find(unit, name)
        .compose(
            was ->
                was.isProtected() == isProtected
                    ? Future.succeededFuture()
                    : with(unit, (_, snapshots) -> snapshots.protect(name, isProtected)))
        .compose(_ -> find(unit, name));
  }

  private Future<Snapshot> find(UnitAddress unit, String name) {
    return list(unit)
        .compose(
            all ->
                all.stream()
                    .filter(it -> it.name().equals(name))
                    .findFirst()
                    .map(Future::succeededFuture)
                    .orElseGet(
                        () ->
                            DaemonAdmin.refused(
                                AdminError.Kind.NOT_FOUND,
                                "unit %s has no snapshot \"%s\"".formatted(text(unit), name))));
  }

  private static String text(UnitAddress unit) {
    return unit.target() + "/" + unit.lun();
  }

  private <T> Future<T> with(
      UnitAddress address, BiFunction<LogicalUnit, Snapshots, Future<T>> work) {
    var target = running.get().targets().get(address.target());
    var served = target == null ? null : target.units().get(address.lun());
    if (served == null) {
      return DaemonAdmin.noUnit(address);
    }
    Function<LogicalUnit, Future<T>> asked =
        unit ->
            unit.gate()
                .snapshots()
                .map(snapshots -> work.apply(unit, snapshots))
                .orElseGet(
                    () -> Future.failedFuture(new IllegalStateException("its store has none")));
    return served
        .unit()
        .map(unit -> unit.gate().hung() ? UnitSnapshots.<T>hung() : asked.apply(unit))
        .orElseGet(() -> Future.failedFuture(new IllegalStateException(served.reason())))
        .recover(failure -> Future.failedFuture(refusal(served, failure)));
  }

  private static <T> Future<T> hung() {
    return Future.failedFuture(
        new StoreFault(StoreFault.Kind.UNAVAILABLE, "the store does not answer"));
  }

  private static AdminError refusal(ServedUnit served, Throwable failure) {
    var kind =
        switch (failure) {
          case IllegalStateException _ -> AdminError.Kind.CONFLICT;
          case StoreFault fault when fault.kind() == StoreFault.Kind.UNSUPPORTED ->
              AdminError.Kind.CONFLICT;
          default -> AdminError.Kind.FAILED;
        };
    return new AdminError(
        kind, "snapshots of unit " + served.name() + ": " + Reconciler.words(failure));
  }
}
