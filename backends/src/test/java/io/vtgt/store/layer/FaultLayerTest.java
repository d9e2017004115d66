package io.vtgt.store.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreFault;
import io.vtgt.store.memory.MemoryStore;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FaultLayerTest {
  private static Layer layer(Map<String, Object> options) {
    FaultLayerProvider provider = new FaultLayerProvider();
    assertEquals(java.util.List.of(), provider.check(options));
    return provider.wrap(null, new MemoryStore(1 << 20), options);
  }

  private static String pattern(Layer layer) {
    StringBuilder pattern = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      Future<ByteBuf> read = layer.read(0, 512);
      pattern.append(read.failed() ? 'x' : '.');
      if (read.succeeded()) {
        read.result().release();
      }
    }
    return pattern.toString();
  }

  @Test
  void chances_ofOneSeed_areTheSame() {
    Map<String, Object> options = Map.of("rate", 0.5, "seed", 7);
    String once = pattern(layer(options));
    assertEquals(once, pattern(layer(options)));
    assertTrue(once.contains("x") && once.contains("."));
  }

  @Test
  void plan_meansOnlyItsOperationsAndRange() {
    Layer layer =
        layer(
            Map.of(
                "rate",
                1,
                "operations",
                "read, flush",
                "range",
                "4KiB..8KiB",
                "fault",
                "read-error"));
    Future<ByteBuf> hit = layer.read(8191, 1);
    assertSame(StoreFault.Kind.READ_ERROR, ((StoreFault) hit.cause()).kind());
    assertTrue(layer.read(4000, 97).failed());
    layer.read(8192, 1).result().release();
    layer.read(0, 4096).result().release();
    assertTrue(layer.unmap(4096, 4096).succeeded());
    assertTrue(layer.flush().failed());
  }

  @Test
  void options_thatAreWrong_areNamed() {
    var faults =
        new FaultLayerProvider()
            .check(Map.of("rate", 2, "operations", "dance", "range", "9..3", "fault", "odd"));
    assertEquals(
        java.util.List.of("rate", "operations", "range", "fault"),
        faults.stream().map(fault -> fault.option()).toList());
  }
}
