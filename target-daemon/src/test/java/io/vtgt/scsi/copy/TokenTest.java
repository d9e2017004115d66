package io.vtgt.scsi.copy;

import static io.vtgt.scsi.copy.CopyFixture.POPULATE;
import static io.vtgt.scsi.copy.CopyFixture.TOKEN_INFORMATION;
import static io.vtgt.scsi.copy.CopyFixture.WRITE_USING;
import static io.vtgt.scsi.copy.CopyFixture.assertGood;
import static io.vtgt.scsi.copy.CopyFixture.join;
import static io.vtgt.scsi.copy.CopyFixture.pattern;
import static io.vtgt.scsi.copy.CopyFixture.populate;
import static io.vtgt.scsi.copy.CopyFixture.sense;
import static io.vtgt.scsi.copy.CopyFixture.writeUsing;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.AccessRules;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.ScsiFixture;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Copies by token: POPULATE TOKEN, RECEIVE ROD TOKEN INFORMATION, WRITE USING TOKEN.
class TokenTest {
  private static final int IMMED = 1, RTV = 2, DEL_TKN = 2;
  private static final int CHANGE_VULNERABLE = 0x00800001;

  private final CopyFixture fixture = new CopyFixture();
  private final LogicalUnit a = fixture.add(0);
  private final LogicalUnit b = fixture.add(1);
  private final LogicalUnit big = fixture.add(2, fixture.unit(2, 4096, new MemoryStore(4 << 20)));
  private final ScsiFixture.Initiator host = fixture.scsi.ready("host");

  @AfterEach
  void close() {
    fixture.close();
  }

  private byte[] token(long... ranges) {
    assertGood(populateTo(7, populate(0, 0, 0, ranges)));
    return fetched(7);
  }

  private byte[] fetched(int listId) {
    byte[] answer = fixture.good(host, 0, TOKEN_INFORMATION.formatted(listId));
    assertEquals(32 + 4 + 2 + 512, answer.length);
    return Arrays.copyOfRange(answer, 38, 550);
  }

  private Completion populateTo(int listId, byte[] list) {
    return fixture.run(host, 0, POPULATE.formatted(listId, list.length), list);
  }

  private Completion write(ScsiFixture.Initiator by, int lun, byte[] list) {
    return fixture.run(by, lun, WRITE_USING.formatted(9, list.length), list);
  }

  private static Sense refused(Asc asc) {
    return Sense.illegalRequest(asc);
  }

  @Test
  void ranges_arriveInTheirOrder_whateverTheRangesOfTheDestination() {
    byte[] first = pattern(24 * 512, 1), second = pattern(40 * 512, 2);
    fixture.write(a, 8 * 512, first);
    fixture.write(a, 200 * 512, second);
    byte[] token = token(200, 40, 8, 24);
    assertGood(write(host, 1, writeUsing(0, 0, token, 0, 10, 100, 54)));
    byte[] all = join(second, first);
    assertArrayEquals(Arrays.copyOf(all, 10 * 512), fixture.read(b, 0, 10 * 512));
    assertArrayEquals(
        Arrays.copyOfRange(all, 10 * 512, 64 * 512), fixture.read(b, 100 * 512, 54 * 512));
    assertGood(write(host, 2, writeUsing(0, 0, token, 3, 8)));
    assertArrayEquals(all, fixture.read(big, 3 * 4096, 64 * 512));
  }

  @Test
  void offset_isInBlocksOfTheDestination_andWhatTheTokenLacksIsLeft() {
    byte[] data = pattern(20 * 512, 3);
    fixture.write(a, 0, data);
    byte[] token = token(0, 20);
    fixture.write(b, 0, pattern(64 * 512, 4));
    assertGood(write(host, 1, writeUsing(0, 15, token, 0, 30)));
    assertArrayEquals(
        join(
            Arrays.copyOfRange(data, 15 * 512, 20 * 512),
            Arrays.copyOfRange(pattern(64 * 512, 4), 5 * 512, 64 * 512)),
        fixture.read(b, 0, 64 * 512));
    byte[] status = fixture.good(host, 1, TOKEN_INFORMATION.formatted(9));
    assertEquals(36, status.length);
    assertEquals(0x11, status[4]);
    assertEquals(0x03, status[5], "partial");
    assertEquals((byte) 0xf1, status[15]);
    assertEquals(5, ByteBuffer.wrap(status).getLong(16));
    // The last block of 4096 bytes is filled with zeroes.
    fixture.write(big, 0, pattern(3 * 4096, 5));
    assertGood(write(host, 2, writeUsing(0, 1, token, 0, 3)));
    assertArrayEquals(
        join(
            Arrays.copyOfRange(data, 4096, 20 * 512),
            new byte[4096 * 2 - 12 * 512],
            Arrays.copyOfRange(pattern(3 * 4096, 5), 2 * 4096, 3 * 4096)),
        fixture.read(big, 0, 3 * 4096));
    assertEquals(
        Sense.invalidFieldInParameterList(8, 7),
        sense(write(host, 1, writeUsing(0, 20, token, 0, 1))));
    assertEquals(
        Sense.invalidFieldInParameterList(8, 7),
        sense(write(host, 1, writeUsing(0, -1, token, 0, 1))));
  }

