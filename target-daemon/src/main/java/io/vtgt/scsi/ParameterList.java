package io.vtgt.scsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.function.Function;

/// The parameter list of a control command (SPC-5, PARAMETER LIST LENGTH field): short, taken whole
/// and as bytes. What carries blocks is gathered as a buffer instead, see [Step.NeedsData].
public final class ParameterList {

  /// The length in the CDB is none the command can have, or less came than it says.
  public static final Step WRONG_LENGTH =
      Step.check(Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR));

  private ParameterList() {}

  /// Gathers a list; one that ends early ends the command with [#WRONG_LENGTH].
  ///
  /// @param length bytes by the CDB, 1 or more
  /// @param then gets exactly `length` bytes, its own, on the task's context
  public static Step gather(int length, Function<byte[], Step> then) {
    return new Step.NeedsData(
        length,
        data -> {
          byte[] list = take(data);
          return list.length < length ? WRONG_LENGTH : then.apply(list);
        });
  }

  private static byte[] take(ByteBuf data) {
    try {
      return ByteBufUtil.getBytes(data);
    } finally {
      data.release();
    }
  }
}
