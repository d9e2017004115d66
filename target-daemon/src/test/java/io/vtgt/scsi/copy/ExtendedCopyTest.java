package io.vtgt.scsi.copy;

import static io.vtgt.scsi.copy.CopyFixture.DETAILS_LID1;
import static io.vtgt.scsi.copy.CopyFixture.STATUS_LID1;
import static io.vtgt.scsi.copy.CopyFixture.STATUS_LID4;
import static io.vtgt.scsi.copy.CopyFixture.XCOPY;
import static io.vtgt.scsi.copy.CopyFixture.XCOPY_LID4;
import static io.vtgt.scsi.copy.CopyFixture.assertGood;
import static io.vtgt.scsi.copy.CopyFixture.cscd;
import static io.vtgt.scsi.copy.CopyFixture.list;
import static io.vtgt.scsi.copy.CopyFixture.listLid4;
import static io.vtgt.scsi.copy.CopyFixture.offsetSegment;
import static io.vtgt.scsi.copy.CopyFixture.pattern;
import static io.vtgt.scsi.copy.CopyFixture.profile;
import static io.vtgt.scsi.copy.CopyFixture.segment;
import static io.vtgt.scsi.copy.CopyFixture.sense;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.store.Layer;
import io.vtgt.store.StoreCall;
import io.vtgt.store.memory.MemoryStore;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import io.vtgt.target.ScsiFixture;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// EXTENDED COPY and what can be asked about it: what it understands, and how it refuses.
class ExtendedCopyTest {
  private static final int HOLD = 0, DISCARD = 2, NONE = 3;
  private static final String TEST_UNIT_READY = "00 00 00 00 00 00";

  private final CopyFixture fixture = new CopyFixture();
  private final LogicalUnit a = fixture.add(0);
  private final LogicalUnit b = fixture.add(1);
  private final ScsiFixture.Initiator host = fixture.scsi.ready("host");

  @AfterEach
  void close() {
    fixture.close();
  }

  private byte[] aToB(byte[]... segments) {
    return list(1, HOLD, List.of(cscd(a), cscd(b)), List.of(segments));
  }

  private static Sense aborted(Asc asc, int at, int segment) {
    return Sense.of(SenseKey.COPY_ABORTED, asc)
        .at(new Sense.FieldPointer(false, at, -1))
        .withCommandSpecific(segment);
  }

  private static Sense illegal(Asc asc, int at) {
    return Sense.illegalRequest(asc).at(new Sense.FieldPointer(false, at, -1));
  }

  @Test
  void segments_areCopiedInTheirOrder() {
    byte[] data = pattern(64 * 512, 1);
    fixture.write(a, 0, data);
    assertGood(fixture.copy(host, 0, aToB(segment(0, 1, 64, 0, 100), segment(1, 0, 8, 108, 200))));
    assertArrayEquals(data, fixture.read(b, 100 * 512, data.length));
    assertArrayEquals(
        Arrays.copyOfRange(data, 8 * 512, 16 * 512), fixture.read(a, 200 * 512, 8 * 512));
  }

  /// So that a rate of the initiator's bounds what it has copied, too.
  @Test
  void copy_countsAsTheInitiatorsOwnTraffic() {
    List<Object> parties = new CopyOnWriteArrayList<>();
    LogicalUnit c =
        fixture.add(
            7,
            new Layer(new MemoryStore(1 << 20)) {
              @Override
              public boolean asksForCalls() {
                return true;
              }

              @Override
              public Future<ByteBuf> read(long offset, int length) {
                parties.add(StoreCall.current().party());
                return next().read(offset, length);
              }

              @Override
              public Future<Void> write(long offset, ByteBuf bytes, boolean fua) {
                parties.add(StoreCall.current().party());
                return next().write(offset, bytes, fua);
              }
            });
    byte[] list = list(0, 0, List.of(cscd(c), cscd(c)), List.of(segment(0, 1, 8, 0, 100)));
    assertGood(fixture.copy(fixture.scsi.ready("other"), 7, list));
    assertEquals(2, parties.size());
    for (Object party : parties) {
      assertTrue(party instanceof Nexus.Id id && id.toString().startsWith("other,"), "" + party);
    }
  }

