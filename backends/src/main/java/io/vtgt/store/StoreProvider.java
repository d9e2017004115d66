package io.vtgt.store;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes stores of one kind. Found by [#kind()] through `ServiceLoader`.
public interface StoreProvider {

  /// The word in the document: `file`, `memory`, `null`, …
  String kind();

  /// One sentence for lists and help.
  String summary();

  /// The options of this kind, in the order a person would write them.
  List<Option> options();

  /// What is wrong with these options, without touching the medium; empty when nothing is.
  ///
  /// @param options as the document has them: strings, numbers, booleans, lists, maps; `kind` left
  ///   out
  List<OptionFault> check(Map<String, Object> options);

  /// Opens the store. [#check] has passed. Blocking work is done off the event loop.
  ///
  /// @return the open store; fails with [StoreFault] whose message says in words why not
  Future<BackingStore> open(OpenRequest request);

  /// What can be done to media of this kind that need not be open; empty where they are made and
  /// removed elsewhere.
  default Optional<Media> media() {
    return Optional.empty();
  }

  /// One option, as help, docs and the JSON Schema show it.
  ///
  /// @param type JSON type: `string`, `integer`, `boolean`, `size` (bytes, or text such as
  ///   `10GiB`), `secret` (a string that is never shown)
  /// @param defaultValue as text; empty when required or when leaving it out means "none"
  record Option(String name, String type, boolean required, String defaultValue, String meaning) {}

  /// What is wrong with one option.
  ///
  /// @param option its name
  /// @param message what came and what is allowed
  record OptionFault(String option, String message) {}

  /// What a store is opened with.
  ///
  /// @param dataFolder the daemon's data folder, against which relative paths are resolved
  /// @param readOnly the unit never writes
  record OpenRequest(
      Vertx vertx, String name, Map<String, Object> options, Path dataFolder, boolean readOnly) {}
}
