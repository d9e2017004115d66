package io.vtgt.it;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// What came of running libiscsi's conformance suite on several units, and the tables that tell it.
///
/// @param outcomes one for each test on each unit where it was run
record Conformance(List<Outcome> outcomes) {
  private static final String TOTALS =
      "| unit | passed | failed | skipped |\n| --- | ---: | ---: | ---: |\n";

  /// What a unit's data lies on.
  enum Store {
    FILE("file"),
    MEMORY("memory"),
    RBD("rbd");

    final String kind;

    Store(String kind) {
      this.kind = kind;
    }

    /// What lies behind a network gets one unit: the others differ above the store.
    List<Unit> units() {
      return switch (this) {
        case FILE, MEMORY -> List.of(Unit.values());
        case RBD -> List.of(Unit.THIN);
      };
    }
  }

  /// The kinds of unit: some tests want a thin one, some a removable one and so on, and no unit can
  /// be all of them.
  enum Unit {
    THIN("thin", "", ".", ""),
    THICK("fully provisioned", "", ".", "thin: false"),
    REMOVABLE("removable", "", ".", "removable: true"),
    // The other suites begin by writing.
    READ_ONLY("read-only, suite ReadOnly", "", "ReadOnly", "readOnly: true"),
    // Tests of transfers within a physical block want several logical blocks in one. There two
    // others ask for what no target can do: they are skipped without UNMAP and with a COMPARE AND
    // WRITE of one block.
    CHAP(
        "behind CHAP, 512e",
        "alice%secret0123456@",
        ".",
        "physicalBlockSize: 4096, unmapCommand: false, maxCompareAndWriteBlocks: 1");

    final String title;

    /// What comes before the address in a URL.
    final String user;

    /// An expression for the tests to run.
    final String only;

    /// Fields of its document.
    final String fields;

