package io.vtgt.store.rbd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vtgt.store.StoreProvider.OptionFault;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NewImageTest {

  private static String faults(Map<String, Object> options) {
    return NewImage.check(options).stream()
        .map((OptionFault it) -> it.option() + ": " + it.message())
        .collect(Collectors.joining("; "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          objectSize  | 3MiB             | objectSize: 3MiB is no power of 2 in 4KiB..32MiB
          objectSize  | 64MiB            | objectSize: 64MiB is no power of 2 in 4KiB..32MiB
          features    | fast-diff        | features: fast-diff needs object-map
          features    | layering,x       | features: 'x' is none of layering, exclusive-lock, object-map, fast-diff, deep-flatten, journaling
          features    | data-pool        | features: 'data-pool' is none of layering, exclusive-lock, object-map, fast-diff, deep-flatten, journaling
          stripeUnit  | 64KiB            | stripeCount: missing
          parent      | a@b              | size: a clone has the size of its parent
          colour      | red              | unknown option
          """)
  void option_thatCannotBe_isRefusedByName(String option, String value, String fault) {
    String told = faults(Map.of("size", "1GiB", option, value));
    assertEquals(fault, told.contains("unknown option") ? "unknown option" : told);
  }

  @Test
  void image_withNeitherSizeNorParent_isRefused() {
    assertEquals("size: missing", faults(Map.of()));
    assertEquals(
        "parent: 'a' is not [POOL/[NAMESPACE/]]IMAGE@SNAPSHOT", faults(Map.of("parent", "a")));
    assertEquals(
        "stripeUnit: does not divide objects of 4MiB",
        faults(Map.of("size", 4096L, "stripeUnit", "3KiB", "stripeCount", 2L)));
  }

  @Test
  void place_thatHidesASecretAmongTheSettings_isRefused() {
    var media = new RbdStoreProvider().media().orElseThrow();
    assertEquals(
        "config.key", media.checkPlace(Map.of("config", Map.of("key", "x"))).getFirst().option());
    assertEquals("snapshot", media.checkPlace(Map.of("snapshot", "x")).getFirst().option());
    assertEquals(List.of(), media.checkPlace(Map.of("pool", "p", "keyring", "k")));
  }

  @ParameterizedTest
  @CsvSource({"i@s,,'',i,s", "p/i@s,p,'',i,s", "p/n/i@s,p,n,i,s"})
  void parent_ofEachForm_isTakenApart(
      String text, String pool, String namespace, String image, String snapshot) {
    assertEquals(
        new NewImage.Parent(Optional.ofNullable(pool), namespace, image, snapshot),
        NewImage.Parent.of(text).orElseThrow());
  }

  @Test
  void options_leftOut_areAsTheClusterHasThem() {
    var image = NewImage.of(Map.of("size", "1GiB"));
    assertEquals(1 << 30, image.bytes());
    assertEquals(true, image.order().isEmpty() && image.features().isEmpty());
    assertEquals(22, NewImage.of(Map.of("objectSize", "4MiB")).order().orElseThrow());
    assertEquals(
        List.of("layering", "exclusive-lock"),
        Feature.texts(
            NewImage.of(Map.of("features", "exclusive-lock,layering")).features().orElseThrow()));
  }
}
