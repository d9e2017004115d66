package io.vtgt.scsi.alua;

import static io.vtgt.scsi.CommandSpec.service;

import io.vtgt.scsi.Access;
import io.vtgt.scsi.CommandSpec;
import java.util.List;

/// The rows of the commands about target port groups (SPC-5).
public final class AluaCommands {
  private AluaCommands() {}

  public static List<CommandSpec> rows() {
    return List.of(
        service(
                "REPORT TARGET PORT GROUPS",
                0x0a,
                "A3 EA 00 00 00 00 FF FF FF FF 00 00",
                Access.REPORTS,
                ReportTargetPortGroups::begin)
            .when(unit -> unit.portGroups().mode() != AluaMode.OFF),
        service(
                "SET TARGET PORT GROUPS",
                0x0a,
                "A4 0A 00 00 00 00 FF FF FF FF 00 00",
                Access.CHANGES_UNIT,
                SetTargetPortGroups::begin)
            .when(unit -> unit.portGroups().mode().explicit()));
  }
}
