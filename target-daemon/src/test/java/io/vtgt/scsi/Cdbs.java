package io.vtgt.scsi;

/// CDBs for tests that go over the command table.
public final class Cdbs {
  private Cdbs() {}

  /// The CDB of a row with every field 0 that is not needed to tell the row apart.
  public static byte[] empty(CommandSpec row) {
    byte[] cdb = new byte[row.usage().length];
    cdb[0] = row.usage()[0];
    if (row.opcode() == Cdb.VARIABLE_LENGTH) {
      System.arraycopy(row.usage(), 7, cdb, 7, 3); // additional CDB length, service action
    } else {
      row.serviceAction().ifPresent(action -> cdb[1] = (byte) action);
    }
    return cdb;
  }
}
