package io.vtgt.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What a cache gives and costs: a hot set that fits, over a store that answers late, beside the
/// null store; and reads that miss nearly always, beside the store without a cache.
@Command(
    name = "bench/cache",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Loads units of one vtgtd in turns, round by round, and prints medians and ratios.",
      "The load generator shares this machine's cores."
    })
final class CacheBench implements Callable<Integer> {
  private static final String PREFIX = "iqn.2026-11.io.vtgt.bench:";
  private static final int[] BLOCK_KIB = {4, 16, 64};
  private static final long HOT_BYTES = 128L << 20;
  private static final long COLD_BYTES = 512L << 20;
  private static final Pattern STORE_READS =
      Pattern.compile("cache\\.storeReads\"?\\s*:\\s*(\\d+)");

  @Option(names = "--rounds", defaultValue = "5", description = "rounds of each (${DEFAULT-VALUE})")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "1.5",
      description = "length of a measured window (${DEFAULT-VALUE})")
  private double seconds;

  @Option(names = "--hot-only", description = "leave out the reads that miss")
  private boolean hotOnly;

  @Option(names = "--only", description = "only loads whose label holds this text")
  private String only = "";

  private Path folder;
  private int portal;
  private int http;
  private Process vtgtd;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new CacheBench()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    folder = Files.createTempDirectory("vtgt-bench-cache");
    try (var generator = new Generator()) {
      start();
      hot(generator);
      if (!hotOnly) {
        cold(generator);
      }
    } finally {
      if (vtgtd != null) {
        vtgtd.destroy();
        vtgtd.onExit().join();
      }
      Servers.deleteFolder(folder);
    }
    return 0;
  }

  private void start() throws IOException, InterruptedException {
    portal = Servers.freePort();
    http = Servers.freePort();
    Path image = folder.resolve("image");
    Servers.fill(image, COLD_BYTES);
    var document = new StringBuilder();
    document.append(
        """
        version: 1
        http: { listen: "127.0.0.1:%d" }
        portals:
          - { group: 1, listen: "127.0.0.1:%d" }
        targets:
        """
            .formatted(http, portal));
    target(document, "null", "{ kind: \"null\", size: 1TiB }", "");
    String file = "{ kind: file, path: \"%s\" }".formatted(image);
    // One writer may have a file: everybody here reads.
    target(document, "file", file, "");
    for (int kib : BLOCK_KIB) {
      target(
          document,
          "hot" + kib,
          file,
          "{ kind: cache, size: 256MiB, blockSize: %dKiB }, { kind: delay, readMillis: 1 }"
              .formatted(kib));
      target(
          document,
          "cold" + kib,
          file,
          "{ kind: cache, size: 8MiB, blockSize: %dKiB }".formatted(kib));
    }
    Path config = folder.resolve("vtgtd.yaml");
    Files.writeString(config, document);
    vtgtd =
        Servers.start(
            folder.resolve("vtgtd.log"),
            List.of(
                Servers.project().resolve("bin/vtgtd").toString(),
                "--config",
                config.toString(),
                "--data",
                folder.resolve("data").toString()));
    Servers.awaitPort(portal, vtgtd);
  }

  private static void target(StringBuilder document, String name, String store, String layers) {
    document.append(
        """
          - name: %s%s
            units:
              - { lun: 1, readOnly: true, store: %s, layers: [%s] }
        """
            .formatted(PREFIX, name, store, layers));
  }

  private Generator.Subject subject(String name) {
    return new Generator.Subject(
        name,
        new InetSocketAddress(InetAddress.getLoopbackAddress(), portal),
        PREFIX + name,
        1,
        vtgtd.pid());
  }

  private void hot(Generator generator) throws Exception {
    var subjects = new ArrayList<Generator.Subject>();
    subjects.add(subject("null"));
    for (int kib : BLOCK_KIB) {
      subjects.add(subject("hot" + kib));
    }
    System.err.println("warming up");
    for (var subject : subjects) {
      generator.run(subject, new Workload(false, 256 << 10, false, 8, 1), HOT_BYTES, 0, 4000);
      generator.run(subject, new Workload(false, 4096, true, 32, 2), HOT_BYTES, 0, 2000);
    }
    var before = new ArrayList<OptionalLong>();
    for (var subject : subjects) {
      before.add(storeReads(subject.name()));
    }
    measure(
        "A hot set of 128 MiB that fits, over a file behind a delay of 1 ms",
        generator,
        subjects,
        List.of(
            new Workload(false, 4096, true, 1, 1),
            new Workload(false, 4096, true, 32, 1),
            new Workload(false, 4096, true, 32, 4),
            new Workload(false, 64 << 10, true, 16, 1),
            new Workload(false, 256 << 10, false, 8, 1)),
        HOT_BYTES);
    System.out.println();
    for (int i = 1; i < subjects.size(); i++) {
      var after = storeReads(subjects.get(i).name());
      System.out.printf(
          "`cache.storeReads` of %s: %s before, %s after%n",
          subjects.get(i).name(), text(before.get(i)), text(after));
    }
  }

  private void cold(Generator generator) throws Exception {
    var subjects = new ArrayList<Generator.Subject>();
    subjects.add(subject("file"));
    for (int kib : BLOCK_KIB) {
      subjects.add(subject("cold" + kib));
    }
    measure(
        "A cache of 8 MiB and reads of 512 MiB, over a file in the page cache",
        generator,
        subjects,
        List.of(
            new Workload(false, 4096, true, 1, 1),
            new Workload(false, 4096, true, 32, 1),
            new Workload(false, 64 << 10, true, 16, 1),
            new Workload(false, 64 << 10, false, 1, 1),
            new Workload(false, 256 << 10, false, 8, 1)),
        COLD_BYTES);
  }

  private void measure(
      String title,
      Generator generator,
      List<Generator.Subject> subjects,
      List<Workload> workloads,
      long span)
      throws Exception {
    System.out.printf("%n%s, medians of %d rounds of %.1f s%n%n", title, rounds, seconds);
    System.out.println("| load | unit | IOPS | : first | MB/s | p99 µs | target CPU µs/op |");
    System.out.println("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for (var workload : workloads.stream().filter(w -> w.label().contains(only)).toList()) {
      var figures = new ArrayList<List<Figures>>();
      subjects.forEach(_ -> figures.add(new ArrayList<>()));
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < subjects.size(); i++) {
          figures
              .get(i)
              .add(generator.run(subjects.get(i), workload, span, 300, (long) (seconds * 1000)));
        }
      }
      double first = Figures.median(figures.getFirst()).iops();
      for (int i = 0; i < subjects.size(); i++) {
        var median = Figures.median(figures.get(i));
        System.out.printf(
            Locale.ROOT,
            "| %s | %s | %,.0f | %.2f | %,.0f | %,.0f | %.2f |%n",
            workload.label(),
            subjects.get(i).name(),
            median.iops(),
            median.iops() / first,
            median.mebibytesPerSecond() * 1.048576,
            median.p99Micros(),
            median.targetCpuMicros());
      }
    }
  }

  /// What the unit has asked its store for, as the management interface tells it.
  private OptionalLong storeReads(String name) throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      var answer =
          client.send(
              HttpRequest.newBuilder(
                      URI.create(
                          "http://127.0.0.1:%d/v1/targets/%s%s/units/1/status"
                              .formatted(http, PREFIX, name)))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      var found = STORE_READS.matcher(answer.body());
      return found.find() ? OptionalLong.of(Long.parseLong(found.group(1))) : OptionalLong.empty();
    }
  }

  private static String text(OptionalLong count) {
    return count.isPresent() ? String.valueOf(count.getAsLong()) : "not told";
  }
}
