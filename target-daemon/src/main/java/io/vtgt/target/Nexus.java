package io.vtgt.target;

import io.vertx.core.Context;

/// One initiator port with one target port (SAM-5, I_T nexus). An initiator that logs in again with
/// the same name and ISID to the same portal group is the same nexus to reservations: compare
/// [#id()].
public final class Nexus {

  /// What a reservation is keyed by (SPC-5: the initiator port's TransportID and the target port).
  ///
  /// @param isid the 6 bytes of the ISID as a number
  /// @param portalGroup target portal group tag, the relative target port
  public record Id(String initiatorName, long isid, String targetName, int portalGroup) {}

  private final Id id;
  private final Context context;
  private final NexusTransport transport;

  /// @param context the event loop context of the connection; tasks of this nexus run on it
  public Nexus(Id id, Context context, NexusTransport transport) {
    this.id = id;
    this.context = context;
    this.transport = transport;
  }

  public Id id() {
    return id;
  }

  public Context context() {
    return context;
  }

  public NexusTransport transport() {
    return transport;
  }
}
