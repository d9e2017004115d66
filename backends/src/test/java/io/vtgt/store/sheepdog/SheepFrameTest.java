package io.vtgt.store.sheepdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every frame of ours to the bit, every answer as the servers send it, the inode's layout. The
/// bytes are made by hand from the description of the protocol.
class SheepFrameTest {
  private static final int VID = 0x83d7d1;

  /// Three copies, objects of 4 MiB.
  private static final Inode INODE = new Inode("vol1", "", 0, 1L << 30, 0, 0, 3, 22, VID, 0x83d7d0);

  private static String header(SheepRequest request, int id) {
    ByteBuf frame = Unpooled.buffer();
    request.encode(frame, id);
    assertEquals(SheepRequest.HEADER_LENGTH, frame.readableBytes());
    return ByteBufUtil.hexDump(frame);
  }

  private static String hex(String text) {
    return text.replaceAll("(?m)^[^|\n]*\\|", "").replaceAll("\\s", "");
  }

  @Test
  void read() {
    assertEquals(
        hex(
            """
            version, opcode, flags, epoch | 00 02 0000 00000000
            id, length                    | 07000000 00020000
            oid, oid to copy              | 05000000d1d78300 0000000000000000
            copies, policy, index, 0      | 03 00 00 00
            epoch, offset, 0              | 00000000 00100000 00000000
            """),
        header(SheepRequest.read(Oid.data(VID, 5), 4096, 512, INODE), 7));
  }

  @Test
  void write_sendsItsLength() {
    ByteBuf data = Unpooled.wrappedBuffer(new byte[4096]);
    SheepRequest request = SheepRequest.write(Oid.data(VID, 0xfffff), 0x3ff000, data, INODE);
    assertEquals(
        hex(
            """
            version, opcode, flags, epoch | 00 03 0900 00000000
            id, length                    | 44332211 00100000
            oid, oid to copy              | ffff0f00d1d78300 0000000000000000
            copies, policy, index, 0      | 03 00 00 00
            epoch, offset, 0              | 00000000 00f03f00 00000000
            """),
        header(request, 0x11223344));
    assertEquals(0, request.wantedLength(), "no data comes back");
  }

  @Test
  void create_plain_andAsACopy() {
    ByteBuf data = Unpooled.wrappedBuffer(new byte[1]);
    assertEquals(
        hex(
            """
            version, opcode, flags, epoch | 00 01 0900 00000000
            id, length                    | 01000000 01000000
            oid, oid to copy              | 02000000d1d78300 0000000000000000
            copies, policy, index, 0      | 03 00 00 00
            epoch, offset, 0              | 00000000 07000000 00000000
            """),
        header(SheepRequest.create(Oid.data(VID, 2), 0, 7, data, INODE), 1));
    assertEquals(
        hex(
            """
            version, opcode, flags, epoch | 00 01 0b00 00000000
            id, length                    | 01000000 01000000
            oid, oid to copy              | 02000000d1d78300 02000000d0d78300
            copies, policy, index, 0      | 03 00 00 00
            epoch, offset, 0              | 00000000 07000000 00000000
            """),
        header(SheepRequest.create(Oid.data(VID, 2), Oid.data(VID - 1, 2), 7, data, INODE), 1));
  }

  @Test
  void discard() {
    assertEquals(
        hex(
            """
            version, opcode, flags, epoch | 00 05 0000 00000000
            id, length                    | ffffffff 00000000
            oid, oid to copy              | 02000000d1d78300 0000000000000000
            copies, policy, index, 0      | 03 00 00 00
            epoch, offset, 0              | 00000000 00000000 00000000
            """),
        header(SheepRequest.discard(Oid.data(VID, 2), INODE), -1));
  }

  @Test
  void entryOfTheMap_goesIntoTheInode() {
    ByteBuf entry = Unpooled.buffer().writeIntLE(VID);
    assertEquals(
        hex(
            """
            version, opcode, flags, epoch | 00 03 0900 00000000
            id, length                    | 01000000 04000000
            oid, oid to copy              | 00000000d1d78380 0000000000000000
            copies, policy, index, 0      | 03 00 00 00
            epoch, offset, 0              | 00000000 44120000 00000000
            """),
        header(
            SheepRequest.write(
                Oid.inode(VID), Inode.MAP_OFFSET + 3 * Inode.ENTRY_LENGTH, entry, INODE),
            1));
    assertEquals("d1d78300", ByteBufUtil.hexDump(entry));
  }

