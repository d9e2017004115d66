package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// For probes: does it serve, and what is wrong.
@Command(
    name = "health",
    mixinStandardHelpOptions = true,
    description = "Tells whether the daemon serves, by its exit status too: 0, 7 or 3.")
final class Health implements Callable<Integer> {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    var ready = new boolean[1];
    int printed =
        vtgtadm.print(
            spec,
            client -> {
              var health = client.health();
              ready[0] = health.path("ready").asBoolean();
              return health;
            },
            Health::text);
    return ready[0] ? printed : ExitCode.FAILED;
  }

  /// A line, and one for each problem.
  static String text(JsonNode health) {
    var text =
        new StringBuilder("vtgtd ")
            .append(health.path("version").asText())
            .append(health.path("ready").asBoolean() ? ", ready" : ", NOT READY")
            .append(", up ")
            .append(duration(health.path("uptimeSeconds").asLong()));
    for (JsonNode problem : health.path("problems")) {
      text.append("\n! ").append(problem.asText());
    }
    return text.toString();
  }

  /// `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`.
  static String duration(long seconds) {
    long minutes = seconds / 60;
    long hours = minutes / 60;
    if (minutes == 0) {
      return seconds + " s";
    }
    if (hours == 0) {
      return minutes + " min";
    }
    return hours < 24
        ? hours + " h " + minutes % 60 + " min"
        : hours / 24 + " d " + hours % 24 + " h";
  }
}
