package io.vtgt.store.rbd;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vtgt.store.StoreFault;
import java.util.ArrayList;
import java.util.List;

/// Memory for what a blocking native call gives back.
final class Words {
  /// Longer than any address, name or value that is asked for.
  private static final int FIRST_COUNT = 64;

  private Words() {}

  /// A call that puts one long (or a shorter number) at an address.
  interface Call {
    int make(long out);
  }

  /// A call that fills a list of items whose count is at another address; ERANGE when the room was
  /// too small.
  interface ListCall {
    int make(long items, long count);
  }

  /// Reads one item at its address.
  interface Item<T> {
    T read(Pointer item);
  }

  /// @return the number, or the negative error number
  static long number(Call call) {
    try (Memory out = new Memory(Long.BYTES)) {
      out.setLong(0, 0);
      int result = call.make(Pointer.nativeValue(out));
      return result < 0 ? result : out.getLong(0);
    }
  }

  /// @param itemBytes length of an item
  /// @param call fills the list
  /// @param item reads one, while the library's texts are still there
  /// @param cleanup gives the texts back
  /// @throws StoreFault when the call fails
  static <T> List<T> list(
      String what, int itemBytes, ListCall call, Item<T> item, ListCall cleanup) {
    for (int room = FIRST_COUNT; ; room *= 4) {
      try (Memory items = new Memory((long) room * itemBytes);
          Memory count = new Memory(Long.BYTES)) {
        items.clear();
        count.setLong(0, room);
        int result = call.make(Pointer.nativeValue(items), Pointer.nativeValue(count));
        if (Errno.ERANGE.is(result) && room < 1 << 20) {
          continue;
        }
        if (Errno.ENOENT.is(result)) {
          return List.of();
        }
        if (result < 0) {
          throw Errno.fault(what, result, StoreFault.Kind.UNAVAILABLE);
        }
        int found = Math.max((int) count.getLong(0) & Integer.MAX_VALUE, 0);
        found = Math.min(result > 0 ? result : found, room);
        List<T> list = new ArrayList<>(found);
        for (int i = 0; i < found; i++) {
          list.add(item.read(items.share((long) i * itemBytes, itemBytes)));
        }
        if (found > 0) {
          cleanup.make(Pointer.nativeValue(items), found);
        }
        return list;
      }
    }
  }

  /// The text at the address that stands at `offset` of an item.
  static String text(Pointer item, long offset) {
    Pointer text = item.getPointer(offset);
    return text == null ? "" : text.getString(0);
  }
}