  /// What ESXi sends: no list identifier, DC, NAA designators.
  @Test
  void list_asEsxiSendsIt_isCarriedOut() {
    byte[] data = pattern(4096, 2);
    fixture.write(a, 4096, data);
    byte[] list =
        HexFormat.of()
            .parseHex(
                """
                00 18 00 40 00 00 00 00 00 00 00 1c 00 00 00 00
                e4 00 00 00 01 03 00 10 60 00 00 00 00 00 40 00 80 00 00 00 00 00 00 00 00 00 00 00
                00 00 02 00
                e4 00 00 00 01 03 00 10 60 00 00 00 00 00 40 00 80 00 00 00 00 00 00 01 00 00 00 00
                00 00 02 00
                02 02 00 18 00 00 00 01 00 00 00 08 00 00 00 00 00 00 00 08 00 00 00 00 00 00 00 10
                """
                    .replaceAll("\\s", ""));
    assertArrayEquals(
        list(0, NONE, List.of(cscd(a), cscd(b)), List.of(segment(0, 1, true, 8, 8, 16))), list);
    assertGood(fixture.copy(host, 1, list));
    assertArrayEquals(data, fixture.read(b, 16 * 512, 4096));
    assertEquals(
        Sense.invalidFieldInCdb(2, 7),
        sense(fixture.run(host, 1, STATUS_LID1.formatted(0), new byte[0])));
  }

  @Test
  void unit_isFoundByItsT10VendorIdentificationToo_andAskedUnitByFfff() {
    byte[] data = pattern(512, 3);
    fixture.write(a, 0, data);
    byte[] t10 = new byte[32];
    t10[0] = (byte) 0xe4;
    t10[4] = 2;
    t10[5] = 1;
    byte[] designator = "VTGT    SERIAL-1".getBytes(StandardCharsets.US_ASCII);
    t10[7] = (byte) designator.length;
    System.arraycopy(designator, 0, t10, 8, designator.length);
    assertGood(
        fixture.copy(host, 0, list(1, HOLD, List.of(t10), List.of(segment(0xffff, 0, 1, 0, 5)))));
    assertArrayEquals(data, fixture.read(b, 5 * 512, 512));
  }

  @Test
  void lid4_countsCscdsFromOne() {
    byte[] data = pattern(512, 4);
    fixture.write(a, 0, data);
    byte[] list =
        listLid4(0x12345678, false, List.of(cscd(a), cscd(b)), List.of(segment(1, 2, 1, 0, 7)));
    assertGood(fixture.run(host, 0, XCOPY_LID4.formatted(list.length), list));
    assertArrayEquals(data, fixture.read(b, 7 * 512, 512));
    byte[] wrong = listLid4(1, false, List.of(cscd(a)), List.of(segment(0, 1, 1, 0, 7)));
    assertEquals(
        aborted(Asc.UNREACHABLE_COPY_TARGET, 48 + 32 + 4, 0),
        sense(fixture.run(host, 0, XCOPY_LID4.formatted(wrong.length), wrong)));
    assertEquals(
        "0000001c 01 01 0001 fffffffe 00 00 00 00 0000000000000200 0001 000000000000"
            .replace(" ", ""),
        HexFormat.of()
            .formatHex(fixture.good(host, 0, STATUS_LID4.formatted(0x12345678)))
            .replaceFirst("^(.{12}).{4}", "$10001")); // however many operations it took
  }

