package io.vtgt.store;

import io.vertx.core.Future;
import java.util.List;

/// The snapshots of the store below, for a layer that changes some of the calls.
public class SnapshotsBelow implements Snapshots {
  private final Snapshots next;

  public SnapshotsBelow(Snapshots next) {
    this.next = next;
  }

  @Override
  public Future<List<Snapshot>> list() {
    return next.list();
  }

  @Override
  public Future<Void> create(String name) {
    return next.create(name);
  }

  @Override
  public Future<Void> rollback(String name) {
    return next.rollback(name);
  }

  @Override
  public Future<Void> remove(String name) {
    return next.remove(name);
  }

  @Override
  public Future<Void> protect(String name, boolean isProtected) {
    return next.protect(name, isProtected);
  }
}
