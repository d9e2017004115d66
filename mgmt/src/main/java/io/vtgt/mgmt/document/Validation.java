package io.vtgt.mgmt.document;

import io.vtgt.mgmt.document.Document.AccessRule;
import io.vtgt.mgmt.document.Document.Account;
import io.vtgt.mgmt.document.Document.Authentication;
import io.vtgt.mgmt.document.Document.Identity;
import io.vtgt.mgmt.document.Document.Portal;
import io.vtgt.mgmt.document.Document.Redirect;
import io.vtgt.mgmt.document.Document.TargetEntry;
import io.vtgt.mgmt.document.Document.Unit;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What a document means, checked without asking anything but the document: values in range, names
/// well-formed and unique, references that lead somewhere. Options of stores and keys of the login
/// table are known to the daemon only ([io.vtgt.mgmt.TargetAdmin#check]).
public final class Validation {
  public static final List<String> CHAP_ALGORITHMS = List.of("SHA3-256", "SHA-256", "SHA-1", "MD5");
  static final int MAX_LUN = 16383;

  /// The states an administrator can ask for, and who may change them.
  public static final List<String>
      ACCESS_STATES =
          List.of("active-optimized", "active-non-optimized", "standby", "unavailable", "offline"),
      AWAY_POLICIES = List.of("wait", "fail", "standby"),
      ALUA_MODES = List.of("off", "implicit", "explicit", "both");

  /// 96 bits at least (RFC 7143 section 12.1.3); the upper bound is what initiators can store.
  static final int MIN_SECRET_BYTES = 12, MAX_SECRET_BYTES = 255;

  private static final int MAX_ACCOUNT_NAME_BYTES = 255, MAX_ALIAS_BYTES = 255;
  private static final int MAX_UNIT_NAME_LENGTH = 128;
  private static final int MAX_LAYERS = 16;

  /// LOGICAL BLOCKS PER PHYSICAL BLOCK EXPONENT has 4 bits (SBC-4, READ CAPACITY (16)).
  private static final int MAX_BLOCKS_PER_PHYSICAL = 1 << 15;

