package io.vtgt.scsi.sbc;

import static io.vtgt.scsi.Access.CHANGES_UNIT;
import static io.vtgt.scsi.Access.READS_MEDIUM;
import static io.vtgt.scsi.Access.REPORTS;
import static io.vtgt.scsi.Access.WRITES_MEDIUM;
import static io.vtgt.scsi.CommandSpec.command;
import static io.vtgt.scsi.CommandSpec.service;
import static io.vtgt.scsi.sbc.CdbLayout.BYTES_10;
import static io.vtgt.scsi.sbc.CdbLayout.BYTES_12;
import static io.vtgt.scsi.sbc.CdbLayout.BYTES_16;
import static io.vtgt.scsi.sbc.CdbLayout.BYTES_32;
import static io.vtgt.scsi.sbc.CdbLayout.BYTES_6;

import io.vtgt.scsi.Access;
import io.vtgt.scsi.CommandSpec;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import java.util.List;
import java.util.function.BiFunction;

/// The rows of the block device (SBC-4) commands.
///
/// RDPROTECT, WRPROTECT, VRPROTECT and ORPROTECT are in no usage map: there is no protection
/// information, so they must be 0. So must be ANCHOR: no store can anchor a block. GROUP NUMBER is
/// taken and groups nothing (GROUP_SUP is 0).
///
/// READ (32) to WRITE SAME (32) are for type 2 protection, says SBC-4. We have no protection
/// information and process them all the same, as what they are without it: their protect field must
/// be 0, so nothing is checked, and the expected tags are ignored (see
/// `docs/decisions/2026-11-21-cdbs-of-32-bytes.md`).
public final class SbcCommands {
  private static final String LBA_10 = "FF FF FF FF";
  private static final String LBA_16 = "FF FF FF FF FF FF FF FF";

  /// Expected initial reference tag, expected application tag and its mask.
  private static final String TAGS = "FF FF FF FF FF FF FF FF";

  private SbcCommands() {}

