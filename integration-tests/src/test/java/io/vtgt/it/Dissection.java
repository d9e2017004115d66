package io.vtgt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What tshark's iSCSI and SCSI dissectors make of a capture.
///
/// @param pdus how many they found, of both sides
/// @param faults a line for each packet of the target with a malformed PDU or another error
/// @param cutShort packets of the target in which the dissector read past data that ends where the
///   initiator wanted it to end: it does not know that SPC cuts what is longer than the allocation
///   length (SPC-4, Allocation length)
/// @param initiatorFaults packets of the initiator with an error: test programs send wrong ones
record Dissection(long pdus, List<String> faults, int cutShort, int initiatorFaults) {
  private static final int SECONDS = 900;
  private static final int SEVERITY_ERROR = 0x800000;
  private static final String SCSI_COMMAND = "0x01";
  private static final String DATA_IN = "0x25";
  private static final String R2T = "0x31";
  private static final String TARGET_PORT = "3260";

  /// The columns that tshark prints. A packet may hold several PDUs: a column then has a value for
  /// each of them that has the field.
  private enum Field {
    NUMBER("frame.number"),
    STREAM("tcp.stream"),
    FROM_PORT("tcp.srcport"),
    OPCODE("iscsi.opcode"),
    ITT("iscsi.initiatortasktag"),
    LENGTH("iscsi.datasegmentlength"),
    OFFSET("iscsi.bufferOffset"),
    EXPECTED("iscsi.scsicommand.expecteddatatransferlength"),
    SEVERITY("_ws.expert.severity"),
    MESSAGE("_ws.expert.message"),
    INFO("_ws.col.Info");

    final String name;

    Field(String name) {
      this.name = name;
    }
  }

  private record Packet(String[] columns) {
    String text(Field field) {
      return columns[field.ordinal()];
    }

    String[] values(Field field) {
      String text = text(field);
      return text.isEmpty() ? new String[0] : text.split(",", -1);
    }

    int errors() {
      int errors = 0;
      for (String severity : values(Field.SEVERITY)) {
        if (Integer.decode(severity) >= SEVERITY_ERROR) {
          errors++;
        }
      }
      return errors;
    }
  }

  /// Skips the test when tshark is not installed.
  ///
  /// @param capture what tshark says is kept beside it
  static Dissection of(Path capture) throws IOException {
    Path printed = capture.resolveSibling(capture.getFileName() + ".txt");
    var command = new ArrayList<String>(List.of("tshark", "-n", "-r", capture.toString()));
    command.addAll(List.of("-Y", "iscsi || _ws.malformed", "-T", "fields"));
    for (var field : Field.values()) {
      command.addAll(List.of("-e", field.name));
    }
    Tool.runInto(printed, SECONDS, command.toArray(String[]::new));
    return read(printed);
  }

  private static Dissection read(Path printed) throws IOException {
    long pdus = 0;
    var faults = new ArrayList<String>();
    int cutShort = 0;
    int initiatorFaults = 0;
    var expected = new HashMap<String, Long>();
    try (var lines = Files.newBufferedReader(printed)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        var packet = new Packet(line.split("\t", -1));
        if (packet.columns().length < Field.values().length) {
          continue; // what tshark says on its standard error
        }
        pdus += packet.values(Field.OPCODE).length;
        boolean fromTarget = packet.text(Field.FROM_PORT).equals(TARGET_PORT);
        if (!fromTarget) {
          keepExpectedLengths(packet, expected);
        }
        if (packet.errors() > 0) {
          if (!fromTarget) {
            initiatorFaults++;
          } else if (packet.errors() <= cutShort(packet, expected)) {
            cutShort++;
          } else {
            faults.add(
                "packet %s: %s: %s"
                    .formatted(
                        packet.text(Field.NUMBER),
                        packet.text(Field.MESSAGE),
                        packet.text(Field.INFO)));
          }
        }
      }
    }
    return new Dissection(pdus, faults, cutShort, initiatorFaults);
  }

  private static void keepExpectedLengths(Packet packet, Map<String, Long> expected) {
    String[] opcodes = packet.values(Field.OPCODE);
    String[] tags = packet.values(Field.ITT);
    String[] lengths = packet.values(Field.EXPECTED);
    for (int pdu = 0, command = 0; pdu < opcodes.length && command < lengths.length; pdu++) {
      if (opcodes[pdu].equals(SCSI_COMMAND)) {
        expected.put(packet.text(Field.STREAM) + tags[pdu], Long.decode(lengths[command++]));
      }
    }
  }

  /// The number of Data-In PDUs in the packet that fill what their command expects to the last
  /// byte.
  private static int cutShort(Packet packet, Map<String, Long> expected) {
    String[] opcodes = packet.values(Field.OPCODE);
    String[] tags = packet.values(Field.ITT);
    String[] lengths = packet.values(Field.LENGTH);
    String[] offsets = packet.values(Field.OFFSET);
    int full = 0;
    for (int pdu = 0, offset = 0; pdu < opcodes.length; pdu++) {
      if (opcodes[pdu].equals(R2T)) {
        offset++; // it has one too
      } else if (opcodes[pdu].equals(DATA_IN)) {
        long end = Long.decode(offsets[offset++]) + Long.decode(lengths[pdu]);
        Long wanted = expected.get(packet.text(Field.STREAM) + tags[pdu]);
        if (wanted != null && wanted == end) {
          full++;
        }
      }
    }
    return full;
  }
}
