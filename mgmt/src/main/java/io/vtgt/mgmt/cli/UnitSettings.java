package io.vtgt.mgmt.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vtgt.mgmt.document.UnitFields;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/// `NAME=VALUE` of `vtgtadm unit set` as the changes that the interface takes: `mode.writeCache` is
/// a field of the group `mode`, an empty value is the default.
final class UnitSettings {
  private static final String STORE = "store.";

  private UnitSettings() {}

  /// The names that a shell completes.
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return UnitFields.settable().keySet().stream().map(name -> name + "=").iterator();
    }
  }

  /// @param path of the unit; its store is asked for where options of it are set
  static ObjectNode changes(AdminClient client, String path, Map<String, String> settings) {
    ObjectNode changes = AdminClient.JSON.createObjectNode();
    Map<String, String> storeOptions = new LinkedHashMap<>();
    settings.forEach(
        (name, text) -> {
          if (name.startsWith(STORE)) {
            storeOptions.put(name.substring(STORE.length()), text);
          } else {
            put(changes, name, value(name, text));
          }
        });
    if (!storeOptions.isEmpty()) {
      changes.set("store", store(client, path, storeOptions));
    }
    return changes;
  }

  private static ObjectNode store(AdminClient client, String path, Map<String, String> options) {
    ObjectNode store = AdminClient.JSON.createObjectNode();
    store.set("kind", client.get(path).path("store").path("kind"));
    UnitOptions.typed(store, client.get("/v1/stores"), options);
    options.forEach(
        (name, text) -> {
          if (text.isEmpty()) {
            store.putNull(name);
          }
        });
    return store;
  }

  private static void put(ObjectNode changes, String name, JsonNode value) {
    int dot = name.indexOf('.');
    if (dot < 0) {
      changes.set(name, value);
    } else {
      put(changes.withObject("/" + name.substring(0, dot)), name.substring(dot + 1), value);
    }
  }

  /// Text of the wrong shape stays text, for the daemon to refuse by name.
  private static JsonNode value(String name, String text) {
    if (text.isEmpty()) {
      return AdminClient.JSON.getNodeFactory().nullNode();
    }
    Class<?> type = UnitFields.settable().get(name);
    return UnitOptions.value(
        type == boolean.class ? "boolean" : type == int.class ? "integer" : "string", text);
  }
}
