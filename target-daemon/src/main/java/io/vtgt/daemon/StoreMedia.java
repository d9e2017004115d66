package io.vtgt.daemon;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.mgmt.AdminError;
import io.vtgt.mgmt.MediaAdmin;
import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.Pointer;
import io.vtgt.mgmt.document.Violation;
import io.vtgt.store.Media;
import io.vtgt.store.MediaFault;
import io.vtgt.store.StoreFault;
import io.vtgt.store.StoreProvider;
import io.vtgt.store.StoreProvider.OptionFault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// The media of the kinds of stores there are, for the management interface. Any context.
final class StoreMedia implements MediaAdmin {

  /// Calls that may be under way. A place that does not answer keeps its calls for long, and each
  /// may hold a thread.
  static final int MAX_CALLS = 8;

  /// What takes longer is told so; it may still be done.
  private static final int ANSWER_SECONDS = 100;

  private static final String KIND = "kind";

  private final Vertx vertx;
  private final Path dataFolder;
  private final List<StoreProvider> providers;
  private final Supplier<Document> document;
  private final AtomicInteger underWay = new AtomicInteger();

  /// @param document the one in force
  StoreMedia(
      Vertx vertx, Path dataFolder, List<StoreProvider> providers, Supplier<Document> document) {
    this.vertx = vertx;
    this.dataFolder = dataFolder;
    this.providers = providers;
    this.document = document;
  }

  @Override
  public Future<List<Medium>> list(Where place) {
    return with(
        place,
        (media, there) -> {
          var served = served(place.kind(), media);
          return media
              .list(there)
              .map(
                  names ->
                      names.stream()
                          .map(it -> new Medium(it, units(served, media, place, it)))
                          .toList());
        });
  }

  @Override
  public Future<MediumDetails> describe(Where place, String name) {
    return with(
        place,
        (media, there) ->
            media
                .describe(there, name)
                .map(
                    it ->
                        new MediumDetails(
                            it.name(),
                            it.bytes(),
                            it.parent(),
                            it.snapshots().stream().map(UnitSnapshots::told).toList(),
                            it.users(),
                            units(served(place.kind(), media), media, place, name),
                            withKind(place.kind(), media.storeOptions(place.options(), name)),
                            it.details())));
  }

  private static Map<String, Object> withKind(String kind, Map<String, Object> options) {
    var store = new HashMap<>(options);
    store.put(KIND, kind);
    return store;
  }

  @Override
  public Future<Void> create(
      Where place, String name, Map<String, Object> options, boolean dryRun) {
    return with(
        place,
        (media, there) -> {
          var faults = media.checkCreation(options);
          if (!faults.isEmpty()) {
            return Future.failedFuture(invalid("/options", faults));
          }
          return dryRun ? Future.succeededFuture() : media.create(there, name, options);
        });
  }

  @Override
  public Future<Void> remove(Where place, String name, boolean forGood) {
    return with(
        place,
        (media, there) -> {
          var units = units(served(place.kind(), media), media, place, name);
          return units.isEmpty()
              ? media.remove(there, name, forGood)
              : DaemonAdmin.refused(
                  AdminError.Kind.CONFLICT,
                  "\"%s\" is served as unit %s: remove that first"
                      .formatted(name, String.join(", ", units)));
        });
  }

  @Override
  public Future<List<Thrown>> trash(Where place) {
    return with(place, Media::trash)
        .map(
            all ->
                all.stream()
                    .map(it -> new Thrown(it.id(), it.name(), it.when().toString()))
                    .toList());
  }

  @Override
  public Future<Void> restore(Where place, String id) {
    return with(place, (media, there) -> media.restore(there, id));
  }

  /// Units of the document by what they serve, as `TARGET/LUN`.
  private Map<String, List<String>> served(String kind, Media media) {
    return document.get().targets().stream()
        .flatMap(
            target ->
                target.units().stream()
                    .filter(unit -> kind.equals(unit.store().get(KIND)))
                    .map(
                        unit ->
                            Map.entry(
                                media.identity(unit.store()), target.name() + "/" + unit.lun())))
        .collect(
            Collectors.groupingBy(
                Map.Entry::getKey, Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
  }

  private static List<String> units(
      Map<String, List<String>> served, Media media, Where place, String name) {
    return served.getOrDefault(
        media.identity(media.storeOptions(place.options(), name)), List.of());
  }

  private <T> Future<T> with(Where place, BiFunction<Media, Media.Place, Future<T>> work) {
    var provider =
        providers.stream().filter(it -> it.kind().equals(place.kind())).findFirst().orElse(null);
    if (provider == null) {
      return DaemonAdmin.refused(
          AdminError.Kind.NOT_FOUND, "there is no kind of store \"" + place.kind() + "\"");
    }
    var media = provider.media().orElse(null);
    if (media == null) {
      return DaemonAdmin.refused(
          AdminError.Kind.CONFLICT,
          "the media of stores of kind \"%s\" are made and removed elsewhere"
              .formatted(place.kind()));
    }
    var faults = media.checkPlace(place.options());
    if (!faults.isEmpty()) {
      return Future.failedFuture(invalid("", faults));
    }
    if (underWay.incrementAndGet() > MAX_CALLS) {
      underWay.decrementAndGet();
      return DaemonAdmin.refused(
          AdminError.Kind.CONFLICT, MAX_CALLS + " such calls are under way; try again later");
    }
    return asked(media, new Media.Place(vertx, dataFolder, place.options()), work)
        .timeout(ANSWER_SECONDS, TimeUnit.SECONDS)
        .recover(failure -> Future.failedFuture(refusal(place.kind(), failure)));
  }

  private <T> Future<T> asked(
      Media media, Media.Place there, BiFunction<Media, Media.Place, Future<T>> work) {
    Future<T> answer;
    try {
      answer = work.apply(media, there);
    } catch (RuntimeException e) {
      answer = Future.failedFuture(e);
    }
    return answer.onComplete(_ -> underWay.decrementAndGet());
  }

  private static AdminError invalid(String at, List<OptionFault> faults) {
    var violations = new ArrayList<Violation>();
    for (var fault : faults) {
      violations.add(
          new Violation(
              at.isEmpty() ? Pointer.ROOT : Pointer.child(at, fault.option()),
              at.isEmpty() ? fault.option() + ": " + fault.message() : fault.message()));
    }
    return new AdminError(
        AdminError.Kind.INVALID,
        faults.stream()
            .map(it -> it.option() + ": " + it.message())
            .collect(Collectors.joining("; ")),
        violations);
  }

  private static RuntimeException refusal(String kind, Throwable failure) {
    return switch (failure) {
      case AdminError refused -> refused;
      case MediaFault fault ->
          new AdminError(
              switch (fault.kind()) {
                case NOT_FOUND -> AdminError.Kind.NOT_FOUND;
                case EXISTS, IN_USE, REFUSED -> AdminError.Kind.CONFLICT;
              },
              fault.getMessage());
      case StoreFault fault -> new AdminError(AdminError.Kind.FAILED, Reconciler.words(fault));
      case TimeoutException _ ->
          new AdminError(
              AdminError.Kind.FAILED,
              "no answer from the %s store within %d s; it may still be done"
                  .formatted(kind, ANSWER_SECONDS));
      default -> new IllegalStateException("media of kind " + kind, failure);
    };
  }
}