  @Test
  void token_isAGenericRodToken_andNoTwoAreAlike() {
    byte[] token = token(0, 16);
    assertEquals("00800001 0000 01f8".replace(" ", ""), HexFormat.of().formatHex(token, 0, 8));
    assertEquals(
        "e4000000 01030010 60000000000040008000000000000000 00000000 00000200".replace(" ", ""),
        HexFormat.of().formatHex(token, 16, 48));
    assertEquals(
        "00".repeat(8) + "0000000000002000" + "00".repeat(32),
        HexFormat.of().formatHex(token, 48, 96));
    assertEquals("00000200 00 03 c000".replace(" ", ""), HexFormat.of().formatHex(token, 96, 104));
    assertEquals("53a8001c", HexFormat.of().formatHex(token, 128, 132));
    byte[] other = token(0, 16);
    assertNotEquals(
        HexFormat.of().formatHex(token, 256, 512), HexFormat.of().formatHex(other, 256, 512));
    byte[] all = fixture.good(host, 0, "84 08 00 00 00 00 00 00 00 00 00 00 10 00 00 00");
    assertEquals(8 + 2 * 96, all.length);
    assertArrayEquals(Arrays.copyOf(token, 96), Arrays.copyOfRange(all, 8, 104));
    assertEquals(
        8, fixture.good(host, 1, "84 08 00 00 00 00 00 00 00 00 00 00 10 00 00 00").length);
  }

  @Test
  void aChangeOfTheRanges_cancelsTheToken_andNoOtherChangeDoes() {
    fixture.write(a, 0, pattern(64 * 512, 6));
    byte[] token = token(8, 8, 32, 8);
    fixture.write(a, 0, pattern(8 * 512, 7));
    fixture.write(a, 16 * 512, pattern(16 * 512, 7));
    fixture.write(a, 40 * 512, pattern(8 * 512, 7));
    assertGood(write(host, 1, writeUsing(0, 0, token, 0, 16)));
    byte[] before = fixture.read(b, 0, 16 * 512);
    for (String change :
        List.of(
            "2a 00 00 00 00 27 00 00 01 00", // WRITE (10)
            "41 00 00 00 00 27 00 00 01 00", // WRITE SAME (10)
            "93 08 00 00 00 00 00 00 00 0f 00 00 00 01 00 00")) { // WRITE SAME (16), UNMAP
      byte[] fresh = token(8, 8, 32, 8);
      fixture.good(host, 0, change, new byte[512]);
      assertEquals(
          refused(Asc.INVALID_TOKEN_OPERATION_TOKEN_CANCELLED),
          sense(write(host, 1, writeUsing(0, 0, fresh, 0, 16))),
          change);
      assertEquals(
          refused(Asc.INVALID_TOKEN_OPERATION_TOKEN_CANCELLED),
          sense(write(host, 1, writeUsing(0, 0, fresh, 0, 16))),
          "again");
    }
    assertArrayEquals(before, fixture.read(b, 0, 16 * 512));
  }

  @Test
  void aTokenThatIsWrittenOverItsOwnSource_isCancelledOnTheWay() {
    fixture.write(a, 0, pattern(2 << 20, 8));
    byte[] token = token(0, 4096);
    assertEquals(
        refused(Asc.INVALID_TOKEN_OPERATION_TOKEN_CANCELLED),
        sense(write(host, 0, writeUsing(0, 0, token, 2048, 4096))));
  }

