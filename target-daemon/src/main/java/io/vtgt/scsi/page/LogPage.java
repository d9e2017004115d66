package io.vtgt.scsi.page;

import io.vertx.core.Future;
import io.vtgt.target.LogicalUnit;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/// One log page (SPC-5, Log parameters): a row of the page table.
///
/// @param code PAGE CODE
/// @param subpage SUBPAGE CODE, 0 for a page without
/// @param name as the standard prints it
/// @param counts the page has counters, which LOG SELECT resets
/// @param offered whether this unit has the page
/// @param parameters in ascending order; none for a list of pages. Completes on the calling context
public record LogPage(
    int code,
    int subpage,
    String name,
    boolean counts,
    Predicate<LogicalUnit> offered,
    Function<LogicalUnit, Future<List<LogParameter>>> parameters) {
  public static final int ALL_SUBPAGES = 0xff;

  /// In ascending order, as the lists of supported pages tell them.
  private static final List<LogPage> ROWS =
      List.of(
          list(0, "Supported Log Pages"),
          list(ALL_SUBPAGES, "Supported Log Pages and Subpages"),
          counters(ErrorCounterPages.WRITE, "Write Error Counters", ErrorCounterPages::write),
          counters(ErrorCounterPages.READ, "Read Error Counters", ErrorCounterPages::read),
          counters(ErrorCounterPages.VERIFY, "Verify Error Counters", ErrorCounterPages::verify),
          new LogPage(
              0x0c,
              0,
              "Logical Block Provisioning",
              false,
              LogicalUnit::thin,
              ProvisioningLogPage::parameters),
          page(0x0e, "Start-Stop Cycle Counter", StartStopCyclePage::parameters),
          page(0x10, "Self-Test Results", SelfTestResultsPage::parameters),
          counters(
              StatisticsPage.CODE,
              "General Statistics and Performance",
              StatisticsPage::parameters),
          page(0x2f, "Informational Exceptions", InformationalExceptionsLogPage::parameters));

  private static final int NOT_SAVED = 0x80, SUBPAGE_FORMAT = 0x40;

  private static LogPage list(int subpage, String name) {
    return new LogPage(0, subpage, name, false, _ -> true, _ -> Future.succeededFuture(List.of()));
  }

  private static LogPage page(
      int code, String name, Function<LogicalUnit, List<LogParameter>> parameters) {
    return new LogPage(
        code, 0, name, false, _ -> true, unit -> Future.succeededFuture(parameters.apply(unit)));
  }

  private static LogPage counters(
      int code, String name, Function<LogicalUnit, List<LogParameter>> parameters) {
    return new LogPage(
        code, 0, name, true, _ -> true, unit -> Future.succeededFuture(parameters.apply(unit)));
  }

  public static List<LogPage> rows() {
    return ROWS;
  }

  /// The pages of one unit.
  public static List<LogPage> of(LogicalUnit unit) {
    return ROWS.stream().filter(page -> page.offered.test(unit)).toList();
  }

  /// The page with its header.
  ///
  /// @param cumulative PC asks for what was counted, not for a threshold or a default
  /// @param from PARAMETER POINTER: the lowest parameter code that is told
  /// @return empty when every parameter code is lower than `from`; completes on the calling context
  public Future<Optional<byte[]>> encode(LogicalUnit unit, boolean cumulative, int from) {
    return parameters
        .apply(unit)
        .map(
            all -> {
              List<LogParameter> told =
                  all.stream().filter(parameter -> parameter.code() >= from).toList();
              return told.isEmpty() && from > 0
                  ? Optional.empty()
                  : Optional.of(withHeader(code == 0 ? codes(unit) : encode(told, cumulative)));
            });
  }

  private byte[] withHeader(byte[] body) {
    return ByteBuffer.allocate(4 + body.length)
        .put((byte) ((code == 0 ? 0 : NOT_SAVED) | (subpage == 0 ? 0 : SUBPAGE_FORMAT) | code))
        .put((byte) subpage)
        .putShort((short) body.length)
        .put(body)
        .array();
  }

  /// Supported Log Pages, and Supported Log Pages and Subpages.
  private byte[] codes(LogicalUnit unit) {
    var codes = new ByteArrayOutputStream();
    for (LogPage page : of(unit)) {
      if (subpage == ALL_SUBPAGES) {
        codes.write(page.code);
        codes.write(page.subpage);
      } else if (page.subpage == 0) {
        codes.write(page.code);
      }
    }
    return codes.toByteArray();
  }

  private static byte[] encode(List<LogParameter> told, boolean cumulative) {
    var body = new ByteArrayOutputStream();
    told.forEach(parameter -> parameter.encode(body, cumulative));
    return body.toByteArray();
  }
}
