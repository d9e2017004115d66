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

/// `vtgtadm account …`.
@Command(
    name = "account",
    mixinStandardHelpOptions = true,
    description = "Lists, adds and removes CHAP accounts.")
final class AccountVerbs implements Runnable {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing a verb: list, add or remove.");
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists names, never secrets.")
  int list() {
    return vtgtadm.print(spec, client -> client.get("/v1/accounts"), AccountVerbs::table);
  }

  @Command(
      name = "add",
      mixinStandardHelpOptions = true,
      description =
          "Adds an account. The secret is asked for, or read from the first line of standard"
              + " input.")
  int add(
      @Parameters(paramLabel = "NAME", description = "the CHAP name") String name,
      @Option(
              names = "--secret",
              interactive = true,
              arity = "0",
              prompt = "Secret (12 to 255 characters): ",
              description = "ask for the secret without showing it")
          String asked) {
    String secret = asked != null ? asked : firstLine();
    ObjectNode account =
        AdminClient.JSON.createObjectNode().put("name", name).put("secret", secret);
    return vtgtadm.print(spec, client -> client.post("/v1/accounts", account), Vtgtadm::changes);
  }

  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      description = "Removes an account that no target uses any more.")
  int remove(@Parameters(paramLabel = "NAME", description = "the CHAP name") String name) {
    return vtgtadm.print(
        spec,
        client -> client.delete("/v1/accounts/" + AdminClient.segment(name)),
        Vtgtadm::changes);
  }

  private String firstLine() {
    var in = new java.util.Scanner(System.in, java.nio.charset.StandardCharsets.UTF_8);
    if (!in.hasNextLine()) {
      throw new ParameterException(
          spec.commandLine().getSubcommands().get("add"),
          "No secret came: pipe it in (`vtgtadm account add NAME < file`) or use --secret.");
    }
    return in.nextLine();
  }

  private static String table(JsonNode accounts) {
    var table = new Table("ACCOUNT");
    accounts.forEach(account -> table.row(account.path("name").asText()));
    return table.empty() ? "no accounts" : table.toString();
  }
}
