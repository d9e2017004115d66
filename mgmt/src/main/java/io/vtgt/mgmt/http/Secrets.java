package io.vtgt.mgmt.http;

import io.vtgt.mgmt.TargetAdmin;
import io.vtgt.mgmt.TargetAdmin.KindDescription;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Document.Account;
import io.vtgt.mgmt.document.Document.TargetEntry;
import io.vtgt.mgmt.document.Document.Unit;
import io.vtgt.mgmt.document.Pointer;
import io.vtgt.mgmt.document.Violation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Keeps secrets out of answers, and keeps them when a document comes back without them: those of
/// accounts, and the options of stores and layers that are of type `secret`.
final class Secrets {
  /// Shorter than any secret of an account may be.
  static final String MASK = "********";

  private static final String KIND = "kind", SECRET = "secret";

  private final Map<String, Set<String>> storeSecrets;
  private final Map<String, Set<String>> layerSecrets;

  Secrets(TargetAdmin admin) {
    this.storeSecrets = secrets(admin.storeKinds());
    this.layerSecrets = secrets(admin.layerKinds());
  }

  private static Map<String, Set<String>> secrets(List<KindDescription> kinds) {
    var names = new HashMap<String, Set<String>>();
    for (var kind : kinds) {
      names.put(
          kind.kind(),
          kind.options().stream()
              .filter(it -> it.type().equals(SECRET))
              .map(TargetAdmin.OptionDescription::name)
              .collect(Collectors.toSet()));
    }
    return names;
  }

  Document masked(Document document) {
    return document
        .withAccounts(document.accounts().stream().map(Secrets::masked).toList())
        .withTargets(document.targets().stream().map(this::masked).toList());
  }

  static Account masked(Account account) {
    return new Account(account.name(), MASK);
  }

  TargetEntry masked(TargetEntry target) {
    return target.withUnits(target.units().stream().map(this::masked).toList());
  }

  Unit masked(Unit unit) {
    return unit.withStore(masked(unit.store(), storeSecrets))
        .withLayers(unit.layers().stream().map(it -> masked(it, layerSecrets)).toList());
  }

  private static Map<String, Object> masked(
      Map<String, Object> options, Map<String, Set<String>> secrets) {
    var shown = new LinkedHashMap<>(options);
    namesOf(options, secrets).forEach(name -> shown.computeIfPresent(name, (_, _) -> MASK));
    return shown;
  }

  private static Set<String> namesOf(
      Map<String, Object> options, Map<String, Set<String>> secrets) {
    return secrets.getOrDefault(String.valueOf(options.get(KIND)), Set.of());
  }

  /// What a document became, and where a mask stands for nothing.
  record Unmasked(Document document, List<Violation> violations) {}

  /// The document with the secrets in force where the mask stands.
  Unmasked unmasked(Document wanted, Document current) {
    var violations = new ArrayList<Violation>();
    var accounts = new ArrayList<Account>();
    for (int i = 0; i < wanted.accounts().size(); i++) {
      var account = wanted.accounts().get(i);
      var whole = unmasked(account, current.accounts());
      if (whole.isEmpty()) {
        violations.add(
            new Violation(
                Pointer.child(Pointer.child("/accounts", i), SECRET),
                "the secret is masked, and there is no account \""
                    + account.name()
                    + "\" whose secret could be kept"));
      }
      accounts.add(whole.orElse(account));
    }
    var targets = new ArrayList<TargetEntry>();
    for (int t = 0; t < wanted.targets().size(); t++) {
      var target = wanted.targets().get(t);
      var units = new ArrayList<Unit>();
      for (int u = 0; u < target.units().size(); u++) {
        var unit = target.units().get(u);
        var at = Pointer.child(Pointer.child("/targets", t) + "/units", u);
        units.add(unmasked(unit, find(current, target.name(), unit.lun()), at, violations));
      }
      targets.add(target.withUnits(units));
    }
    return new Unmasked(wanted.withAccounts(accounts).withTargets(targets), violations);
  }

  private static Optional<Account> unmasked(Account wanted, List<Account> current) {
    return wanted.secret().equals(MASK)
        ? current.stream().filter(it -> it.name().equals(wanted.name())).findFirst()
        : Optional.of(wanted);
  }

  private static Optional<Unit> find(Document document, String target, int lun) {
    return document.targets().stream()
        .filter(it -> it.name().equals(target))
        .flatMap(it -> it.units().stream())
        .filter(it -> it.lun() == lun)
        .findFirst();
  }

  private Unit unmasked(
      Unit wanted, Optional<Unit> current, String at, List<Violation> violations) {
    var layers = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < wanted.layers().size(); i++) {
      int index = i;
      layers.add(
          unmasked(
              wanted.layers().get(i),
              current.filter(it -> index < it.layers().size()).map(it -> it.layers().get(index)),
              layerSecrets,
              Pointer.child(at + "/layers", i),
              violations));
    }
    return wanted
        .withStore(
            unmasked(
                wanted.store(), current.map(Unit::store), storeSecrets, at + "/store", violations))
        .withLayers(layers);
  }

  private static Map<String, Object> unmasked(
      Map<String, Object> wanted,
      Optional<Map<String, Object>> current,
      Map<String, Set<String>> secrets,
      String at,
      List<Violation> violations) {
    var whole = new LinkedHashMap<>(wanted);
    for (var name : namesOf(wanted, secrets)) {
      if (MASK.equals(wanted.get(name))) {
        var kept =
            current.filter(it -> it.get(KIND).equals(wanted.get(KIND))).map(it -> it.get(name));
        kept.ifPresent(value -> whole.put(name, value));
        if (kept.isEmpty()) {
          violations.add(
              new Violation(
                  Pointer.child(at, name),
                  "the value is masked, and the unit has none that could be kept"));
        }
      }
    }
    return whole;
  }
}
