package io.vtgt.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// fio's own rbd engine: what librbd gives a C program that has nothing between itself and the
/// image.
///
/// @param conf of the cluster
/// @param folder for what it says
record Fio(Path conf, String client, String pool, String image, Path folder) {

  private static final long SETTLING_MILLIS = 200;

  /// Runs one workload as [Generator#run] does; what the target's CPU is there is fio's here, with
  /// all its threads.
  Figures run(Workload workload, long span, long warmUpMillis, long millis)
      throws IOException, InterruptedException {
    Path said = folder.resolve("fio.json");
    var builder =
        new ProcessBuilder(
                List.of(
                    "fio",
                    "--output-format=json",
                    "--output=" + said,
                    "--name=race",
                    "--thread",
                    "--ioengine=rbd",
                    "--clientname=" + client,
                    "--pool=" + pool,
                    "--rbdname=" + image,
                    "--rw=" + (workload.write() ? "randwrite" : "randread"),
                    "--bs=" + workload.transferBytes(),
                    "--iodepth=" + workload.queueDepth(),
                    "--size=" + span,
                    "--norandommap",
                    "--randrepeat=0",
                    "--time_based",
                    "--ramp_time=" + warmUpMillis + "ms",
                    "--runtime=" + millis + "ms"))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("fio.log").toFile());
    builder.environment().put("CEPH_CONF", conf.toString());
    var process = builder.start();
    var clock = new ProcessClock(process.pid());
    // Both within the measured time: it begins when fio has started and warmed up.
    Thread.sleep(warmUpMillis + SETTLING_MILLIS);
    long began = System.nanoTime(), cpuBegan = clock.cpuMicros();
    Thread.sleep(millis - SETTLING_MILLIS);
    double cpuShare = (clock.cpuMicros() - cpuBegan) / ((System.nanoTime() - began) / 1e3);
    int exit = process.waitFor();
    if (exit != 0) {
      throw new IOException("fio ended with " + exit + ": see " + folder.resolve("fio.log"));
    }
    return figures(
        new JsonMapper().readTree(Files.readString(said)).at("/jobs/0"), workload, cpuShare);
  }

  /// @param cpuShare CPU seconds a second
  private static Figures figures(JsonNode job, Workload workload, double cpuShare) {
    var done = job.get(workload.write() ? "write" : "read");
    double iops = done.get("iops").asDouble();
    return new Figures(
        done.get("total_ios").asLong(),
        iops,
        iops * workload.transferBytes() / (1 << 20),
        done.at("/clat_ns/percentile/99.000000").asDouble() / 1e3,
        cpuShare * 1e6 / iops,
        0);
  }
}
