package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/// An image that is made, and options as a person gives them, told apart by the kind of store:
/// where it lives, what it is made of, and the rest, with which a unit serves it.
///
/// @param storeOptions those of the unit's store
/// @param media address of the images at the place
/// @param body what the interface takes
record NewImage(String name, Map<String, String> storeOptions, String media, ObjectNode body) {

  /// @param size may be null
  /// @param options one of them is the name
  static NewImage split(AdminClient client, String kind, String size, Map<String, String> options) {
    JsonNode media = media(client, kind);
    String nameOption = media.path("nameOption").asText();
    String name = options.get(nameOption);
    if (name == null) {
      throw new AdminClient.Refused(
          ExitCode.USAGE, "Which image? -o " + nameOption + "=NAME names it.");
    }
    var creation = ofNames(media.path("creation"), options);
    var store = new LinkedHashMap<>(options);
    store.keySet().removeAll(creation.keySet());
    return of(kind, media, name, size, store, creation);
  }

  /// @param options of the place and of the new image
  static NewImage of(
      AdminClient client, String kind, String name, String size, Map<String, String> options) {
    JsonNode media = media(client, kind);
    var place = ofNames(media.path("place"), options);
    var creation = new LinkedHashMap<>(options);
    creation.keySet().removeAll(place.keySet());
    return of(kind, media, name, size, place, creation);
  }

  private static NewImage of(
      String kind,
      JsonNode media,
      String name,
      String size,
      Map<String, String> store,
      Map<String, String> creation) {
    ObjectNode body = AdminClient.JSON.createObjectNode().put("name", name);
    ObjectNode made = body.putObject("options");
    if (size != null) {
      made.put("size", size);
    }
    var types = names(media.path("creation"));
    creation.forEach(
        (option, text) ->
            made.set(option, UnitOptions.value(types.getOrDefault(option, ""), text)));
    return new NewImage(
        name, store, address(kind, "media", "", ofNames(media.path("place"), store)), body);
  }

  JsonNode create(AdminClient client) {
    return client.post(media, body);
  }

  /// `/v1/stores/KIND/WHAT/MORE?NAME=VALUE`.
  static String address(String kind, String what, String more, Map<String, String> query) {
    return "/v1/stores/"
        + AdminClient.segment(kind)
        + "/"
        + what
        + more
        + query.entrySet().stream()
            .map(it -> AdminClient.segment(it.getKey()) + "=" + AdminClient.segment(it.getValue()))
            .collect(Collectors.joining("&", query.isEmpty() ? "" : "?", ""));
  }

  private static JsonNode media(AdminClient client, String kind) {
    for (JsonNode each : client.get("/v1/stores")) {
      if (each.path("kind").asText().equals(kind)) {
        if (each.path("media").isObject()) {
          return each.path("media");
        }
        throw new AdminClient.Refused(
            ExitCode.CONFLICT,
            "images of stores of kind '" + kind + "' are made and removed elsewhere");
      }
    }
    throw new AdminClient.Refused(ExitCode.NOT_FOUND, "there is no kind of store '" + kind + "'");
  }

  private static Map<String, String> ofNames(JsonNode described, Map<String, String> options) {
    var some = new LinkedHashMap<>(options);
    some.keySet().retainAll(names(described).keySet());
    return some;
  }

  /// Names with their types.
  private static Map<String, String> names(JsonNode described) {
    return StreamSupport.stream(described.spliterator(), false)
        .collect(Collectors.toMap(it -> it.path("name").asText(), it -> it.path("type").asText()));
  }
}