  public static List<CommandSpec> rows() {
    return List.of(
        command("FORMAT UNIT", "04 3F 00 00 00 00", WRITES_MEDIUM, FormatUnit::begin),
        command("READ (6)", "08 1F FF FF FF 00", READS_MEDIUM, with(BYTES_6, ReadWrite::read)),
        command("WRITE (6)", "0A 1F FF FF FF 00", WRITES_MEDIUM, with(BYTES_6, ReadWrite::write)),
        command("START STOP UNIT", "1B 01 00 0F F7 00", Access.OWN_RULES, StartStopUnit::begin),
        command(
                "READ CAPACITY (10)",
                "25 00 00 00 00 00 00 00 00 00",
                REPORTS,
                ReadCapacity::bytes10)
            .needsMedium(true)
            .duringSanitize(_ -> true),
        ten("READ (10)", "28 18", READS_MEDIUM, ReadWrite::read),
        ten("WRITE (10)", "2A 18", WRITES_MEDIUM, ReadWrite::write),
        ten("WRITE AND VERIFY (10)", "2E 16", WRITES_MEDIUM, WriteAndVerify::begin),
        ten("VERIFY (10)", "2F 16", READS_MEDIUM, Verify::begin),
        ten("PRE-FETCH (10)", "34 02", READS_MEDIUM, PreFetch::begin),
        ten("SYNCHRONIZE CACHE (10)", "35 06", CHANGES_UNIT, SynchronizeCache::begin)
            .needsMedium(true),
        ten("WRITE SAME (10)", "41 08", WRITES_MEDIUM, WriteSame::begin),
        command("UNMAP", "42 00 00 00 00 00 1F FF FF 00", WRITES_MEDIUM, Unmap::begin)
            .when(BlockLimits::unmapCommand),
        service(
            "SANITIZE, OVERWRITE",
            0x01,
            "48 A1 00 00 00 00 00 FF FF 00",
            WRITES_MEDIUM,
            Sanitize::overwrite),
        service(
                "SANITIZE, BLOCK ERASE",
                0x02,
                "48 A2 00 00 00 00 00 FF FF 00",
                WRITES_MEDIUM,
                Sanitize::blockErase)
            .when(BlockLimits::unmapZeroes),
        service(
            "SANITIZE, EXIT FAILURE MODE",
            0x1f,
            "48 BF 00 00 00 00 00 FF FF 00",
            WRITES_MEDIUM,
            Sanitize::exitFailureMode),
        thirtyTwo("READ (32)", 0x09, "18", READS_MEDIUM, ReadWrite::read),
        thirtyTwo("VERIFY (32)", 0x0a, "16", READS_MEDIUM, Verify::begin),
        thirtyTwo("WRITE (32)", 0x0b, "18", WRITES_MEDIUM, ReadWrite::write),
        thirtyTwo("WRITE AND VERIFY (32)", 0x0c, "16", WRITES_MEDIUM, WriteAndVerify::begin),
        thirtyTwo("WRITE SAME (32)", 0x0d, "09", WRITES_MEDIUM, WriteSame::begin),
        service(
                "ORWRITE (32)",
                0x0e,
                "7F 00 07 0F 00 00 1F 18 00 0E 18 00 "
                    + LBA_16
                    + " FF FF FF FF FF FF FF FF FF FF FF FF",
                WRITES_MEDIUM,
                OrWrite::begin32)
            .when(unit -> longCdbs(unit) && OrWrite.offered(unit)),
        sixteen("READ (16)", "88 18", READS_MEDIUM, ReadWrite::read),
        command(
                "COMPARE AND WRITE",
                "89 18 " + LBA_16 + " 00 00 00 FF 1F 00",
                WRITES_MEDIUM,
                CompareAndWrite::begin)
            .when(BlockLimits::compareAndWrite),
        sixteen("WRITE (16)", "8A 18", WRITES_MEDIUM, ReadWrite::write),
        command(
                "ORWRITE (16)",
                "8B 18 " + LBA_16 + " FF FF FF FF 1F 00",
                WRITES_MEDIUM,
                OrWrite::begin16)
            .when(OrWrite::offered),
        sixteen("WRITE AND VERIFY (16)", "8E 16", WRITES_MEDIUM, WriteAndVerify::begin),
        sixteen("VERIFY (16)", "8F 16", READS_MEDIUM, Verify::begin),
        sixteen("PRE-FETCH (16)", "90 02", READS_MEDIUM, PreFetch::begin),
        sixteen("SYNCHRONIZE CACHE (16)", "91 06", CHANGES_UNIT, SynchronizeCache::begin)
            .needsMedium(true),
        sixteen("WRITE SAME (16)", "93 09", WRITES_MEDIUM, WriteSame::begin),
        command(
                "WRITE ATOMIC (16)",
                "9C 18 " + LBA_16 + " FF FF FF FF 1F 00",
                WRITES_MEDIUM,
                WriteAtomic::begin16)
            .when(WriteAtomic::offered),
        service(
                "READ CAPACITY (16)",
                0x10,
                "9E 10 00 00 00 00 00 00 00 00 FF FF FF FF 00 00",
                REPORTS,
                ReadCapacity::bytes16)
            .needsMedium(true)
            .duringSanitize(_ -> true),
        service(
            "GET LBA STATUS (16)",
            0x12,
            "9E 12 " + LBA_16 + " FF FF FF FF 00 00",
            READS_MEDIUM,
            GetLbaStatus::begin),
        twelve("READ (12)", "A8 18", READS_MEDIUM, ReadWrite::read),
        twelve("WRITE (12)", "AA 18", WRITES_MEDIUM, ReadWrite::write),
        twelve("WRITE AND VERIFY (12)", "AE 16", WRITES_MEDIUM, WriteAndVerify::begin),
        twelve("VERIFY (12)", "AF 16", READS_MEDIUM, Verify::begin));
  }

  /// A command that comes in several lengths.
  @FunctionalInterface
  private interface Family {
    Step begin(CdbLayout layout, Task task, LogicalUnit unit);
  }

  private static CommandSpec ten(String name, String start, Access access, Family family) {
    return command(name, start + " " + LBA_10 + " 1F FF FF 00", access, with(BYTES_10, family));
  }

  private static CommandSpec twelve(String name, String start, Access access, Family family) {
    return command(
        name, start + " " + LBA_10 + " FF FF FF FF 1F 00", access, with(BYTES_12, family));
  }

  private static CommandSpec sixteen(String name, String start, Access access, Family family) {
    return command(
        name, start + " " + LBA_16 + " FF FF FF FF 1F 00", access, with(BYTES_16, family));
  }

  private static CommandSpec thirtyTwo(
      String name, int serviceAction, String flags, Access access, Family family) {
    String start = "7F 00 00 00 00 00 1F 18 00 %02X ".formatted(serviceAction) + flags + " 00 ";
    return service(
            name,
            serviceAction,
            start + LBA_16 + " " + TAGS + " FF FF FF FF",
            access,
            with(BYTES_32, family))
        .when(SbcCommands::longCdbs);
  }

  private static boolean longCdbs(LogicalUnit unit) {
    return unit.profile().longCdbs();
  }

  private static BiFunction<Task, LogicalUnit, Step> with(CdbLayout layout, Family family) {
    return (task, unit) -> family.begin(layout, task, unit);
  }
}
