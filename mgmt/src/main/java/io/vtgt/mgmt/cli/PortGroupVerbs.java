package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `vtgtadm port-group …`.
@Command(
    name = "port-group",
    mixinStandardHelpOptions = true,
    description = "Lists and changes the access states of paths (ALUA).")
final class PortGroupVerbs implements Runnable {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing a verb: list or set.");
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the port groups of a target, or of all, with the states of the units.")
  int list(
      @Parameters(paramLabel = "TARGET", arity = "0..1", description = "the target's name; all")
          String target) {
    return vtgtadm.print(
        spec,
        client -> {
          if (target != null) {
            return client.get(path(target));
          }
          ArrayNode all = AdminClient.JSON.createArrayNode();
          for (JsonNode each : client.get("/v1/targets")) {
            client.get(path(each.path("name").asText())).forEach(all::add);
          }
          return all;
        },
        PortGroupVerbs::table);
  }

  @Command(
      name = "set",
      mixinStandardHelpOptions = true,
      description = {
        "Changes the state of a path. Returns when it is in effect: commands that had begun there"
            + " have ended."
      })
  int set(
      @Parameters(paramLabel = "TARGET", description = "the target's name") String target,
      @Parameters(paramLabel = "GROUP", description = "portal group") int group,
      @Parameters(
              paramLabel = "STATE",
              description =
                  "active-optimized, active-non-optimized, standby, unavailable, offline, or"
                      + " default for what the document says")
          String state,
      @Option(
              names = "--lun",
              paramLabel = "N",
              description = "only for this unit; repeatable; all")
          List<Integer> luns) {
    ObjectNode change = AdminClient.JSON.createObjectNode().put("state", state);
    if (luns != null) {
      luns.forEach(change.putArray("luns")::add);
    }
    return vtgtadm.print(
        spec,
        client -> client.put(path(target) + "/" + group, change),
        answer -> table(AdminClient.JSON.createArrayNode().add(answer)));
  }

  private static String path(String target) {
    return "/v1/targets/" + AdminClient.segment(target) + "/port-groups";
  }

  static String table(JsonNode groups) {
    var table = new Table("TARGET", "GROUP", "LUN", "STATE", "PREFERRED", "SET BY", "UNIT");
    for (JsonNode group : groups) {
      for (JsonNode unit : group.path("units")) {
        table.row(
            group.path("target").asText(),
            group.path("group").asText(),
            unit.path("lun").asText(),
            unit.path("state").asText(),
            unit.path("preferred").asBoolean() ? "yes" : "no",
            unit.path("setBy").asText(),
            unit.path("name").asText());
      }
    }
    return table.empty() ? "no units" : table.toString();
  }
}
