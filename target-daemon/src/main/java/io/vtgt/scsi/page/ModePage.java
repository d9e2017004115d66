package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnitState;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/// One mode page (SPC-5, Mode parameters): a row of the page table.
///
/// @param code PAGE CODE
/// @param subpage SUBPAGE CODE, 0 for a page in page_0 format
/// @param name as the standard prints it
/// @param changeable the bits of the body that MODE SELECT may change
/// @param body what follows the page's header, out of the unit's state
/// @param select the state with what a body of allowed changes asks for
public record ModePage(
    int code,
    int subpage,
    String name,
    byte[] changeable,
    Function<LogicalUnitState, byte[]> body,
    BiFunction<LogicalUnitState, byte[], LogicalUnitState> select) {

  /// In ascending order, as MODE SENSE returns them.
  private static final List<ModePage> ROWS =
      List.of(
          ReadWriteErrorRecoveryPage.ROW,
          DisconnectReconnectPage.ROW,
          CachingPage.ROW,
          ControlPage.ROW,
          ControlExtensionPage.ROW,
          PowerConditionPage.ROW,
          InformationalExceptionsPage.ROW,
          ProvisioningThresholdsPage.ROW);

  /// What the page header's first byte holds besides the page code: PS and SPF.
  private static final int SAVEABLE = 0x80, SUBPAGE_FORMAT = 0x40;

  /// A page nothing of which can be changed.
  static ModePage constant(int code, int subpage, String name, byte[] body) {
    return new ModePage(
        code, subpage, name, new byte[body.length], _ -> body.clone(), (state, _) -> state);
  }

  public static List<ModePage> rows() {
    return ROWS;
  }

  public static Optional<ModePage> find(int code, int subpage) {
    return ROWS.stream().filter(page -> page.code == code && page.subpage == subpage).findFirst();
  }

  /// Bytes before the body: 2 in page_0 format, 4 in sub_page format.
  public int headerLength() {
    return subpage == 0 ? 2 : 4;
  }

  /// True when MODE SELECT can change the page, and so save it.
  public boolean saveable() {
    for (byte bits : changeable) {
      if (bits != 0) {
        return true;
      }
    }
    return false;
  }

  /// The page with its header.
  ///
  /// @param body of this page
  public byte[] encode(byte[] body) {
    byte[] page = new byte[headerLength() + body.length];
    int saveable = saveable() ? SAVEABLE : 0;
    if (subpage == 0) {
      page[0] = (byte) (saveable | code);
      page[1] = (byte) body.length;
    } else {
      page[0] = (byte) (saveable | SUBPAGE_FORMAT | code);
      page[1] = (byte) subpage;
      page[2] = (byte) (body.length >> 8);
      page[3] = (byte) body.length;
    }
    System.arraycopy(body, 0, page, headerLength(), body.length);
    return page;
  }
}
