package io.vtgt.target;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.store.StoreState;
import java.util.Arrays;
import java.util.Optional;

/// What a unit does with commands for its medium while its store cannot be used.
///
/// Commands that had begun end with their own answer, or with the store's deadline, whatever the
/// policy.
public enum AwayPolicy {
  /// Waits with the initiator: where nothing answers, commands go to the store and end when it
  /// answers or with its deadline; where the store refuses by itself, initiators are told that it
  /// is becoming ready, and ask again.
  WAIT("wait"),
  /// Tells initiators at once that the unit is not ready, so that they give up or take another
  /// path.
  FAIL("fail"),
  /// Every path through this gateway is in the ALUA state standby meanwhile; where the target has
  /// no ALUA it is as [#FAIL].
  STANDBY("standby");

  /// As the document writes it.
  public final String text;

  AwayPolicy(String text) {
    this.text = text;
  }

  /// @param text one that the document may hold
  public static AwayPolicy of(String text) {
    return Arrays.stream(values()).filter(it -> it.text.equals(text)).findFirst().orElseThrow();
  }

  /// What a command for the medium is told while the store is in this state; nothing where it
  /// begins.
  Optional<Sense> refusal(StoreState store) {
    return switch (store.kind()) {
      case USABLE -> Optional.empty();
      case UNREACHABLE -> this == WAIT ? Optional.empty() : CAUSE_NOT_REPORTABLE;
      // Linux and ESXi try again for a while on 04h/01h, and give up at once on 04h/00h.
      case FENCED, LOCKED_BY_ANOTHER -> this == WAIT ? BECOMING_READY : CAUSE_NOT_REPORTABLE;
      case GONE -> INTERVENTION_REQUIRED;
    };
  }

  private static final Optional<Sense>
      CAUSE_NOT_REPORTABLE = notReady(Asc.LOGICAL_UNIT_NOT_READY_CAUSE_NOT_REPORTABLE),
      BECOMING_READY = notReady(Asc.LOGICAL_UNIT_IS_IN_PROCESS_OF_BECOMING_READY),
      INTERVENTION_REQUIRED = notReady(Asc.LOGICAL_UNIT_NOT_READY_MANUAL_INTERVENTION_REQUIRED);

  private static Optional<Sense> notReady(Asc asc) {
    return Optional.of(Sense.of(SenseKey.NOT_READY, asc));
  }
}
