package io.vtgt.mgmt.document;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a field is when the document leaves it out. Beyond these rows: a list or map is empty, an
/// optional field is absent, a flag is false, a group of fields has the defaults of its own;
/// anything else must be written.
public final class DocumentDefaults {

  /// One row: field `name` of `of`.
  record Row(Class<? extends Record> of, String name, Object value) {}

  static final List<Row> ROWS =
      List.of(
          new Row(Document.class, "version", 1),
          new Row(Document.Http.class, "listen", "127.0.0.1:9260"),
          new Row(Document.Portal.class, "group", 1),
          new Row(Document.Login.class, "loginTimeoutSeconds", 15),
          new Row(Document.Login.class, "nopIntervalSeconds", 30),
          new Row(Document.Login.class, "nopTimeoutSeconds", 30),
          new Row(Document.Login.class, "commandWindow", 128),
          new Row(Document.Limits.class, "sessions", 1024),
          new Row(Document.Limits.class, "dataBudgetBytes", 256L << 20),
          new Row(Document.Limits.class, "storeDeadlineSeconds", 30),
          new Row(Document.Alua.class, "mode", "implicit"),
          new Row(Document.AluaGroup.class, "state", "active-optimized"),
          new Row(Document.Unit.class, "blockSize", 512),
          new Row(Document.Unit.class, "physicalBlockSize", 0),
          new Row(Document.Unit.class, "thin", true),
          new Row(Document.Unit.class, "unmapCommand", true),
          new Row(Document.Unit.class, "maxCompareAndWriteBlocks", 0),
          new Row(Document.Unit.class, "rotationRate", 1),
          new Row(Document.Unit.class, "online", true),
          new Row(Document.Unit.class, "lowestAlignedBlock", 0),
          new Row(Document.Unit.class, "optimalTransferBlocks", 0),
          new Row(Document.Unit.class, "optimalTransferGranularityBlocks", 0),
          new Row(Document.Unit.class, "storeDeadlineSeconds", 0),
          new Row(Document.Unit.class, "whenStoreIsAway", "wait"),
          new Row(Document.ThinThreshold.class, "usedPercent", 0),
          new Row(Document.ThinThreshold.class, "freeBytes", 0L),
          new Row(Document.Mode.class, "writeCache", true));

  private static final Map<String, Object> BY_FIELD =
      ROWS.stream()
          .peek(DocumentDefaults::checkExists)
          .collect(Collectors.toUnmodifiableMap(row -> key(row.of, row.name), Row::value));

  private DocumentDefaults() {}

  /// The document of a daemon that was given none: one portal on the loopback, no targets.
  public static Document document() {
    var empty = RecordReader.ofDefaults(Document.class);
    return empty.withPortals(List.of(new Document.Portal(1, "127.0.0.1:3260", Optional.empty())));
  }

  static Optional<Object> of(Class<?> type, String name) {
    return Optional.ofNullable(BY_FIELD.get(key(type, name)));
  }

  private static String key(Class<?> type, String name) {
    return type.getSimpleName() + "." + name;
  }

  private static void checkExists(Row row) {
    if (Arrays.stream(row.of.getRecordComponents()).noneMatch(c -> c.getName().equals(row.name))) {
      throw new IllegalStateException("no field " + key(row.of, row.name));
    }
  }
}
