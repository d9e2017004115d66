package io.vtgt.scsi.copy;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.sbc.BlockLimits;
import io.vtgt.store.ChangeWatch;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/// The ROD tokens of a gateway (SPC-5, RODs and ROD tokens; SBC-4, Direct access block device ROD
/// token operations). In memory only: a restart makes every token unknown.
///
/// All tokens are of the type "point in time copy - change vulnerable": nothing is copied when one
/// is made, and a change of its ranges cancels it.
///
/// Initiators of several event loops meet here, for the time of a look into a map.
final class RodTokens {
  static final int TOKEN_LENGTH = 512;
  static final int CHANGE_VULNERABLE = 0x00800001, BLOCK_DEVICE_ZERO = 0xffff0001;

  /// Point in time copies that an initiator may ask for and gets a change vulnerable one.
  static final int POINT_IN_TIME_DEFAULT = 0x00800000, POINT_IN_TIME_ANY = 0x0080ffff;

  private static final int LENGTH_FIELD = 0x01f8;

  // The token (SPC-5, Generic ROD tokens).
  private static final int TYPE = 0, LENGTH = 6, IDENTIFIER = 8, CREATOR = 16;
  private static final int BYTES_REPRESENTED = 48, DEVICE_TYPE_SPECIFIC = 96;
  private static final int TARGET_DEVICE = 128, EXTENDED = 256;

  /// Tokens that ended, remembered to say why.
  private static final int ENDED_REMEMBERED = 1024;

  /// What is known of a token that an initiator brings.
  sealed interface Lookup {
    record Found(RodToken token) implements Lookup {}

    /// Of the type whose every byte is zero.
    record Zeroes() implements Lookup {}

    record Refused(Asc asc) implements Lookup {}
  }

  private static final class Entry {
    final RodToken token;
    final long madeNanos;
    long usedNanos;
    int uses;

    Entry(RodToken token, long nowNanos) {
      this.token = token;
      madeNanos = nowNanos;
      usedNanos = nowNanos;
    }
  }

  private final LongSupplier nanoClock;
  private final SecureRandom random;

  // Guarded by this. By the COPY MANAGER ROD TOKEN IDENTIFIER, oldest first.
  private final Map<Long, Entry> byIdentifier = new LinkedHashMap<>();
  private final Map<Long, Asc> endedBy = new LinkedHashMap<>();
  private final Map<String, Integer> perInitiator = new HashMap<>();

  RodTokens(LongSupplier nanoClock, SecureRandom random) {
    this.nanoClock = nanoClock;
    this.random = random;
  }

  /// Makes a token. Where there are too many, the initiator's oldest that is not in use is
  /// cancelled for it.
  ///
  /// @param watch began before the ranges stood still; owned by the token from here on
  /// @return nothing when there is no room
  synchronized Optional<RodToken> create(
      Nexus nexus,
      LogicalUnit unit,
      List<ChangeWatch.Range> ranges,
      ChangeWatch watch,
      int timeoutSeconds) {
    long now = nanoClock.getAsLong();
    expire(now);
    String initiator = nexus.id().initiatorName();
    boolean tooMany =
        byIdentifier.size() >= CopyLimits.TOKENS
            || perInitiator.getOrDefault(initiator, 0) >= CopyLimits.TOKENS_PER_INITIATOR;
    if (tooMany && !cancelOldestOf(initiator)) {
      return Optional.empty();
    }
    long identifier;
    do {
      identifier = random.nextLong();
    } while (byIdentifier.containsKey(identifier) || endedBy.containsKey(identifier));
    long length = ranges.stream().mapToLong(ChangeWatch.Range::length).sum();
    byte[] bytes = encode(identifier, unit, nexus.id().targetName(), length);
    var token = new RodToken(bytes, initiator, unit, ranges, length, watch, timeoutSeconds);
    byIdentifier.put(identifier, new Entry(token, now));
    perInitiator.merge(initiator, 1, Integer::sum);
    return Optional.of(token);
  }

  /// Takes a token into use, until [#used].
  ///
  /// @param bytes as an initiator brings them
  synchronized Lookup use(byte[] bytes) {
    ByteBuffer brought = ByteBuffer.wrap(bytes);
    int type = brought.getInt(TYPE);
    if (type != CHANGE_VULNERABLE && type != BLOCK_DEVICE_ZERO) {
      return new Lookup.Refused(Asc.INVALID_TOKEN_OPERATION_UNSUPPORTED_TOKEN_TYPE);
    }
    if (brought.getShort(LENGTH) != LENGTH_FIELD) {
      return new Lookup.Refused(Asc.INVALID_TOKEN_OPERATION_INVALID_TOKEN_LENGTH);
    }
    if (type == BLOCK_DEVICE_ZERO) {
      return new Lookup.Zeroes();
    }
    long now = nanoClock.getAsLong();
    expire(now);
    long identifier = brought.getLong(IDENTIFIER);
    Entry entry = byIdentifier.get(identifier);
    if (entry == null) {
      return new Lookup.Refused(
          endedBy.getOrDefault(identifier, Asc.INVALID_TOKEN_OPERATION_TOKEN_UNKNOWN));
    }
    if (!MessageDigest.isEqual(entry.token.bytes(), bytes)) {
      return new Lookup.Refused(Asc.INVALID_TOKEN_OPERATION_TOKEN_UNKNOWN);
    }
    if (!entry.token.holds()) {
      end(identifier, Asc.INVALID_TOKEN_OPERATION_TOKEN_CANCELLED);
      return new Lookup.Refused(Asc.INVALID_TOKEN_OPERATION_TOKEN_CANCELLED);
    }
    entry.uses++;
    return new Lookup.Found(entry.token);
  }

