package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `vtgtadm session …`.
@Command(
    name = "session",
    mixinStandardHelpOptions = true,
    description = "Lists and ends sessions.")
final class SessionVerbs implements Runnable {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing a verb: list, show or kill.");
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the live sessions.")
  int list() {
    return vtgtadm.print(spec, client -> client.get("/v1/sessions"), SessionVerbs::table);
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows what a session negotiated and its counters.")
  int show(@Parameters(paramLabel = "ID", description = "as `session list` prints it") String id) {
    return vtgtadm.print(
        spec, client -> client.get("/v1/sessions/" + AdminClient.segment(id)), Table::fields);
  }

  @Command(
      name = "kill",
      mixinStandardHelpOptions = true,
      description = "Ends a session. An initiator that still wants it logs in again.")
  int kill(@Parameters(paramLabel = "ID", description = "as `session list` prints it") String id) {
    return vtgtadm.print(
        spec,
        client -> client.delete("/v1/sessions/" + AdminClient.segment(id)),
        _ -> "session " + id + " ended");
  }

  static String table(JsonNode sessions) {
    var table = new Table("SESSION", "INITIATOR", "FROM", "TARGET", "SINCE", "COMMANDS");
    for (JsonNode session : sessions) {
      table.row(
          session.path("id").asText(),
          session.path("initiator").asText(),
          session.path("initiatorAddress").asText(),
          session.path("discovery").asBoolean() ? "(discovery)" : session.path("target").asText(),
          session.path("since").asText(),
          session.path("counters").path("commands").asText("0"));
    }
    return table.empty() ? "no sessions" : table.toString();
  }
}
