package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `vtgtadm snapshot …`.
@Command(
    name = "snapshot",
    mixinStandardHelpOptions = true,
    description = "Lists, takes, removes and protects snapshots of units, and rolls back to them.")
final class SnapshotVerbs implements Runnable {
  private static final String UNIT = "TARGET/LUN", NAME = "NAME";
  private static final String WHICH_UNIT = "the unit", WHICH = "the snapshot";

  @ParentCommand private Vtgtadm vtgtadm;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Missing a verb: list, create, rollback, remove, protect or unprotect.");
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the snapshots of a unit, oldest first.")
  int list(@Parameters(paramLabel = UNIT, description = WHICH_UNIT) String unit) {
    String snapshots = snapshots(unit);
    return vtgtadm.print(spec, client -> client.get(snapshots), SnapshotVerbs::table);
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "Takes a snapshot: what initiators have been answered for is in it.")
  int create(
      @Parameters(paramLabel = UNIT, description = WHICH_UNIT) String unit,
      @Parameters(paramLabel = NAME, description = "its name") String name) {
    String snapshots = snapshots(unit);
    return vtgtadm.print(
        spec,
        client -> client.post(snapshots, AdminClient.JSON.createObjectNode().put("name", name)),
        _ -> "snapshot " + name + " taken");
  }

  @Command(
      name = "rollback",
      mixinStandardHelpOptions = true,
      description = {
        "Gives a unit the content and the size it had; what was written since is lost.",
        "Initiators are told."
      })
  int rollback(
      @Parameters(paramLabel = UNIT, description = WHICH_UNIT) String unit,
      @Parameters(paramLabel = NAME, description = WHICH) String name,
      @Option(
              names = "--force",
              description = "although sessions see the unit: what is mounted there breaks")
          boolean force) {
    String path = snapshot(unit, name) + "/rollback?force=" + force;
    return vtgtadm.print(spec, client -> client.post(path), _ -> unit + " is as it was at " + name);
  }

  @Command(name = "remove", mixinStandardHelpOptions = true, description = "Removes a snapshot.")
  int remove(
      @Parameters(paramLabel = UNIT, description = WHICH_UNIT) String unit,
      @Parameters(paramLabel = NAME, description = WHICH) String name) {
    String path = snapshot(unit, name);
    return vtgtadm.print(spec, client -> client.delete(path), _ -> "snapshot " + name + " removed");
  }

  @Command(
      name = "protect",
      mixinStandardHelpOptions = true,
      description = "Keeps a snapshot from removal; it may be cloned.")
  int protect(
      @Parameters(paramLabel = UNIT, description = WHICH_UNIT) String unit,
      @Parameters(paramLabel = NAME, description = WHICH) String name) {
    String path = snapshot(unit, name) + "/protect";
    return vtgtadm.print(
        spec, client -> client.post(path), _ -> "snapshot " + name + " is protected");
  }

  @Command(
      name = "unprotect",
      mixinStandardHelpOptions = true,
      description = "Lets a snapshot be removed again; refused while it has clones.")
  int unprotect(
      @Parameters(paramLabel = UNIT, description = WHICH_UNIT) String unit,
      @Parameters(paramLabel = NAME, description = WHICH) String name) {
    String path = snapshot(unit, name) + "/unprotect";
    return vtgtadm.print(
        spec, client -> client.post(path), _ -> "snapshot " + name + " is not protected");
  }

  private String snapshots(String unit) {
    return UnitVerbs.unit(spec, unit) + "/snapshots";
  }

  private String snapshot(String unit, String name) {
    return snapshots(unit) + "/" + AdminClient.segment(name);
  }

  static String table(JsonNode snapshots) {
    var table = new Table("SNAPSHOT", "SIZE", "TAKEN", "PROTECTED");
    for (JsonNode snapshot : snapshots) {
      table.row(
          snapshot.path("name").asText(),
          Table.size(snapshot.path("bytes").asLong()),
          snapshot.path("created").asText(),
          snapshot.path("isProtected").asBoolean() ? "yes" : "no");
    }
    return table.empty() ? "no snapshots" : table.toString();
  }
}