  /// A use is over; the time without use begins anew.
  ///
  /// @param delete the initiator wants the token no longer
  synchronized void used(RodToken token, boolean delete) {
    long identifier = identifier(token);
    Entry entry = byIdentifier.get(identifier);
    if (entry != null) {
      entry.uses--;
      entry.usedNanos = nanoClock.getAsLong();
      if (delete && entry.uses == 0) {
        end(identifier, Asc.INVALID_TOKEN_OPERATION_TOKEN_DELETED);
      }
    }
  }

  /// The header and body of every token made at `unit` that an initiator may know of (REPORT ALL
  /// ROD TOKENS).
  synchronized List<byte[]> managementTokens(LogicalUnit unit) {
    expire(nanoClock.getAsLong());
    return byIdentifier.values().stream()
        .map(entry -> entry.token)
        .filter(token -> token.unit() == unit)
        .map(token -> Arrays.copyOf(token.bytes(), DEVICE_TYPE_SPECIFIC))
        .toList();
  }

  private void expire(long nowNanos) {
    for (Entry entry : List.copyOf(byIdentifier.values())) {
      if (entry.uses > 0) {
        continue;
      }
      if (!entry.token.holds()) {
        end(identifier(entry.token), Asc.INVALID_TOKEN_OPERATION_TOKEN_CANCELLED);
      } else if (nowNanos - entry.usedNanos > TimeUnit.SECONDS.toNanos(entry.token.timeoutSeconds())
          || nowNanos - entry.madeNanos
              > TimeUnit.SECONDS.toNanos(CopyLimits.TOKEN_LIFETIME_SECONDS)) {
        end(identifier(entry.token), Asc.INVALID_TOKEN_OPERATION_TOKEN_EXPIRED);
      }
    }
  }

  private boolean cancelOldestOf(String initiator) {
    Predicate<Entry> idle =
        entry -> entry.uses == 0 && entry.token.initiatorName().equals(initiator);
    Optional<Entry> oldest = byIdentifier.values().stream().filter(idle).findFirst();
    oldest.ifPresent(it -> end(identifier(it.token), Asc.INVALID_TOKEN_OPERATION_TOKEN_CANCELLED));
    return oldest.isPresent();
  }

  private void end(long identifier, Asc why) {
    RodToken token = byIdentifier.remove(identifier).token;
    token.release();
    perInitiator.computeIfPresent(
        token.initiatorName(), (_, count) -> count == 1 ? null : count - 1);
    endedBy.put(identifier, why);
    Iterator<Long> oldest = endedBy.keySet().iterator();
    while (endedBy.size() > ENDED_REMEMBERED) {
      oldest.next();
      oldest.remove();
    }
  }

  private static long identifier(RodToken token) {
    return ByteBuffer.wrap(token.bytes()).getLong(IDENTIFIER);
  }

  /// A generic ROD token (SPC-5): its second half is random.
  private byte[] encode(long identifier, LogicalUnit unit, String targetName, long length) {
    byte[] bytes = new byte[TOKEN_LENGTH];
    byte[] secret = new byte[TOKEN_LENGTH - EXTENDED];
    random.nextBytes(secret);
    ByteBuffer token = ByteBuffer.wrap(bytes);
    token.putInt(TYPE, CHANGE_VULNERABLE).putShort(LENGTH, (short) LENGTH_FIELD);
    token.putLong(IDENTIFIER, identifier);
    token.put(CREATOR, Cscd.encode(unit));
    token.putLong(BYTES_REPRESENTED + Long.BYTES, length); // of 16 bytes
    token.put(DEVICE_TYPE_SPECIFIC, deviceTypeSpecific(unit));
    token.put(TARGET_DEVICE, targetDevice(targetName));
    token.put(EXTENDED, secret);
    return bytes;
  }

  /// READ CAPACITY (16) without the capacity (SBC-4, ROD token device type specific data).
  private static byte[] deviceTypeSpecific(LogicalUnit unit) {
    LogicalUnit.Profile profile = unit.profile();
    int exponent =
        Integer.numberOfTrailingZeros(profile.physicalBlockBytes() / profile.blockBytes());
    int provisioning = (unit.thin() ? 0x8000 : 0) | (BlockLimits.unmapZeroes(unit) ? 0x4000 : 0);
    return ByteBuffer.allocate(8)
        .putInt(profile.blockBytes())
        .put((byte) 0) // no protection information
        .put((byte) exponent)
        .putShort((short) provisioning)
        .array();
  }

  /// A designation descriptor of the target: its SCSI name string, as far as it fits.
  private static byte[] targetDevice(String targetName) {
    byte[] name = targetName.getBytes(StandardCharsets.UTF_8);
    int room = EXTENDED - TARGET_DEVICE - 4;
    byte[] designator = Arrays.copyOf(name, Math.min(room, name.length / 4 * 4 + 4));
    designator[designator.length - 1] = 0;
    return ByteBuffer.allocate(4 + designator.length)
        .put((byte) 0x53) // iSCSI, UTF-8
        .put((byte) 0xa8) // of the target, SCSI name string
        .put((byte) 0)
        .put((byte) designator.length)
        .put(designator)
        .array();
  }
}
