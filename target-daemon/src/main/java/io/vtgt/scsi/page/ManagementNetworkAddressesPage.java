package io.vtgt.scsi.page;

import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;

/// Management Network Addresses (SPC-5, page 85h): none. The management interface listens where
/// only the host itself reaches it unless the operator says otherwise, and initiators need not know
/// where.
final class ManagementNetworkAddressesPage {
  private ManagementNetworkAddressesPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    return new byte[0];
  }
}
