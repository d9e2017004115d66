package io.vtgt.scsi;

import io.vtgt.target.Lun;
import io.vtgt.target.Nexus;

/// One command in progress (SAM-5, Task). Made by the transport, touched on its nexus' loop only.
///
/// @param nexus whom it came through
/// @param lun the 8-byte logical unit number, in the one form of [Lun#canonical] whatever form it
///   came in: so that ending the tasks of a unit finds all of them
/// @param tag the initiator task tag, unique in the nexus
/// @param dataOutLength bytes the initiator will send at most
/// @param dataInLength bytes the initiator will take at most
public record Task(
    Nexus nexus,
    long lun,
    int tag,
    Cdb cdb,
    TaskAttribute attribute,
    long dataOutLength,
    long dataInLength) {
  public Task {
    lun = Lun.canonical(lun);
  }
}
