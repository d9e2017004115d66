package io.vtgt.target;

import io.vertx.core.Context;
import io.vtgt.scsi.Asc;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// One initiator port with one target port (SAM-5, I_T nexus). An initiator that logs in again with
/// the same name and ISID to the same portal group is the same nexus to reservations: compare
/// [#id()].
public final class Nexus {

  /// What a reservation is keyed by (SPC-5: the initiator port's TransportID and the target port).
  ///
  /// @param isid the 6 bytes of the ISID as a number
  /// @param portalGroup target portal group tag, the relative target port
  public record Id(String initiatorName, long isid, String targetName, int portalGroup) {
    @Override
    public String toString() {
      return initiatorName
          + ",i,0x"
          + Long.toHexString(isid)
          + " → "
          + targetName
          + ",t,0x"
          + Integer.toHexString(portalGroup);
    }
  }

  /// Of an initiator whose address is not told: matched only by rules that match every address.
  private static final InetAddress UNKNOWN = unknown();

  private static final ItlNexus[] NO_UNITS = {};

  private final Id id;
  private final InetAddress initiatorAddress;
  private final Context context;
  private final NexusTransport transport;

  // Replaced whole by the target, read on the nexus' loop: index is the unit number, null where the
  // nexus sees none.
  private volatile ItlNexus[] units = NO_UNITS;

  /// @param initiatorAddress where the leading connection comes from; access rules look at it
  /// @param context the event loop context of the connection; tasks of this nexus run on it
  public Nexus(Id id, InetAddress initiatorAddress, Context context, NexusTransport transport) {
    this.id = id;
    this.initiatorAddress = initiatorAddress;
    this.context = context;
    this.transport = transport;
  }

  /// A nexus whose initiator's address is not known: rules that name addresses do not match it.
  public Nexus(Id id, Context context, NexusTransport transport) {
    this(id, UNKNOWN, context, transport);
  }

  public Id id() {
    return id;
  }

  public InetAddress initiatorAddress() {
    return initiatorAddress;
  }

  public Context context() {
    return context;
  }

  public NexusTransport transport() {
    return transport;
  }

  /// The numbers of the units this nexus sees, ascending. Any context.
  public List<Integer> unitNumbers() {
    var numbers = new ArrayList<Integer>();
    for (ItlNexus itl : units) {
      if (itl != null) {
        numbers.add(itl.number());
      }
    }
    return numbers;
  }

  /// The units this nexus sees that `which` matches. Any context.
  public List<UnitDirectory.Way> ways(Predicate<LogicalUnit> which) {
    var ways = new ArrayList<UnitDirectory.Way>();
    for (ItlNexus itl : units) {
      if (itl != null && which.test(itl.unit())) {
        ways.add(new UnitDirectory.Way(itl.unit(), id));
      }
    }
    return ways;
  }

  /// Reports the next unit attention pending at unit `lun` (8 bytes), which clears it.
  ///
  /// REPORTED LUNS DATA HAS CHANGED is about all units of the nexus: reporting it once clears it at
  /// each of them, as the LUICLR bit of the Extended INQUIRY page tells (SPC-5).
  public Optional<Asc> takeAttention(long lun) {
    ItlNexus itl = at(lun);
    Optional<Asc> asc = itl == null ? Optional.empty() : itl.take();
    if (asc.isPresent() && asc.get() == Asc.REPORTED_LUNS_DATA_HAS_CHANGED) {
      clearAttention(Asc.REPORTED_LUNS_DATA_HAS_CHANGED);
    }
    return asc;
  }

  /// What this nexus wrote last into its echo buffer at unit `lun` (8 bytes); not to be changed.
  public Optional<byte[]> echo(long lun) {
    ItlNexus itl = at(lun);
    return itl == null ? Optional.empty() : Optional.ofNullable(itl.echo());
  }

  /// Writes the echo buffer at unit `lun` (8 bytes). It lasts until the nexus ends or the unit is
  /// reset.
  ///
  /// @param data taken over, not copied
  public void keepEcho(long lun, byte[] data) {
    ItlNexus itl = at(lun);
    if (itl != null) {
      itl.echo(data);
    }
  }

  /// Clears a pending condition at every unit of this nexus.
  public void clearAttention(Asc asc) {
    for (ItlNexus itl : units) {
      if (itl != null) {
        itl.clear(asc);
      }
    }
  }

  @Override
  public String toString() {
    return id.toString();
  }

  /// What `lun` (8 bytes) names for this nexus, or null. One array access: the data path.
  ItlNexus at(long lun) {
    ItlNexus[] now = units;
    int number = Lun.number(lun);
    return number >= 0 && number < now.length ? now[number] : null;
  }

  /// The units seen now, by number; null where there is none. Not to be changed.
  ItlNexus[] units() {
    return units;
  }

  /// Replaces what is seen. Called by the target only.
  void units(ItlNexus[] next) {
    units = next;
  }

  private static InetAddress unknown() {
    try {
      return InetAddress.getByAddress(new byte[4]);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
