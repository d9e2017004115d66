package io.vtgt.mgmt.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// Makes a whole document the one in force.
@Command(
    name = "apply",
    mixinStandardHelpOptions = true,
    description =
        "Makes a document the configuration in force: what it lacks is removed, what it adds is"
            + " added. A secret that `export` has masked is kept as it is.")
final class Apply implements Callable<Integer> {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "YAML or (named .json) JSON; - is standard input")
  private String file;

  @Option(names = "--dry-run", description = "only tell what would change")
  private boolean dryRun;

  @Override
  public Integer call() {
    String document = read();
    boolean stdin = file.equals("-");
    boolean json = stdin ? document.stripLeading().startsWith("{") : file.endsWith(".json");
    return vtgtadm.print(
        spec,
        client ->
            client.put(
                "/v1/config" + (dryRun ? "?dryRun=true" : ""),
                json ? "application/json" : "application/yaml",
                document,
                Optional.of(stdin ? "stdin" : file)),
        Vtgtadm::changes);
  }

  private String read() {
    try {
      byte[] bytes =
          file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new AdminClient.Refused(ExitCode.INVALID, "there is no file " + file);
    } catch (IOException e) {
      throw new AdminClient.Refused(ExitCode.INVALID, "cannot read " + file + ": " + e);
    }
  }
}
