package io.vtgt.store;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.Stores.LayerSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The layers over a store: what they are, and how others take their place while the store below
/// stays open.
final class LayerStack {
  private static final Logger LOG = LoggerFactory.getLogger(LayerStack.class);

  /// What became of a change of layers.
  ///
  /// @param outermost what is to be asked from now on, in any case
  /// @param refusal why the old layers, or new ones of the same sort, are there still
  record Outcome(BackingStore outermost, Optional<Throwable> refusal) {}

  private final Vertx vertx;
  private final BackingStore outermost;
  private final BackingStore below;
  private final List<Layer> layers = new ArrayList<>(); // from the outermost

  /// @param outermost a store under its layers
  LayerStack(Vertx vertx, BackingStore outermost) {
    this.vertx = vertx;
    this.outermost = outermost;
    BackingStore at = outermost;
    while (at instanceof Layer layer) {
      layers.add(layer);
      at = layer.next();
    }
    this.below = at;
  }

  /// The store without its layers.
  BackingStore below() {
    return below;
  }

  /// What the layers were made of, from the store outwards. A layer that does not know it was made
  /// together with the one over it.
  List<LayerSpec> specs() {
    return specs(layers);
  }

  private static List<LayerSpec> specs(List<Layer> some) {
    return some.reversed().stream().flatMap(layer -> layer.madeOf().stream()).toList();
  }

  /// As [Layer#hurry] of every layer.
  void hurry(boolean on) {
    layers.forEach(layer -> layer.hurry(on));
  }

  /// Puts other layers over the store. Nothing is under way, and nobody asks meanwhile.
  ///
  /// The new ones are made first: where that fails, nothing has happened to the old ones. Then the
  /// old ones hand on what they hold back, from the outermost inwards. Where one cannot, it stays,
  /// and those that stood over it are made anew.
  ///
  /// @param wanted from the store outwards; [Stores#check] has passed
  /// @param unfit why a stack cannot be served; empty when it can
  /// @param stopped nobody waits for it any more
  /// @return never fails
  Future<Outcome> replace(
      List<LayerSpec> wanted,
      Function<BackingStore, Optional<String>> unfit,
      BooleanSupplier stopped) {
    if (!layers.isEmpty() && layers.getFirst().madeOf().isEmpty()) {
      return refused(outermost, StoreFault.unsupported("other layers than those of a test"));
    }
    BackingStore made;
    try {
      made = Stores.wrap(vertx, below, wanted);
    } catch (RuntimeException e) {
      return refused(outermost, e);
    }
    LayerStack next = new LayerStack(vertx, made);
    Optional<String> why = unfit.apply(made);
    if (why.isPresent()) {
      next.takeOff();
      return refused(outermost, new StoreFault(StoreFault.Kind.UNSUPPORTED, why.get()));
    }
    return takeOff()
        .compose(
            off -> {
              Optional<Throwable> refusal =
                  off.refusal().isEmpty() && stopped.getAsBoolean()
                      ? Optional.of(StoreGate.givenUp())
                      : off.refusal();
              if (refusal.isEmpty()) {
                return Future.succeededFuture(new Outcome(made, refusal));
              }
              next.takeOff();
              return refused(putBack(off.count()), refusal.get());
            });
  }

  /// @param count layers that are off, of the outermost ones
  /// @param refusal why the next one is not
  private record Off(int count, Optional<Throwable> refusal) {}

  /// Detaches one after the other, from the outermost. Never fails.
  private Future<Off> takeOff() {
    return takeOff(0);
  }

  private Future<Off> takeOff(int count) {
    if (count == layers.size()) {
      return Future.succeededFuture(new Off(count, Optional.empty()));
    }
    Future<Void> detached;
    try {
      detached = layers.get(count).detach();
    } catch (RuntimeException e) {
      detached = Future.failedFuture(e);
    }
    return detached.transform(
        end ->
            end.succeeded()
                ? takeOff(count + 1)
                : Future.succeededFuture(new Off(count, Optional.of(end.cause()))));
  }

  /// Makes the outermost layers anew. They could be made once, so they can now; if not, the store
  /// is closed rather than served without what they do. One that stays although it was made
  /// together with one over it gets another of its sort over it: that costs, and harms nothing.
  private BackingStore putBack(int count) {
    try {
      return Stores.wrap(
          vertx,
          count == layers.size() ? below : layers.get(count),
          specs(layers.subList(0, count)));
    } catch (RuntimeException e) {
      LOG.error("layers could not be put back, the store is closed", e);
      var _ = below.close();
      return below;
    }
  }

  private static Future<Outcome> refused(BackingStore stays, Throwable why) {
    return Future.succeededFuture(new Outcome(stays, Optional.of(why)));
  }
}
