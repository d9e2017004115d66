package io.vtgt.scsi.sbc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vtgt.scsi.Asc;
import io.vtgt.store.SoleUse;
import io.vtgt.target.Condition;
import java.util.HexFormat;

/// What FORMAT UNIT or SANITIZE was asked to do with all of a medium. Immutable; how far it is
/// stands elsewhere.
sealed interface MediumOperation {

  /// What an overwrite holds in memory; a multiple of every block length.
  int OVERWRITE_PIECE = 1 << 20;

  /// Zeroes and holes cost no transfer.
  int ZERO_PIECE = 16 << 20;

  /// FORMAT UNIT: every block holds the pattern afterwards.
  ///
  /// @param pattern repeated in each block; empty for zeroes, made the cheapest way
  /// @param unmap zeroes may be deallocated blocks
  record Format(byte[] pattern, boolean unmap) implements MediumOperation {}

  /// SANITIZE, OVERWRITE.
  ///
  /// @param pattern repeated in each block
  /// @param passes 1 to 31
  /// @param invert from pass to pass; the last one writes the pattern itself
  /// @param exitAllowed AUSE: a failure may be left without success
  record Overwrite(byte[] pattern, int passes, boolean invert, boolean exitAllowed)
      implements MediumOperation {}

  /// SANITIZE, BLOCK ERASE: every block is deallocated.
  ///
  /// @param exitAllowed AUSE
  record BlockErase(boolean exitAllowed) implements MediumOperation {}

  default int passCount() {
    return this instanceof Overwrite overwrite ? overwrite.passes : 1;
  }

  default boolean isSanitize() {
    return !(this instanceof Format);
  }

  default Condition underWay(int progress) {
    return isSanitize() ? new Condition.Sanitizing(progress) : new Condition.Formatting(progress);
  }

  default Condition afterFailure() {
    return switch (this) {
      case Format _ -> new Condition.FormatCorrupted();
      case Overwrite overwrite -> new Condition.SanitizeFailed(overwrite.exitAllowed);
      case BlockErase erase -> new Condition.SanitizeFailed(erase.exitAllowed);
    };
  }

  /// What the command that asked for it ends with when it fails.
  default Asc failure() {
    return isSanitize() ? Asc.SANITIZE_COMMAND_FAILED : Asc.FORMAT_COMMAND_FAILED;
  }

  /// @param number from 0
  default Pass pass(int number, int blockBytes) {
    return switch (this) {
      case Format format ->
          format.pattern.length == 0
              ? new Zeroing(format.unmap)
              : new Writing(repeated(format.pattern, blockBytes, false));
      case Overwrite overwrite -> {
        boolean inverted = overwrite.invert && (overwrite.passes - 1 - number) % 2 == 1;
        yield new Writing(repeated(overwrite.pattern, blockBytes, inverted));
      }
      case BlockErase _ -> new Zeroing(true);
    };
  }

  /// Once over the medium.
  sealed interface Pass {
    /// Bytes done at a time.
    int pieceLength();

    Future<Void> change(SoleUse medium, long offset, int length);
  }

  /// @param piece what every piece of the medium gets; not counted, as nobody owns it alone
  record Writing(ByteBuf piece) implements Pass {
    @Override
    public int pieceLength() {
      return OVERWRITE_PIECE;
    }

    /// Always as data: a store would make zeroes without touching what is there.
    @Override
    public Future<Void> change(SoleUse medium, long offset, int length) {
      return medium.write(offset, piece.retainedSlice(0, length), false);
    }
  }

  record Zeroing(boolean unmap) implements Pass {
    @Override
    public int pieceLength() {
      return ZERO_PIECE;
    }

    @Override
    public Future<Void> change(SoleUse medium, long offset, int length) {
      return medium.writeZeroes(offset, length, unmap);
    }
  }

  /// Every block begins with the first byte of the pattern.
  private static ByteBuf repeated(byte[] pattern, int blockBytes, boolean inverted) {
    byte[] piece = new byte[OVERWRITE_PIECE];
    for (int at = 0; at < piece.length; at++) {
      piece[at] = (byte) (pattern[at % blockBytes % pattern.length] ^ (inverted ? 0xff : 0));
    }
    return Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(piece));
  }

  /// As it is kept over restarts.
  default JsonObject toJson() {
    return switch (this) {
      case Format format ->
          new JsonObject()
              .put("operation", "format")
              .put("pattern", HexFormat.of().formatHex(format.pattern))
              .put("unmap", format.unmap);
      case Overwrite overwrite ->
          new JsonObject()
              .put("operation", "overwrite")
              .put("pattern", HexFormat.of().formatHex(overwrite.pattern))
              .put("passes", overwrite.passes)
              .put("invert", overwrite.invert)
              .put("exitAllowed", overwrite.exitAllowed);
      case BlockErase erase ->
          new JsonObject().put("operation", "block-erase").put("exitAllowed", erase.exitAllowed);
    };
  }

  /// @throws IllegalArgumentException for what [#toJson] has not made
  static MediumOperation fromJson(JsonObject json) {
    return switch (json.getString("operation", "")) {
      case "format" -> new Format(pattern(json), json.getBoolean("unmap"));
      case "overwrite" ->
          new Overwrite(
              pattern(json),
              json.getInteger("passes"),
              json.getBoolean("invert"),
              json.getBoolean("exitAllowed"));
      case "block-erase" -> new BlockErase(json.getBoolean("exitAllowed"));
      default -> throw new IllegalArgumentException("no operation on a medium: " + json);
    };
  }

  private static byte[] pattern(JsonObject json) {
    return HexFormat.of().parseHex(json.getString("pattern"));
  }
}