  @Test
  void lid4_withAHeaderOfAnotherKind_isRefused() {
    for (int[] change : new int[][] {{0, 2}, {3, 0x40}, {16, 0}}) {
      byte[] list = listLid4(1, false, List.of(cscd(a)), List.of(segment(1, 1, 1, 0, 7)));
      list[change[0]] = (byte) change[1];
      int at = change[0] == 3 ? 2 : change[0];
      assertEquals(
          Sense.invalidFieldInParameterList(at, 7),
          sense(fixture.run(host, 0, XCOPY_LID4.formatted(list.length), list)));
    }
    byte[] goodWithSense = listLid4(1, false, List.of(cscd(a)), List.of(segment(1, 1, 1, 0, 7)));
    goodWithSense[15] = 2;
    assertEquals(
        Sense.invalidFieldInParameterList(15, 1),
        sense(fixture.run(host, 0, XCOPY_LID4.formatted(goodWithSense.length), goodWithSense)));
    byte[] noIdInBackground = listLid4(0, true, List.of(cscd(a)), List.of(segment(1, 1, 1, 0, 7)));
    noIdInBackground[1] = 3 << 3;
    assertEquals(
        Sense.illegalRequest(Asc.INVALID_FIELD_IN_CDB),
        sense(
            fixture.run(host, 0, XCOPY_LID4.formatted(noIdInBackground.length), noIdInBackground)));
  }

  @Test
  void lengthsThatDoNotFit_arePARAMETER_LIST_LENGTH_ERROR() {
    byte[] list = aToB(segment(0, 1, 1, 0, 0));
    Sense error = Sense.illegalRequest(Asc.PARAMETER_LIST_LENGTH_ERROR);
    assertGood(fixture.run(host, 0, XCOPY.formatted(0), new byte[0]));
    for (int length : new int[] {1, 15, 16, 16 + 31, 16 + 64, list.length - 1}) {
      assertEquals(
          error,
          sense(fixture.run(host, 0, XCOPY.formatted(length), Arrays.copyOf(list, length))),
          "length " + length);
    }
    assertEquals(error, sense(fixture.run(host, 0, XCOPY.formatted(list.length), new byte[20])));
    byte[] huge = Arrays.copyOf(list, 16 + CopyLimits.LIST_BYTES + 1);
    assertEquals(error, sense(fixture.copy(host, 0, huge)));
    byte[] inline = Arrays.copyOf(list, list.length + 4);
    inline[15] = 4;
    assertEquals(Sense.invalidFieldInParameterList(12, 7), sense(fixture.copy(host, 0, inline)));
  }

  @Test
  void tooManyDescriptors_areNamed() {
    byte[] one = segment(0, 0, 1, 0, 0);
    assertEquals(
        illegal(Asc.TOO_MANY_TARGET_DESCRIPTORS, 2),
        sense(
            fixture.copy(
                host,
                0,
                list(1, HOLD, Collections.nCopies(CopyLimits.CSCDS + 1, cscd(a)), List.of(one)))));
    assertEquals(
        illegal(Asc.TOO_MANY_SEGMENT_DESCRIPTORS, 8),
        sense(
            fixture.copy(
                host,
                0,
                list(
                    1,
                    HOLD,
                    List.of(cscd(a)),
                    Collections.nCopies(CopyLimits.SEGMENTS + 1, one)))));
    assertGood(
        fixture.copy(
            host,
            0,
            list(
                1,
                HOLD,
                Collections.nCopies(CopyLimits.CSCDS, cscd(a)),
                Collections.nCopies(
                    CopyLimits.SEGMENTS, segment(0, CopyLimits.CSCDS - 1, 1, 0, 9)))));
  }

  @Test
  void descriptorTypes_thatAreUnknown_areNamed() {
    byte[] fibreChannel = cscd(a);
    fibreChannel[0] = (byte) 0xe0;
    assertEquals(
        illegal(Asc.UNSUPPORTED_TARGET_DESCRIPTOR_TYPE_CODE, 16 + 32),
        sense(
            fixture.copy(
                host,
                0,
                list(1, HOLD, List.of(cscd(a), fibreChannel), List.of(segment(0, 0, 1, 0, 0))))));
    byte[] streams = segment(0, 1, 1, 0, 0);
    streams[0] = 3;
    assertEquals(
        illegal(Asc.UNSUPPORTED_SEGMENT_DESCRIPTOR_TYPE_CODE, 16 + 64 + 28),
        sense(fixture.copy(host, 0, aToB(segment(0, 1, 1, 0, 0), streams))));
    byte[] longer = segment(0, 1, 1, 0, 0);
    longer[3] = 25;
    assertEquals(
        Sense.invalidFieldInParameterList(16 + 64 + 2, 7),
        sense(fixture.copy(host, 0, aToB(longer))));
    byte[] longName = cscd(a);
    longName[7] = 21;
    assertEquals(
        Sense.invalidFieldInParameterList(16 + 7, 7),
        sense(
            fixture.copy(
                host, 0, list(1, HOLD, List.of(longName), List.of(segment(0, 0, 1, 0, 0))))));
  }

