package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `vtgtadm events`: what happened lately.
@Command(
    name = "events",
    mixinStandardHelpOptions = true,
    description =
        "Lists what happened lately: stores that went away and came back, units, changes.")
final class Events implements Callable<Integer> {
  private static final long PAUSE_MILLIS = 1000;

  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Option(names = "--follow", description = "go on with what comes, until interrupted")
  private boolean follow;

  // The number of the last event that was printed.
  private long last;

  @Override
  public Integer call() throws InterruptedException {
    return follow
        ? vtgtadm.follow(spec, this::next, Events::text, PAUSE_MILLIS)
        : vtgtadm.print(spec, this::next, Events::text);
  }

  private JsonNode next(AdminClient client) {
    JsonNode events = client.get("/v1/events/after/" + last);
    if (!events.isEmpty()) {
      last = events.get(events.size() - 1).path("number").asLong();
    }
    return events;
  }

  static String text(JsonNode events) {
    var text = new StringBuilder();
    for (JsonNode event : events) {
      text.append(text.isEmpty() ? "" : "\n")
          .append(event.path("time").asText())
          .append("  ")
          .append("%-7s".formatted(event.path("severity").asText().toUpperCase(Locale.ROOT)))
          .append("  ")
          .append(event.path("subject").asText())
          .append(": ")
          .append(event.path("message").asText());
    }
    return text.isEmpty() ? "no events" : text.toString();
  }
}
