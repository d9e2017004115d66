package io.vtgt.scsi.reservation;

import io.vtgt.scsi.Access;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// Types of persistent reservations, and who may do what under each: the table "Commands allowed in
/// the presence of various reservations" of SPC-5 and SBC-4, with commands summed up as [Access].
@SuppressWarnings("ImmutableEnumChecker") // the sets are unmodifiable; Set cannot say so
public enum ReservationType {
  //                                   the holder           registered           anybody else
  WRITE_EXCLUSIVE(0x1, Allows.EVERYTHING, Allows.READING, Allows.READING),
  EXCLUSIVE_ACCESS(0x3, Allows.EVERYTHING, Allows.REPORTS, Allows.REPORTS),
  WRITE_EXCLUSIVE_REGISTRANTS_ONLY(0x5, Allows.EVERYTHING, Allows.EVERYTHING, Allows.READING),
  EXCLUSIVE_ACCESS_REGISTRANTS_ONLY(0x6, Allows.EVERYTHING, Allows.EVERYTHING, Allows.REPORTS),
  WRITE_EXCLUSIVE_ALL_REGISTRANTS(0x7, Allows.EVERYTHING, Allows.EVERYTHING, Allows.READING),
  EXCLUSIVE_ACCESS_ALL_REGISTRANTS(0x8, Allows.EVERYTHING, Allows.EVERYTHING, Allows.REPORTS);

  /// The cells of the table.
  static final class Allows {
    static final Set<Access> EVERYTHING = Collections.unmodifiableSet(EnumSet.allOf(Access.class));
    static final Set<Access> READING =
        Set.of(Access.ALWAYS, Access.REPORTS, Access.OWN_RULES, Access.READS_MEDIUM);
    static final Set<Access> REPORTS = Set.of(Access.ALWAYS, Access.REPORTS, Access.OWN_RULES);

    /// For everybody but the holder of a RESERVE (SPC-2): INQUIRY, REPORT LUNS, REQUEST SENSE, and
    /// what answers for itself.
    static final Set<Access> BESIDE_RESERVE = Set.of(Access.ALWAYS, Access.OWN_RULES);

    /// For everybody while nobody knows who holds what.
    static final Set<Access> WHILE_LOST = BESIDE_RESERVE;

    private Allows() {}
  }

  /// The TYPE field.
  public final int code;

  final Set<Access> holder;
  final Set<Access> registered;
  final Set<Access> others;

  ReservationType(int code, Set<Access> holder, Set<Access> registered, Set<Access> others) {
    this.code = code;
    this.holder = holder;
    this.registered = registered;
    this.others = others;
  }

  /// The type with this TYPE field; empty for obsolete and reserved values.
  public static Optional<ReservationType> of(int code) {
    for (var type : values()) {
      if (type.code == code) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /// Every registered nexus holds the reservation; none of them alone.
  public boolean allRegistrants() {
    return this == WRITE_EXCLUSIVE_ALL_REGISTRANTS || this == EXCLUSIVE_ACCESS_ALL_REGISTRANTS;
  }

  /// One nexus holds the reservation, every registered one has access.
  public boolean registrantsOnly() {
    return this == WRITE_EXCLUSIVE_REGISTRANTS_ONLY || this == EXCLUSIVE_ACCESS_REGISTRANTS_ONLY;
  }
}
