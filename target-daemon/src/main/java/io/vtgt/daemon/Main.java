package io.vtgt.daemon;

import io.vtgt.mgmt.ProgramVersion;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.HostPort;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `vtgtd`: the command that runs a gateway until it is told to stop.
@Command(
    name = "vtgtd",
    sortOptions = false,
    usageHelpAutoWidth = true,
    versionProvider = Main.Version.class,
    description = {
      "Serves block devices to iSCSI initiators until it gets SIGTERM or SIGINT; then it ends the"
          + " sessions, flushes and closes every store, and ends with status 0.",
      "",
      "Without a configuration it serves one disk, a sparse file disk.img of 10 GiB in the data"
          + " folder, on 127.0.0.1:3260, and the management interface on 127.0.0.1:9260. Changes"
          + " through the management interface (vtgtadm) are kept in the data folder and survive a"
          + " restart; a configuration file that was changed since rules over them."
    },
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:stopped, and every store was flushed and closed",
      "1:could not start, or a store could not be closed well",
      "2:the command line is wrong"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  vtgtd",
      "  vtgtd --config conf/vtgt.yaml --data /var/lib/vtgt",
      "  vtgtd --portal 0.0.0.0:3260 --portal [::1]:3261,2 --http 127.0.0.1:0",
      "  VTGT_LOG=debug vtgtd --transport epoll",
      "",
      "Then, from another shell:",
      "  iscsi-ls -s iscsi://127.0.0.1:3260",
      "  vtgtadm show"
    })
public final class Main implements Callable<Integer> {
  private static final int OK = 0, FAILED = 1, USAGE = 2;

  /// Stores on slow media may take long to open; after this the start has failed.
  private static final long START_SECONDS = 300;

  /// All steps of the stop together.
  private static final long STOP_SECONDS = 60;

  private static final List<String> LOG_LEVELS = List.of("error", "warn", "info", "debug", "trace");

  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "the configuration, YAML or (named .json) JSON; see conf/vtgt.yaml")
  private Path config;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "data",
      description =
          "folder of the state and of stores with relative paths, made if missing; one daemon at a"
              + " time (${DEFAULT-VALUE})")
  private Path data;

  @Option(
      names = "--portal",
      paramLabel = "ADDR:PORT[,GROUP]",
      description =
          "listen for initiators here in place of the document's portals, for this run; repeatable;"
              + " *:3260 is every address, port 0 takes a free one; portal group 1 unless given")
  private List<String> portals = List.of();

  @Option(
      names = "--http",
      paramLabel = "ADDR:PORT",
      description = "management interface, in place of the document's, for this run")
  private String http;

  @Option(
      names = "--transport",
      paramLabel = "NAME",
      defaultValue = "auto",
      description =
          "auto, io_uring, epoll or nio; auto takes the first of these that the system allows"
              + " (${DEFAULT-VALUE})")
  private String transport;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      defaultValue = "${env:VTGT_LOG:-info}",
      description = "error, warn, info, debug or trace, on stderr (environment VTGT_LOG; info)")
  private String logLevel;

  @Option(names = "--version", versionHelp = true, description = "print the version and end")
  private boolean version;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "print this and end")
  private boolean help;

  /// @param arguments of the command line; see `vtgtd --help`
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    var commandLine = new CommandLine(new Main());
    commandLine.setParameterExceptionHandler(
        (wrong, _) -> {
          var err = wrong.getCommandLine().getErr();
          err.println("vtgtd: " + wrong.getMessage() + " (vtgtd --help tells more)");
          err.print("Usage: " + wrong.getCommandLine().getHelp().synopsis("Usage: ".length()));
          err.flush();
          return USAGE;
        });
    return commandLine;
  }

  /// Runs until the daemon has stopped.
  @Override
  public Integer call() {
    var settings = settings();
    System.setProperty("vtgt.log", logLevel.toLowerCase(Locale.ROOT)); // before the first logger
    var daemon = new Daemon(settings);
    var hook = Thread.ofPlatform().name("stop").unstarted(() -> stopAndHalt(daemon));
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      Daemon.await(daemon.start(), START_SECONDS);
    } catch (RuntimeException failure) {
      var err = spec.commandLine().getErr();
      err.println("vtgtd: " + Reconciler.words(failure));
      err.flush();
      Runtime.getRuntime().halt(FAILED); // everything is closed; and nothing may hold us up
    }
    var out = spec.commandLine().getOut();
    greet(daemon, out);
    out.flush();
    daemon.stopped().toCompletionStage().toCompletableFuture().join();
    return OK; // not reached before the hook has ended the process
  }

  /// The JVM's own status after a signal would be 128 + its number; a stop as asked for is a
  /// success.
  private static void stopAndHalt(Daemon daemon) {
    boolean well;
    try {
      well = Daemon.await(daemon.stop(), STOP_SECONDS);
    } catch (RuntimeException failure) {
      System.err.println("vtgtd: could not stop: " + Reconciler.words(failure));
      well = false;
    }
    Runtime.getRuntime().halt(well ? OK : FAILED);
  }

  private Daemon.Settings settings() {
    if (!LOG_LEVELS.contains(logLevel.toLowerCase(Locale.ROOT))) {
      throw wrong("log level", logLevel, String.join(", ", LOG_LEVELS));
    }
    var listen = new ArrayList<Document.Portal>();
    for (var portal : portals) {
      listen.add(
          Overrides.portal(portal)
              .orElseThrow(
                  () ->
                      wrong(
                          "--portal",
                          portal,
                          "ADDR:PORT, [IPv6]:PORT, *:PORT, each with ,GROUP from 1 to 65535")));
    }
    if (http != null && HostPort.parse(http).isEmpty()) {
      throw wrong("--http", http, "ADDR:PORT, [IPv6]:PORT, *:PORT");
    }
    return new Daemon.Settings(
        Optional.ofNullable(config),
        data,
        new Overrides(listen, Optional.ofNullable(http)),
        transport());
  }

  private TransportChoice transport() {
    for (var choice : TransportChoice.values()) {
      if (choice.toString().equals(transport)) {
        return choice;
      }
    }
    throw wrong("--transport", transport, "auto, io_uring, epoll, nio");
  }

  private ParameterException wrong(String what, String came, String allowed) {
    return new ParameterException(
        spec.commandLine(), what + ": '" + came + "' came, allowed: " + allowed);
  }

  /// What a person needs to begin: where it is, how to look at it, how to go on.
  private static void greet(Daemon daemon, PrintWriter out) {
    var document = daemon.admin().current().document();
    var portals = daemon.admin().portals();
    var portal = portals.isEmpty() ? "no portal" : portals.getFirst().listening();
    var targets = document.targets();
    var target = targets.isEmpty() ? "no target yet" : targets.getFirst().name();
    out.printf(
        "vtgtd %s serves %s%s on %s%n",
        ProgramVersion.TEXT,
        target,
        targets.size() > 1 ? " and " + (targets.size() - 1) + " more" : "",
        portal);
    out.printf(
        "  look at it:  iscsi-ls -s iscsi://%s    http://%s%n",
        Addresses.reachable(portal), Addresses.reachable(daemon.http()));
    out.printf(
        "  add a disk:  bin/vtgtadm%s unit add %s --file more.img --size 10GiB%n",
        daemon.http().equals("127.0.0.1:9260")
            ? ""
            : " --url http://" + Addresses.reachable(daemon.http()),
        targets.isEmpty() ? "TARGET" : target);
  }

  /// For `--version`.
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"vtgtd " + ProgramVersion.TEXT};
    }
  }
}
