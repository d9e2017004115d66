package io.vtgt.mgmt.document;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The wanted configuration of a gateway: the file in `conf/`, the body of `PUT /v1/config`, the
/// answer of `GET /v1/config` and the backup. Every list may be left out and is then empty; every
/// record checks nothing by itself: [Validation] does, and tells where.
///
/// @param version of the format, 1
/// @param http where the management interface listens
/// @param portals where initiators log in
/// @param accounts CHAP names and secrets, referred to by name
/// @param discovery who may discover, and how they prove who they are
/// @param login what the target offers in negotiation, and time limits of sessions
/// @param limits bounds of the whole daemon
/// @param targets what is served
public record Document(
    int version,
    Http http,
    List<Portal> portals,
    List<Account> accounts,
    Discovery discovery,
    Login login,
    Limits limits,
    List<TargetEntry> targets) {

  public Document withPortals(List<Portal> portals) {
    return new Document(
        version, http, List.copyOf(portals), accounts, discovery, login, limits, targets);
  }

  public Document withAccounts(List<Account> accounts) {
    return new Document(
        version, http, portals, List.copyOf(accounts), discovery, login, limits, targets);
  }

  public Document withTargets(List<TargetEntry> targets) {
    return new Document(
        version, http, portals, accounts, discovery, login, limits, List.copyOf(targets));
  }

  /// @param listen `ADDR:PORT`, `[v6]:PORT`
  public record Http(String listen) {}

  /// A network portal (RFC 7143 section 4.4.1).
  ///
  /// @param group target portal group tag, 1 to 65535
  /// @param listen `ADDR:PORT`, `[v6]:PORT`; port 0 takes a free one
  /// @param advertise the address initiators are told in discovery, where it is not `listen` (NAT);
  ///   when `listen` is a wildcard the address the initiator came to is told
  public record Portal(int group, String listen, Optional<String> advertise) {}

  /// A CHAP name with its secret.
  ///
  /// @param secret 12 to 255 bytes
  public record Account(String name, String secret) {
    @Override
    public String toString() {
      return "Account[name=" + name + "]";
    }
  }

  /// CHAP for one target or for discovery.
  ///
  /// @param accounts initiators prove to be one of these; empty means no authentication
  /// @param mutual the account with which the target proves itself when the initiator asks
  /// @param algorithms allowed, strongest first, of `SHA3-256`, `SHA-256`, `SHA-1`, `MD5`; empty is
  ///   all
  public record Authentication(
      List<String> accounts, Optional<String> mutual, List<String> algorithms) {}

  /// @param authentication as for a target
  public record Discovery(Authentication authentication) {}

  /// What the target offers (RFC 7143 section 13) and how long it waits. Empty fields keep the
  /// defaults.
  ///
  /// @param keys the declared or offered value by key name, such as `MaxBurstLength: 1048576`
  /// @param loginTimeoutSeconds a login that takes longer is dropped
  /// @param nopIntervalSeconds a session that was silent so long is pinged; 0 never
  /// @param nopTimeoutSeconds a ping not answered in that time ends the connection
  /// @param commandWindow commands one session may have under way
  public record Login(
      Map<String, String> keys,
      int loginTimeoutSeconds,
      int nopIntervalSeconds,
      int nopTimeoutSeconds,
      int commandWindow) {}

  /// @param sessions the most there may be at once
  /// @param dataBudgetBytes memory for data under way of all sessions together
  /// @param storeDeadlineSeconds how long one store operation may take
  public record Limits(int sessions, long dataBudgetBytes, int storeDeadlineSeconds) {}

  /// @param name iSCSI node name: `iqn.`, `eui.` or `naa.` (RFC 7143 section 4.2.7)
  /// @param alias for people
  /// @param portalGroups groups it is reached through; empty is all
  /// @param access who may log in; empty is everyone
  /// @param authentication CHAP
  /// @param redirect sends initiators elsewhere at login
  /// @param alua access states of the paths to the units
  public record TargetEntry(
      String name,
      Optional<String> alias,
      List<Integer> portalGroups,
      List<AccessRule> access,
      Authentication authentication,
      Optional<Redirect> redirect,
      List<Unit> units,
      Alua alua) {

    public TargetEntry withUnits(List<Unit> units) {
      return new TargetEntry(
          name, alias, portalGroups, access, authentication, redirect, List.copyOf(units), alua);
    }
  }

  /// Asymmetric logical unit access: every portal group is a target port group.
  ///
  /// @param mode who may change states: `off` (and nothing is told of them), `implicit` (the
  ///   administrator), `explicit` (initiators), `both`
  /// @param groups what differs from active and optimized, not preferred
  public record Alua(String mode, List<AluaGroup> groups) {}

  /// The state in which a portal group is for units until it is changed.
  ///
  /// @param group target portal group tag
  /// @param state `active-optimized`, `active-non-optimized`, `standby`, `unavailable` or `offline`
  /// @param preferred initiators that may choose use this group
  /// @param luns units it is said of, before what is said of all; empty is all
  public record AluaGroup(int group, String state, boolean preferred, List<Integer> luns) {}

  /// @param initiators names with `*` and `?`; empty matches every name
  /// @param addresses `10.0.0.0/8`, `fd00::/8`, single addresses; empty matches every address
  /// @param luns units that are seen; empty is all
  public record AccessRule(List<String> initiators, List<String> addresses, List<Integer> luns) {}

  /// @param address `ADDR:PORT`
  /// @param permanent the initiator may remember it
  public record Redirect(String address, boolean permanent) {}

  /// @param lun 0 to 16383
  /// @param name unique in the document; made from target and lun where left out
  /// @param store `kind` and the options of that kind
  /// @param layers outermost first: `kind` and options each
  /// @param blockSize logical block, 512 or 4096 bytes
  /// @param physicalBlockSize a power of two, at least `blockSize`; 0 is the same as `blockSize`
  /// @param thin unmap is offered, where the store can
  /// @param unmapCommand a thin unit takes UNMAP; without it only WRITE SAME with UNMAP deallocates
  /// @param maxCompareAndWriteBlocks the longest COMPARE AND WRITE, 1 to 255 blocks; 0 is as long
  ///   as can be
  /// @param longCdbs READ, WRITE, VERIFY, WRITE SAME and ORWRITE with CDBs of 32 bytes are taken
  /// @param removable the medium can be ejected and loaded
  /// @param rotationRate 0 not reported, 1 not rotating, else revolutions a minute
  /// @param online false answers NOT READY, OFFLINE to every command that needs the medium
  /// @param lowestAlignedBlock the first logical block that begins a physical one (SBC-4, READ
  ///   CAPACITY (16))
  /// @param optimalTransferBlocks OPTIMAL TRANSFER LENGTH; 0 is what suits the store
  /// @param optimalTransferGranularityBlocks OPTIMAL TRANSFER LENGTH GRANULARITY; 0 is one physical
  ///   block
  /// @param storeDeadlineSeconds how long one operation of the store may take; 0 is
  ///   [Limits#storeDeadlineSeconds()]
  /// @param whenStoreIsAway what becomes of commands while the store cannot be used: `wait`, `fail`
  ///   or `standby`
  /// @param mode what the mode pages say at first and after a reset
  public record Unit(
      int lun,
      Optional<String> name,
      Map<String, Object> store,
      List<Map<String, Object>> layers,
      int blockSize,
      int physicalBlockSize,
      boolean thin,
      boolean unmapCommand,
      int maxCompareAndWriteBlocks,
      boolean longCdbs,
      boolean removable,
      boolean readOnly,
      int rotationRate,
      boolean online,
      int lowestAlignedBlock,
      int optimalTransferBlocks,
      int optimalTransferGranularityBlocks,
      int storeDeadlineSeconds,
      String whenStoreIsAway,
      ThinThreshold thinThreshold,
      Mode mode,
      Identity identity) {

    public Unit withStore(Map<String, Object> store) {
      return with(store, layers);
    }

    public Unit withLayers(List<Map<String, Object>> layers) {
      return with(store, layers);
    }

    private Unit with(Map<String, Object> store, List<Map<String, Object>> layers) {
      return new Unit(
          lun,
          name,
          store,
          layers,
          blockSize,
          physicalBlockSize,
          thin,
          unmapCommand,
          maxCompareAndWriteBlocks,
          longCdbs,
          removable,
          readOnly,
          rotationRate,
          online,
          lowestAlignedBlock,
          optimalTransferBlocks,
          optimalTransferGranularityBlocks,
          storeDeadlineSeconds,
          whenStoreIsAway,
          thinThreshold,
          mode,
          identity);
    }
  }

  /// When initiators and the operator are warned that the space behind a unit runs out; whichever
  /// comes first. They are told again only after the space has been well clear of it.
  ///
  /// @param usedPercent of the unit's size is allocated; 0 is never
  /// @param freeBytes fewer are free below the store; 0 is never
  public record ThinThreshold(int usedPercent, long freeBytes) {}

  /// Mode pages as they are at first and after a reset; initiators may change them (SPC-5, MODE
  /// SELECT).
  ///
  /// @param writeCache WCE of the caching page: with it off every write is durable before GOOD
  /// @param descriptorSense D_SENSE of the control page
  /// @param softwareWriteProtect SWP of the control page
  /// @param taskAbortedStatus TAS of the control page
  public record Mode(
      boolean writeCache,
      boolean descriptorSense,
      boolean softwareWriteProtect,
      boolean taskAbortedStatus) {}

  /// What is left out is made from a UUID that is kept in the daemon's state.
  ///
  /// @param uuid identity of the unit
  /// @param naa 16 or 32 hex digits
  /// @param serial up to 36 printable characters
  /// @param scsiId up to 36 printable characters: what follows the vendor in the T10 vendor ID
  ///   designator (SPC-5, Device Identification VPD page); the serial where left out
  public record Identity(
      Optional<String> uuid,
      Optional<String> naa,
      Optional<String> serial,
      Optional<String> scsiId,
      Optional<String> vendor,
      Optional<String> product,
      Optional<String> revision) {}
}