    Unit(String title, String user, String only, String fields) {
      this.title = title;
      this.user = user;
      this.only = only;
      this.fields = fields;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT).replace("_", "");
    }
  }

  enum Result {
    PASS("passed"),
    FAIL("failed"),
    SKIP("skipped");

    private final String word;

    Result(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  /// How one test ended on one unit.
  ///
  /// @param test suite and name, such as `Read10.Simple`
  /// @param reason in the test program's words; empty when it passed
  record Outcome(Store store, Unit unit, String test, Result result, String reason) {}

  /// The outcomes on some of the stores.
  Conformance on(Store... stores) {
    return new Conformance(
        outcomes.stream().filter(it -> List.of(stores).contains(it.store())).toList());
  }

  private TreeSet<Store> stores() {
    return outcomes.stream().map(Outcome::store).collect(Collectors.toCollection(TreeSet::new));
  }

  /// "file, thin: Read10.Simple: why" for every test that failed.
  List<String> failures() {
    return outcomes.stream()
        .filter(it -> it.result() == Result.FAIL)
        .map(it -> it.store().kind + ", " + it.unit().title + ": " + it.test() + ": " + it.reason())
        .sorted()
        .toList();
  }

  /// The tests that neither pass nor fail on any unit of that store.
  TreeSet<String> skippedEverywhere(Store store) {
    var skipped = new TreeSet<String>();
    outcomes.stream().filter(it -> it.store() == store).forEach(it -> skipped.add(it.test()));
    skipped.removeAll(tests(it -> it.store() == store && it.result() != Result.SKIP));
    return skipped;
  }

  /// The tables of `docs/conformance.md`.
  ///
  /// @param reasons why a test is skipped everywhere
  String markdown(Map<String, String> reasons) {
    return totals() + "\n" + everywhere(reasons) + "\n" + somewhere();
  }

  /// The table of what ended on these stores otherwise than it did on a file, on the same kind of
  /// unit.
  String differences(Conformance file) {
    var there =
        file.outcomes.stream()
            .filter(it -> it.store() == Store.FILE)
            .collect(Collectors.toMap(it -> it.unit() + it.test(), it -> it));
    var text = new StringBuilder(TOTALS);
    for (var store : stores()) {
      store.units().forEach(unit -> text.append(total(store, unit)));
    }
    text.append("\n| test | on | ended | on `file` | because |\n");
    text.append("| --- | --- | --- | --- | --- |\n");
    outcomes.stream()
        .filter(it -> there.get(it.unit() + it.test()).result() != it.result())
        .sorted(Comparator.comparing(Outcome::test).thenComparing(Outcome::store))
        .forEach(
            it -> {
              var other = there.get(it.unit() + it.test());
              text.append(
                  "| %s | `%s`, %s | %s | %s | %s |%n"
                      .formatted(
                          it.test(),
                          it.store().kind,
                          it.unit().title,
                          it.result().word(),
                          other.result().word(),
                          (it.reason() + " " + other.reason()).strip()));
            });
    return text.toString();
  }

  private String total(Store store, Unit unit) {
    var text = new StringBuilder("| `%s`, %s |".formatted(store.kind, unit.title));
    for (var result : Result.values()) {
      text.append(" ")
          .append(
              outcomes.stream()
                  .filter(it -> it.store() == store && it.unit() == unit && it.result() == result)
                  .count())
          .append(" |");
    }
    return text.append('\n').toString();
  }

  private String totals() {
    var text = new StringBuilder(TOTALS);
    for (var store : stores()) {
      store.units().forEach(unit -> text.append(total(store, unit)));
      Predicate<Outcome> here = it -> it.store() == store;
      var failed = tests(here.and(it -> it.result() == Result.FAIL));
      text.append(
          "| **`%s`, on one or another** | **%d** | **%d** | **%d** |%n"
              .formatted(
                  store.kind,
                  tests(here.and(it -> it.result() == Result.PASS)).size(),
                  failed.size(),
                  skippedEverywhere(store).size()));
    }
    return text.toString();
  }

  private String everywhere(Map<String, String> reasons) {
    var skipped = new TreeSet<String>();
    for (var store : stores()) {
      skipped.addAll(skippedEverywhere(store));
    }
    if (skipped.isEmpty()) {
      return "Every test passes on one unit or another of each store.\n";
    }
    var text = new StringBuilder("## Skipped on every unit\n\n| test | why |\n| --- | --- |\n");
    skipped.forEach(it -> text.append("| %s | %s |%n".formatted(it, reasons.get(it))));
    return text.toString();
  }

  private String somewhere() {
    var passed = tests(it -> it.result() == Result.PASS);
    var skips =
        outcomes.stream()
            .filter(it -> it.result() == Result.SKIP && passed.contains(it.test()))
            .collect(Collectors.groupingBy(Outcome::test, TreeMap::new, Collectors.toList()));
    var text =
        new StringBuilder(
            """
            ## Skipped on some units, passed on others

            The reasons are the test program's own.

            | test | skipped on | because |
            | --- | --- | --- |
            """);
    skips.forEach(
        (test, on) ->
            text.append(
                "| %s | %s | %s |%n"
                    .formatted(
                        test,
                        units(on),
                        on.stream()
                            .sorted(Comparator.comparing(Outcome::unit))
                            .map(it -> it.reason().strip())
                            .distinct()
                            .collect(Collectors.joining("; ")))));
    return text.toString();
  }

  /// A unit that stands alone means every store.
  private String units(List<Outcome> on) {
    var stores = new TreeMap<Unit, TreeSet<Store>>();
    on.forEach(it -> stores.computeIfAbsent(it.unit(), _ -> new TreeSet<>()).add(it.store()));
    return stores.entrySet().stream()
        .map(
            it ->
                it.getKey().word()
                    + (it.getValue().size() == stores().size()
                        ? ""
                        : " (" + it.getValue().first().kind + ")"))
        .collect(Collectors.joining(", "));
  }

  private TreeSet<String> tests(Predicate<Outcome> which) {
    return outcomes.stream()
        .filter(which)
        .map(Outcome::test)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
