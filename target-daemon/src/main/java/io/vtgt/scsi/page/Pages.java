package io.vtgt.scsi.page;

/// The tables of pages as a document.
public final class Pages {
  private Pages() {}

  /// `docs/pages.md`: the rows of the three tables in Markdown.
  public static String markdown() {
    var text =
        new StringBuilder(
            """
            # Pages

            What management tools read of a unit. Every page that a unit can offer stands here; the
            [commands](scsi-commands.md) are INQUIRY, MODE SENSE and MODE SELECT, LOG SENSE and LOG SELECT.

            ## Vital product data

            | page | name |
            | --- | --- |
            """);
    for (VpdPage page : VpdPage.rows()) {
      text.append("| %02Xh | %s |\n".formatted(page.code(), page.name()));
    }
    text.append(
        """

        ## Mode pages

        What can be changed can be saved (SP), and is then in force after a restart and after a reset of
        the unit.

        | page | name | changeable |
        | --- | --- | --- |
        """);
    for (ModePage page : ModePage.rows()) {
      text.append(
          "| %s | %s | %s |\n"
              .formatted(
                  code(page.code(), page.subpage()),
                  page.name(),
                  page.saveable() ? "in part" : "no"));
    }
    text.append(
        """

        ## Log pages

        Counters count from the opening of the unit, or from the last LOG SELECT that reset them.

        | page | name | counters |
        | --- | --- | --- |
        """);
    for (LogPage page : LogPage.rows()) {
      text.append(
          "| %s | %s | %s |\n"
              .formatted(
                  code(page.code(), page.subpage()), page.name(), page.counts() ? "yes" : "no"));
    }
    return text.toString();
  }

  private static String code(int code, int subpage) {
    return subpage == 0 ? "%02Xh".formatted(code) : "%02Xh/%02Xh".formatted(code, subpage);
  }
}
