package io.vtgt.daemon;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vtgt.daemon.StateStore.StateFault;
import io.vtgt.mgmt.document.Document;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;

/// Who the units are: a UUID per unit name, made once and kept for good, so that a disk is the same
/// disk to its initiators after every restart.
///
/// NAA identifier and serial number are made from the UUID where the document does not set them.
/// The NAA identifier is of type 3, locally assigned (SPC-5, NAA Locally Assigned designator):
/// types 2, 5 and 6 begin with an IEEE company identifier, and we have none. Its 60 bits come from
/// a hash of the UUID, so two units agree in them with a chance of one in 2^60.
final class Identities {
  private static final String KEY = "identities";
  private static final int NAA_BYTES = 8;
  private static final long NAA_LOCALLY_ASSIGNED = 0x3L << 60;

  private final StateStore store;
  private final Supplier<UUID> random;

  // Replaced whole on the control context, read from anywhere.
  private volatile Map<String, UUID> known = Map.of();

  // Touched only on the control context.
  private long version;

  /// @param random makes new UUIDs
  Identities(StateStore store, Supplier<UUID> random) {
    this.store = store;
    this.random = random;
  }

  /// @param naa 8 or 16 bytes
  record Identity(UUID uuid, byte[] naa, String serial) {}

  Future<Void> load() {
    return store
        .get(KEY)
        .map(
            found -> {
              found.ifPresent(
                  entry -> {
                    known = decode(entry.value());
                    version = entry.version();
                  });
              return null;
            });
  }

  private static Map<String, UUID> decode(String value) {
    try {
      var uuids = new TreeMap<String, UUID>();
      new JsonObject(value)
          .forEach(it -> uuids.put(it.getKey(), UUID.fromString((String) it.getValue())));
      return uuids;
    } catch (RuntimeException e) {
      throw new StateFault(
          StateFault.Kind.DAMAGED, "the saved identities cannot be read: " + e.getMessage(), e);
    }
  }

  /// Makes sure each of these unit names has a UUID. Completes when the new ones are on stable
  /// storage; only then may their units be shown to anybody.
  Future<Void> ensure(Collection<String> names) {
    if (known.keySet().containsAll(names)) {
      return Future.succeededFuture();
    }
    var more = new TreeMap<>(known);
    names.forEach(name -> more.computeIfAbsent(name, _ -> random.get()));
    var json = new JsonObject();
    more.forEach((name, uuid) -> json.put(name, uuid.toString()));
    return store
        .put(KEY, version, json.encodePrettily())
        .map(
            saved -> {
              known = more;
              version = saved;
              return null;
            });
  }

  /// The identity of a unit whose name [#ensure] has seen; what the document sets comes first.
  Identity of(String name, Document.Identity wanted) {
    var uuid = wanted.uuid().map(UUID::fromString).orElseGet(() -> known.get(name));
    var naa = wanted.naa().map(HexFormat.of()::parseHex).orElseGet(() -> naa(uuid));
    var serial = wanted.serial().orElseGet(() -> uuid.toString().replace("-", ""));
    return new Identity(uuid, naa, serial);
  }

  static byte[] naa(UUID uuid) {
    try {
      var bytes = ByteBuffer.allocate(2 * Long.BYTES);
      bytes.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
      long hash =
          ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes.array())).getLong();
      return ByteBuffer.allocate(NAA_BYTES).putLong(NAA_LOCALLY_ASSIGNED | hash >>> 4).array();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
