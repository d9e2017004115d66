package io.vtgt.scsi.spc;

import static io.vtgt.scsi.CommandSpec.command;
import static io.vtgt.scsi.CommandSpec.service;

import io.vtgt.scsi.Access;
import io.vtgt.scsi.CommandSpec;
import java.util.List;

/// The rows of the device-independent (SPC-5) commands, and READ DEFECT DATA (SBC-4).
public final class SpcCommands {
  private SpcCommands() {}

  public static List<CommandSpec> rows() {
    return List.of(
        command("TEST UNIT READY", "00 00 00 00 00 00", Access.REPORTS, TestUnitReady::begin)
            .needsMedium(true),
        command("REQUEST SENSE", "03 01 00 00 FF 00", Access.ALWAYS, RequestSense::begin),
        command("INQUIRY", "12 01 FF FF FF 00", Access.ALWAYS, Inquiry::begin),
        command("MODE SELECT (6)", "15 13 00 00 FF 00", Access.CHANGES_UNIT, ModeSelect::begin6),
        // Exclusive access keeps it from strangers, write exclusive does not (SPC-5, commands
        // allowed in the presence of various reservations): like a read, but of no medium.
        command("MODE SENSE (6)", "1A 08 FF FF FF 00", Access.READS_MEDIUM, ModeSense::begin6)
            .needsMedium(false)
            .duringSanitize(ModeSense::duringSanitize),
        // As MODE SENSE.
        command(
                "RECEIVE DIAGNOSTIC RESULTS",
                "1C 01 FF FF FF 00",
                Access.READS_MEDIUM,
                ReceiveDiagnosticResults::begin)
            .needsMedium(false),
        command("SEND DIAGNOSTIC", "1D F7 00 00 00 00", Access.CHANGES_UNIT, SendDiagnostic::begin),
        command(
                "PREVENT ALLOW MEDIUM REMOVAL",
                "1E 00 00 00 03 00",
                Access.OWN_RULES,
                PreventAllow::begin)
            .when(unit -> unit.profile().removable()),
        command(
            "READ DEFECT DATA (10)",
            "37 00 1F 00 00 00 00 FF FF 00",
            Access.READS_MEDIUM,
            ReadDefectData::begin10),
        command(
            "WRITE BUFFER",
            "3B 1F FF FF FF FF FF FF FF 00",
            Access.CHANGES_UNIT,
            EchoBuffer::write),
        command(
                "READ BUFFER (10)",
                "3C 1F FF FF FF FF FF FF FF 00",
                Access.READS_MEDIUM,
                EchoBuffer::read)
            .needsMedium(false),
        command(
            "LOG SELECT", "4C 02 FF FF 00 00 00 FF FF 00", Access.CHANGES_UNIT, LogSelect::begin),
        command("LOG SENSE", "4D 00 FF FF 00 FF FF FF FF 00", Access.REPORTS, LogSense::begin),
        command(
            "MODE SELECT (10)",
            "55 13 00 00 00 00 00 FF FF 00",
            Access.CHANGES_UNIT,
            ModeSelect::begin10),
        command(
                "MODE SENSE (10)",
                "5A 18 FF FF 00 00 00 FF FF 00",
                Access.READS_MEDIUM,
                ModeSense::begin10)
            .needsMedium(false)
            .duringSanitize(ModeSense::duringSanitize),
        command(
            "REPORT LUNS",
            "A0 00 FF 00 00 00 FF FF FF FF 00 00",
            Access.ALWAYS,
            (task, _) -> ReportLuns.begin(task)),
        service(
            "REPORT IDENTIFYING INFORMATION",
            0x05,
            "A3 05 00 00 00 00 FF FF FF FF FE 00",
            Access.REPORTS,
            IdentifyingInformation::report),
        service(
                "REPORT SUPPORTED OPERATION CODES",
                0x0c,
                "A3 0C 87 FF FF FF FF FF FF FF 00 00",
                Access.READS_MEDIUM,
                ReportSupportedOperationCodes::begin)
            .needsMedium(false)
            .duringSanitize(_ -> true),
        service(
                "REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS",
                0x0d,
                "A3 0D 80 00 00 00 FF FF FF FF 00 00",
                Access.READS_MEDIUM,
                ReportSupportedTmf::begin)
            .needsMedium(false)
            .duringSanitize(_ -> true),
        service(
            "REPORT TIMESTAMP",
            0x0f,
            "A3 0F 00 00 00 00 FF FF FF FF 00 00",
            Access.REPORTS,
            Timestamp::report),
        service(
            "SET IDENTIFYING INFORMATION",
            0x06,
            "A4 06 00 00 00 00 FF FF FF FF FE 00",
            Access.CHANGES_UNIT,
            IdentifyingInformation::set),
        service(
            "SET TIMESTAMP",
            0x0f,
            "A4 0F 00 00 00 00 FF FF FF FF 00 00",
            Access.CHANGES_UNIT,
            Timestamp::set),
        command(
            "READ DEFECT DATA (12)",
            "B7 1F FF FF FF FF FF FF FF FF 00 00",
            Access.READS_MEDIUM,
            ReadDefectData::begin12));
  }
}
