package io.vtgt.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The race on a Ceph image: fio on librbd itself, Debian's tgtd with its rbd store, and vtgtd, all
/// three on one image of one throw-away cluster, none with librbd's cache.
///
/// They take turns in every round, and the order goes round, too. The image has no exclusive lock:
/// several write it, and a lock would only go from one to the next at the beginning of a turn.
///
/// A fourth one does the same on a store that does nothing: what the way over iSCSI costs by
/// itself, in target and generator. Where the cores are busy, no target can come nearer to fio than
/// that.
final class RbdRace {
  private static final String HOP = "hop";
  private static final String POOL = "rbd", IMAGE = "race", CLIENT = "gateway";
  private static final String FEATURES = "--image-feature";
  private static final long SPAN = 256 << 20;
  private static final long WARM_UP_MILLIS = 500;

  private final Generator generator;
  private final Path folder;
  private final int rounds;
  private final long millis;
  private final String only;
  private final boolean alone;

  /// @param only workloads whose label holds this text
  /// @param alone vtgtd only, for profiling
  RbdRace(Generator generator, Path folder, int rounds, long millis, String only, boolean alone) {
    this.generator = generator;
    this.folder = folder;
    this.rounds = rounds;
    this.millis = millis;
    this.only = only;
    this.alone = alone;
  }

  /// Who races.
  private record Racer(String name, Run run) {
    interface Run {
      Figures of(Workload workload, long warmUpMillis, long millis) throws Exception;
    }
  }

  void run() throws Exception {
    Path lab = folder.resolve("lab");
    try {
      lab("up", lab);
      Path conf = lab.resolve("ceph.conf");
      Files.writeString(conf, "\n[client]\nrbd cache = false\n", StandardOpenOption.APPEND);
      Path content = folder.resolve("race.img");
      Servers.fill(content, SPAN);
      String image = POOL + "/" + IMAGE;
      lab("rbd", lab, "import", "--no-progress", FEATURES, "layering", content.toString(), image);
      String store =
          "{ kind: rbd, pool: %s, image: %s, conf: %s, client: %s, lock: shared }"
              .formatted(POOL, IMAGE, conf, CLIENT);
      String hop = "{ kind: \"null\", size: %d }".formatted(SPAN);
      try (var vtgtd = new Vtgtd(folder, Vtgtd.target("rbd", store) + Vtgtd.target(HOP, hop));
          var tgtd = alone ? null : new Tgtd(folder)) {
        var racers = new ArrayList<Racer>();
        if (tgtd != null) {
          String options = "conf=" + conf + ";id=" + CLIENT;
          tgtd.unit(1, "rbd", "rbd", image, "--bsopts", options);
          var fio = new Fio(conf, CLIENT, POOL, IMAGE, folder);
          racers.add(new Racer("fio", (load, warmUp, time) -> fio.run(load, SPAN, warmUp, time)));
          racers.add(target(tgtd.subject("rbd")));
        }
        racers.add(target(vtgtd.subject("rbd")));
        if (!alone) {
          racers.add(new Racer(HOP, target(vtgtd.subject(HOP)).run()));
        }
        measure(racers);
      }
    } finally {
      lab("down", lab, "--wipe");
    }
  }

  private Racer target(Generator.Subject subject) {
    return new Racer(
        subject.name(), (load, warmUp, time) -> generator.run(subject, load, SPAN, warmUp, time));
  }

  private void measure(List<Racer> racers) throws Exception {
    System.err.println("warming up, store rbd");
    for (var racer : racers) {
      for (boolean write : new boolean[] {false, true}) {
        racer.run().of(new Workload(write, 4096, true, 32, 1), 0, 3000);
      }
    }
    System.out.printf("%nStore `rbd`, medians of %d rounds of %.1f s%n%n", rounds, millis / 1000.0);
    System.out.println(
        "| load | on | IOPS | : fio | MB/s | p99 µs | CPU µs/op | generator CPU µs/op |");
    System.out.println("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (var workload : workloads()) {
      if (!workload.label().contains(only)) {
        continue;
      }
      var figures = new ArrayList<List<Figures>>();
      racers.forEach(_ -> figures.add(new ArrayList<>()));
      for (int round = 0; round < rounds; round++) {
        for (int turn = 0; turn < racers.size(); turn++) {
          int i = (round + turn) % racers.size();
          figures.get(i).add(racers.get(i).run().of(workload, WARM_UP_MILLIS, millis));
        }
      }
      double fio = Figures.median(figures.getFirst()).iops();
      for (int i = 0; i < racers.size(); i++) {
        var m = Figures.median(figures.get(i));
        System.out.printf(
            Locale.ROOT,
            "| %s | %s | %,.0f | %s | %,.0f | %,.0f | %.1f | %s |%n",
            workload.label(),
            racers.get(i).name(),
            m.iops(),
            racers.get(i).name().equals(HOP)
                ? nearest(fio, m)
                : String.format(Locale.ROOT, "%.2f", m.iops() / fio),
            m.mebibytesPerSecond() * 1.048576,
            m.p99Micros(),
            m.targetCpuMicros(),
            m.generatorCpuMicros() == 0
                ? ""
                : String.format(Locale.ROOT, "%.1f", m.generatorCpuMicros()));
      }
    }
  }

  /// How near to fio a target can come that costs nothing but the way to it, where every core is
  /// busy: then operations a second are what the cores have, by what an operation costs.
  private static String nearest(double fio, Figures hop) {
    double coreMicros = Runtime.getRuntime().availableProcessors() * 1e6 / fio;
    double hopMicros = hop.targetCpuMicros() + hop.generatorCpuMicros();
    return String.format(Locale.ROOT, "at most %.2f", coreMicros / (coreMicros + hopMicros));
  }

  private static List<Workload> workloads() {
    var all = new ArrayList<Workload>();
    for (boolean write : new boolean[] {false, true}) {
      for (int bytes : new int[] {4 << 10, 64 << 10}) {
        for (int depth : new int[] {1, 16, 64}) {
          all.add(new Workload(write, bytes, true, depth, 1));
        }
      }
    }
    return all;
  }

  private static void lab(String verb, Path lab, String... arguments)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Servers.project().resolve("integration-tests/ceph-lab/ceph-lab.sh").toString());
    command.addAll(List.of(verb, lab.toString()));
    command.addAll(List.of(arguments));
    Servers.run(command);
  }
}
