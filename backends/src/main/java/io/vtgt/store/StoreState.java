package io.vtgt.store;

/// Whether a store can be used now, as far as it knows by itself.
///
/// @param reason in words for the operator, naming the object; empty when it is usable
public record StoreState(Kind kind, String reason) {

  public enum Kind {
    USABLE,
    /// Nothing answers: the network, the cluster or a part of it is down. It may come back by
    /// itself, and what was asked may still be done then.
    UNREACHABLE,
    /// The cluster has shut this client out (Ceph: blocklist). Whatever was under way has failed
    /// for good, and the store is on its way to come back as a new client.
    FENCED,
    /// Another client holds the medium for itself.
    LOCKED_BY_ANOTHER,
    /// The medium was removed.
    GONE
  }

  public static final StoreState USABLE = new StoreState(Kind.USABLE, "");

  public boolean usable() {
    return kind == Kind.USABLE;
  }
}