  @Test
  void lookups_sendTheNameFilledUp() {
    SheepRequest lock = SheepRequest.lock("vol1");
    assertEquals(
        hex(
            """
            version, opcode, flags, epoch | 00 12 0100 00000000
            id, length                    | 01000000 00010000
            size, base, copies ..., shift | 0000000000000000 00000000 00 00 00 00
            snapshot, type of lock, 0     | 00000000 00000000 0000000000000000
            """),
        header(lock, 1));
    assertEquals("766f6c31" + "00".repeat(252), ByteBufUtil.hexDump(lock.data()));

    SheepRequest tagged = SheepRequest.info("vol1", "monday", 0);
    assertEquals(
        "00140100" + "00000000" + "01000000" + "00020000", header(tagged, 1).substring(0, 32));
    assertEquals(
        "766f6c31" + "00".repeat(252) + "6d6f6e646179" + "00".repeat(250),
        ByteBufUtil.hexDump(tagged.data()));

    SheepRequest numbered = SheepRequest.info("vol1", "", 0x0102);
    assertEquals(256, numbered.length());
    assertEquals("02010000", header(numbered, 1).substring(64, 72));
  }

  @Test
  void release_namesTheVdiAsItsBase() {
    assertEquals(
        hex(
            """
            version, opcode, flags, epoch | 00 13 0000 00000000
            id, length                    | 01000000 00000000
            size, base, copies ..., shift | 0000000000000000 d1d78300 00 00 00 00
            snapshot, type of lock, 0     | 00000000 00000000 0000000000000000
            """),
        header(SheepRequest.release(VID), 1));
    assertEquals("0018" + "00".repeat(6) + "01" + "00".repeat(39), header(SheepRequest.probe(), 1));
  }

  @Test
  void answers() {
    ByteBuf found =
        Unpooled.wrappedBuffer(
            HexFormat.of()
                .parseHex(
                    hex(
                        """
                        version, opcode, flags, epoch | 00 12 0000 05000000
                        id, length                    | 01000000 00000000
                        result, 0                     | 00000000 00000000
                        VDI, attribute                | d1d78300 00000000
                        copies, shift, 0              | 03 16 0000 00000000 00000000 00000000
                        """)));
    assertEquals(VID, SheepResponse.decode(found).vid());
    assertTrue(SheepResponse.decode(found).succeeded());
    found.setIntLE(SheepResponse.RESULT, 0x07);
    assertEquals(SheepResult.VDI_LOCKED, SheepResponse.decode(found).result());
    found.setIntLE(SheepResponse.RESULT, 0x7f);
    assertEquals(SheepResult.UNLISTED, SheepResponse.decode(found).result());
  }

  @Test
  void inode_isReadWhereItStands() {
    ByteBuf header = Unpooled.buffer(Inode.HEADER_LENGTH).writeZero(Inode.HEADER_LENGTH);
    header.setBytes(0, "vol1".getBytes(StandardCharsets.UTF_8));
    header.setBytes(256, "monday".getBytes(StandardCharsets.UTF_8));
    header.setLongLE(520, 1);
    header.setLongLE(536, (5L << 30) + 1);
    header.setByte(552, 0x21);
    header.setByte(553, 0);
    header.setByte(554, 3);
    header.setByte(555, 22);
    header.setIntLE(556, 9);
    header.setIntLE(560, VID);
    header.setIntLE(564, VID - 1);
    Inode inode = Inode.decode(header);
    assertEquals(
        new Inode("vol1", "monday", 1, (5L << 30) + 1, 0x21, 0, 3, 22, VID, VID - 1), inode);
    assertTrue(inode.isSnapshot());
    assertEquals(1281, inode.objectCount());
    assertEquals(4L << 40, inode.mostBytes());
    assertEquals("", inode.fault(VID));
    assertTrue(inode.fault(VID + 1).contains("83d7d2"));
    assertTrue(inode.withBytes((4L << 40) + 1).fault(VID).contains("4TiB"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          sheep1                | sheep1:7000
          10.0.0.1:7001,b       | 10.0.0.1:7001 b:7000
          [::1]:7001, [fe80::1] | [::1]:7001 [fe80::1]:7000
          ::1                   | [::1]:7000
          a:0                   | none
          a:65536               | none
          a:                    | none
          a,,b                  | none
          a b                   | none
          [::1                  | none
          [::1]7000             | none
          """)
  void addresses(String text, String parsed) {
    String told =
        SheepAddress.parseAll(text)
            .map(all -> String.join(" ", all.stream().map(SheepAddress::toString).toList()))
            .orElse("none");
    assertEquals(parsed, told);
  }

  @Test
  void addresses_asAList() {
    assertEquals(
        Optional.of(List.of(new SheepAddress("a", 7000), new SheepAddress("b", 1))),
        SheepAddress.parseAll(List.of("a", "b:1")));
    assertEquals(Optional.empty(), SheepAddress.parseAll(List.of(7)));
    assertEquals(Optional.empty(), SheepAddress.parseAll(List.of()));
  }
}
