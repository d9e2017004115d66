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
    var text =
        new StringBuilder(Health.text(all.path("health")))
            .append("\n\n")
            .append(PortalVerbs.table(all.at("/portals/listening")))
            .append("\n\n")
            .append(UnitVerbs.table(all.path("units")));
    for (JsonNode target : all.path("targets")) {
      if (target.path("units").isEmpty()) {
        text.append('\n').append(target.path("name").asText()).append(" has no units");
      }
    }
    return text.append("\n\n").append(SessionVerbs.table(all.path("sessions"))).toString();
  }
}
