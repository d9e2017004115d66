package io.vtgt.scsi.alua;

import io.vertx.core.json.JsonObject;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The states that somebody has set, and that a restart must not forget. Immutable.
///
/// @param byGroup where another state than the document's was set
record KeptStates(SortedMap<Integer, Kept> byGroup) {

  /// @param over what the document said then: once it says something else, that is newer and rules
  record Kept(AccessState state, AccessState over, ChangedBy by) {}

  static final KeptStates NONE = new KeptStates(new TreeMap<>());

  private static final Logger log = LoggerFactory.getLogger(KeptStates.class);

  private static final String GROUPS = "groups", STATE = "state", OVER = "over", BY = "by";

  KeptStates {
    byGroup = Collections.unmodifiableSortedMap(new TreeMap<>(byGroup));
  }

  /// The state set for a group, while the document says what it said then.
  Optional<Kept> of(int group, AccessState documented) {
    return Optional.ofNullable(byGroup.get(group)).filter(kept -> kept.over == documented);
  }

  /// Without what `setup` has overruled.
  KeptStates under(PortGroupSetup setup) {
    var still = new TreeMap<>(byGroup);
    still.entrySet().removeIf(it -> it.getValue().over != setup.of(it.getKey()).state());
    return new KeptStates(still);
  }

  /// With a group in another state; the document's own need not be kept.
  KeptStates with(int group, Kept kept) {
    var next = new TreeMap<>(byGroup);
    if (kept.state == kept.over) {
      next.remove(group);
    } else {
      next.put(group, kept);
    }
    return new KeptStates(next);
  }

  JsonObject toJson() {
    var groups = new JsonObject();
    byGroup.forEach(
        (group, kept) ->
            groups.put(
                Integer.toString(group),
                new JsonObject()
                    .put(STATE, kept.state.text)
                    .put(OVER, kept.over.text)
                    .put(BY, kept.by.text)));
    return new JsonObject().put(GROUPS, groups);
  }

  /// What cannot be understood is left out, and logged: the document's state is a safe one.
  static KeptStates of(JsonObject json) {
    var byGroup = new TreeMap<Integer, Kept>();
    var groups = json.getJsonObject(GROUPS, new JsonObject());
    for (String group : groups.fieldNames()) {
      try {
        var entry = groups.getJsonObject(group);
        byGroup.put(
            Integer.valueOf(group),
            new Kept(
                AccessState.of(entry.getString(STATE)).orElseThrow(),
                AccessState.of(entry.getString(OVER)).orElseThrow(),
                ChangedBy.of(entry.getString(BY)).orElseThrow()));
      } catch (RuntimeException e) {
        log.warn("the access state kept of target port group {} cannot be read", group, e);
      }
    }
    return new KeptStates(byGroup);
  }
}