  @Test
  void listIdentifiers_thatCannotBe_areRefused() {
    byte[] segment = segment(0, 0, 1, 0, 5);
    assertEquals(
        Sense.invalidFieldInParameterList(0, 7),
        sense(fixture.copy(host, 0, list(9, NONE, List.of(cscd(a)), List.of(segment)))));
    assertEquals(
        Sense.invalidFieldInParameterList(1, 4),
        sense(fixture.copy(host, 0, list(9, 1, List.of(cscd(a)), List.of(segment)))));
  }

  @Test
  void cscds_thatAreNotThere_abortAtTheirSegment() {
    byte[] null0 = cscd(a);
    null0[1] = 0x20;
    byte[] tape = cscd(a);
    tape[1] = 1;
    byte[] stranger = cscd(a);
    stranger[20] ^= 1;
    byte[] otherBlocks = cscd(a);
    otherBlocks[30] = 0x10;
    List<byte[]> cscds = List.of(cscd(a), null0, tape, stranger, otherBlocks);
    byte[] fine = segment(0, 0, 1, 0, 50);
    int second = 16 + 5 * 32 + 28;
    Object[][] cases = {
      {segment(0, 5, 1, 0, 0), aborted(Asc.UNREACHABLE_COPY_TARGET, second + 6, 1)},
      {segment(0xc000, 0, 1, 0, 0), aborted(Asc.UNREACHABLE_COPY_TARGET, second + 4, 1)},
      {segment(1, 0, 1, 0, 0), aborted(Asc.COPY_TARGET_DEVICE_NOT_REACHABLE, 48, 1)},
      {segment(2, 0, 1, 0, 0), aborted(Asc.INCORRECT_COPY_TARGET_DEVICE_TYPE, 80, 1)},
      {segment(0, 3, 1, 0, 0), aborted(Asc.COPY_TARGET_DEVICE_NOT_REACHABLE, 112, 1)},
      {segment(4, 0, 1, 0, 0), aborted(Asc.INVALID_FIELD_IN_PARAMETER_LIST, 144 + 29, 1)},
    };
    byte[] data = pattern(512, 6);
    for (Object[] it : cases) {
      fixture.write(a, 0, data);
      fixture.write(a, 50 * 512, new byte[512]);
      assertEquals(
          it[1], sense(fixture.copy(host, 0, list(1, HOLD, cscds, List.of(fine, (byte[]) it[0])))));
      assertArrayEquals(data, fixture.read(a, 50 * 512, 512)); // what came before was done
    }
  }

  @Test
  void ranges_thatAreNotOnTheMedium_abort() {
    long blocks = a.blockCount();
    int at = 16 + 64;
    Asc none = Asc.NO_ADDITIONAL_SENSE_INFORMATION;
    Object[][] cases = {
      {segment(0, 1, 2, blocks - 1, 0), at + 12},
      {segment(0, 1, 2, 0, blocks - 1), at + 20},
      {segment(0, 1, 1, -1, 0), at + 12},
      {segment(0, 1, 1, 0, Long.MIN_VALUE), at + 20},
      {segment(0, 1, 1, Long.MAX_VALUE / 512, 0), at + 12},
      {offsetSegment(0, 1, 512, blocks - 1, 1, 0, 0), at + 12},
      {offsetSegment(0, 1, 512, 0, 0, blocks - 1, 65535), at + 20},
    };
    for (Object[] it : cases) {
      assertEquals(
          aborted(none, (int) it[1], 0), sense(fixture.copy(host, 0, aToB((byte[]) it[0]))));
    }
    assertGood(fixture.copy(host, 0, aToB(segment(0, 1, 0, blocks, blocks))));
  }

