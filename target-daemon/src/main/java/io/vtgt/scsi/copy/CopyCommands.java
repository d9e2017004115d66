package io.vtgt.scsi.copy;

import static io.vtgt.scsi.CommandSpec.service;

import io.vtgt.scsi.Access;
import io.vtgt.scsi.CommandSpec;
import java.util.List;

/// The rows of the third-party copy commands (SPC-5; SBC-4 for those with tokens). There is no held
/// data, so nobody can receive it.
public final class CopyCommands {
  static final int EXTENDED_COPY_LID1 = 0x00, POPULATE_TOKEN = 0x10, WRITE_USING_TOKEN = 0x11;

  private CopyCommands() {}

  public static List<CommandSpec> rows() {
    return List.of(
        // Like a write to reservations; which unit is written is in the parameter list.
        service(
            "EXTENDED COPY (LID1)",
            EXTENDED_COPY_LID1,
            "83 00 00 00 00 00 00 00 00 00 FF FF FF FF 00 00",
            Access.CHANGES_UNIT,
            ExtendedCopy::lid1),
        service(
            "EXTENDED COPY (LID4)",
            0x01,
            "83 01 00 00 00 00 00 00 00 00 FF FF FF FF 00 00",
            Access.CHANGES_UNIT,
            ExtendedCopy::lid4),
        service(
            "POPULATE TOKEN",
            POPULATE_TOKEN,
            "83 10 00 00 00 00 FF FF FF FF FF FF FF FF 1F 00",
            Access.READS_MEDIUM,
            PopulateToken::begin),
        service(
            "WRITE USING TOKEN",
            WRITE_USING_TOKEN,
            "83 11 00 00 00 00 FF FF FF FF FF FF FF FF 1F 00",
            Access.WRITES_MEDIUM,
            WriteUsingToken::begin),
        service(
            "COPY OPERATION ABORT",
            0x1c,
            "83 1C FF FF FF FF 00 00 00 00 00 00 00 00 00 00",
            Access.CHANGES_UNIT,
            ReceiveCopy::abort),
        service(
            "RECEIVE COPY STATUS (LID1)",
            0x00,
            "84 00 FF 00 00 00 00 00 00 00 FF FF FF FF 00 00",
            Access.REPORTS,
            ReceiveCopy::statusLid1),
        service(
            "RECEIVE COPY OPERATING PARAMETERS",
            0x03,
            "84 03 00 00 00 00 00 00 00 00 FF FF FF FF 00 00",
            Access.REPORTS,
            ReceiveCopy::operatingParameters),
        service(
            "RECEIVE COPY FAILURE DETAILS (LID1)",
            0x04,
            "84 04 FF 00 00 00 00 00 00 00 FF FF FF FF 00 00",
            Access.REPORTS,
            ReceiveCopy::failureDetails),
        service(
            "RECEIVE COPY STATUS (LID4)",
            0x05,
            "84 05 FF FF FF FF 00 00 00 00 FF FF FF FF 00 00",
            Access.REPORTS,
            ReceiveCopy::statusLid4),
        service(
            "RECEIVE ROD TOKEN INFORMATION",
            0x07,
            "84 07 FF FF FF FF 00 00 00 00 FF FF FF FF 00 00",
            Access.REPORTS,
            ReceiveCopy::tokenInformation),
        service(
            "REPORT ALL ROD TOKENS",
            0x08,
            "84 08 00 00 00 00 00 00 00 00 FF FF FF FF 00 00",
            Access.REPORTS,
            ReceiveCopy::allTokens));
  }

  /// The descriptor type codes of segments and CSCDs that are understood, in ascending order.
  public static byte[] descriptorTypes() {
    Segment.Kind[] kinds = Segment.Kind.values();
    byte[] codes = new byte[kinds.length + 1];
    for (int i = 0; i < kinds.length; i++) {
      codes[i] = (byte) kinds[i].code;
    }
    codes[kinds.length] = (byte) Cscd.TYPE;
    return codes;
  }

  /// The service actions of an operation code that there are, in ascending order.
  public static byte[] serviceActions(int opcode) {
    List<CommandSpec> rows = rows().stream().filter(row -> row.opcode() == opcode).toList();
    byte[] actions = new byte[rows.size()];
    for (int i = 0; i < actions.length; i++) {
      actions[i] = (byte) rows.get(i).serviceAction().orElseThrow();
    }
    return actions;
  }
}
