package io.vtgt.scsi.spc;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.ParameterList;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.page.LogPage;
import io.vtgt.target.LogicalUnit;
import java.util.List;

/// LOG SELECT (SPC-5): resets counters. No parameter can be set to a value of the initiator's (all
/// are "reset only" or "never"), and nothing is saved, so SP is not in the usage map.
final class LogSelect {
  private static final int DEFAULT_CUMULATIVE = 3;
  private static final int PAGE_HEADER_LENGTH = 4;

  private LogSelect() {}

  static Step begin(Task task, LogicalUnit unit) {
    Cdb cdb = task.cdb();
    boolean reset = cdb.bit(1, 1); // PCR
    int control = cdb.u8(2) >> 6;
    int code = cdb.u8(2) & 0x3f;
    int subpage = cdb.u8(3);
    int listLength = cdb.u16(7);
    if (listLength != 0) {
      return withList(unit, reset, code, subpage, listLength);
    }
    List<LogPage> pages = LogPage.of(unit);
    List<LogPage> asked = pages.stream().filter(page -> isAsked(page, code, subpage)).toList();
    if (asked.isEmpty()) {
      return Step.check(LogSense.noSuchPage(pages, code));
    }
    // Thresholds have no other value than their default: to set them to it changes nothing.
    if (reset || control == DEFAULT_CUMULATIVE) {
      reset(task, unit, asked);
    }
    return Step.GOOD;
  }

  /// Page 00h, subpage 00h is every page (SPC-5, Processing LOG SELECT when the parameter list
  /// length is zero).
  private static boolean isAsked(LogPage page, int code, int subpage) {
    return (code == 0 && subpage == 0)
        || (page.code() == code && (page.subpage() == subpage || subpage == LogPage.ALL_SUBPAGES));
  }

  private static void reset(Task task, LogicalUnit unit, List<LogPage> asked) {
    List<LogPage> counters = asked.stream().filter(LogPage::counts).toList();
    if (!counters.isEmpty()) {
      counters.forEach(page -> unit.logCounters().reset(page.code(), page.subpage()));
      unit.attention(Asc.LOG_PARAMETERS_CHANGED, nexus -> !nexus.equals(task.nexus()));
    }
  }

  /// The list names its pages itself, and cannot name one that may be set.
  private static Step withList(
      LogicalUnit unit, boolean reset, int code, int subpage, int listLength) {
    if (reset) {
      return Step.check(Sense.invalidFieldInCdb(1, 1));
    }
    if (code != 0) {
      return Step.check(Sense.invalidFieldInCdb(2, 5));
    }
    if (subpage != 0) {
      return Step.check(Sense.invalidFieldInCdb(3, 7));
    }
    return ParameterList.gather(listLength, list -> refusal(unit, list));
  }

  private static Step refusal(LogicalUnit unit, byte[] list) {
    if (list.length < PAGE_HEADER_LENGTH) {
      return ParameterList.WRONG_LENGTH;
    }
    int code = list[0] & 0x3f;
    int subpage = list[1] & 0xff;
    boolean known =
        LogPage.of(unit).stream()
            .anyMatch(page -> page.code() == code && page.subpage() == subpage);
    boolean hasParameters = known && list.length > PAGE_HEADER_LENGTH;
    return Step.check(
        hasParameters
            ? Sense.invalidFieldInParameterList(PAGE_HEADER_LENGTH, 7)
            : Sense.invalidFieldInParameterList(0, 5));
  }
}
