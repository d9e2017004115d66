package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `vtgtadm target …`.
@Command(
    name = "target",
    mixinStandardHelpOptions = true,
    description = "Lists, shows, adds and removes targets.")
final class TargetVerbs implements Runnable {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing a verb: list, show, add or remove.");
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the targets.")
  int list() {
    return vtgtadm.print(spec, client -> client.get("/v1/targets"), TargetVerbs::table);
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows a target's part of the document, as YAML (or JSON with --json).")
  int show(@Parameters(paramLabel = "NAME", description = "the target's name") String name) {
    return vtgtadm.printText(spec, path(name));
  }

  @Command(
      name = "add",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      abbreviateSynopsis = true,
      description = "Adds a target, with its first unit if one is described.",
      footer = {
        "",
        "Without --initiator and --address every initiator may log in. The unit is",
        "described as `vtgtadm unit add` does it.",
        "",
        "  vtgtadm target add iqn.2026-11.com.example:db --file db.img --size 10GiB",
        "  vtgtadm target add iqn.2026-11.com.example:db --initiator 'iqn.*:host-a'"
      })
  int add(
      @Parameters(paramLabel = "NAME", description = "iSCSI name: iqn., eui. or naa.") String name,
      @Option(names = "--alias", paramLabel = "TEXT", description = "a name for people")
          String alias,
      @Option(
              names = "--initiator",
              paramLabel = "PATTERN",
              description = "who may log in: a name with * and ?; repeatable")
          List<String> initiators,
      @Option(
              names = "--address",
              paramLabel = "ADDR[/BITS]",
              description = "from where; repeatable")
          List<String> addresses,
      @Option(
              names = "--chap",
              paramLabel = "ACCOUNT",
              description = "accounts that may log in by CHAP; repeatable")
          List<String> accounts,
      @Option(
              names = "--mutual",
              paramLabel = "ACCOUNT",
              description = "the account with which the target proves itself")
          String mutual,
      @Option(
              names = "--group",
              paramLabel = "N",
              description = "portal groups it is reached through; repeatable; all")
          List<Integer> groups,
      @Mixin UnitOptions unit) {
    if (unit.given()) {
      unit.check();
    }
    ObjectNode target = AdminClient.JSON.createObjectNode().put("name", name);
    if (alias != null) {
      target.put("alias", alias);
    }
    if (groups != null) {
      groups.forEach(target.putArray("portalGroups")::add);
    }
    if (initiators != null || addresses != null) {
      ObjectNode rule = target.putArray("access").addObject();
      texts(rule, "initiators", initiators);
      texts(rule, "addresses", addresses);
    }
    if (accounts != null || mutual != null) {
      ObjectNode authentication = target.putObject("authentication");
      texts(authentication, "accounts", accounts);
      if (mutual != null) {
        authentication.put("mutual", mutual);
      }
    }
    return vtgtadm.print(
        spec,
        client -> {
          if (!unit.given()) {
            return client.post("/v1/targets", target);
          }
          ArrayNode units = target.putArray("units");
          return unit.added(
              client,
              units,
              described -> {
                units.add(described);
                return client.post("/v1/targets", target);
              });
        },
        Vtgtadm::changes);
  }

  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      description = "Ends the target's sessions and removes it; its images stay.")
  int remove(@Parameters(paramLabel = "NAME", description = "the target's name") String name) {
    return vtgtadm.print(spec, client -> client.delete(path(name)), Vtgtadm::changes);
  }

  private static String path(String name) {
    return "/v1/targets/" + AdminClient.segment(name);
  }

  private static void texts(ObjectNode node, String field, List<String> values) {
    if (values != null) {
      ArrayNode array = node.putArray(field);
      values.forEach(array::add);
    }
  }

  private static String table(JsonNode targets) {
    var table = new Table("TARGET", "UNITS", "CHAP", "ALIAS");
    for (JsonNode target : targets) {
      table.row(
          target.path("name").asText(),
          target.path("units").size(),
          target.path("authentication").path("accounts").isEmpty() ? "no" : "yes",
          target.path("alias").asText(""));
    }
    return table.empty() ? "no targets" : table.toString();
  }
}
