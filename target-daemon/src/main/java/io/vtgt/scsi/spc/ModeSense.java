package io.vtgt.scsi.spc;

import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.page.ModePage;
import io.vtgt.target.LogicalUnit;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/// MODE SENSE (6) and (10) (SPC-5).
final class ModeSense {
  private static final int CURRENT = 0, CHANGEABLE = 1, DEFAULT = 2; // 3: saved
  private static final int ALL_PAGES = 0x3f, ALL_SUBPAGES = 0xff;

  /// Of the device-specific parameter (SBC-4).
  private static final int WP = 0x80, DPOFUA = 0x10;

  private ModeSense() {}

  /// The pages that are told during a sanitize operation (SBC-4, Commands allowed during sanitize).
  static boolean duringSanitize(Cdb cdb) {
    return switch (cdb.u8(2) & 0x3f) {
      case 0x08, 0x0a, 0x18, 0x19, 0x1c -> true;
      default -> false;
    };
  }

  static Step begin6(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    byte[] descriptor = cdb.bit(1, 3) ? new byte[0] : shortDescriptor(unit);
    return answer(
        unit,
        cdb,
        pages -> {
          int length = 4 + descriptor.length + pages.length;
          return ByteBuffer.allocate(length)
              .put((byte) (length - 1))
              .put((byte) 0) // medium type
              .put(deviceSpecific(unit))
              .put((byte) descriptor.length)
              .put(descriptor)
              .put(pages)
              .array();
        },
        cdb.u8(4));
  }

  static Step begin10(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    boolean longLba = cdb.bit(1, 4) && !cdb.bit(1, 3); // LLBAA
    byte[] descriptor =
        cdb.bit(1, 3) ? new byte[0] : longLba ? longDescriptor(unit) : shortDescriptor(unit);
    return answer(
        unit,
        cdb,
        pages -> {
          int length = 8 + descriptor.length + pages.length;
          return ByteBuffer.allocate(length)
              .putShort((short) (length - 2))
              .put((byte) 0) // medium type
              .put(deviceSpecific(unit))
              .put((byte) (longLba ? 1 : 0))
              .put((byte) 0)
              .putShort((short) descriptor.length)
              .put(descriptor)
              .put(pages)
              .array();
        },
        cdb.u16(7));
  }

  private interface Framing {
    byte[] around(byte[] pages);
  }

  private static Step answer(LogicalUnit unit, Cdb cdb, Framing framing, int allocationLength) {
    int control = cdb.u8(2) >> 6;
    int code = cdb.u8(2) & 0x3f;
    int subpage = cdb.u8(3);
    if (code == ALL_PAGES && subpage != 0 && subpage != ALL_SUBPAGES) {
      return Step.check(Sense.invalidFieldInCdb(3, 7));
    }
    List<ModePage> asked =
        ModePage.rows().stream()
            .filter(page -> code == ALL_PAGES || code == page.code())
            .filter(page -> subpage == ALL_SUBPAGES || subpage == page.subpage())
            .toList();
    if (asked.isEmpty()) {
      boolean codeKnown = ModePage.rows().stream().anyMatch(page -> page.code() == code);
      return Step.check(codeKnown ? Sense.invalidFieldInCdb(3, 7) : Sense.invalidFieldInCdb(2, 5));
    }
    var pages = new ByteArrayOutputStream();
    for (ModePage page : asked) {
      pages.writeBytes(
          page.encode(
              switch (control) {
                case CURRENT -> page.body().apply(unit.state());
                case CHANGEABLE -> page.changeable();
                case DEFAULT -> page.body().apply(unit.defaults());
                default -> page.body().apply(unit.saved());
              }));
    }
    return Step.good(framing.around(pages.toByteArray()), allocationLength);
  }

  private static byte deviceSpecific(LogicalUnit unit) {
    return (byte) (DPOFUA | (unit.writeProtected() ? WP : 0));
  }

  private static byte[] shortDescriptor(LogicalUnit unit) {
    long count = Math.min(blockCount(unit), 0xffffffffL);
    return ByteBuffer.allocate(8).putInt((int) count).putInt(unit.profile().blockBytes()).array();
  }

  private static byte[] longDescriptor(LogicalUnit unit) {
    return ByteBuffer.allocate(16)
        .putLong(blockCount(unit))
        .putInt(0)
        .putInt(unit.profile().blockBytes())
        .array();
  }

  private static long blockCount(LogicalUnit unit) {
    return unit.state().mediumPresent() ? unit.blockCount() : 0;
  }
}
