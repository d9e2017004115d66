package io.vtgt.store;

/// On whose behalf the gate is asked: a command in progress. Known by its identity.
public interface Caller {

  /// The party of whatever the gateway does by itself.
  Object GATEWAY =
      new Object() {
        @Override
        public String toString() {
          return "gateway";
        }
      };

  /// Nobody in particular.
  Caller UNKNOWN = anonymous(GATEWAY);

  /// Nobody in particular, but done for a party.
  static Caller anonymous(Object party) {
    return new Caller() {
      @Override
      public boolean aborted() {
        return false;
      }

      @Override
      public boolean isAnonymous() {
        return true;
      }

      @Override
      public Object party() {
        return party;
      }
    };
  }

  /// Whoever waits for the changes of some caller waits for those of an anonymous one, too.
  default boolean isAnonymous() {
    return false;
  }

  /// Nobody wants the result any more: of an operation done in pieces no further piece is begun,
  /// and one that waits for its turn never begins. Asked on any thread; once true, it stays so.
  boolean aborted();

  /// Who is behind the caller, for those who treat parties apart: equal for all calls of one I_T
  /// nexus, [#GATEWAY] for the gateway's own. Its text is for people.
  default Object party() {
    return GATEWAY;
  }
}
