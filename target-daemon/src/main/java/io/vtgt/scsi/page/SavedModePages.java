package io.vtgt.scsi.page;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vtgt.target.LogicalUnitState;
import io.vtgt.target.UnitMemory;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The saved values of the mode pages (SPC-5, MODE SELECT: SP bit), as they stand in the unit's
/// memory. Immutable.
///
/// Each page is kept as the bits that could be changed when it was saved, and their values: so what
/// becomes changeable later has its default until it is saved too.
public final class SavedModePages {
  private static final Logger log = LoggerFactory.getLogger(SavedModePages.class);
  private static final String PART = "mode";
  private static final String CHANGEABLE = "changeable", VALUES = "values";

  private final JsonObject pages;

  private SavedModePages(JsonObject pages) {
    this.pages = pages;
  }

  /// What was saved last, in this run of the daemon or another. What cannot be understood is logged
  /// and taken for nothing: the unit has its defaults then.
  public static SavedModePages recall(UnitMemory memory) {
    var recalled = new SavedModePages(memory.recall(PART).orElseGet(JsonObject::new));
    try {
      recalled.over(LogicalUnitState.INITIAL);
      return recalled;
    } catch (RuntimeException e) {
      log.error("saved mode pages cannot be read: {}", recalled.pages, e);
      return new SavedModePages(new JsonObject());
    }
  }

  /// Every page that can be saved, with its values in `state`.
  public static SavedModePages of(LogicalUnitState state) {
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
    return new SavedModePages(pages);
  }

  /// Owner context.
  ///
  /// @return completes when the values are on stable storage
  public Future<Void> keep(UnitMemory memory) {
    return memory.keep(PART, pages);
  }

  /// The defaults with what was saved over them.
  public LogicalUnitState over(LogicalUnitState defaults) {
    LogicalUnitState state = defaults;
    for (ModePage page : ModePage.rows()) {
      JsonObject saved = pages.getJsonObject(name(page));
      state = saved == null ? state : over(page, saved, state);
    }
    return state;
  }

  private static LogicalUnitState over(ModePage page, JsonObject saved, LogicalUnitState state) {
    byte[] changeable = HexFormat.of().parseHex(saved.getString(CHANGEABLE));
    byte[] values = HexFormat.of().parseHex(saved.getString(VALUES));
    byte[] body = page.body().apply(state);
    for (int i = 0; i < Math.min(body.length, values.length); i++) {
      int mask = changeable[i] & page.changeable()[i];
      body[i] = (byte) ((body[i] & ~mask) | (values[i] & mask));
    }
    return page.select().apply(state, body);
  }

  private static String name(ModePage page) {
    return "%02x/%02x".formatted(page.code(), page.subpage());
  }
}
