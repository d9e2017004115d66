package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
            + " added.")
final class Apply implements Callable<Integer> {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "YAML or JSON; - is standard input")
  private String file;

  @Option(names = "--dry-run", description = "only tell what would change")
  private boolean dryRun;

  @Override
  public Integer call() {
    String document = read();
    String type = document.stripLeading().startsWith("{") ? "application/json" : "application/yaml";
    return vtgtadm.print(
        spec,
        client -> client.put("/v1/config" + (dryRun ? "?dryRun=true" : ""), type, document),
        Vtgtadm::changes);
  }

  private String read() {
    try {
      byte[] bytes =
          file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AdminClient.Refused(
          ExitCode.INVALID, "cannot read " + file + ": " + e, MissingNode.getInstance());
    }
  }
}