  @Test
  void segments_longerThanTheMaximum_orOfHalfBlocks_abort() {
    LogicalUnit big = fixture.add(2, fixture.unit(2, 4096, new MemoryStore(256 << 20)));
    host.send(0, TEST_UNIT_READY); // a unit is new
    int at = 16 + 64;
    List<byte[]> cscds = List.of(cscd(a), cscd(big));
    assertEquals(
        aborted(Asc.INVALID_FIELD_IN_PARAMETER_LIST, at + 10, 0),
        sense(
            fixture.copy(host, 0, list(1, HOLD, cscds, List.of(segment(1, 1, 8193, 0, 20_000))))));
    assertEquals(
        aborted(Asc.UNEXPECTED_INEXACT_SEGMENT, at + 10, 0),
        sense(fixture.copy(host, 0, list(1, HOLD, cscds, List.of(segment(0, 1, 9, 0, 0))))));
    byte[] data = pattern(16 * 512, 7);
    fixture.write(a, 0, data);
    assertGood(
        fixture.copy(
            host,
            0,
            list(
                1,
                HOLD,
                cscds,
                List.of(segment(0, 1, 16, 0, 3), segment(1, 0, true, 16, 3, 100)))));
    assertArrayEquals(data, fixture.read(big, 3 * 4096, data.length));
    assertArrayEquals(data, fixture.read(a, 100 * 512, data.length));
  }

  @Test
  void unitsThatRefuse_abortWithTheirDescriptor_andWriteNothing() {
    LogicalUnit readOnly =
        fixture.add(2, fixture.unit(profile(2, 512, true, true), new MemoryStore(1 << 20)));
    host.send(0, TEST_UNIT_READY); // a unit is new
    List<byte[]> cscds = List.of(cscd(a), cscd(readOnly));
    assertEquals(
        aborted(Asc.THIRD_PARTY_DEVICE_FAILURE, 48, 0),
        sense(fixture.copy(host, 0, list(1, HOLD, cscds, List.of(segment(0, 1, 1, 0, 0))))));
    assertGood(fixture.copy(host, 0, list(1, HOLD, cscds, List.of(segment(1, 0, 1, 0, 0)))));
    b.publish(b.state().withMediumPresent(false));
    assertEquals(
        aborted(Asc.THIRD_PARTY_DEVICE_FAILURE, 48, 0),
        sense(fixture.copy(host, 0, aToB(segment(0, 1, 1, 0, 0)))));
    assertEquals(
        aborted(Asc.THIRD_PARTY_DEVICE_FAILURE, 48, 0),
        sense(fixture.copy(host, 0, aToB(segment(1, 0, 1, 0, 0)))));
    b.publish(b.state().withMediumPresent(true));
    b.publish(b.state().withMode(b.state().mode().withSoftwareWriteProtect(true)));
    assertEquals(
        aborted(Asc.THIRD_PARTY_DEVICE_FAILURE, 48, 0),
        sense(fixture.copy(host, 0, aToB(segment(0, 1, 1, 0, 0)))));
  }

  @Test
  void reservations_ofAnotherInitiator_keepOut() {
    ScsiFixture.Initiator other = fixture.scsi.ready("other");
    String register = "5f 00 00 00 00 00 00 00 18 00";
    String reserve = "5f 01 %02x 00 00 00 00 00 18 00";
    String key = "00".repeat(8) + "00000000000000aa" + "00".repeat(8);
    String mine = "00000000000000aa" + "00".repeat(16);
    assertEquals("GOOD", other.send(1, register, key).status());
    assertEquals("GOOD", other.send(1, reserve.formatted(1), mine).status()); // write exclusive
    assertEquals(
        aborted(Asc.THIRD_PARTY_DEVICE_FAILURE, 48, 0),
        sense(fixture.copy(host, 0, aToB(segment(0, 1, 1, 0, 0)))));
    assertGood(fixture.copy(host, 0, aToB(segment(1, 0, 1, 0, 0)))); // may read
    assertEquals(
        new Completion.ReservationConflict(), fixture.copy(host, 1, aToB(segment(1, 0, 1, 0, 0))));
    assertEquals("GOOD", other.send(1, "5f 02 01 00 00 00 00 00 18 00", mine).status());
    assertEquals("GOOD", other.send(1, reserve.formatted(3), mine).status()); // exclusive access
    assertEquals(
        aborted(Asc.THIRD_PARTY_DEVICE_FAILURE, 48, 0),
        sense(fixture.copy(host, 0, aToB(segment(1, 0, 1, 0, 0)))));
    assertGood(fixture.copy(other, 0, aToB(segment(0, 1, 1, 0, 0))));
  }

