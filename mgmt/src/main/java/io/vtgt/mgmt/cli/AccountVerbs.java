package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `vtgtadm account …`. A secret is never an argument: those are seen by everyone on the machine.
@Command(
    name = "account",
    mixinStandardHelpOptions = true,
    description = "Lists, adds, changes and removes CHAP accounts.")
final class AccountVerbs implements Runnable {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Missing a verb: list, add, change or remove.");
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
          "Adds an account. Its secret, 12 to 255 bytes, is asked for, or read from the first line"
              + " of standard input.",
      footer = {"", "  vtgtadm account add host-a < secret-of-host-a"})
  int add(@Parameters(paramLabel = "NAME", description = "the CHAP name") String name) {
    ObjectNode account = account(name, "add");
    return vtgtadm.print(spec, client -> client.post("/v1/accounts", account), Vtgtadm::changes);
  }

  @Command(
      name = "change",
      mixinStandardHelpOptions = true,
      description =
          "Gives an account another secret, asked for or read like that of a new one. Sessions that"
              + " are logged in stay.")
  int change(@Parameters(paramLabel = "NAME", description = "the CHAP name") String name) {
    ObjectNode account = account(name, "change");
    return vtgtadm.print(spec, client -> client.put(path(name), account), Vtgtadm::changes);
  }

  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      description = "Removes an account that no target uses any more.")
  int remove(@Parameters(paramLabel = "NAME", description = "the CHAP name") String name) {
    return vtgtadm.print(spec, client -> client.delete(path(name)), Vtgtadm::changes);
  }

  private static String path(String name) {
    return "/v1/accounts/" + AdminClient.segment(name);
  }

  private ObjectNode account(String name, String verb) {
    return AdminClient.JSON.createObjectNode().put("name", name).put("secret", secret(name, verb));
  }

  @SuppressWarnings(
      "SystemConsoleNull") // the console of java.base, the default again in 25, may be null
  private String secret(String name, String verb) {
    var console = System.console();
    if (console != null && console.isTerminal()) {
      char[] typed = console.readPassword("Secret of %s (12 to 255 bytes): ", name);
      char[] again = typed == null ? null : console.readPassword("The same again: ");
      if (typed != null && again != null) {
        if (!new String(typed).equals(new String(again))) {
          throw new AdminClient.Refused(ExitCode.INVALID, "the two secrets differ");
        }
        return new String(typed);
      }
    }
    try {
      // Nothing is closed: standard input is not ours.
      String line =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
      if (line != null) {
        return line;
      }
    } catch (IOException e) {
      throw new AdminClient.Refused(ExitCode.INVALID, "cannot read the secret: " + e);
    }
    throw new ParameterException(
        spec.subcommands().get(verb),
        "No secret came: type it when asked, or pipe it in (`vtgtadm account "
            + verb
            + " NAME < file`).");
  }

  private static String table(JsonNode accounts) {
    var table = new Table("ACCOUNT");
    accounts.forEach(account -> table.row(account.path("name").asText()));
    return table.empty() ? "no accounts" : table.toString();
  }
}
