package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vtgt.mgmt.ProgramVersion;
import java.io.PrintWriter;
import java.util.function.Function;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// `vtgtadm`: the admin client. One picocli class per verb; everything goes over the management
/// interface.
@Command(
    name = "vtgtadm",
    mixinStandardHelpOptions = true,
    versionProvider = Vtgtadm.Version.class,
    sortOptions = false,
    description = "Shows and changes what a running vtgtd serves.",
    subcommands = {
      Show.class,
      Health.class,
      TargetVerbs.class,
      UnitVerbs.class,
      SnapshotVerbs.class,
      ImageVerbs.class,
      PortalVerbs.class,
      PortGroupVerbs.class,
      SessionVerbs.class,
      Events.class,
      AccountVerbs.class,
      Apply.class,
      Export.class,
      Stores.class,
      HelpCommand.class,
      AutoComplete.GenerateCompletion.class
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:a fault of the program or of the daemon",
      "2:the command line is wrong",
      "3:no daemon answers",
      "4:there is no such target, unit, portal, session or account",
      "5:it exists already, is in use, or was changed meanwhile",
      "6:the document or a value is refused",
      "7:the daemon could not do it, or (health) does not serve"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  vtgtadm show",
      "  vtgtadm target add iqn.2026-11.com.example:db --file db.img --size 10GiB",
      "  vtgtadm unit add iqn.2026-11.com.example:db --file log.img --size 1GiB",
      "  vtgtadm export > backup.yaml",
      "  vtgtadm apply --dry-run conf/vtgt.yaml",
      "  source <(vtgtadm generate-completion)"
    })
public final class Vtgtadm implements Runnable {
  static final String DEFAULT_URL = "http://127.0.0.1:9260";

  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"vtgtadm " + ProgramVersion.TEXT};
    }
  }

  @Spec CommandSpec spec;

  @Option(
      names = "--url",
      scope = ScopeType.INHERIT,
      paramLabel = "URL",
      defaultValue = "${env:VTGT_URL:-" + DEFAULT_URL + "}",
      description = "the daemon's management address (environment VTGT_URL; ${DEFAULT-VALUE})")
  String url;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "print the daemon's answer as JSON instead of a table")
  boolean json;

  /// @param arguments of the command line; see `vtgtadm --help`
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /// The whole command, with its error handling; tests give it their own writers.
  public static CommandLine commandLine() {
    var commandLine = new CommandLine(new Vtgtadm());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setExecutionExceptionHandler(
        (exception, command, _) -> {
          if (exception instanceof AdminClient.Refused refused) {
            boolean json = ((Vtgtadm) command.getCommandSpec().root().userObject()).json;
            command
                .getErr()
                .println(
                    json && refused.problem.isObject()
                        ? refused.problem.toPrettyString()
                        : "vtgtadm: " + refused.getMessage());
            command.getErr().flush();
            return refused.exitCode;
          }
          throw exception;
        });
    return commandLine;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing a verb.");
  }

  /// Calls the daemon and prints its answer.
  ///
  /// @param call what to ask
  /// @param text the answer for people; without `--json`
  int print(
      CommandSpec verb, Function<AdminClient, JsonNode> call, Function<JsonNode, String> text) {
    try (var client = new AdminClient(url)) {
      print(verb, call.apply(client), text);
      return ExitCode.OK;
    }
  }

  private void print(CommandSpec verb, JsonNode answer, Function<JsonNode, String> text) {
    PrintWriter out = verb.commandLine().getOut();
    if (json) {
      out.println(answer.isMissingNode() ? "{}" : answer.toPrettyString());
    } else {
      out.println(text.apply(answer));
    }
    out.flush();
  }

  /// Asks again and again, and prints what is new, until the thread is interrupted.
  ///
  /// @param call answers a list of what came since it was called last
  int follow(
      CommandSpec verb,
      Function<AdminClient, JsonNode> call,
      Function<JsonNode, String> text,
      long pauseMillis)
      throws InterruptedException {
    try (var client = new AdminClient(url)) {
      while (true) {
        JsonNode news = call.apply(client);
        if (!news.isEmpty()) {
          print(verb, news, text);
        }
        Thread.sleep(pauseMillis);
      }
    }
  }

  /// Prints a part of the document as the daemon writes it: YAML, or JSON with `--json`.
  int printText(CommandSpec verb, String path) {
    try (var client = new AdminClient(url)) {
      PrintWriter out = verb.commandLine().getOut();
      out.println(
          json
              ? client.get(path).toPrettyString()
              : client.getText(path, "application/yaml").stripTrailing());
      out.flush();
      return ExitCode.OK;
    }
  }

  /// What a change did, for people: one line for each.
  static String changes(JsonNode applied) {
    var lines = new StringBuilder();
    for (JsonNode change : applied.path("changes")) {
      lines
          .append(lines.isEmpty() ? "" : "\n")
          .append(applied.path("dryRun").asBoolean() ? "would " : "")
          .append(change.path("summary").asText());
    }
    return lines.isEmpty() ? "nothing changes in what runs" : lines.toString();
  }
}
