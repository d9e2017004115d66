package io.vtgt.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
      names = "--stores",
      split = ",",
      defaultValue = "null,file",
      description = "of null, file, aio (tgtd's aio against our file) (${DEFAULT-VALUE})")
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
    var workloads =
        Generator.standardWorkloads().stream().filter(w -> w.label().contains(only)).toList();
    try (var vtgtd = new Vtgtd(folder, span);
        var tgtd = alone ? null : new Tgtd(folder, span);
        var generator = new Generator()) {
      for (String store : stores) {
        var subjects = new ArrayList<Generator.Subject>();
        if (tgtd != null) {
          subjects.add(tgtd.subject(store));
        }
        subjects.add(vtgtd.subject(store));
        measure(generator, store, subjects, workloads, span);
      }
    } finally {
      if (temporary) {
        Servers.deleteFolder(folder);
      }
    }
    return 0;
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

  /// Debian's tgtd on a control port and a portal of its own.
  private static final class Tgtd implements AutoCloseable {
    private static final String PREFIX = "iqn.2026-11.io.vtgt.bench:tgt-";

    private final Process process;
    private final int port = Servers.freePort();
    private final String control = String.valueOf(20_000 + ProcessHandle.current().pid() % 10_000);

    Tgtd(Path folder, long span) throws IOException, InterruptedException {
      process =
          Servers.start(
              folder.resolve("tgtd.log"),
              List.of("tgtd", "-f", "-C", control, "--iscsi", "portal=127.0.0.1:" + port));
      Servers.awaitPort(port, process);
      Path image = folder.resolve("tgtd.img");
      Servers.fill(image, span);
      unit(1, "null", "null", "dummy");
      unit(2, "file", "rdwr", image.toString());
      unit(3, "aio", "aio", image.toString());
    }

    Generator.Subject subject(String store) {
      return new Generator.Subject(
          "tgtd",
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
          PREFIX + store,
          1,
          process.pid());
    }

    private void unit(int tid, String name, String type, String path)
        throws IOException, InterruptedException {
      String t = String.valueOf(tid);
      tgtadm("--mode", "target", "--op", "new", "--tid", t, "-T", PREFIX + name);
      tgtadm(
          "--mode",
          "logicalunit",
          "--op",
          "new",
          "--tid",
          t,
          "--lun",
          "1",
          "-b",
          path,
          "--bstype",
          type);
      tgtadm("--mode", "target", "--op", "bind", "--tid", t, "-I", "ALL");
    }

    private void tgtadm(String... words) throws IOException, InterruptedException {
      var command = new ArrayList<>(List.of("tgtadm", "-C", control, "--lld", "iscsi"));
      command.addAll(List.of(words));
      Servers.run(command);
    }

    @Override
    public void close() {
      // tgtd ignores SIGTERM.
      process.destroyForcibly().onExit().join();
    }
  }

  /// vtgtd as `bin/vtgtd` starts it.
  private static final class Vtgtd implements AutoCloseable {
    private static final String PREFIX = "iqn.2026-11.io.vtgt.bench:vtgt-";

    private final Process process;
    private final int port = Servers.freePort();

    Vtgtd(Path folder, long span) throws IOException, InterruptedException {
      Path image = folder.resolve("vtgtd.img");
      Servers.fill(image, span);
      Path document = folder.resolve("vtgtd.yaml");
      Files.writeString(
          document,
          """
          version: 1
          http: { listen: "127.0.0.1:%d" }
          portals:
            - { group: 1, listen: "127.0.0.1:%d" }
          targets:
            - name: %snull
              units:
                - { lun: 1, store: { kind: "null", size: 1TiB } }
            - name: %sfile
              units:
                - { lun: 1, store: { kind: file, path: "%s" } }
          """
              .formatted(Servers.freePort(), port, PREFIX, PREFIX, image));
      process =
          Servers.start(
              folder.resolve("vtgtd.log"),
              List.of(
                  Servers.project().resolve("bin/vtgtd").toString(),
                  "--config",
                  document.toString(),
                  "--data",
                  folder.resolve("vtgtd-data").toString()));
      Servers.awaitPort(port, process);
    }

    /// The image serves tgtd's aio comparison too: it is the same kind of unit.
    Generator.Subject subject(String store) {
      return new Generator.Subject(
          "vtgtd",
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
          PREFIX + (store.equals("aio") ? "file" : store),
          1,
          process.pid());
    }

    @Override
    public void close() {
      process.destroy();
      process.onExit().join();
    }
  }
}
