package io.vtgt.store.rbd;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vtgt.store.Extent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Finds out how long a compare and write librbd takes. Every version that knows it takes what lies
/// within one 512-byte sector, and 16.2 no more; longer ones are tried.
///
/// Asked by comparing with bytes that are made up, and offering the same bytes to write: where they
/// differ nothing is written, and should they ever be equal the write changes nothing. Asked of an
/// object that is there, if any is, for others would be noted as being there.
final class CompareProbe {
  private static final int SECTOR = 512;
  private static final int[] LONGER = {64 << 10, 4096};
  private static final int PATIENCE_SECONDS = 10;

  private CompareProbe() {}

  /// Blocks.
  ///
  /// @return bytes; 0 when there is none for this image
  static int longest(Image image, Image.Description about) {
    if (image.encrypted() || about.bytes() < SECTOR || about.stripeUnit() % SECTOR != 0) {
      return 0; // what is stored is not what is compared
    }
    long offset = about.knowsObjects() ? somethingStored(image, about) : 0;
    for (int length : LONGER) {
      if (length <= about.bytes() - offset
          && about.stripeUnit() % length == 0
          && takes(image, offset, length)) {
        return length;
      }
    }
    return SECTOR;
  }

  /// Where an object begins that is there; 0 when none is.
  private static long somethingStored(Image image, Image.Description about) {
    return image.extents(0, about.bytes()).stream()
        .filter(extent -> extent.state() == Extent.State.MAPPED)
        .mapToLong(extent -> extent.offset() / about.objectBytes() * about.objectBytes())
        .findFirst()
        .orElse(0);
  }

  private static boolean takes(Image image, long offset, int length) {
    byte[] madeUp = new byte[length];
    ThreadLocalRandom.current().nextBytes(madeUp);
    // Not closed here: should no answer come in time, librbd still has its address.
    Memory memory = new Memory(length + (long) Long.BYTES);
    memory.write(0, madeUp, 0, length);
    long address = Pointer.nativeValue(memory);
    CompletableFuture<Long> answer = new CompletableFuture<>();
    int refused =
        image.compareAndWrite(
            result -> {
              memory.close();
              answer.complete(result);
            },
            offset,
            length,
            address,
            address,
            address + length);
    if (refused < 0) {
      memory.close();
      return false;
    }
    try {
      long result = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return result >= 0 || Errno.EILSEQ.is(result);
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
