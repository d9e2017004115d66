package io.vtgt.iscsi.pdu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vtgt.iscsi.pdu.PduFramer.FramingFault;
import io.vtgt.iscsi.pdu.PduFramer.FramingFault.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PduFramerTest {
  /// Of this test alone, so that it can be asked what is still in use.
  private final PooledByteBufAllocator alloc = new PooledByteBufAllocator(true);

  private final List<String> seen = new ArrayList<>();
  private final List<FramingFault> faults = new ArrayList<>();
  private final List<ByteBuf> fed = new ArrayList<>();
  private final PduWriter writer = new PduWriter();
  private Consumer<RequestPdu> onPdu = _ -> {};
  private final PduFramer<RequestPdu> framer =
      PduFramer.ofRequests(
          new PduFramer.Sink<>() {
            @Override
            public void pdu(RequestPdu pdu) {
              seen.add(ByteBufUtil.hexDump(pdu.bytes()) + "/" + ByteBufUtil.hexDump(pdu.data()));
              onPdu.accept(pdu);
            }

            @Override
            public void fault(FramingFault fault) {
              assertEquals(Bhs.LENGTH, fault.header().readableBytes());
              faults.add(fault);
            }
          });

  @Test
  void feed_manyPdusInOneRead_handsOutSlicesWithoutCopying() {
    var in = alloc.directBuffer();
    for (int i = 0; i < 3; i++) {
      writer.append(in, dataOut(i), bytes(5 + i));
    }
    onPdu =
        pdu -> {
          long offset = pdu.bytes().memoryAddress() - in.memoryAddress();
          assertTrue(offset >= 0 && offset < in.capacity(), "offset " + offset);
        };
    feed(in);
    assertEquals(3, seen.size());
    assertTrue(seen.getFirst().endsWith("/0001020304"));
    assertDone();
  }

  @Test
  void feed_dataKeptBySink_outlivesTheRead() {
    var in = alloc.directBuffer();
    writer.append(in, dataOut(1), bytes(9));
    var kept = new ArrayList<ByteBuf>();
    onPdu = pdu -> kept.add(pdu.data().retainedSlice());
    int half = in.readableBytes() / 2;
    var first = alloc.directBuffer().writeBytes(in, half);
    feed(first);
    feed(in);
    assertEquals("000102030405060708", ByteBufUtil.hexDump(kept.getFirst()));
    kept.forEach(ByteBuf::release);
    assertDone();
  }

  @ParameterizedTest
  @CsvSource({"false,false", "true,false", "false,true", "true,true"})
  void feed_anyCuts_findsTheSamePdus(boolean header, boolean data) {
    long seed = System.nanoTime();
    var random = new Random(seed);
    writer.digests(header, data);
    framer.digests(header, data);
    for (int round = 0; round < 50; round++) {
      var stream = Unpooled.buffer();
      var expected = new ArrayList<String>();
      for (int i = random.nextInt(1, 6); i > 0; i--) {
        var pdu = random.nextBoolean() ? dataOut(i) : commandWithAhs();
        var payload = bytes(random.nextInt(40));
        writer.append(stream, pdu, payload);
        expected.add(header(pdu) + "/" + ByteBufUtil.hexDump(payload));
      }
      seen.clear();
      feedInCuts(stream, random);
      assertEquals(expected, seen, "seed " + seed + ", round " + round);
    }
    assertDone();
  }

  @Test
  void feed_everyBitFlipped_neverThrowsAndNeverLetsAFlipThrough() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    writer.digests(true, true);
    var pdu = Unpooled.buffer();
    writer.append(pdu, commandWithAhs(), bytes(13));
    int covered = pdu.readableBytes();
    for (int bit = 0; bit < covered * 8; bit++) {
      var flipped = pdu.copy();
      flipped.setByte(bit / 8, flipped.getByte(bit / 8) ^ 1 << bit % 8);
      var results = new Results();
      var one = PduFramer.ofRequests(results);
      one.digests(true, true);
      feedInCuts(one, flipped, random);
      one.close();
      assertEquals(0, results.pdus, "seed " + seed + ", bit " + bit);
      // a flip in a length makes the framer wait for more; every other is told at once
      assertTrue(results.faults <= 1 && (results.faults == 1 || bit / 8 == 4));
    }
    assertDone();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void feed_everyBitFlippedWithoutDigests_neverThrows(boolean requests) {
    var random = new Random(1);
    var stream = Unpooled.buffer();
    if (requests) {
      writer.append(stream, commandWithAhs(), bytes(13));
      writer.append(stream, LoginRequest.on(Unpooled.buffer(48)), bytes(7));
    } else {
      writer.append(stream, Reject.on(Unpooled.buffer(48)), bytes(48));
      writer.append(stream, DataIn.on(Unpooled.buffer(48)), bytes(7));
    }
    for (int bit = 0; bit < stream.readableBytes() * 8; bit++) {
      var flipped = stream.copy();
      flipped.setByte(bit / 8, flipped.getByte(bit / 8) ^ 1 << bit % 8);
      var one =
          requests ? PduFramer.ofRequests(new Results()) : PduFramer.ofResponses(new Results());
      feedInCuts(one, flipped, random);
      one.close();
    }
    assertDone();
  }

  @Test
  void feed_randomBytes_neverThrows() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      var noise = new byte[random.nextInt(1, 600)];
      random.nextBytes(noise);
      if (random.nextBoolean() && noise.length > 8) {
        noise[0] &= 0x1f; // likelier to be a known PDU of a bearable length
        noise[4] &= 0x0f;
        noise[5] = 0;
        noise[6] = 0;
      }
      var results = new Results();
      var one = PduFramer.ofRequests(results);
      one.digests(round % 5 == 0, round % 3 == 0);
      feedInCuts(one, Unpooled.wrappedBuffer(noise), random);
      one.close();
    }
    assertDone();
  }

  @Test
  void feed_tooMuchData_losesTheConnectionAndSaysNothingMore() {
    framer.maxDataSegmentLength(512);
    var in = Unpooled.buffer();
    writer.append(in, dataOut(1), bytes(512));
    writer.append(in, dataOut(2), bytes(513));
    writer.append(in, dataOut(3), bytes(1));
    feed(in);
    assertEquals(1, seen.size());
    assertEquals(1, faults.size());
    assertEquals(Kind.TOO_LONG, faults.getFirst().kind());
    assertTrue(faults.getFirst().connectionLost());
    assertDone();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # bytes 0 to 7     | AHS          | kind
          1d 80 00 00 00 00 00 03 | 61 62 63 00  | UNKNOWN_OPCODE
          21 80 00 00 00 00 00 00 | ''           | UNKNOWN_OPCODE
          01 00 00 00 00 00 00 00 | ''           | INVALID_FIELD
          01 80 00 00 01 00 00 00 | 00 00 01 00  | INVALID_FIELD
          01 80 00 00 01 00 00 00 | 00 02 01 00  | INVALID_FIELD
          01 80 00 00 01 00 00 00 | 00 01 01 00  | INVALID_FIELD
          01 80 00 00 01 00 00 00 | ff ff 01 00  | INVALID_FIELD
          01 80 00 00 02 00 00 00 | 00 05 3f 00 00 00 00 00  | INVALID_FIELD
          01 80 00 00 02 00 00 00 | 00 04 02 00 00 00 00 00  | INVALID_FIELD
          01 80 00 00 04 00 00 00 | 00 05 02 00 00 00 00 00 00 05 02 00 00 00 00 00 | INVALID_FIELD
          00 80 00 00 01 00 00 00 | 00 02 01 00  | INVALID_FIELD
          06 80 00 00 00 00 00 01 | 00 00 00 00  | INVALID_FIELD
          04 c0 00 00 00 00 00 00 | ''           | INVALID_FIELD
          """)
  void feed_contradictoryHeader_tellsAndGoesOnWithTheNext(String head, String rest, Kind kind) {
    var in = Unpooled.buffer();
    in.writeBytes(hex(head)).writeZero(40).writeBytes(hex(rest));
    writer.append(in, dataOut(7), bytes(3));
    feedInCuts(in, new Random(3));
    assertEquals(1, faults.size());
    assertEquals(kind, faults.getFirst().kind());
    assertFalse(faults.getFirst().connectionLost());
    assertEquals(1, seen.size());
    assertDone();
  }

  @Test
  void feed_ahsTooLong_isSkippedWhole() {
    var in = Unpooled.buffer();
    in.writeBytes(hex("01 80 00 00 41 00 00 01")).writeZero(40 + 65 * 4 + 4);
    writer.append(in, dataOut(7), bytes(3));
    feedInCuts(in, new Random(4));
    assertEquals(List.of(Kind.TOO_LONG), faults.stream().map(FramingFault::kind).toList());
    assertEquals(1, seen.size());
    assertDone();
  }

  @Test
  void feed_wrongDataDigest_tellsAndGoesOn() {
    writer.digests(false, true);
    framer.digests(false, true);
    var in = Unpooled.buffer();
    writer.append(in, dataOut(1), bytes(6));
    in.setByte(in.writerIndex() - 1, ~in.getByte(in.writerIndex() - 1));
    writer.append(in, dataOut(2), bytes(0));
    feed(in);
    assertEquals(List.of(Kind.DATA_DIGEST), faults.stream().map(FramingFault::kind).toList());
    assertFalse(faults.getFirst().connectionLost());
    assertEquals(1, seen.size());
    assertDone();
  }

  @Test
  void close_fromTheSink_endsTheStream() {
    var in = alloc.directBuffer();
    writer.append(in, dataOut(1), bytes(4));
    writer.append(in, dataOut(2), bytes(4));
    writer.append(in, dataOut(3), bytes(4));
    in.writerIndex(in.writerIndex() - 2);
    onPdu = _ -> framer.close();
    feed(in);
    assertEquals(1, seen.size());
    assertDone();
  }

  @Test
  void feed_sinkThrows_endsTheStreamAndLeaksNothing() {
    var in = alloc.directBuffer();
    writer.append(in, dataOut(1), bytes(4));
    writer.append(in, dataOut(2), bytes(4));
    onPdu =
        _ -> {
          throw new IllegalStateException("ours");
        };
    assertThrows(IllegalStateException.class, () -> feed(in));
    onPdu = _ -> {};
    var more = alloc.directBuffer();
    writer.append(more, dataOut(3), bytes(4));
    feed(more);
    assertEquals(1, seen.size());
    assertDone();
  }

  @Test
  void feed_largeDataOverManyReads_isCopiedIntoOneBufferOfItsLength() {
    framer.maxDataSegmentLength(262144);
    var stream = Unpooled.buffer();
    writer.append(stream, dataOut(1), Unpooled.wrappedBuffer(new byte[262144]));
    onPdu = _ -> assertTrue(alloc.pinnedDirectMemory() < 2 * 262144, "one buffer, not two");
    while (stream.isReadable()) {
      int length = Math.min(14600, stream.readableBytes());
      feed(alloc.directBuffer(length).writeBytes(stream, length));
    }
    assertEquals(1, seen.size());
    assertDone();
  }

  @Test
  void digests_switchedOnBySink_countFromTheNextPdu() {
    var in = alloc.directBuffer();
    writer.append(in, dataOut(1), bytes(4));
    writer.digests(true, true);
    writer.append(in, dataOut(2), bytes(4));
    onPdu = _ -> framer.digests(true, true);
    feedInCuts(in, new Random(5));
    assertEquals(2, seen.size());
    assertDone();
  }

  @Test
  void scsiCommand_withAhs_hasTheWholeCdbAndTheReadLength() {
    var command = commandWithAhs();
    assertEquals(0x12345678L, command.bidirectionalReadLength());
    var cdb = new byte[32];
    for (int i = 0; i < 32; i++) {
      cdb[i] = (byte) (0x7f - i);
    }
    assertArrayEquals(cdb, command.cdb());
    assertEquals(16, ScsiCommand.on(Unpooled.buffer(48)).cdb().length);
  }

  private void assertDone() {
    framer.close();
    fed.forEach(buffer -> assertEquals(0, buffer.refCnt()));
    assertEquals(0, alloc.pinnedDirectMemory());
  }

  private void feed(ByteBuf in) {
    fed.add(in);
    framer.feed(in);
  }

  private void feedInCuts(ByteBuf stream, Random random) {
    feedInCuts(framer, stream, random);
  }

  private void feedInCuts(PduFramer<?> to, ByteBuf stream, Random random) {
    int most = random.nextInt(1, stream.readableBytes() + 1);
    while (stream.isReadable()) {
      int length = random.nextInt(1, Math.min(most, stream.readableBytes()) + 1);
      var part = alloc.directBuffer(length).writeBytes(stream, length);
      fed.add(part);
      to.feed(part);
    }
    stream.release();
  }

  private static final class Results implements PduFramer.Sink<Pdu> {
    int pdus, faults;

    @Override
    public void pdu(Pdu pdu) {
      pdus++;
      if (pdu instanceof ScsiCommand command) {
        command.cdb();
        command.bidirectionalReadLength();
      }
    }

    @Override
    public void fault(FramingFault fault) {
      faults++;
    }
  }

  private static String header(Pdu pdu) {
    return ByteBufUtil.hexDump(pdu.bytes(), 0, Bhs.LENGTH + Bhs.ahsLength(pdu.bytes()));
  }

  private static DataOut dataOut(int dataSn) {
    return DataOut.on(Unpooled.buffer(48)).itt(0x1a).dataSn(dataSn);
  }

  /// A CDB of 32 bytes that count down from 7fh, and a read length of 12345678h.
  static ScsiCommand commandWithAhs() {
    var command = ScsiCommand.on(Unpooled.buffer(80)).finalBit(true).write(true);
    var bytes = command.bytes();
    bytes.writerIndex(ScsiCommand.CDB);
    for (int i = 0; i < 16; i++) {
      bytes.writeByte(0x7f - i);
    }
    bytes.writeBytes(hex("00 05 02 00 12 34 56 78 00 11 01 00"));
    for (int i = 16; i < 32; i++) {
      bytes.writeByte(0x7f - i);
    }
    bytes.setByte(4, (bytes.writerIndex() - 48) / 4);
    return command;
  }

  static byte[] hex(String text) {
    return ByteBufUtil.decodeHexDump(text.replace(" ", ""));
  }

  private static ByteBuf bytes(int length) {
    var bytes = Unpooled.buffer(Math.max(1, length));
    for (int i = 0; i < length; i++) {
      bytes.writeByte(i);
    }
    return bytes;
  }
}