  private static final Pattern LOGIN_KEY = Pattern.compile("[A-Za-z][A-Za-z0-9.+@_-]{0,62}");
  private static final Pattern UUID =
      Pattern.compile("(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
  private static final Pattern NAA = Pattern.compile("(?i)[235][0-9a-f]{15}|6[0-9a-f]{31}");
  private static final Pattern UNIT_NAME = Pattern.compile("[\\x21-\\x7e]{1,128}");
  private static final Pattern PATTERN = Pattern.compile("[^\\s\\p{Cntrl}]{1,223}");

  private final Document document;
  private final List<Violation> violations = new ArrayList<>();

  private Validation(Document document) {
    this.document = document;
  }

  /// Everything that is wrong, in the order of the document; empty when nothing is.
  public static List<Violation> check(Document document) {
    var validation = new Validation(document);
    validation.document();
    return List.copyOf(validation.violations);
  }

  private void document() {
    if (document.version() != 1) {
      wrong("/version", document.version() + "; this program reads version 1");
    }
    http();
    portals();
    accounts();
    authentication("/discovery/authentication", document.discovery().authentication());
    login();
    limits();
    targets();
  }

  private void http() {
    var listen = document.http().listen();
    if (HostPort.parse(listen).isEmpty()) {
      wrong("/http/listen", notAnAddress(listen));
    }
  }

  private void portals() {
    var taken = new HashMap<HostPort, String>();
    HostPort.parse(document.http().listen())
        .ifPresent(it -> taken.put(it, "the management interface"));
    each("/portals", document.portals(), (at, portal) -> portal(at, portal, taken));
  }

  private void portal(String at, Portal portal, Map<HostPort, String> taken) {
    range(at + "/group", portal.group(), 1, 65535);
    var listen = HostPort.parse(portal.listen());
    if (listen.isEmpty()) {
      wrong(at + "/listen", notAnAddress(portal.listen()));
    } else {
      taken.keySet().stream()
          .filter(listen.get()::collidesWith)
          .findFirst()
          .ifPresent(
              other ->
                  wrong(
                      at + "/listen",
                      portal.listen() + " collides with " + other + " of " + taken.get(other)));
      taken.put(listen.get(), "another portal");
    }
    portal.advertise().ifPresent(it -> reachable(at + "/advertise", it));
  }

  /// An address that is told to others.
  private void reachable(String at, String address) {
    var parsed = HostPort.parseAny(address);
    if (parsed.isEmpty() || parsed.get().wildcard() || parsed.get().port() == 0) {
      wrong(
          at,
          "\""
              + address
              + "\"; ADDRESS:PORT, [IPv6]:PORT or NAME:PORT that initiators can reach is allowed");
    }
  }

  private void accounts() {
    each("/accounts", document.accounts(), this::account);
    unique("/accounts", "/name", document.accounts(), it -> Optional.of(it.name()));
  }

  private void account(String at, Account account) {
    length(at + "/name", "a name", account.name(), 1, MAX_ACCOUNT_NAME_BYTES);
    if (account.name().codePoints().anyMatch(Character::isISOControl)) {
      wrong(at + "/name", "a name with control characters");
    }
    length(at + "/secret", "a secret", account.secret(), MIN_SECRET_BYTES, MAX_SECRET_BYTES);
  }

  private void authentication(String at, Authentication authentication) {
    var known =
        document.accounts().stream()
            .collect(Collectors.toMap(Account::name, Account::secret, (a, _) -> a));
    each(
        at + "/accounts",
        authentication.accounts(),
        (item, name) -> {
          if (!known.containsKey(name)) {
            wrong(item, noAccount(name, known));
          }
        });
    unique(at + "/accounts", "", authentication.accounts(), Optional::of);
    authentication
        .mutual()
        .ifPresent(mutual -> mutual(at, mutual, authentication.accounts(), known));
    each(
        at + "/algorithms",
        authentication.algorithms(),
        (item, algorithm) -> {
          if (!CHAP_ALGORITHMS.contains(algorithm)) {
            wrong(
                item,
                "\""
                    + algorithm
                    + "\""
                    + Nearest.hint(algorithm, CHAP_ALGORITHMS)
                    + "; allowed are "
                    + String.join(", ", CHAP_ALGORITHMS));
          }
        });
    unique(at + "/algorithms", "", authentication.algorithms(), Optional::of);
  }

  /// One secret must not serve both directions (RFC 7143 section 12.1.3): an attacker could answer
  /// a challenge by asking it back.
  private void mutual(String at, String mutual, List<String> accounts, Map<String, String> known) {
    var secret = known.get(mutual);
    if (secret == null) {
      wrong(at + "/mutual", noAccount(mutual, known));
    }
    if (accounts.isEmpty()) {
      wrong(
          at + "/mutual", "the target proves itself only to initiators that do; accounts is empty");
    }
    accounts.stream()
        .filter(name -> secret != null && secret.equals(known.get(name)))
        .findFirst()
        .ifPresent(
            name ->
                wrong(
                    at + "/mutual",
                    "has the secret of \""
                        + name
                        + "\", with which initiators prove themselves; the two must differ"));
  }

  private static String noAccount(String name, Map<String, String> known) {
    return "there is no account \"" + name + "\"" + Nearest.hint(name, known.keySet());
  }

  private void login() {
    var login = document.login();
    login
        .keys()
        .forEach(
            (key, value) -> {
              if (!LOGIN_KEY.matcher(key).matches()) {
                wrong(Pointer.child("/login/keys", key), "\"" + key + "\" is no key of a login");
              }
              length(Pointer.child("/login/keys", key), "a value", value, 1, 255);
            });
    range("/login/loginTimeoutSeconds", login.loginTimeoutSeconds(), 1, 3600);
    range("/login/nopIntervalSeconds", login.nopIntervalSeconds(), 0, 86_400);
    range("/login/nopTimeoutSeconds", login.nopTimeoutSeconds(), 1, 86_400);
    range("/login/commandWindow", login.commandWindow(), 1, 1024);
  }

  private void limits() {
    var limits = document.limits();
    range("/limits/sessions", limits.sessions(), 1, 65_535); // a TSIH has 16 bits and is never 0
    range("/limits/dataBudgetBytes", limits.dataBudgetBytes(), 1L << 20, 1L << 40);
    range("/limits/storeDeadlineSeconds", limits.storeDeadlineSeconds(), 1, 3600);
  }

  private void targets() {
    var targets = document.targets();
    var groups = document.portals().stream().map(Portal::group).collect(Collectors.toSet());
    each("/targets", targets, (at, target) -> target(at, target, groups));
    unique("/targets", "/name", targets, it -> Optional.of(it.name().toLowerCase(Locale.ROOT)));
    uniqueAmongUnits("/name", Unit::name);
    uniqueAmongUnits(
        "/identity/uuid", unit -> unit.identity().uuid().map(it -> it.toLowerCase(Locale.ROOT)));
    uniqueAmongUnits(
        "/identity/naa", unit -> unit.identity().naa().map(it -> it.toLowerCase(Locale.ROOT)));
  }

  private void target(String at, TargetEntry target, Set<Integer> groups) {
    IscsiName.fault(target.name()).ifPresent(it -> wrong(at + "/name", it));
    target.alias().ifPresent(it -> length(at + "/alias", "an alias", it, 1, MAX_ALIAS_BYTES));
    each(
        at + "/portalGroups",
        target.portalGroups(),
        (item, group) -> {
          if (!groups.contains(group)) {
            wrong(item, "there is no portal of group " + group);
          }
        });
    unique(at + "/portalGroups", "", target.portalGroups(), Optional::of);
    each(at + "/access", target.access(), this::accessRule);
    authentication(at + "/authentication", target.authentication());
    target
        .redirect()
        .map(Redirect::address)
        .ifPresent(it -> reachable(at + "/redirect/address", it));
    alua(at + "/alua", target, groups);
    each(at + "/units", target.units(), this::unit);
    unique(at + "/units", "/lun", target.units(), it -> Optional.of(it.lun()));
  }

  private void alua(String at, TargetEntry target, Set<Integer> groups) {
    var alua = target.alua();
    oneOf(at + "/mode", alua.mode(), ALUA_MODES);
    boolean off = alua.mode().equals("off");
    var said = new HashSet<Map.Entry<Integer, Integer>>();
    each(
        at + "/groups",
        alua.groups(),
        (item, group) -> {
          var through = target.portalGroups();
          if (!groups.contains(group.group())) {
            wrong(item + "/group", "there is no portal of group " + group.group());
          } else if (!through.isEmpty() && !through.contains(group.group())) {
            wrong(
                item + "/group",
                "the target is not reached through group "
                    + group.group()
                    + ", only through "
                    + through);
          }
          oneOf(item + "/state", group.state(), ACCESS_STATES);
          if (off) {
            wrong(item, "mode is off: nothing can be said of groups");
          }
          each(item + "/luns", group.luns(), (lun, number) -> range(lun, number, 0, MAX_LUN));
          var luns = group.luns().isEmpty() ? List.of(-1) : group.luns();
          if (!luns.stream().allMatch(lun -> said.add(Map.entry(group.group(), lun)))) {
            wrong(
                item,
                "of group " + group.group() + " and the same units something is said already");
          }
        });
  }

  private void oneOf(String at, String value, List<String> allowed) {
    if (!allowed.contains(value)) {
      wrong(
          at,
          "\""
              + value
              + "\""
              + Nearest.hint(value, allowed)
              + "; allowed are "
              + String.join(", ", allowed));
    }
  }

  private void accessRule(String at, AccessRule rule) {
    each(
        at + "/initiators",
        rule.initiators(),
        (item, pattern) -> {
          if (!PATTERN.matcher(pattern).matches()) {
            wrong(
                item,
                "\""
                    + pattern
                    + "\"; an iSCSI name, in which * and ? stand for others, is allowed");
          }
        });
    each(
        at + "/addresses",
        rule.addresses(),
        (item, prefix) -> AddressPrefix.fault(prefix).ifPresent(it -> wrong(item, it)));
    each(at + "/luns", rule.luns(), (item, lun) -> range(item, lun, 0, MAX_LUN));
  }

  private void unit(String at, Unit unit) {
    range(at + "/lun", unit.lun(), 0, MAX_LUN);
    unit.name()
        .filter(it -> !UNIT_NAME.matcher(it).matches())
        .ifPresent(
            it ->
                wrong(
                    at + "/name",
                    "\""
                        + it
                        + "\"; 1 to "
                        + MAX_UNIT_NAME_LENGTH
                        + " printable characters without spaces are allowed"));
    kind(at + "/store", "a store", unit.store());
    each(at + "/layers", unit.layers(), (item, layer) -> kind(item, "a layer", layer));
    if (unit.layers().size() > MAX_LAYERS) {
      wrong(
          at + "/layers", unit.layers().size() + " layers; at most " + MAX_LAYERS + " are allowed");
    }
    blocks(at, unit);
    range(at + "/maxCompareAndWriteBlocks", unit.maxCompareAndWriteBlocks(), 0, 255);
    int rotationRate = unit.rotationRate();
    if (rotationRate != 0 && rotationRate != 1 && (rotationRate < 0x401 || rotationRate > 0xFFFE)) {
      wrong(
          at + "/rotationRate",
          rotationRate
              + "; 0 (not reported), 1 (not rotating) or 1025 to 65534 revolutions a minute are"
              + " allowed");
    }
    range(at + "/optimalTransferBlocks", unit.optimalTransferBlocks(), 0, Integer.MAX_VALUE);
    range(
        at + "/optimalTransferGranularityBlocks",
        unit.optimalTransferGranularityBlocks(),
        0,
        65_535); // 16 bits (SBC-4, Block Limits VPD page)
    range(at + "/storeDeadlineSeconds", unit.storeDeadlineSeconds(), 0, 3600);
    oneOf(at + "/whenStoreIsAway", unit.whenStoreIsAway(), AWAY_POLICIES);
    range(at + "/thinThreshold/usedPercent", unit.thinThreshold().usedPercent(), 0, 99);
    range(at + "/thinThreshold/freeBytes", unit.thinThreshold().freeBytes(), 0, Long.MAX_VALUE);
    identity(at + "/identity", unit.identity());
  }

  private void kind(String at, String what, Map<String, Object> options) {
    if (!(options.get("kind") instanceof String kind) || kind.isBlank()) {
      wrong(at + "/kind", what + " needs a kind, such as kind: file");
    }
  }

  private void blocks(String at, Unit unit) {
    int block = unit.blockSize(), physical = unit.physicalBlockSize();
    if (block != 512 && block != 4096) {
      wrong(at + "/blockSize", block + "; 512 or 4096 are allowed");
    } else if (physical != 0
        && (Integer.bitCount(physical) != 1
            || physical < block
            || physical / block > MAX_BLOCKS_PER_PHYSICAL)) {
      wrong(
          at + "/physicalBlockSize",
          physical
              + "; a power of two from "
              + block
              + " to "
              + block * MAX_BLOCKS_PER_PHYSICAL
              + " is allowed");
    } else {
      int perPhysical = Math.max(1, physical / block);
      range(at + "/lowestAlignedBlock", unit.lowestAlignedBlock(), 0, lowestAligned(perPhysical));
    }
  }

  /// LOWEST ALIGNED LOGICAL BLOCK ADDRESS has 14 bits (SBC-4, READ CAPACITY (16)).
  private static int lowestAligned(int blocksPerPhysical) {
    return Math.min(blocksPerPhysical - 1, (1 << 14) - 1);
  }

  /// Lengths are those of the INQUIRY fields and VPD pages they end up in (SPC-5).
  private void identity(String at, Identity identity) {
    identity
        .uuid()
        .filter(it -> !UUID.matcher(it).matches())
        .ifPresent(it -> wrong(at + "/uuid", "\"" + it + "\" is no UUID of 36 characters"));
    identity
        .naa()
        .filter(it -> !NAA.matcher(it).matches())
        .ifPresent(
            it ->
                wrong(
                    at + "/naa",
                    "\""
                        + it
                        + "\"; 16 hex digits that begin with 2, 3 or 5, or 32 that begin with 6 are"
                        + " allowed"));
    printable(at + "/serial", identity.serial(), 36);
    printable(at + "/scsiId", identity.scsiId(), 36);
    printable(at + "/vendor", identity.vendor(), 8);
    printable(at + "/product", identity.product(), 16);
    printable(at + "/revision", identity.revision(), 4);
  }

  private void printable(String at, Optional<String> text, int maxLength) {
    text.filter(
            it ->
                it.isEmpty()
                    || it.length() > maxLength
                    || it.chars().anyMatch(c -> c < 0x20 || c > 0x7e))
        .ifPresent(
            it ->
                wrong(
                    at,
                    "\""
                        + it
                        + "\"; 1 to "
                        + maxLength
                        + " printable ASCII characters are allowed"));
  }

  private void uniqueAmongUnits(String field, Function<Unit, Optional<String>> key) {
    var seen = new HashMap<String, String>();
    each(
        "/targets",
        document.targets(),
        (at, target) ->
            each(
                at + "/units",
                target.units(),
                (item, unit) ->
                    key.apply(unit)
                        .ifPresent(
                            it -> {
                              var first =
                                  seen.putIfAbsent(
                                      it, "unit " + unit.lun() + " of " + target.name());
                              if (first != null) {
                                wrong(
                                    item + field,
                                    "\"" + it + "\" is that of " + first + " already");
                              }
                            })));
  }

  private <T, K> void unique(
      String list, String field, List<T> items, Function<T, Optional<K>> key) {
    var seen = new HashSet<K>();
    each(
        list,
        items,
        (at, item) ->
            key.apply(item)
                .filter(it -> !seen.add(it))
                .ifPresent(
                    it ->
                        wrong(
                            at + field,
                            (it instanceof String ? "\"" + it + "\"" : it)
                                + " is in the list already")));
  }

  private void range(String at, long value, long least, long most) {
    if (value < least || value > most) {
      wrong(at, value + "; " + least + " to " + most + " are allowed");
    }
  }

  /// Does not show the text: it may be a secret.
  private void length(String at, String what, String text, int least, int most) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < least || bytes > most) {
      wrong(at, what + " of " + bytes + " bytes; " + least + " to " + most + " are allowed");
    }
  }

  private static String notAnAddress(String listen) {
    return "\""
        + listen
        + "\" is no address with a port; allowed are 10.0.0.1:3260, [fd00::1]:3260, *:3260 (names"
        + " are not looked up)";
  }

  private void wrong(String pointer, String message) {
    violations.add(new Violation(pointer, message));
  }

  private static <T> void each(String list, List<T> items, BiConsumer<String, T> check) {
    for (int i = 0; i < items.size(); i++) {
      check.accept(Pointer.child(list, i), items.get(i));
    }
  }
}
