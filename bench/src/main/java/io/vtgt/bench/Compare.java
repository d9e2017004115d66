package io.vtgt.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The race: tgtd and vtgtd beside each other on this machine, the same load generator, the same
/// run, rounds interleaved. Prints a Markdown table of medians.
@Command(
    name = "bench/compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Loads tgtd (Debian's package tgt) and vtgtd in turns and prints medians and ratios.",
      "Both serve from this machine's loopback; the load generator shares its cores."
    })
final class Compare implements Callable<Integer> {
  @Option(names = "--rounds", defaultValue = "5", description = "rounds of each (${DEFAULT-VALUE})")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "2",
      description = "length of a measured window (${DEFAULT-VALUE})")
  private double seconds;

  @Option(
      names = {"--store", "--stores"},
      split = ",",
      defaultValue = "null,file",
      description = {
        "of null, file, aio (tgtd's aio against our file), and rbd (a Ceph cluster of its own;"
            + " tgt's",
        "rbd store and fio on the same image) (${DEFAULT-VALUE})"
      })
  private List<String> stores;

  @Option(
      names = "--only",
      description = "only workloads whose label holds this text, such as 'QD 32'")
  private String only = "";

  @Option(
      names = "--span",
      defaultValue = "512",
      description = "MiB of the unit that are used (${DEFAULT-VALUE})")
  private long spanMebibytes;

  @Option(names = "--work", description = "folder for images and logs (a temporary one)")
  private Path work;

  @Option(names = "--vtgtd-alone", description = "measure vtgtd only, for profiling")
  private boolean alone;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Compare()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    boolean temporary = work == null;
    Path folder =
        temporary ? Files.createTempDirectory("vtgt-bench") : Files.createDirectories(work);
    long span = spanMebibytes << 20;
    try (var generator = new Generator()) {
      if (stores.contains("rbd")) {
        new RbdRace(generator, folder, rounds, (long) (seconds * 1000), only, alone).run();
      }
      var others = stores.stream().filter(store -> !store.equals("rbd")).toList();
      if (!others.isEmpty()) {
        race(generator, folder, span, others);
      }
    } finally {
      if (temporary) {
        Servers.deleteFolder(folder);
      }
    }
    return 0;
  }

  private void race(Generator generator, Path folder, long span, List<String> stores)
      throws Exception {
    var workloads =
        Generator.standardWorkloads().stream().filter(w -> w.label().contains(only)).toList();
    Path image = folder.resolve("vtgtd.img");
    Servers.fill(image, span);
    try (var vtgtd = new Vtgtd(folder, Vtgtd.standardTargets(image));
        var tgtd = alone ? null : Tgtd.standard(folder, span)) {
      for (String store : stores) {
        var subjects = new ArrayList<Generator.Subject>();
        if (tgtd != null) {
          subjects.add(tgtd.subject(store));
        }
        // The file serves tgtd's aio comparison too: it is the same kind of unit.
        subjects.add(vtgtd.subject(store.equals("aio") ? "file" : store));
        measure(generator, store, subjects, workloads, span);
      }
    }
  }

  private void measure(
      Generator generator,
      String store,
      List<Generator.Subject> subjects,
      List<Workload> workloads,
      long span)
      throws Exception {
    long millis = (long) (seconds * 1000);
    System.err.println("warming up, store " + store);
    for (var subject : subjects) {
      for (boolean write : new boolean[] {false, true}) {
        generator.run(subject, new Workload(write, 4096, true, 32, 2), span, 0, 3000);
      }
    }
    System.out.printf("%nStore `%s`, medians of %d rounds of %.1f s%n%n", store, rounds, seconds);
    System.out.println(
        "| load | target | IOPS | MB/s | p99 µs | target CPU µs/op | generator CPU µs/op |");
    System.out.println("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for (var workload : workloads) {
      var figures = new ArrayList<List<Figures>>();
      subjects.forEach(_ -> figures.add(new ArrayList<>()));
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < subjects.size(); i++) {
          figures.get(i).add(generator.run(subjects.get(i), workload, span, 300, millis));
        }
      }
      var medians = figures.stream().map(Figures::median).toList();
      for (int i = 0; i < subjects.size(); i++) {
        var m = medians.get(i);
        row(
            workload.label(),
            subjects.get(i).name(),
            String.format(Locale.ROOT, "%,.0f", m.iops()),
            String.format(Locale.ROOT, "%,.0f", m.mebibytesPerSecond() * 1.048576),
            String.format(Locale.ROOT, "%,.0f", m.p99Micros()),
            String.format(Locale.ROOT, "%.2f", m.targetCpuMicros()),
            String.format(Locale.ROOT, "%.2f", m.generatorCpuMicros()));
      }
      if (subjects.size() == 2) {
        var theirs = medians.get(0);
        var ours = medians.get(1);
        row(
            workload.label(),
            "**vtgtd : tgtd**",
            ratio(ours.iops(), theirs.iops()),
            ratio(ours.mebibytesPerSecond(), theirs.mebibytesPerSecond()),
            ratio(ours.p99Micros(), theirs.p99Micros()),
            ratio(ours.targetCpuMicros(), theirs.targetCpuMicros()),
            "");
      }
    }
  }

  private static String ratio(double ours, double theirs) {
    return String.format(Locale.ROOT, "**%.2f**", ours / theirs);
  }

  private static void row(String... cells) {
    System.out.println("| " + String.join(" | ", cells) + " |");
  }
}
