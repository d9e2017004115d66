package io.vtgt.scsi.spc;

import io.vtgt.scsi.CommandSpec;
import java.util.List;

/// The rows of the device-independent (SPC-5) commands.
public final class SpcCommands {
  private SpcCommands() {}

  public static List<CommandSpec> rows() {
    return List.of();
  }
}
