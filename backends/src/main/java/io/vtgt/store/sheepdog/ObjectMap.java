package io.vtgt.store.sheepdog;

import io.netty.buffer.ByteBuf;
import io.vtgt.store.Extent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/// Which VDI owns each data object of a disk: the id of the VDI, or 0 where it was never written.
/// Belongs to the store's event loop.
final class ObjectMap {
  /// What one question for extents is answered with at most, and walks at most.
  private static final int MOST_EXTENTS = 1024, MOST_WALKED = 65536;

  private final int[] owners;

  ObjectMap(int count) {
    owners = new int[count];
  }

  int count() {
    return owners.length;
  }

  int owner(int index) {
    return owners[index];
  }

  void owner(int index, int vid) {
    owners[index] = vid;
  }

  /// Takes entries as the inode object has them.
  ///
  /// @param entries borrowed; a whole number of entries
  void load(int first, ByteBuf entries) {
    int count = entries.readableBytes() / Inode.ENTRY_LENGTH;
    for (int i = 0; i < count; i++) {
      owners[first + i] = entries.getIntLE(entries.readerIndex() + i * Inode.ENTRY_LENGTH);
    }
  }

  /// How many objects there are, own and inherited ones.
  int mapped() {
    int mapped = 0;
    for (int owner : owners) {
      mapped += owner == 0 ? 0 : 1;
    }
    return mapped;
  }

  /// Whether another map of the same disk says the same of every object but those that `ignored`
  /// tells. What only one of the two has is not compared.
  boolean agrees(ObjectMap other, IntPredicate ignored) {
    int common = Math.min(count(), other.count());
    for (int i = 0; i < common; i++) {
      if (owners[i] != other.owners[i] && !ignored.test(i)) {
        return false;
      }
    }
    return true;
  }

  /// The extents of a range of the disk, from its start on; may end before the range does.
  List<Extent> extents(long offset, long length, int objectShift) {
    List<Extent> extents = new ArrayList<>();
    long end = Math.min(offset + length, (long) count() << objectShift);
    long at = offset;
    for (int walked = 0; at < end && walked < MOST_WALKED; walked++) {
      int index = (int) (at >> objectShift);
      long next = Math.min(end, (long) (index + 1) << objectShift);
      Extent.State state = owners[index] == 0 ? Extent.State.DEALLOCATED : Extent.State.MAPPED;
      long from = at;
      if (!extents.isEmpty() && extents.getLast().state() == state) {
        from = extents.removeLast().offset();
      } else if (extents.size() == MOST_EXTENTS) {
        break;
      }
      extents.add(new Extent(from, next - from, state));
      at = next;
    }
    return extents;
  }
}
