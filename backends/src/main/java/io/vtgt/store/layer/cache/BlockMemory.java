package io.vtgt.store.layer.cache;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.LongAdder;

/// Where cached bytes lie: outside the heap, and outside the JVM's direct memory too. That is
/// bounded (`-XX:MaxDirectMemorySize`) and carries the data of every session; a cache of one unit
/// must not take it from the others. The C library keeps freed blocks of one length for the next.
final class BlockMemory {
  // Pointers are passed as their addresses.
  private static final MethodHandle MALLOC =
      call("malloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE =
      call("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

  private final LongAdder heldBytes = new LongAdder();

  /// @return memory with any content, owned by the caller; null when there is none
  @SuppressWarnings("restricted") // the length is what was asked for
  Block allocate(int length) {
    long address;
    try {
      address = (long) MALLOC.invokeExact((long) length);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    if (address == 0) {
      return null;
    }
    heldBytes.add(length);
    return new Block(
        this, address, MemorySegment.ofAddress(address).reinterpret(length).asByteBuffer());
  }

  /// A copy of `length` bytes of `from`, which is borrowed, from index `index` on.
  ///
  /// @return owned by the caller; null when there is no memory
  Block copyOf(ByteBuf from, int index, int length) {
    Block block = allocate(length);
    if (block != null) {
      block.setBytes(0, from, index, length);
    }
    return block;
  }

  void giveBack(long address, int length) {
    heldBytes.add(-length);
    try {
      FREE.invokeExact(address);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /// Bytes that are not given back yet, those that only readers hold included.
  long heldBytes() {
    return heldBytes.sum();
  }

  @SuppressWarnings("restricted") // the daemon is started with native access
  private static MethodHandle call(String name, FunctionDescriptor type) {
    var linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }
}