  @Test
  void forgedTokens_areUnknown() {
    byte[] token = token(0, 8);
    byte[] forged = token.clone();
    forged[511] ^= 1;
    byte[] otherIdentifier = token.clone();
    otherIdentifier[8] ^= 1;
    byte[] otherType = token.clone();
    otherType[3] = 2;
    byte[] otherLength = token.clone();
    otherLength[7] = 0;
    Object[][] cases = {
      {forged, Asc.INVALID_TOKEN_OPERATION_TOKEN_UNKNOWN},
      {otherIdentifier, Asc.INVALID_TOKEN_OPERATION_TOKEN_UNKNOWN},
      {otherType, Asc.INVALID_TOKEN_OPERATION_UNSUPPORTED_TOKEN_TYPE},
      {otherLength, Asc.INVALID_TOKEN_OPERATION_INVALID_TOKEN_LENGTH},
    };
    for (Object[] it : cases) {
      assertEquals(
          refused((Asc) it[1]), sense(write(host, 1, writeUsing(0, 0, (byte[]) it[0], 0, 8))));
    }
    assertGood(write(host, 1, writeUsing(0, 0, token, 0, 8)));
  }

  @Test
  void blockDeviceZeroToken_zeroesTheRanges() {
    byte[] zero = new byte[512];
    ByteBuffer.wrap(zero).putInt(0xffff0001).putShort(6, (short) 0x1f8);
    fixture.write(b, 0, pattern(64 * 512, 9));
    assertGood(write(host, 1, writeUsing(0, 0, zero, 8, 8, 32, 16)));
    byte[] expected = pattern(64 * 512, 9);
    Arrays.fill(expected, 8 * 512, 16 * 512, (byte) 0);
    Arrays.fill(expected, 32 * 512, 48 * 512, (byte) 0);
    assertArrayEquals(expected, fixture.read(b, 0, 64 * 512));
  }

  @Test
  void token_lastsAsLongAsItIsUsed_andNotForEver() {
    assertGood(populateTo(7, populate(0, 10, 0, 0, 8)));
    byte[] token = fetched(7);
    for (int i = 0; i < 5; i++) {
      fixture.nanos.addAndGet(TimeUnit.SECONDS.toNanos(9));
      assertGood(write(host, 1, writeUsing(0, 0, token, 0, 8)));
    }
    fixture.nanos.addAndGet(TimeUnit.SECONDS.toNanos(11));
    assertEquals(
        refused(Asc.INVALID_TOKEN_OPERATION_TOKEN_EXPIRED),
        sense(write(host, 1, writeUsing(0, 0, token, 0, 8))));
    assertGood(populateTo(7, populate(0, CopyLimits.TOKEN_SECONDS, 0, 0, 8)));
    byte[] old = fetched(7);
    for (int i = 0; i < 6; i++) {
      assertGood(write(host, 1, writeUsing(0, 0, old, 0, 8)));
      fixture.nanos.addAndGet(TimeUnit.SECONDS.toNanos(600));
    }
    fixture.nanos.addAndGet(1);
    assertEquals(
        refused(Asc.INVALID_TOKEN_OPERATION_TOKEN_EXPIRED),
        sense(write(host, 1, writeUsing(0, 0, old, 0, 8))));
  }

  @Test
  void deleteToken_ends() {
    byte[] token = token(0, 8);
    assertGood(write(host, 1, writeUsing(DEL_TKN, 0, token, 0, 8)));
    assertEquals(
        refused(Asc.INVALID_TOKEN_OPERATION_TOKEN_DELETED),
        sense(write(host, 1, writeUsing(0, 0, token, 0, 8))));
  }

  @Test
  void tooManyTokens_cancelTheOldest() {
    byte[] first = token(0, 8);
    for (int i = 0; i < CopyLimits.TOKENS_PER_INITIATOR; i++) {
      assertGood(populateTo(8, populate(0, 0, 0, 0, 8)));
    }
    assertEquals(
        refused(Asc.INVALID_TOKEN_OPERATION_TOKEN_CANCELLED),
        sense(write(host, 1, writeUsing(0, 0, first, 0, 8))));
    assertGood(write(host, 1, writeUsing(0, 0, fetched(8), 0, 8)));
  }

  @Test
  void tokenOfAnotherInitiator_isGoodForWhoeverCouldReadTheSource() {
    byte[] data = pattern(8 * 512, 10);
    fixture.write(a, 0, data);
    byte[] token = token(0, 8);
    ScsiFixture.Initiator friend = fixture.scsi.ready("friend");
    assertGood(write(friend, 1, writeUsing(0, 0, token, 0, 8)));
    assertArrayEquals(data, fixture.read(b, 0, data.length));
    fixture
        .scsi
        .target()
        .accessRules(
            new AccessRules(
                List.of(
                    new AccessRules.Rule(List.of("host"), List.of(), List.of()),
                    new AccessRules.Rule(List.of("friend"), List.of(), List.of(1)))));
    friend.send(1, "00 00 00 00 00 00");
    assertEquals(
        refused(Asc.INVALID_TOKEN_OPERATION_TOKEN_UNKNOWN),
        sense(write(friend, 1, writeUsing(0, 0, token, 0, 8))));
    assertGood(write(host, 1, writeUsing(0, 0, token, 0, 8)));
    a.publish(a.state().withMediumPresent(false));
    assertEquals(
        Sense.of(SenseKey.COPY_ABORTED, Asc.THIRD_PARTY_DEVICE_FAILURE),
        sense(write(host, 1, writeUsing(0, 0, token, 0, 8))));
  }

