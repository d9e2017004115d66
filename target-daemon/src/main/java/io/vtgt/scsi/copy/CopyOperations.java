package io.vtgt.scsi.copy;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.target.Nexus;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The copies that one unit was asked for: those under way, and those that have ended and can be
/// asked about. Nexuses of several event loops meet here, for the time of a look into a map.
public final class CopyOperations {

  /// List identifiers are unique in their nexus; 8-bit ones are the same numbers (SPC-5, List
  /// identifiers for third-party copy commands).
  private record Key(Nexus.Id nexus, int listId) {}

  // Guarded by this. Oldest first.
  private final Map<Key, CopyOperation> byKey = new LinkedHashMap<>();
  private int underWay;

  /// Takes a new copy in, in place of an ended one with its list identifier.
  ///
  /// @return why it must not begin, or nothing
  synchronized Optional<Completion> begin(CopyOperation operation) {
    if (underWay >= CopyLimits.COPIES_PER_UNIT) {
      return Optional.of(new Completion.Busy());
    }
    if (operation.origin().listId().isPresent()) {
      Key key = key(operation);
      CopyOperation before = byKey.get(key);
      if (before != null && !before.hasEnded()) {
        return Optional.of(Completion.check(Sense.illegalRequest(Asc.OPERATION_IN_PROGRESS)));
      }
      byKey.remove(key); // to the end of the order
      byKey.put(key, operation);
      forgetOldest();
    }
    underWay++;
    return Optional.empty();
  }

  synchronized void ended() {
    underWay--;
  }

  synchronized Optional<CopyOperation> find(Nexus.Id nexus, int listId) {
    return Optional.ofNullable(byKey.get(new Key(nexus, listId)));
  }

  /// I_T nexus loss: copies go on, but nobody can ask about the ended ones any more.
  public synchronized void nexusLost(Nexus.Id nexus) {
    byKey.entrySet().removeIf(it -> it.getKey().nexus().equals(nexus) && it.getValue().hasEnded());
  }

  /// Logical unit reset, after every copy has ended.
  public synchronized void unitReset() {
    byKey.values().removeIf(CopyOperation::hasEnded);
  }

  private void forgetOldest() {
    int most = CopyLimits.ENDED_COPIES_PER_UNIT + CopyLimits.COPIES_PER_UNIT;
    var oldest = byKey.values().iterator();
    while (byKey.size() > most && oldest.hasNext()) {
      if (oldest.next().hasEnded()) {
        oldest.remove();
      }
    }
  }

  private static Key key(CopyOperation operation) {
    return new Key(operation.initiator(), operation.origin().listId().getAsInt());
  }
}
