package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// What describes a unit on a command line, for the verbs that add one.
final class UnitOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec verb;

  @Option(
      names = "--lun",
      paramLabel = "N",
      description = "its number, 0 to 16383 (the lowest that is free)")
  private Integer lun;

  @Option(
      names = "--file",
      paramLabel = "PATH",
      description = "serve this file or block device (relative: in the daemon's data folder)")
  private String file;

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      description = "size, such as 512MiB or 10GiB; a file that does not exist is created sparse")
  private String size;

  @Option(names = "--store", paramLabel = "KIND", description = "another kind of store")
  private String kind;

  @Option(
      names = "-o",
      paramLabel = "NAME=VALUE",
      description = "an option of the store; repeatable")
  private Map<String, String> options;

  @Option(
      names = "--create",
      description = "make the image first, with --size and those -o that are of a new image")
  private boolean create;

  @Option(
      names = "--layer",
      paramLabel = "KIND[,NAME=VALUE...]",
      description = "a layer over the store, with its options; repeatable, outermost first")
  private List<String> layers;

  @Option(names = "--name", paramLabel = "NAME", description = "a name, unique in the daemon")
  private String name;

  @Option(names = "--block-size", paramLabel = "N", description = "512 or 4096 (512)")
  private Integer blockSize;

  @Option(names = "--read-only", description = "initiators cannot write")
  private boolean readOnly;

  @Option(names = "--removable", description = "a removable medium")
  private boolean removable;

  @Option(names = "--thick", description = "do not offer UNMAP")
  private boolean thick;

  /// Whether the command line speaks of a unit at all.
  boolean given() {
    return file != null
        || kind != null
        || lun != null
        || size != null
        || options != null
        || create
        || layers != null
        || name != null
        || blockSize != null
        || readOnly
        || removable
        || thick;
  }

  /// Refuses what does not go together, before the daemon is asked.
  void check() {
    if (file == null && kind == null) {
      throw wrong("Which store? Give --file PATH, or --store KIND (`vtgtadm stores` lists them).");
    }
    if (file != null && kind != null) {
      throw wrong(
          "--file and --store exclude each other: --file PATH is --store file -o path=PATH.");
    }
    if (create && kind == null) {
      throw wrong("--create goes with --store; a --file with --size is made by itself.");
    }
    if (options == null) {
      return;
    }
    refuseTwice("kind", kind, "--store");
    refuseTwice("path", file, "--file");
    refuseTwice("size", size, "--size");
  }

  private void refuseTwice(String option, String value, String instead) {
    if (options.containsKey(option) && (value != null || option.equals("kind"))) {
      throw wrong("-o " + option + " and " + instead + " are the same: give one of them.");
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(verb.commandLine(), message);
  }

  /// Makes the image where that is asked for, then adds the unit.
  ///
  /// @param others units of the same target
  /// @param add takes the unit as [#unit] has it
  JsonNode added(AdminClient client, JsonNode others, Function<ObjectNode, JsonNode> add) {
    if (!create) {
      return add.apply(unit(client, others));
    }
    var image = NewImage.split(client, kind, size, options == null ? Map.of() : options);
    size = null;
    options = image.storeOptions();
    image.create(client);
    try {
      return add.apply(unit(client, others));
    } catch (AdminClient.Refused refused) {
      throw new AdminClient.Refused(
          refused.exitCode,
          refused.getMessage() + "\nThe image " + image.name() + " was made, and stays.",
          refused.problem);
    }
  }

  /// The unit as the interface takes it. The daemon knows the types of the options.
  ///
  /// @param others units of the same target
  ObjectNode unit(AdminClient client, JsonNode others) {
    ObjectNode unit = AdminClient.JSON.createObjectNode();
    unit.put("lun", lun != null ? lun : lowestFree(others));
    if (name != null) {
      unit.put("name", name);
    }
    unit.set("store", store(client));
    if (layers != null) {
      unit.set("layers", layers(verb, client, layers));
    }
    if (blockSize != null) {
      unit.put("blockSize", blockSize);
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
    return unit;
  }

  private ObjectNode store(AdminClient client) {
    ObjectNode store =
        AdminClient.JSON.createObjectNode().put("kind", file != null ? "file" : kind);
    if (file != null) {
      store.put("path", file);
    }
    if (size != null) {
      store.put("size", size);
    }
    if (options != null) {
      typed(store, client.get("/v1/stores"), options);
    }
    return store;
  }

  /// What `--layer` says, as the interface takes it.
  ///
  /// @param verb who is told of a wrong one
  /// @param layers outermost first
  static ArrayNode layers(CommandSpec verb, AdminClient client, List<String> layers) {
    ArrayNode array = AdminClient.JSON.createArrayNode();
    if (!layers.isEmpty()) {
      JsonNode kinds = client.get("/v1/layers");
      layers.forEach(layer -> array.add(layer(verb, kinds, layer)));
    }
    return array;
  }

  /// `kind,name=value,name=value`; what stands between commas without a `=` continues the value
  /// before it.
  private static ObjectNode layer(CommandSpec verb, JsonNode kinds, String text) {
    var parts = new ArrayList<>(List.of(text.split(",", -1)));
    ObjectNode layer = AdminClient.JSON.createObjectNode().put("kind", parts.removeFirst());
    Map<String, String> values = new LinkedHashMap<>();
    String last = null;
    for (String part : parts) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        last = part.substring(0, equals);
        values.put(last, part.substring(equals + 1));
      } else if (last != null) {
        values.merge(last, part, (before, after) -> before + "," + after);
      } else {
        throw new ParameterException(
            verb.commandLine(),
            "--layer '" + text + "': after the kind come options as NAME=VALUE.");
      }
    }
    typed(layer, kinds, values);
    return layer;
  }

  /// Sets options with the types the kind has for them; what it does not have goes as text, and the
  /// daemon says what it thinks of it.
  static void typed(ObjectNode node, JsonNode kinds, Map<String, String> values) {
    Map<String, String> types =
        StreamSupport.stream(kinds.spliterator(), false)
            .filter(it -> it.path("kind").equals(node.path("kind")))
            .flatMap(it -> StreamSupport.stream(it.path("options").spliterator(), false))
            .collect(
                Collectors.toMap(it -> it.path("name").asText(), it -> it.path("type").asText()));
    values.forEach((name, text) -> node.set(name, value(types.getOrDefault(name, ""), text)));
  }

  /// Text of the wrong shape stays text, for the daemon to refuse by name.
  static JsonNode value(String type, String text) {
    var factory = AdminClient.JSON.getNodeFactory();
    try {
      return switch (type) {
        case "boolean" ->
            text.equals("true") || text.equals("false")
                ? factory.booleanNode(text.equals("true"))
                : factory.textNode(text);
        case "integer" -> factory.numberNode(Long.parseLong(text));
        case "number" -> factory.numberNode(new BigDecimal(text));
        case "array", "object" -> AdminClient.JSON.readTree(text);
        default -> factory.textNode(text);
      };
    } catch (NumberFormatException | JsonProcessingException e) {
      return factory.textNode(text);
    }
  }

  private static int lowestFree(JsonNode units) {
    var taken =
        StreamSupport.stream(units.spliterator(), false)
            .map(unit -> unit.path("lun").asInt())
            .collect(Collectors.toSet());
    int lun = 0;
    while (taken.contains(lun)) {
      lun++;
    }
    return lun;
  }
}
