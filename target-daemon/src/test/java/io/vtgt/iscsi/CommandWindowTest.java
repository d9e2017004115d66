package io.vtgt.iscsi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vtgt.iscsi.CommandWindow.Place;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandWindowTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 0, -1, -4, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void window_wrapsAround(int first) {
    var window = new CommandWindow<String>(first, 4);
    assertEquals(first + 3, window.max());
    for (int i = 0; i < 4; i++) {
      assertEquals(Place.NOW, window.place(first + i));
      window.open(i + 1);
    }
    assertEquals(first + 4, window.expected());
    assertEquals(first + 3, window.max(), "closed");
    assertEquals(Place.OUTSIDE, window.place(first + 4), "above");
    assertEquals(Place.OUTSIDE, window.place(first + 3), "below");
    window.open(0);
    assertEquals(Place.NOW, window.place(first + 4));
  }

  @Test
  void gap_keepsWhatIsAheadUntilItIsFilled() {
    var window = new CommandWindow<String>(10, 4);
    assertEquals(Place.LATER, window.place(12));
    window.keep(12, "c");
    assertEquals(Place.OUTSIDE, window.place(12), "twice");
    assertEquals(Place.LATER, window.place(11));
    window.keep(11, "b");
    assertNull(window.next());
    assertEquals(Place.NOW, window.place(10));
    assertEquals("b", window.next());
    assertEquals("c", window.next());
    assertNull(window.next());
    assertEquals(13, window.expected());
  }

  @Test
  void plug_countsAsReceived() {
    var window = new CommandWindow<String>(10, 8);
    window.keep(11, "b");
    window.plug(12);
    window.keep(13, "d");
    window.plug(10);
    assertEquals("b", window.next());
    assertEquals("d", window.next());
    assertEquals(14, window.expected());
    window.plug(13); // below
    window.plug(99); // above
    assertEquals(14, window.expected());
  }

  @Test
  void removeKept_leavesNoGap() {
    var window = new CommandWindow<String>(10, 8);
    window.keep(11, "b");
    window.keep(12, "c");
    assertEquals(List.of("b"), window.removeKept("b"::equals));
    assertEquals(Place.NOW, window.place(10));
    assertEquals("c", window.next());
    assertEquals(13, window.expected());
    assertEquals(0, window.keptCount());
  }

  @Test
  void open_neverMovesBack() {
    var window = new CommandWindow<String>(1, 4);
    window.open(3);
    assertEquals(4, window.max());
  }
}
