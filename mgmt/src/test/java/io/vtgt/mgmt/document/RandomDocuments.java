package io.vtgt.mgmt.document;

import io.vtgt.mgmt.document.Document.AccessRule;
import io.vtgt.mgmt.document.Document.Account;
import io.vtgt.mgmt.document.Document.Alua;
import io.vtgt.mgmt.document.Document.AluaGroup;
import io.vtgt.mgmt.document.Document.Authentication;
import io.vtgt.mgmt.document.Document.Identity;
import io.vtgt.mgmt.document.Document.Portal;
import io.vtgt.mgmt.document.Document.Redirect;
import io.vtgt.mgmt.document.Document.TargetEntry;
import io.vtgt.mgmt.document.Document.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// Valid documents out of a small world, so that two of them have much in common and much not.
final class RandomDocuments {
  private static final List<String> ODD_TEXTS =
      List.of(
          "a",
          "true",
          "no",
          "null",
          "~",
          "007",
          "1e3",
          "0x1F",
          "*star",
          "&and",
          "- dash",
          "[v6]",
          "{x",
          "a: b",
          "a #b",
          " lead",
          "trail ",
          "tab\there",
          "line\nbreak",
          "quote\"'",
          "back\\slash",
          "\u00e9\u4e2d\ud83d\ude00",
          "!tag",
          "%",
          "@",
          "`",
          "=",
          "<<",
          "1_000",
          "12:30",
          "?",
          "|",
          ">",
          "\u0085\u2028",
          "\u0001");

  private static final List<String> ODD_NAMES =
      ODD_TEXTS.stream().filter(text -> text.matches("[^\\p{Cntrl}\u0080-\u009f\u2028]*")).toList();

  private final Random random;

  RandomDocuments(Random random) {
    this.random = random;
  }

  Document document() {
    var accounts =
        some(
            4,
            i ->
                new Account(
                    "account " + i + pick(ODD_TEXTS.subList(0, 12)),
                    "secret number " + i + " " + pick(ODD_TEXTS)));
    var portals =
        some(
            5,
            i ->
                new Portal(
                    1 + i % 3,
                    (i % 2 == 0 ? "127.0.0." + (i + 1) : "[::1]")
                        + ":"
                        + (3260 + 2 * i + random.nextInt(2)),
                    maybe("192.0.2.1:3260")));
    var groups = portals.stream().map(Portal::group).distinct().toList();
    return new Document(
        1,
        new Document.Http("127.0.0.1:" + (9260 + random.nextInt(2))),
        portals,
        accounts,
        new Document.Discovery(authentication(accounts)),
        new Document.Login(
            random.nextBoolean()
                ? Map.of()
                : Map.of("MaxBurstLength", "" + (random.nextInt(3) << 9), "HeaderDigest", "None"),
            15 + random.nextInt(2),
            30,
            30,
            128),
        new Document.Limits(1024, (256L + random.nextInt(2)) << 20, 30),
        some(5, i -> target(i, accounts, groups)));
  }

  private TargetEntry target(int number, List<Account> accounts, List<Integer> groups) {
    var through = subset(groups);
    return new TargetEntry(
        "iqn.2026-11.com.example:t" + number,
        maybe(pick(ODD_TEXTS)),
        through,
        some(
            2,
            i ->
                new AccessRule(
                    subset(List.of("iqn.*", "*", "?")),
                    subset(List.of("10.0.0.0/8", "::1")),
                    subset(List.of(0, 16383)))),
        authentication(accounts),
        maybe(new Redirect("192.0.2.9:3260", random.nextBoolean())),
        some(5, i -> unit(number, i)),
        alua(through.isEmpty() ? groups : through));
  }

  private Alua alua(List<Integer> groups) {
    var mode = pick(Validation.ALUA_MODES);
    return new Alua(
        mode,
        mode.equals("off")
            ? List.of()
            : subset(groups).stream()
                .map(
                    group ->
                        new AluaGroup(
                            group,
                            pick(Validation.ACCESS_STATES),
                            random.nextBoolean(),
                            subset(List.of(0, 1, 7))))
                .toList());
  }

  private Unit unit(int target, int lun) {
    int block = random.nextBoolean() ? 512 : 4096;
    return new Unit(
        lun,
        maybe("unit-" + target + "-" + lun),
        store(),
        some(2, _ -> store()),
        block,
        block << random.nextInt(3),
        random.nextInt(4) > 0,
        random.nextInt(9) > 0,
        random.nextInt(9) == 0 ? 32 : 0,
        random.nextInt(9) == 0,
        random.nextInt(9) == 0,
        random.nextInt(9) == 0,
        pick(List.of(0, 1, 7200)),
        random.nextInt(9) > 0,
        0,
        random.nextInt(9) == 0 ? 2048 : 0,
        random.nextInt(9) == 0 ? 64 : 0,
        random.nextInt(9) == 0 ? 5 : 0,
        pick(Validation.AWAY_POLICIES),
        new Document.ThinThreshold(pick(List.of(0, 80)), pick(List.of(0L, 1L << 30))),
        new Document.Mode(
            random.nextInt(9) > 0,
            random.nextInt(9) == 0,
            random.nextInt(9) == 0,
            random.nextInt(9) == 0),
        new Identity(
            Optional.empty(),
            maybe("5%07x%08x".formatted(target, lun)),
            maybe("S" + lun),
            maybe("ID" + lun),
            maybe("VTGT"),
            Optional.empty(),
            maybe("0001")));
  }

  private Map<String, Object> store() {
    var store = new LinkedHashMap<String, Object>();
    store.put("kind", pick(List.of("file", "memory")));
    store.put("path", "/disks/" + random.nextInt(6));
    for (int i = random.nextInt(3); i > 0; i--) {
      store.put(
          "k" + pick(ODD_NAMES),
          pick(
              List.<Object>of(
                  1,
                  1L << 40,
                  true,
                  1.25,
                  "1GiB",
                  pick(ODD_TEXTS),
                  List.of(1, "x", Map.of("y", false)),
                  Map.of("z", List.of()))));
    }
    return store;
  }

  private Authentication authentication(List<Account> accounts) {
    var names = accounts.stream().map(Account::name).toList();
    var oneWay = subset(names);
    var mutual = names.stream().filter(name -> !oneWay.contains(name)).findFirst();
    return new Authentication(
        oneWay,
        oneWay.isEmpty() || random.nextBoolean() ? Optional.empty() : mutual,
        subset(Validation.CHAP_ALGORITHMS));
  }

  private <T> List<T> some(int most, IntFunction<T> make) {
    var list = new ArrayList<T>();
    for (int i = 0; i < most; i++) {
      if (random.nextBoolean()) {
        list.add(make.apply(i));
      }
    }
    return List.copyOf(list);
  }

  private <T> List<T> subset(List<T> all) {
    return IntStream.range(0, all.size())
        .filter(_ -> random.nextBoolean())
        .mapToObj(all::get)
        .toList();
  }

  private <T> T pick(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private <T> Optional<T> maybe(T value) {
    return random.nextBoolean() ? Optional.of(value) : Optional.empty();
  }
}
