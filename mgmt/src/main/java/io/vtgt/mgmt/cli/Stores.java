package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// The kinds of stores and layers this daemon has, with their options.
@Command(
    name = "stores",
    mixinStandardHelpOptions = true,
    description = "Lists the kinds of stores and layers with their options.")
final class Stores implements Callable<Integer> {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    return vtgtadm.print(
        spec,
        client -> {
          ObjectNode all = AdminClient.JSON.createObjectNode();
          all.set("stores", client.get("/v1/stores"));
          all.set("layers", client.get("/v1/layers"));
          return all;
        },
        all -> {
          var table = new Table("KIND", "OPTION", "TYPE", "DEFAULT", "MEANING");
          rows(table, "", all.get("stores"));
          rows(table, "layer ", all.get("layers"));
          return table.toString();
        });
  }

  private static void rows(Table table, String prefix, JsonNode kinds) {
    for (JsonNode kind : kinds) {
      table.row(prefix + kind.path("kind").asText(), "", "", "", kind.path("summary").asText());
      options(table, "", kind.path("options"));
      options(table, "  new image", kind.path("media").path("creation"));
    }
  }

  private static void options(Table table, String of, JsonNode options) {
    for (JsonNode option : options) {
      table.row(
          of,
          option.path("name").asText(),
          option.path("type").asText(),
          option.path("required").asBoolean() ? "(required)" : option.path("defaultValue").asText(),
          option.path("meaning").asText());
    }
  }
}
