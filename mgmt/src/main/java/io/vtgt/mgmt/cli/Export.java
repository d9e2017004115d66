package io.vtgt.mgmt.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// Prints the document in force: the backup that `apply` takes.
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = "Prints the configuration in force, as YAML (or JSON with --json).")
final class Export implements Callable<Integer> {
  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Option(names = "--secrets", description = "with the CHAP secrets; without them they are masked")
  private boolean secrets;

  @Override
  public Integer call() {
    String path = "/v1/config" + (secrets ? "?secrets=true" : "");
    return vtgtadm.printText(spec, path);
  }
}
