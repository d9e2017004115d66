package io.vtgt.scsi.spc;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.ParameterList;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/// REPORT and SET IDENTIFYING INFORMATION (SPC-5): what an administrator writes on the unit, kept
/// in its memory.
final class IdentifyingInformation {
  private static final String PART = "identifying-information";
  private static final int INFORMATION_TYPE = 10, LIST_LENGTH = 6, ALLOCATION_LENGTH = 6;

  /// INFORMATION TYPE, the high seven bits of its byte.
  private enum Kind {
    PERIPHERAL_DEVICE(0, 512),
    PERIPHERAL_DEVICE_TEXT(2, 256);

    final int code;
    final int maxLength;

    Kind(int code, int maxLength) {
      this.code = code;
      this.maxLength = maxLength;
    }

    /// Null for one that there is not.
    static Kind of(Cdb cdb) {
      for (Kind kind : values()) {
        if (kind.code == type(cdb)) {
          return kind;
        }
      }
      return null;
    }
  }

  private static final int SUPPORTED = 0x7f;

  private IdentifyingInformation() {}

  private static int type(Cdb cdb) {
    return cdb.u8(INFORMATION_TYPE) >> 1;
  }

  static Step report(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    if (type(cdb) == SUPPORTED) {
      return Step.good(supported(), cdb.u32(ALLOCATION_LENGTH));
    }
    Kind kind = Kind.of(cdb);
    return kind == null
        ? wrongType()
        : unit.onOwner(
            task,
            () ->
                Future.succeededFuture(
                    Completion.good(withHeader(recall(unit, kind)), cdb.u32(ALLOCATION_LENGTH))));
  }

  static Step set(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    Kind kind = Kind.of(cdb);
    long length = cdb.u32(LIST_LENGTH);
    if (kind == null) {
      return wrongType();
    }
    if (length > kind.maxLength) {
      return Step.check(Sense.invalidFieldInCdb(LIST_LENGTH, 7));
    }
    if (length == 0) {
      return unit.onOwner(task, () -> keep(task, unit, kind, new byte[0]));
    }
    return ParameterList.gather(
        (int) length,
        information ->
            kind == Kind.PERIPHERAL_DEVICE_TEXT && !isText(information)
                ? Step.check(Sense.invalidFieldInParameterList(0, 7))
                : unit.onOwner(task, () -> keep(task, unit, kind, information)));
  }

  private static Step wrongType() {
    return Step.check(Sense.invalidFieldInCdb(INFORMATION_TYPE, 7));
  }

  /// A zero-terminated UTF-8 string.
  private static boolean isText(byte[] information) {
    int length = information.length - 1;
    if (information[length] != 0) {
      return false;
    }
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(information, 0, length))
              .toString();
      return text.indexOf('\0') < 0;
    } catch (CharacterCodingException _) {
      return false;
    }
  }

  private static byte[] withHeader(byte[] information) {
    return ByteBuffer.allocate(4 + information.length)
        .putShort((short) 0)
        .putShort((short) information.length)
        .put(information)
        .array();
  }

  private static byte[] supported() {
    ByteBuffer list = ByteBuffer.allocate(4 * Kind.values().length);
    for (Kind kind : Kind.values()) {
      list.put((byte) (kind.code << 1)).put((byte) 0).putShort((short) kind.maxLength);
    }
    return withHeader(list.array());
  }

  /// Owner context.
  private static byte[] recall(LogicalUnit unit, Kind kind) {
    return unit.memory()
        .recall(PART)
        .map(part -> part.getString(name(kind), ""))
        .map(HexFormat.of()::parseHex)
        .orElse(new byte[0]);
  }

  /// Owner context.
  private static Future<Completion> keep(
      Task task, LogicalUnit unit, Kind kind, byte[] information) {
    if (Arrays.equals(information, recall(unit, kind))) {
      return Future.succeededFuture(Completion.good());
    }
    JsonObject part = unit.memory().recall(PART).orElseGet(JsonObject::new);
    part.put(name(kind), HexFormat.of().formatHex(information));
    return unit.memory()
        .keep(PART, part)
        .map(
            _ -> {
              unit.attention(Asc.DEVICE_IDENTIFIER_CHANGED, nexus -> !nexus.equals(task.nexus()));
              return Completion.good();
            });
  }

  private static String name(Kind kind) {
    return Integer.toString(kind.code);
  }
}
