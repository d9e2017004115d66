package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `vtgtadm image …`.
@Command(
    name = "image",
    mixinStandardHelpOptions = true,
    description = "Lists, makes, clones and removes images of a store, served or not.")
final class ImageVerbs implements Runnable {
  private static final String NAME = "NAME";
  private static final String WHICH = "the image";

  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  /// Where images live.
  static final class Where {
    @Option(
        names = "--store",
        paramLabel = "KIND",
        defaultValue = "rbd",
        description = "the kind of store (${DEFAULT-VALUE})")
    private String kind;

    @Option(
        names = "-o",
        paramLabel = "NAME=VALUE",
        description = "where the images are, such as pool=…, and of a new one; repeatable")
    private Map<String, String> options = new LinkedHashMap<>();

    private String address(String what, String more) {
      return NewImage.address(kind, what, more, options);
    }

    private String image(String name) {
      return address("media", "/" + AdminClient.segment(name));
    }
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Missing a verb: list, info, create, clone, remove, trash or restore.");
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Lists the images, and which units serve them.")
  int list(@Mixin Where where) {
    return vtgtadm.print(spec, client -> client.get(where.address("media", "")), ImageVerbs::table);
  }

  @Command(
      name = "info",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Shows size, features, parent, snapshots and users of an image.")
  int info(@Parameters(paramLabel = NAME, description = WHICH) String name, @Mixin Where where) {
    return vtgtadm.print(spec, client -> client.get(where.image(name)), ImageVerbs::details);
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Makes an image that holds zeroes.",
      footer = {
        "",
        "`vtgtadm stores` lists the options of a new image.",
        "",
        "  vtgtadm image create db 10GiB -o pool=fast -o objectSize=8MiB"
      })
  int create(
      @Parameters(paramLabel = NAME, description = "its name") String name,
      @Parameters(paramLabel = "SIZE", description = "such as 10GiB") String size,
      @Mixin Where where) {
    return vtgtadm.print(
        spec,
        client -> NewImage.of(client, where.kind, name, size, where.options).create(client),
        _ -> "image " + name + " made");
  }

  @Command(
      name = "clone",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Makes an image that holds what a snapshot holds, and shares it.")
  int copy(
      @Parameters(
              paramLabel = "IMAGE@SNAPSHOT",
              description = "the snapshot; of another pool as POOL/IMAGE@SNAPSHOT")
          String parent,
      @Parameters(paramLabel = NAME, description = "the name of the clone") String name,
      @Mixin Where where) {
    var options = new LinkedHashMap<>(where.options);
    options.put("parent", parent);
    return vtgtadm.print(
        spec,
        client -> NewImage.of(client, where.kind, name, null, options).create(client),
        _ -> "image " + name + " is a clone of " + parent);
  }

  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Throws an image into the trash; it can be restored.")
  int remove(
      @Parameters(paramLabel = NAME, description = WHICH) String name,
      @Option(
              names = "--for-good",
              paramLabel = NAME,
              description = "not into the trash: its data is lost; the name once more")
          String forGood,
      @Mixin Where where) {
    if (forGood != null) {
      where.options.put("forGood", forGood);
    }
    return vtgtadm.print(
        spec,
        client -> client.delete(where.image(name)),
        _ -> "image " + name + (forGood == null ? " is in the trash" : " is removed for good"));
  }

  @Command(
      name = "trash",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Lists what was thrown away and can be restored.")
  int trash(@Mixin Where where) {
    return vtgtadm.print(
        spec,
        client -> client.get(where.address("trash", "")),
        all -> {
          var table = new Table("ID", "IMAGE", "THROWN AWAY");
          for (JsonNode image : all) {
            table.row(
                image.path("id").asText(),
                image.path("name").asText(),
                image.path("deleted").asText());
          }
          return table.empty() ? "the trash is empty" : table.toString();
        });
  }

  @Command(
      name = "restore",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Takes an image out of the trash, by the name it had.")
  int restore(
      @Parameters(paramLabel = "ID", description = "as `image trash` prints it") String id,
      @Mixin Where where) {
    String path = where.address("trash", "/" + AdminClient.segment(id) + "/restore");
    return vtgtadm.print(spec, client -> client.post(path), _ -> id + " is restored");
  }

  private static String table(JsonNode images) {
    var table = new Table("IMAGE", "UNITS");
    for (JsonNode image : images) {
      table.row(image.path("name").asText(), texts(image.path("units")));
    }
    return table.empty() ? "no images" : table.toString();
  }

  private static String details(JsonNode image) {
    var table = new Table("FIELD", "VALUE");
    table.row("name", image.path("name").asText());
    table.row("size", Table.size(image.path("bytes").asLong()));
    table.row("parent", image.path("parent").asText());
    table.row("users", texts(image.path("users")));
    table.row("units", texts(image.path("units")));
    for (var field : image.path("details").properties()) {
      var value = field.getValue();
      table.row(field.getKey(), value.isArray() ? texts(value) : value.asText());
    }
    return table + "\n\n" + SnapshotVerbs.table(image.path("snapshots"));
  }

  private static String texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .map(JsonNode::asText)
        .collect(Collectors.joining(", "));
  }
}
