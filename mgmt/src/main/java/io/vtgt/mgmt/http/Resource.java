package io.vtgt.mgmt.http;

import java.util.List;

/// One subject of the interface: a few rows of its table.
interface Resource {
  List<Endpoint> endpoints();
}
