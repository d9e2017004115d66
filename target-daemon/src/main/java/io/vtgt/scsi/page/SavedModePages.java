package io.vtgt.scsi.page;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vtgt.target.LogicalUnitState;
import io.vtgt.target.UnitMemory;
import java.util.HexFormat;
import java.util.Optional;

/// The saved values of the mode pages (SPC-5, MODE SELECT: SP bit), in the unit's memory.
///
/// Each page is kept as the bits that could be changed when it was saved, and their values: so what
/// becomes changeable later has its default until it is saved too.
public final class SavedModePages {
  private static final String PART = "mode";
  private static final String CHANGEABLE = "changeable", VALUES = "values";

  private SavedModePages() {}

  /// The defaults with what was saved over them.
  ///
  /// @throws RuntimeException when what was kept cannot be understood
  public static LogicalUnitState recall(LogicalUnitState defaults, UnitMemory memory) {
    Optional<JsonObject> kept = memory.recall(PART);
    LogicalUnitState state = defaults;
    if (kept.isPresent()) {
      for (ModePage page : ModePage.rows()) {
        JsonObject saved = kept.get().getJsonObject(name(page));
        state = saved == null ? state : recall(page, saved, state);
      }
    }
    return state;
  }

  private static LogicalUnitState recall(ModePage page, JsonObject saved, LogicalUnitState state) {
    byte[] changeable = HexFormat.of().parseHex(saved.getString(CHANGEABLE));
    byte[] values = HexFormat.of().parseHex(saved.getString(VALUES));
    byte[] body = page.body().apply(state);
    for (int i = 0; i < Math.min(body.length, values.length); i++) {
      int mask = changeable[i] & page.changeable()[i];
      body[i] = (byte) ((body[i] & ~mask) | (values[i] & mask));
    }
    return page.select().apply(state, body);
  }

  /// Saves every page that can be. Owner context.
  ///
  /// @return completes when the values are on stable storage
  public static Future<Void> keep(LogicalUnitState state, UnitMemory memory) {
    var pages = new JsonObject();
    for (ModePage page : ModePage.rows()) {
      if (page.saveable()) {
        pages.put(
            name(page),
            new JsonObject()
                .put(CHANGEABLE, HexFormat.of().formatHex(page.changeable()))
                .put(VALUES, HexFormat.of().formatHex(page.body().apply(state))));
      }
    }
    return memory.keep(PART, pages);
  }

  private static String name(ModePage page) {
    return "%02x/%02x".formatted(page.code(), page.subpage());
  }
}
