package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `vtgtadm portal …`.
@Command(
    name = "portal",
    mixinStandardHelpOptions = true,
    description = "Lists, adds and removes the addresses where initiators log in.")
final class PortalVerbs implements Runnable {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing a verb: list, add or remove.");
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the portals that listen.")
  int list() {
    return vtgtadm.print(
        spec, client -> client.get("/v1/portals"), portals -> table(portals.path("listening")));
  }

  @Command(name = "add", mixinStandardHelpOptions = true, description = "Listens on an address.")
  int add(
      @Parameters(paramLabel = "LISTEN", description = "ADDR:PORT, [IPv6]:PORT or *:PORT")
          String listen,
      @Option(names = "--group", paramLabel = "N", description = "portal group tag (1)")
          Integer group,
      @Option(
              names = "--advertise",
              paramLabel = "ADDR:PORT",
              description = "what discovery tells instead of LISTEN (behind NAT)")
          String advertise) {
    ObjectNode portal = AdminClient.JSON.createObjectNode().put("listen", listen);
    if (group != null) {
      portal.put("group", group);
    }
    if (advertise != null) {
      portal.put("advertise", advertise);
    }
    return vtgtadm.print(spec, client -> client.post("/v1/portals", portal), Vtgtadm::changes);
  }

  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      description = "Listens there no longer; sessions that came that way go on.")
  int remove(
      @Parameters(paramLabel = "LISTEN", description = "as the document has it") String listen) {
    return vtgtadm.print(
        spec,
        client -> client.delete("/v1/portals/" + AdminClient.segment(listen)),
        Vtgtadm::changes);
  }

  static String table(JsonNode listening) {
    var table = new Table("PORTAL", "GROUP", "CONNECTIONS");
    for (JsonNode portal : listening) {
      table.row(
          portal.path("listening").asText(),
          portal.path("group").asText(),
          portal.path("connections").asText());
    }
    return table.empty() ? "no portals" : table.toString();
  }
}
