package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `vtgtadm unit …`.
@Command(
    name = "unit",
    mixinStandardHelpOptions = true,
    description = "Lists, shows, adds, changes and removes logical units.")
final class UnitVerbs implements Runnable {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Missing a verb: list, show, add, set, resize, eject, load, take-over or remove.");
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the units.")
  int list() {
    return vtgtadm.print(spec, client -> client.get("/v1/units"), UnitVerbs::text);
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows a unit as it runs, with its space, settings and counters.")
  int show(
      @Parameters(paramLabel = "TARGET[/LUN]", description = "the target's name, or with the LUN")
          String target,
      @Parameters(paramLabel = "LUN", arity = "0..1", description = "the unit's number")
          Integer lun) {
    String unit = lun == null ? unit(target) : unit(target + "/" + lun);
    return vtgtadm.print(spec, client -> client.get(unit + "/status"), UnitVerbs::details);
  }

  @Command(
      name = "set",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Changes settings of a unit, live where that can be.",
      footer = {
        "",
        "Settings have the names that they have in the document; those in a group are",
        "written GROUP.NAME. An empty value is the default. What a unit must be opened",
        "again for is told as 'reopen' (--dry-run tells it before); a unit of the memory",
        "store loses its data by that.",
        "",
        "  vtgtadm unit set iqn.2026-11.com.example:db/0 readOnly=true",
        "  vtgtadm unit set iqn.2026-11.com.example:db/0 mode.writeCache=false"
            + " identity.vendor=ACME",
        "  vtgtadm unit set iqn.2026-11.com.example:db/0 --layer throttle,per=nexus,iops=500"
      })
  int set(
      @Parameters(paramLabel = "TARGET/LUN", description = "the unit") String unit,
      @Parameters(
              paramLabel = "NAME=VALUE",
              arity = "0..*",
              completionCandidates = UnitSettings.Names.class,
              description = "a setting and its new value; repeatable")
          Map<String, String> settings,
      @Option(
              names = "--layer",
              paramLabel = "KIND[,NAME=VALUE...]",
              description =
                  "a layer over the store, in place of those there are; repeatable, outermost"
                      + " first")
          List<String> layers,
      @Option(names = "--no-layers", description = "take all layers off") boolean noLayers,
      @Option(names = "--dry-run", description = "only tell what would be done") boolean dryRun) {
    if (settings == null && layers == null && !noLayers) {
      throw new ParameterException(spec.commandLine(), "What shall be set? Give NAME=VALUE.");
    }
    if (layers != null && noLayers) {
      throw new ParameterException(
          spec.commandLine(), "--layer and --no-layers exclude each other.");
    }
    String path = unit(unit);
    return vtgtadm.print(
        spec,
        client -> {
          ObjectNode changes =
              UnitSettings.changes(client, path, settings == null ? Map.of() : settings);
          if (layers != null || noLayers) {
            changes.set("layers", UnitOptions.layers(spec, client, noLayers ? List.of() : layers));
          }
          return client.patch(path + (dryRun ? "?dryRun=true" : ""), changes);
        },
        Vtgtadm::changes);
  }

  @Command(
      name = "resize",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Gives a unit another size while it is served; initiators are told.")
  int resize(
      @Parameters(paramLabel = "TARGET/LUN", description = "the unit") String unit,
      @Parameters(paramLabel = "SIZE", description = "such as 20GiB") String size,
      @Option(names = "--force", description = "smaller too: what lies beyond is lost")
          boolean force,
      @Option(names = "--dry-run", description = "only tell what would be done") boolean dryRun) {
    ObjectNode body = AdminClient.JSON.createObjectNode().put("size", size);
    String path = unit(unit) + "/resize?force=" + force + "&dryRun=" + dryRun;
    return vtgtadm.print(spec, client -> client.post(path, body), Vtgtadm::changes);
  }

  @Command(
      name = "eject",
      mixinStandardHelpOptions = true,
      description = "Takes the medium of a removable unit out, when all is written.")
  int eject(
      @Parameters(paramLabel = "TARGET/LUN", description = "the unit") String unit,
      @Option(names = "--force", description = "although initiators prevent it") boolean force) {
    String path = unit(unit) + "/eject?force=" + force;
    return vtgtadm.print(spec, client -> client.post(path), _ -> "the medium is out");
  }

  @Command(
      name = "load",
      mixinStandardHelpOptions = true,
      description = "Puts the medium of a removable unit in again; initiators are told.")
  int load(@Parameters(paramLabel = "TARGET/LUN", description = "the unit") String unit) {
    String path = unit(unit) + "/load";
    return vtgtadm.print(spec, client -> client.post(path), _ -> "the medium is in");
  }

  @Command(
      name = "take-over",
      mixinStandardHelpOptions = true,
      description = {
        "Takes a unit's medium from the client that holds it for itself, such as a gateway",
        "that hangs; that client is shut out first, and loses what it had not written."
      })
  int takeOver(@Parameters(paramLabel = "TARGET/LUN", description = "the unit") String unit) {
    String path = unit(unit) + "/take-over";
    return vtgtadm.print(spec, client -> client.post(path), _ -> "the medium is ours");
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
        "(`vtgtadm stores` lists kinds and options). With --create the image is made first:",
        "then --size and options of a new image are for that.",
        "",
        "  vtgtadm unit add iqn.2026-11.com.example:db --file db.img --size 10GiB",
        "  vtgtadm unit add iqn.2026-11.com.example:db --store memory -o size=1GiB",
        "  vtgtadm unit add iqn.2026-11.com.example:db --store rbd -o image=db --create --size"
            + " 10GiB"
      })
  int add(
      @Parameters(paramLabel = "TARGET", description = "the target's name") String target,
      @Mixin UnitOptions options) {
    options.check();
    String units = units(target);
    return vtgtadm.print(
        spec,
        client -> options.added(client, client.get(units), unit -> client.post(units, unit)),
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

  /// The address of `TARGET/LUN`: an iSCSI name has no slash.
  private String unit(String name) {
    return unit(spec, name);
  }

  /// The same for other verbs.
  static String unit(CommandSpec verb, String name) {
    int slash = name.lastIndexOf('/');
    if (slash < 0 || !name.substring(slash + 1).matches("\\d+")) {
      throw new ParameterException(
          verb.commandLine(), "Which unit? '" + name + "' is not TARGET/LUN.");
    }
    return units(name.substring(0, slash)) + "/" + name.substring(slash + 1);
  }

  /// What runs, then what the document says; a field of a group as `GROUP.NAME`.
  private static String details(JsonNode status) {
    var runs = new Table("AS IT RUNS", "VALUE");
    rows(runs, "", status.path("unit"));
    var settings = new Table("SETTING", "VALUE");
    rows(settings, "", status.path("parameters"));
    return runs + "\n\n" + settings;
  }

  private static void rows(Table table, String group, JsonNode fields) {
    for (var field : fields.properties()) {
      var value = field.getValue();
      if (value.isObject()) {
        rows(table, group + field.getKey() + ".", value);
      } else {
        table.row(group + field.getKey(), value.isArray() ? value.toString() : value.asText());
      }
    }
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
