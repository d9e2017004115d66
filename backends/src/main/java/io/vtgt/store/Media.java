package io.vtgt.store;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vtgt.store.StoreProvider.Option;
import io.vtgt.store.StoreProvider.OptionFault;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What can be done to the media of one kind of store while nobody has to have them open: found,
/// made, thrown away. See [StoreProvider#media()].
///
/// Blocking work is done off the event loop; futures complete on the calling context. A refusal is
/// a [MediaFault]; where the place does not answer it is a [StoreFault]. Neither names a secret.
public interface Media {

  /// Where media of this kind live: options of the provider, by the same names (for RBD the cluster
  /// and the pool).
  List<Option> placeOptions();

  /// What is wrong with the options of a place, without asking anybody.
  default List<OptionFault> checkPlace(Map<String, Object> options) {
    return OptionValues.check(placeOptions(), options);
  }

  /// What a new medium is made of.
  List<Option> creationOptions();

  /// What is wrong with the options of a new medium, without asking anybody.
  default List<OptionFault> checkCreation(Map<String, Object> options) {
    return OptionValues.check(creationOptions(), options);
  }

  /// The provider's option that names a medium at its place.
  String nameOption();

  /// The options by which the provider opens the medium of this name.
  default Map<String, Object> storeOptions(Map<String, Object> place, String name) {
    Map<String, Object> options = new LinkedHashMap<>(place);
    options.put(nameOption(), name);
    return options;
  }

  /// Names the medium that a store with these options opens: the same text for the same medium. Two
  /// places that only look different may give two texts.
  String identity(Map<String, Object> storeOptions);

  /// @param options those of [#placeOptions()], checked
  /// @param dataFolder the daemon's data folder, against which relative paths are resolved
  record Place(Vertx vertx, Path dataFolder, Map<String, Object> options) {}

  /// The names of the media there, in order.
  Future<List<String>> list(Place place);

  Future<Description> describe(Place place, String name);

  /// @param parent the snapshot it is a clone of: empty when it is none
  /// @param snapshots oldest first
  /// @param users who has it open now, as the store names them; empty where it does not know
  /// @param details what only this kind knows, by name
  record Description(
      String name,
      long bytes,
      Optional<String> parent,
      List<Snapshots.Snapshot> snapshots,
      List<String> users,
      Map<String, Object> details) {}

  /// Makes a medium that holds zeroes, or what its parent holds.
  ///
  /// @param options those of [#creationOptions()], checked
  Future<Void> create(Place place, String name, Map<String, Object> options);

  /// Throws a medium away that nobody has open.
  ///
  /// @param forGood its data is lost; otherwise it can be taken back from the [#trash]
  Future<Void> remove(Place place, String name, boolean forGood);

  /// What was thrown away and can be taken back.
  Future<List<Thrown>> trash(Place place);

  /// @param id what [#restore] takes; a name may have been thrown away more than once
  record Thrown(String id, String name, Instant when) {}

  /// Takes a medium back, by the name it had.
  Future<Void> restore(Place place, String id);
}
