package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `vtgtadm unit …`.
@Command(
    name = "unit",
    mixinStandardHelpOptions = true,
    description = "Lists, shows, adds and removes logical units.")
final class UnitVerbs implements Runnable {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing a verb: list, show, add or remove.");
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the units.")
  int list() {
    return vtgtadm.print(spec, client -> client.get("/v1/units"), UnitVerbs::text);
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows a unit as it runs, with its counters.")
  int show(
      @Parameters(paramLabel = "TARGET", description = "the target's name") String target,
      @Parameters(paramLabel = "LUN", description = "the unit's number") int lun) {
    return vtgtadm.print(
        spec,
        client ->
            StreamSupport.stream(client.get("/v1/units").spliterator(), false)
                .filter(it -> it.path("target").asText().equals(target))
                .filter(it -> it.path("lun").asInt() == lun)
                .findFirst()
                .orElseThrow(
                    () ->
                        new AdminClient.Refused(
                            ExitCode.NOT_FOUND,
                            "there is no unit " + lun + " of target \"" + target + "\"")),
        Table::fields);
  }

  @Command(
      name = "add",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      abbreviateSynopsis = true,
      description = "Adds a unit to a target; connected initiators are told.",
      footer = {
        "",
        "The store is --file PATH, or --store KIND with its options as -o NAME=VALUE",
        "(`vtgtadm stores` lists kinds and options).",
        "",
        "  vtgtadm unit add iqn.2026-11.com.example:db --file db.img --size 10GiB",
        "  vtgtadm unit add iqn.2026-11.com.example:db --store memory -o size=1GiB"
      })
  int add(
      @Parameters(paramLabel = "TARGET", description = "the target's name") String target,
      @Mixin UnitOptions options) {
    options.check();
    String units = units(target);
    return vtgtadm.print(
        spec,
        client -> client.post(units, options.unit(client, client.get(units))),
        Vtgtadm::changes);
  }

  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      description = "Ends the unit's commands and removes it; its image stays.")
  int remove(
      @Parameters(paramLabel = "TARGET", description = "the target's name") String target,
      @Parameters(paramLabel = "LUN", description = "the unit's number") int lun) {
    return vtgtadm.print(
        spec, client -> client.delete(units(target) + "/" + lun), Vtgtadm::changes);
  }

  private static String units(String target) {
    return "/v1/targets/" + AdminClient.segment(target) + "/units";
  }

  private static boolean ready(JsonNode unit) {
    return unit.path("state").asText().equals("ready");
  }

  /// The table, and below it why some are not ready.
  static String text(JsonNode units) {
    var text = new StringBuilder(table(units));
    for (JsonNode unit : units) {
      if (!ready(unit)) {
        text.append("\n! ")
            .append(unit.path("name").asText())
            .append(": ")
            .append(unit.path("state").asText());
      }
    }
    return text.toString();
  }

  static String table(JsonNode units) {
    var table = new Table("TARGET", "LUN", "SIZE", "BLOCK", "STATE", "SERIAL", "NAME");
    for (JsonNode unit : units) {
      table.row(
          unit.path("target").asText(),
          unit.path("lun").asText(),
          Table.size(unit.path("bytes").asLong()),
          unit.path("blockSize").asText(),
          ready(unit) ? "ready" : "NOT READY",
          unit.path("serial").asText(),
          unit.path("name").asText());
    }
    return table.empty() ? "no units" : table.toString();
  }
}
