package io.vtgt.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.StoreProvider.OptionFault;
import io.vtgt.store.Stores.LayerSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StoresTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0                    | 0
          4096                 | 4096
          512MiB               | 536870912
          10 GiB               | 10737418240
          1tib                 | 1099511627776
          1KB                  | 1000
          2GB                  | 2000000000
          7b                   | 7
          9223372036854775807  | -1
          9000PiB              | -1
          -1                   | -1
          1.5GiB               | -1
          10 GiBs              | -1
          GiB                  | -1
          ''                   | -1
          """)
  void size_text_isReadOrRefused(String text, long bytes) {
    assertEquals(bytes, Size.parse(text).orElse(-1));
  }

  @Test
  void size_ofNumbersAndOthers_isReadOrRefused() {
    assertEquals(4096, Size.parse(4096).getAsLong());
    assertEquals(1L << 40, Size.parse(1L << 40).getAsLong());
    assertTrue(Size.parse(-1).isEmpty());
    assertTrue(Size.parse(1.5).isEmpty());
    assertTrue(Size.parse(null).isEmpty());
    assertEquals("10GiB", Size.text(10L << 30));
    assertEquals("1000B", Size.text(1000));
    assertEquals("0B", Size.text(0));
  }

  @Test
  void kinds_ofThisModule_areFound() {
    assertTrue(
        Stores.stores().stream()
            .map(StoreProvider::kind)
            .toList()
            .containsAll(List.of("file", "memory", "null")));
    assertTrue(
        Stores.layers().stream()
            .map(LayerProvider::kind)
            .toList()
            .containsAll(List.of("delay", "fault")));
  }

  /// The document writes kind and options into one object.
  @Test
  void options_ofEveryKind_leaveTheNameOfTheKindFree() {
    Stream.concat(
            Stores.stores().stream().map(StoreProvider::options),
            Stores.layers().stream().map(LayerProvider::options))
        .flatMap(List::stream)
        .forEach(option -> assertNotEquals("kind", option.name()));
  }

  @Test
  void check_namesEveryFault() {
    List<OptionFault> faults =
        Stores.check(
            "memory",
            Map.of("sise", "1GiB"),
            List.of(
                new LayerSpec("delay", Map.of("readMillis", "long")),
                new LayerSpec("sieve", Map.of())));
    assertEquals(
        List.of(
            new OptionFault("sise", "unknown option; allowed: size, limit"),
            new OptionFault("size", "missing; size of the medium"),
            new OptionFault("layers[0].readMillis", "'long' is no integer")),
        faults.subList(0, 3));
    assertEquals("layers[1].kind", faults.get(3).option());
    assertEquals("kind", Stores.check("tape", Map.of(), List.of()).getFirst().option());
  }

  @Test
  void open_withAFault_failsInWords() {
    var answer =
        Stores.open(
            "null",
            new OpenRequest(null, "u1", Map.of("size", "much"), Path.of("."), false),
            List.of());
    StoreFault fault = assertInstanceOf(StoreFault.class, answer.cause());
    assertTrue(fault.getMessage().contains("u1") && fault.getMessage().contains("much"));
  }
}
