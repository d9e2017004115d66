package io.vtgt.store;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.StoreProvider.OpenRequest;
import io.vtgt.store.StoreProvider.OptionFault;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The kinds of stores and layers on the class path, and the way to open one over the other.
public final class Stores {

  /// One layer as the document names it.
  ///
  /// @param options `kind` left out
  public record LayerSpec(String kind, Map<String, Object> options) {}

  private static final List<StoreProvider> STORES = load(StoreProvider.class);
  private static final List<LayerProvider> LAYERS = load(LayerProvider.class);

  private Stores() {}

  /// Every kind of store, in the order of their words.
  public static List<StoreProvider> stores() {
    return STORES;
  }

  /// Every kind of layer, in the order of their words.
  public static List<LayerProvider> layers() {
    return LAYERS;
  }

  /// What is wrong with a store of this kind under these layers, without touching a medium. A fault
  /// of a layer names its option as `layers[1].rate`; an unknown kind is a fault of `kind`.
  ///
  /// @param layers from the store outwards
  public static List<OptionFault> check(
      String kind, Map<String, Object> options, List<LayerSpec> layers) {
    List<OptionFault> faults = new ArrayList<>();
    StoreProvider store = find(STORES, StoreProvider::kind, kind);
    if (store == null) {
      faults.add(new OptionFault("kind", unknown("store", kind, STORES, StoreProvider::kind)));
    } else {
      faults.addAll(store.check(options));
    }
    for (int i = 0; i < layers.size(); i++) {
      String prefix = "layers[" + i + "].";
      LayerSpec spec = layers.get(i);
      LayerProvider layer = find(LAYERS, LayerProvider::kind, spec.kind());
      if (layer == null) {
        faults.add(
            new OptionFault(
                prefix + "kind", unknown("layer", spec.kind(), LAYERS, LayerProvider::kind)));
      } else {
        for (OptionFault fault : layer.check(spec.options())) {
          faults.add(new OptionFault(prefix + fault.option(), fault.message()));
        }
      }
    }
    return faults;
  }

  /// Checks, opens the store and wraps it.
  ///
  /// @param layers from the store outwards: the last one is met first by a read
  /// @return the outermost layer; closing it closes everything below. Fails with [StoreFault]
  ///   [StoreFault.Kind#UNSUPPORTED] when [#check] finds something, and as the provider says
  public static Future<BackingStore> open(
      String kind, OpenRequest request, List<LayerSpec> layers) {
    List<OptionFault> faults = check(kind, request.options(), layers);
    if (!faults.isEmpty()) {
      String all =
          faults.stream()
              .map(fault -> fault.option() + ": " + fault.message())
              .collect(Collectors.joining("; "));
      return Future.failedFuture(
          new StoreFault(
              StoreFault.Kind.UNSUPPORTED,
              "store '" + request.name() + "' (" + kind + "): " + all));
    }
    return find(STORES, StoreProvider::kind, kind)
        .open(request)
        .compose(
            store -> {
              try {
                return Future.succeededFuture(wrap(request.vertx(), store, layers));
              } catch (RuntimeException e) {
                return store.close().transform(_ -> Future.failedFuture(e));
              }
            });
  }

  /// Puts layers over a store.
  ///
  /// @param store stays open where a layer cannot be made
  /// @param layers from the store outwards; [#check] has passed
  /// @return the outermost layer, or `store` where there are none
  /// @throws RuntimeException as a provider does; the layers made before are detached
  static BackingStore wrap(Vertx vertx, BackingStore store, List<LayerSpec> layers) {
    Deque<Layer> made = new ArrayDeque<>(); // the outermost first
    try {
      BackingStore outermost = store;
      for (LayerSpec spec : layers) {
        Layer layer =
            find(LAYERS, LayerProvider::kind, spec.kind()).wrap(vertx, outermost, spec.options());
        layer.madeOf(spec);
        made.push(layer);
        outermost = layer;
      }
      return outermost;
    } catch (RuntimeException e) {
      made.forEach(Layer::detach); // nobody has asked them for anything
      throw e;
    }
  }

  private static <P> List<P> load(Class<P> provider) {
    Function<P, String> kind =
        each -> each instanceof StoreProvider store ? store.kind() : ((LayerProvider) each).kind();
    List<P> found =
        ServiceLoader.load(provider, provider.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .sorted((a, b) -> kind.apply(a).compareTo(kind.apply(b)))
            .toList();
    for (int i = 1; i < found.size(); i++) {
      if (kind.apply(found.get(i)).equals(kind.apply(found.get(i - 1)))) {
        throw new IllegalStateException("two providers of kind " + kind.apply(found.get(i)));
      }
    }
    return found;
  }

  private static <P> P find(List<P> providers, Function<P, String> kindOf, String kind) {
    for (P provider : providers) {
      if (kindOf.apply(provider).equals(kind)) {
        return provider;
      }
    }
    return null;
  }

  private static <P> String unknown(
      String what, String kind, List<P> providers, Function<P, String> kindOf) {
    return "unknown kind of "
        + what
        + " '"
        + kind
        + "'; there are "
        + providers.stream().map(kindOf).collect(Collectors.joining(", "));
  }
}
