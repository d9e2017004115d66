package io.vtgt.scsi.reservation;

import io.vtgt.scsi.CommandSpec;
import java.util.List;

/// The rows of the reservation commands.
public final class ReservationCommands {
  private ReservationCommands() {}

  public static List<CommandSpec> rows() {
    return List.of();
  }
}
