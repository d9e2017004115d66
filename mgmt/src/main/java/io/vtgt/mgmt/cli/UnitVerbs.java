package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
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
    description = "Lists, adds and removes logical units.")
final class UnitVerbs implements Runnable {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing a verb: list, add or remove.");
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the units.")
  int list() {
    return vtgtadm.print(spec, client -> client.get("/v1/units"), Show::units);
  }

  @Command(
      name = "add",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Adds a unit to a target; connected initiators are told.",
      footer = {
        "",
        "The store is --file PATH, or --store KIND with its options as -o NAME=VALUE",
        "(`vtgtadm stores` lists kinds and options).",
        "",
        "  vtgtadm unit add iqn.2026-11.com.example:db --file db.img --size 10GiB",
        "  vtgtadm unit add iqn.2026-11.com.example:db --lun 7 --store memory -o size=1GiB"
      })
  int add(
      @Parameters(paramLabel = "TARGET", description = "the target's name") String target,
      @Option(
              names = "--lun",
              paramLabel = "N",
              description = "its number, 0 to 16383 (the lowest that is free)")
          Integer lun,
      @Option(
              names = "--file",
              paramLabel = "PATH",
              description =
                  "serve this file or block device (relative: in the daemon's data folder)")
          String file,
      @Option(
              names = "--size",
              paramLabel = "SIZE",
              description =
                  "size, such as 512MiB or 10GiB; a file that does not exist is created sparse")
          String size,
      @Option(names = "--store", paramLabel = "KIND", description = "another kind of store")
          String kind,
      @Option(
              names = "-o",
              paramLabel = "NAME=VALUE",
              description = "an option of the store; repeatable")
          Map<String, String> options,
      @Option(names = "--name", paramLabel = "NAME", description = "a name, unique in the daemon")
          String name,
      @Option(names = "--block-size", paramLabel = "N", description = "512 or 4096 (512)")
          Integer blockSize,
      @Option(names = "--read-only", description = "initiators cannot write") boolean readOnly,
      @Option(names = "--removable", description = "a removable medium") boolean removable,
      @Option(names = "--thick", description = "do not offer UNMAP") boolean thick) {
    if ((file == null) == (kind == null)) {
      throw new ParameterException(
          spec.commandLine().getSubcommands().get("add"),
          file == null
              ? "Which store? Give --file PATH, or --store KIND."
              : "--file and --store exclude each other: --file PATH is --store file -o path=PATH.");
    }
    ObjectNode unit = AdminClient.JSON.createObjectNode();
    if (name != null) {
      unit.put("name", name);
    }
    ObjectNode store = unit.putObject("store").put("kind", file != null ? "file" : kind);
    if (file != null) {
      store.put("path", file);
    }
    if (size != null) {
      store.put("size", size);
    }
    if (options != null) {
      options.forEach((key, value) -> store.set(key, value(value)));
    }
    if (blockSize != null) {
      unit.put("blockSize", blockSize);
      unit.put("physicalBlockSize", Math.max(4096, blockSize));
    }
    if (readOnly) {
      unit.put("readOnly", true);
    }
    if (removable) {
      unit.put("removable", true);
    }
    if (thick) {
      unit.put("thin", false);
    }
    String units = "/v1/targets/" + AdminClient.segment(target) + "/units";
    return vtgtadm.print(
        spec,
        client -> {
          unit.put("lun", lun != null ? lun : lowestFree(client.get(units)));
          return client.post(units, unit);
        },
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
        spec,
        client -> client.delete("/v1/targets/" + AdminClient.segment(target) + "/units/" + lun),
        Vtgtadm::changes);
  }

  /// `true`, `false` and whole numbers as themselves, everything else as text.
  private static JsonNode value(String text) {
    var factory = AdminClient.JSON.getNodeFactory();
    if (text.equals("true") || text.equals("false")) {
      return factory.booleanNode(text.equals("true"));
    }
    return text.matches("-?\\d{1,18}")
        ? factory.numberNode(Long.parseLong(text))
        : factory.textNode(text);
  }

  private static int lowestFree(JsonNode units) {
    Set<Integer> taken = new HashSet<>();
    units.forEach(unit -> taken.add(unit.path("lun").asInt()));
    int lun = 0;
    while (taken.contains(lun)) {
      lun++;
    }
    return lun;
  }
}
