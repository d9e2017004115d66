package io.vtgt.scsi.spc;

import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.ParameterList;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.page.ModePage;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.LogicalUnitState;
import io.vtgt.target.ModeSettings;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/// MODE SELECT (6) and (10) (SPC-5). A list is taken whole or not at all, and with SP it is on
/// stable storage before it takes effect.
final class ModeSelect {

  /// Where the header of a parameter list has what (SPC-5, Mode parameter header).
  private enum Header {
    OF_6(4, 3, 4) {
      @Override
      int descriptorLength(ByteBuffer list) {
        return list.get(descriptorLengthAt) & 0xff;
      }

      @Override
      boolean longLba(ByteBuffer list) {
        return false;
      }
    },
    OF_10(8, 6, 7) {
      @Override
      int descriptorLength(ByteBuffer list) {
        return list.getShort(descriptorLengthAt) & 0xffff;
      }

      @Override
      boolean longLba(ByteBuffer list) {
        return (list.get(4) & 1) != 0;
      }
    };

    final int length;
    final int descriptorLengthAt;
    final int listLengthInCdb;

    Header(int length, int descriptorLengthAt, int listLengthInCdb) {
      this.length = length;
      this.descriptorLengthAt = descriptorLengthAt;
      this.listLengthInCdb = listLengthInCdb;
    }

    abstract int descriptorLength(ByteBuffer list);

    abstract boolean longLba(ByteBuffer list);
  }

  /// What reading a parameter list gives: the state it asks for, or why it is refused.
  private sealed interface Reading {
    record Selected(LogicalUnitState state) implements Reading {}

    record Refused(Sense sense) implements Reading {}
  }

