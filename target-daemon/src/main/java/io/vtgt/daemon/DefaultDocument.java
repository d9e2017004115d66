package io.vtgt.daemon;

import io.vtgt.mgmt.document.Document;
import io.vtgt.mgmt.document.DocumentFormat;

/// What is served when nothing was configured: one disk, for this machine only.
final class DefaultDocument {
  static final String TARGET = "iqn.2026-11.io.vtgt:disk";

  private static final String TEXT =
      """
      version: 1
      http:
        listen: 127.0.0.1:9260
      portals:
        - group: 1
          listen: 127.0.0.1:3260
      targets:
        - name: %s
          alias: the disk of a vtgtd without configuration
          units:
            - lun: 0
              name: disk
              store:
                kind: file
                path: disk.img    # in the data folder; sparse, grows as it is written
                size: 10GiB
      """
          .formatted(TARGET);

  private DefaultDocument() {}

  static Document document() {
    return DocumentFormat.YAML.read(TEXT, Document.class).orElseThrow();
  }
}
