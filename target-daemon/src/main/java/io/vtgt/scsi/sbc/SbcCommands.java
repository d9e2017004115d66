package io.vtgt.scsi.sbc;

import io.vtgt.scsi.CommandSpec;
import java.util.List;

/// The rows of the block device (SBC-4) commands.
public final class SbcCommands {
  private SbcCommands() {}

  public static List<CommandSpec> rows() {
    return List.of();
  }
}