  private static final Sense LENGTH_ERROR = Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR);

  private static final long ANY_COUNT = 0, ANY_SHORT_COUNT = 0xffffffffL, ANY_LONG_COUNT = -1;

  private ModeSelect() {}

  static Step begin6(Task task, LogicalUnit unit) {
    return begin(task, unit, Header.OF_6, task.cdb().u8(4));
  }

  static Step begin10(Task task, LogicalUnit unit) {
    return begin(task, unit, Header.OF_10, task.cdb().u16(7));
  }

  private static Step begin(Task task, LogicalUnit unit, Header header, int listLength) {
    boolean pageFormat = task.cdb().bit(1, 4);
    boolean revert = task.cdb().bit(1, 1); // RTD
    boolean save = task.cdb().bit(1, 0); // SP
    if (revert) {
      return listLength == 0
          ? unit.onOwner(task, () -> apply(task, unit, unit.defaults(), save))
          : Step.check(Sense.invalidFieldInCdb(header.listLengthInCdb, 7));
    }
    if (!pageFormat) {
      return Step.check(Sense.invalidFieldInCdb(1, 4));
    }
    if (listLength == 0) {
      return save ? unit.onOwner(task, () -> apply(task, unit, unit.state(), true)) : Step.GOOD;
    }
    return ParameterList.gather(
        listLength, list -> unit.onOwner(task, () -> select(task, unit, header, list, save)));
  }

  /// On the unit's owner context: nobody else changes the state meanwhile.
  private static Future<Completion> select(
      Task task, LogicalUnit unit, Header header, byte[] list, boolean save) {
    return switch (read(ByteBuffer.wrap(list), header, unit, unit.state())) {
      case Reading.Refused refused -> Future.succeededFuture(Completion.check(refused.sense()));
      case Reading.Selected selected -> apply(task, unit, selected.state(), save);
    };
  }

  private static Future<Completion> apply(
      Task task, LogicalUnit unit, LogicalUnitState wanted, boolean save) {
    return save
        ? unit.save(wanted).compose(_ -> takeEffect(task, unit, wanted.mode()))
        : takeEffect(task, unit, wanted.mode());
  }

  private static Future<Completion> takeEffect(Task task, LogicalUnit unit, ModeSettings mode) {
    LogicalUnitState before = unit.state();
    LogicalUnitState after = before.withMode(mode);
    if (after.equals(before)) {
      return Future.succeededFuture(Completion.good());
    }
    unit.publish(after);
    unit.attention(Asc.MODE_PARAMETERS_CHANGED, nexus -> !nexus.equals(task.nexus()));
    boolean cacheSwitchedOff =
        before.mode().writeCacheEnabled() && !after.mode().writeCacheEnabled();
    // Writes are durable one by one from now on; what was answered before becomes so here.
    return cacheSwitchedOff
        ? unit.gate().flush().map(_ -> Completion.good())
        : Future.succeededFuture(Completion.good());
  }

  private static Reading read(
      ByteBuffer list, Header header, LogicalUnit unit, LogicalUnitState state) {
    if (list.capacity() < header.length) {
      return new Reading.Refused(LENGTH_ERROR);
    }
    Optional<Sense> fault = descriptorFault(list, header, unit);
    if (fault.isPresent()) {
      return new Reading.Refused(fault.get());
    }
    LogicalUnitState selected = state;
    int at = header.length + header.descriptorLength(list);
    while (at < list.capacity()) {
      boolean subpageFormat = (list.get(at) & 0x40) != 0;
      if (list.capacity() - at < (subpageFormat ? 4 : 2)) {
        return new Reading.Refused(LENGTH_ERROR);
      }
      int code = list.get(at) & 0x3f;
      Optional<ModePage> found = ModePage.find(code, subpageFormat ? list.get(at + 1) & 0xff : 0);
      if (found.isEmpty() || subpageFormat != (found.get().subpage() != 0)) {
        return refusedAt(at, 5);
      }
      ModePage page = found.get();
      byte[] now = page.body().apply(selected);
      int length = subpageFormat ? list.getShort(at + 2) & 0xffff : list.get(at + 1) & 0xff;
      if (length != now.length) {
        return refusedAt(at + (subpageFormat ? 2 : 1), 7);
      }
      int bodyAt = at + page.headerLength();
      if (list.capacity() - bodyAt < length) {
        return new Reading.Refused(LENGTH_ERROR);
      }
      byte[] asked = new byte[length];
      list.get(bodyAt, asked);
      for (int i = 0; i < length; i++) {
        int wrong = (asked[i] ^ now[i]) & ~page.changeable()[i] & 0xff;
        if (wrong != 0) {
          return refusedAt(bodyAt + i, 31 - Integer.numberOfLeadingZeros(wrong));
        }
      }
      selected = page.select().apply(selected, asked);
      int reserved = Arrays.mismatch(page.body().apply(selected), asked);
      if (reserved >= 0) { // a value that the bits have room for and the field has not
        return refusedAt(
            bodyAt + reserved,
            31 - Integer.numberOfLeadingZeros(page.changeable()[reserved] & 0xff));
      }
      at = bodyAt + length;
    }
    return new Reading.Selected(selected);
  }

  private static Reading refusedAt(int byteOffset, int bit) {
    return new Reading.Refused(Sense.invalidFieldInParameterList(byteOffset, bit));
  }

  /// A block descriptor may only say what is so already: the format of the medium is not changed
  /// here.
  private static Optional<Sense> descriptorFault(ByteBuffer list, Header header, LogicalUnit unit) {
    int length = header.descriptorLength(list);
    boolean longLba = header.longLba(list);
    if (length == 0) {
      return Optional.empty();
    }
    if (length != (longLba ? 16 : 8)) {
      return Optional.of(Sense.invalidFieldInParameterList(header.descriptorLengthAt, 7));
    }
    int at = header.length;
    if (list.capacity() - at < length) {
      return Optional.of(LENGTH_ERROR);
    }
    long count = longLba ? list.getLong(at) : list.getInt(at) & 0xffffffffL;
    boolean sameCount =
        count == ANY_COUNT
            || count == (longLba ? ANY_LONG_COUNT : ANY_SHORT_COUNT)
            || count == unit.blockCount();
    if (!sameCount) {
      return Optional.of(Sense.invalidFieldInParameterList(at, 7));
    }
    int blockLengthAt = at + (longLba ? 12 : 4);
    int blockLength = longLba ? list.getInt(blockLengthAt) : list.getInt(blockLengthAt) & 0xffffff;
    return blockLength == unit.profile().blockBytes()
        ? Optional.empty()
        : Optional.of(
            Sense.invalidFieldInParameterList(longLba ? blockLengthAt : blockLengthAt + 1, 7));
  }
}