  @Test
  void listsThatAreWrong_areRefused() {
    byte[] token = token(0, 8);
    long blocks = a.blockCount();
    assertGood(populateTo(1, new byte[0]));
    assertEquals(refused(Asc.PARAMETER_LIST_LENGTH_ERROR), sense(populateTo(1, new byte[15])));
    Object[][] cases = {
      {populate(0, 0, 0), Sense.invalidFieldInParameterList(0, 7)},
      {populate(0, CopyLimits.TOKEN_SECONDS + 1, 0, 0, 8), Sense.invalidFieldInParameterList(4, 7)},
      {populate(RTV, 0, 0x00010000, 0, 8), Sense.invalidFieldInParameterList(8, 7)},
      {populate(RTV, 0, 0x00800002, 0, 8), Sense.invalidFieldInParameterList(8, 7)},
      {populate(0, 0, 0, 0, 8, 7, 1), Sense.invalidFieldInParameterList(16, 7)},
      {populate(0, 0, 0, blocks, 1), refused(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE)},
      {populate(0, 0, 0, -1, 1), refused(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE)},
      {
        populate(0, 0, 0, new long[2 * (CopyLimits.RANGES + 1)]),
        refused(Asc.TOO_MANY_SEGMENT_DESCRIPTORS).at(new Sense.FieldPointer(false, 14, -1))
      },
    };
    for (Object[] it : cases) {
      assertEquals(it[1], sense(populateTo(1, (byte[]) it[0])));
    }
    assertGood(populateTo(1, populate(RTV, 0, CHANGE_VULNERABLE, 0, 8)));
    assertGood(populateTo(1, populate(RTV, 0, 0x0080ffff, 0, 8)));
    byte[] noRanges = writeUsing(0, 0, token);
    assertEquals(Sense.invalidFieldInParameterList(0, 7), sense(write(host, 1, noRanges)));
    assertEquals(
        refused(Asc.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE),
        sense(write(host, 1, writeUsing(0, 0, token, blocks, 1))));
    assertEquals(
        Sense.invalidFieldInParameterList(536, 7),
        sense(write(host, 1, writeUsing(0, 0, token, 0, 8, 4, 1))));
    assertEquals(refused(Asc.PARAMETER_LIST_LENGTH_ERROR), sense(write(host, 1, new byte[535])));
  }

  @Test
  void tokens_areFetchedOnce_andNotByOthers() {
    assertGood(populateTo(7, populate(0, 0, 0, 0, 8)));
    ScsiFixture.Initiator other = fixture.scsi.ready("other");
    assertEquals(
        Sense.invalidFieldInCdb(2, 7),
        sense(fixture.run(other, 0, TOKEN_INFORMATION.formatted(7), new byte[0])));
    assertEquals(
        "00000222 10 01".replace(" ", ""),
        HexFormat.of().formatHex(fixture.good(host, 0, "84 07 00000007 00000000 00000006 00 00")));
    fetched(7);
    byte[] again = fixture.good(host, 0, TOKEN_INFORMATION.formatted(7));
    assertEquals(36, again.length);
    assertEquals(8, ByteBuffer.wrap(again).getLong(16));
  }

  @Test
  void immediateCommands_areAnsweredBeforeTheyAreDone() {
    byte[] data = pattern(1 << 20, 11);
    fixture.write(a, 0, data);
    assertGood(populateTo(7, populate(IMMED, 0, 0, 0, 2048)));
    byte[] status;
    do {
      status = fixture.good(host, 0, "84 05 00000007 00000000 00001000 00 00");
    } while (status[5] == 0x12);
    byte[] token = fetched(7);
    assertGood(write(host, 1, writeUsing(IMMED, 0, token, 0, 2048)));
    do {
      status = fixture.good(host, 1, "84 05 00000009 00000000 00001000 00 00");
    } while (status[5] == 0x12);
    assertEquals(1, status[5]);
    assertEquals(2048, ByteBuffer.wrap(status).getLong(16));
    assertArrayEquals(data, fixture.read(b, 0, data.length));
  }
}
