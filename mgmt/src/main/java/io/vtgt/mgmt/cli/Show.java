package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// Everything at a glance: health, portals, units, sessions.
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Shows the daemon's health, portals, units and sessions.")
final class Show implements Callable<Integer> {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    return vtgtadm.print(
        spec,
        client -> {
          ObjectNode all = AdminClient.JSON.createObjectNode();
          all.set("health", client.health());
          all.set("portals", client.get("/v1/portals"));
          all.set("targets", client.get("/v1/targets"));
          all.set("units", client.get("/v1/units"));
          all.set("sessions", client.get("/v1/sessions"));
          return all;
        },
        Show::text);
  }

  private static String text(JsonNode all) {
    JsonNode health = all.get("health");
    var text = new StringBuilder();
    text.append("vtgtd ")
        .append(health.path("version").asText())
        .append(health.path("ready").asBoolean() ? ", ready" : ", NOT READY")
        .append(", up ")
        .append(health.path("uptimeSeconds").asLong())
        .append(" s\n");
    for (JsonNode problem : health.path("problems")) {
      text.append("! ").append(problem.asText()).append('\n');
    }

    var portals = new Table("PORTAL", "GROUP", "CONNECTIONS");
    for (JsonNode portal : all.at("/portals/listening")) {
      portals.row(
          portal.path("listening").asText(),
          portal.path("group").asText(),
          portal.path("connections").asText());
    }
    text.append('\n').append(portals).append("\n\n").append(units(all.get("units")));
    for (JsonNode target : all.get("targets")) {
      if (target.path("units").isEmpty()) {
        text.append("\n").append(target.path("name").asText()).append(" has no units");
      }
    }
    return text.append("\n\n").append(SessionVerbs.table(all.get("sessions"))).toString();
  }

  static String units(JsonNode units) {
    var table = new Table("TARGET", "LUN", "SIZE", "BLOCK", "STATE", "SERIAL", "NAME");
    for (JsonNode unit : units) {
      table.row(
          unit.path("target").asText(),
          unit.path("lun").asText(),
          Table.size(unit.path("bytes").asLong()),
          unit.path("blockSize").asText(),
          unit.path("state").asText(),
          unit.path("serial").asText(),
          unit.path("name").asText());
    }
    return table.empty() ? "no units" : table.toString();
  }
}
