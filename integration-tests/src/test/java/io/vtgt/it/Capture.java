package io.vtgt.it;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/// A capture file in the classic pcap format, of TCP connections whose packets are made up: only
/// the bytes, their order and their direction are true. So it needs no rights, unlike a capture
/// from an interface, and a decoder reads it as any other. It is compressed (gzip): test programs
/// move gigabytes of patterns.
///
/// Every connection has an initiator address of its own, so a decoder never takes two for one; the
/// target's port is always 3260, by which decoders know iSCSI. Checksums are zero.
final class Capture implements AutoCloseable {
  /// What one made-up packet holds at most: an IPv4 packet has 65535 bytes with its headers.
  static final int PACKET_BYTES = 60_000;

  private static final int MAGIC = 0xa1b2c3d4;
  private static final int LINK_RAW_IP = 101;
  private static final int BUFFER_BYTES = 1 << 18;
  private static final int RECORD_HEADER = 16;
  private static final int IP_HEADER = 20;
  private static final int TCP_HEADER = 20;
  private static final int INITIATOR_PORT = 40_000;
  private static final int TARGET_PORT = 3260;
  private static final int FIN = 1;
  private static final int SYN = 2;
  private static final int PSH = 8;
  private static final int ACK = 16;

  private final OutputStream out;
  private int connections;

  Capture(Path file) throws IOException {
    out = new BufferedOutputStream(new FastGzip(new FileOutputStream(file.toFile())), BUFFER_BYTES);
    out.write(
        ByteBuffer.allocate(24)
            .putInt(MAGIC)
            .putShort((short) 2)
            .putShort((short) 4)
            .putInt(0)
            .putInt(0)
            .putInt(1 << 18)
            .putInt(LINK_RAW_IP)
            .array());
  }

  /// Begins a connection with its handshake.
  ///
  /// @param portal which portal of the target, 1 to 254: the last number of its address
  synchronized Connection connection(int portal) throws IOException {
    connections++;
    var made = new Connection(10 << 24 | connections, 127 << 24 | portal);
    made.packet(true, SYN, new byte[0], 0);
    made.packet(false, SYN | ACK, new byte[0], 0);
    made.packet(true, ACK, new byte[0], 0);
    return made;
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
  }

  /// One TCP connection in the file.
  final class Connection {
    private final int initiator;
    private final int target;
    private int initiatorSequence = 1;
    private int targetSequence = 1;

    private Connection(int initiator, int target) {
      this.initiator = initiator;
      this.target = target;
    }

    /// Bytes that passed.
    ///
    /// @param bytes borrowed; of them the first `length`, at most [#PACKET_BYTES]
    void data(boolean fromInitiator, byte[] bytes, int length) throws IOException {
      packet(fromInitiator, PSH | ACK, bytes, length);
    }

    /// That side sends nothing more.
    void end(boolean fromInitiator) throws IOException {
      packet(fromInitiator, FIN | ACK, new byte[0], 0);
    }

    private void packet(boolean fromInitiator, int flags, byte[] bytes, int length)
        throws IOException {
      synchronized (Capture.this) {
        int sequence = fromInitiator ? initiatorSequence : targetSequence;
        int acknowledged = fromInitiator ? targetSequence : initiatorSequence;
        int size = IP_HEADER + TCP_HEADER + length;
        var now = Instant.now();
        var headers = ByteBuffer.allocate(RECORD_HEADER + IP_HEADER + TCP_HEADER);
        headers
            .putInt((int) now.getEpochSecond())
            .putInt(now.getNano() / 1000)
            .putInt(size)
            .putInt(size);
        headers
            .putShort((short) 0x4500)
            .putShort((short) size)
            .putInt(0x4000) // not in fragments
            .putShort((short) 0x4006) // time to live, TCP
            .putShort((short) 0)
            .putInt(fromInitiator ? initiator : target)
            .putInt(fromInitiator ? target : initiator);
        headers
            .putShort((short) (fromInitiator ? INITIATOR_PORT : TARGET_PORT))
            .putShort((short) (fromInitiator ? TARGET_PORT : INITIATOR_PORT))
            .putInt((flags & SYN) != 0 ? sequence - 1 : sequence)
            .putInt((flags & ACK) != 0 ? acknowledged : 0)
            .putShort((short) (0x5000 | flags))
            .putShort((short) 0xffff)
            .putInt(0);
        assert headers.remaining() == 0 && headers.order() == ByteOrder.BIG_ENDIAN;
        out.write(headers.array());
        out.write(bytes, 0, length);
        if (fromInitiator) {
          initiatorSequence += length;
        } else {
          targetSequence += length;
        }
      }
    }
  }

  /// Speed before size.
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, BUFFER_BYTES);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