  @Test
  void failure_tellsWhatIsLeftOfItsSegment_andStaysToBeAskedFor() {
    byte[] data = pattern(2 << 20, 8);
    fixture.write(a, 0, data);
    // Segment 0 copies the first MiB; segment 1 begins on the medium and ends beyond it.
    Completion end =
        fixture.copy(
            host,
            0,
            list(
                0x77,
                HOLD,
                List.of(cscd(a), cscd(b)),
                List.of(segment(0, 1, 2048, 0, 0), segment(0, 1, 2, 0, b.blockCount() - 1))));
    Sense sense = aborted(Asc.NO_ADDITIONAL_SENSE_INFORMATION, 16 + 64 + 28 + 20, 1);
    assertEquals(sense, sense(end));
    assertEquals(OptionalLong.empty(), sense.information());
    assertEquals(OptionalInt.of(1), sense.commandSpecific());
    assertEquals(
        "00000008 02 0002 00 00100000".replace(" ", ""),
        HexFormat.of().formatHex(fixture.good(host, 0, STATUS_LID1.formatted(0x77))));
    assertEquals(
        Sense.invalidFieldInCdb(2, 7),
        sense(fixture.run(host, 0, STATUS_LID1.formatted(0x77), new byte[0])));
    byte[] details = fixture.good(host, 0, DETAILS_LID1.formatted(0x77));
    assertEquals(60 + 18, details.length);
    assertEquals(2, details[56]);
    assertArrayEquals(sense.encode(false), Arrays.copyOfRange(details, 60, 78));
    assertArrayEquals(new byte[4], fixture.good(host, 0, DETAILS_LID1.formatted(0x77)));
    assertEquals(
        Sense.invalidFieldInCdb(2, 7),
        sense(fixture.run(host, 0, DETAILS_LID1.formatted(0x78), new byte[0])));
    assertEquals(
        Sense.invalidFieldInCdb(2, 7),
        sense(fixture.run(host, 1, STATUS_LID4.formatted(0x77), new byte[0])),
        "another unit's");
  }

  @Test
  void status_isForgottenWithTheNexus_andWithAReset() {
    assertGood(
        fixture.copy(host, 0, list(5, DISCARD, List.of(cscd(a)), List.of(segment(0, 0, 1, 0, 5)))));
    assertEquals(32, fixture.good(host, 0, STATUS_LID4.formatted(5)).length);
    fixture.scsi.target().detach(host.nexus);
    fixture.scsi.target().attach(host.nexus);
    host.send(0, TEST_UNIT_READY);
    assertEquals(
        Sense.invalidFieldInCdb(2, 7),
        sense(fixture.run(host, 0, STATUS_LID4.formatted(5), new byte[0])));
  }

  @Test
  void operatingParameters_areGolden() {
    assertEquals(
        """
        0000002b 01 000000 0020 0080 00002000 02000000 00000000 00000000 00000000 0000 0040 40 \
        000000 000000 03 020ae4\
        """
            .replace(" ", ""),
        HexFormat.of()
            .formatHex(fixture.good(host, 0, "84 03 00 00 00 00 00 00 00 00 00 00 10 00 00 00")));
    assertEquals(
        2, fixture.good(host, 0, "84 03 00 00 00 00 00 00 00 00 00 00 00 02 00 00").length);
  }
}
