package io.vtgt.store.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.vtgt.store.StoreFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An atomic write that ends anywhere in the middle.
class UndoJournalTest {
  private static final int SIZE = 256 << 10;
  private static final int OFFSET = 8192, LENGTH = 64 << 10;

  @TempDir Path folder;
  private Path file;
  private byte[] before;
  private int fd;
  private UndoJournal journal;

  @BeforeEach
  void makeFile() throws IOException {
    file = folder.resolve("image");
    before = new byte[SIZE];
    new Random(7).nextBytes(before);
    Files.write(file, before);
    fd = Posix.open(file, Posix.O_RDWR, 0);
    journal = new UndoJournal(file, fd);
  }

  @AfterEach
  void closeFile() {
    journal.close();
    Posix.close(fd);
  }

  /// What a write does up to the moment that the process is killed: the old bytes are remembered,
  /// and some of the new ones are on the medium.
  private void cutOffAfter(int bytes) throws IOException {
    ByteBuf record = UndoJournal.memory(UndoJournal.ALIGNMENT + LENGTH);
    journal.remember(record, OFFSET, LENGTH);
    record.release();
    overwrite(file, OFFSET, new byte[bytes]);
  }

  private static void overwrite(Path path, long offset, byte[] bytes) throws IOException {
    try (var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), offset);
    }
  }

  private Path journalFile() {
    return folder.resolve("image.undo");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, 40000, LENGTH})
  void writeCutOff_isUndoneWhenTheFileIsOpened(int written) throws IOException {
    cutOffAfter(written);
    new UndoJournal(file, fd).recover(false);
    assertArrayEquals(before, Files.readAllBytes(file));
    byte[] wiped = Files.readAllBytes(journalFile());
    assertArrayEquals(new byte[wiped.length], wiped);
  }

  @Test
  void writeCutOff_whileTheRecordIsIncomplete_changesNothing() throws IOException {
    ByteBuf record = UndoJournal.memory(UndoJournal.ALIGNMENT + LENGTH);
    journal.remember(record, OFFSET, LENGTH);
    record.release();
    byte[] whole = Files.readAllBytes(journalFile());
    byte[] after = before.clone();
    after[OFFSET] ^= 1; // nothing may put this back
    overwrite(file, 0, after);
    for (int length : new int[] {0, 7, 40, 4096, whole.length - 1}) {
      Files.write(journalFile(), Arrays.copyOf(whole, length));
      new UndoJournal(file, fd).recover(false);
      assertArrayEquals(after, Files.readAllBytes(file), length + " bytes of the record");
    }
    for (int at : new int[] {0, 8, 16, 24, 32, 4096, whole.length - 1}) {
      byte[] spoilt = whole.clone();
      spoilt[at] ^= 4;
      Files.write(journalFile(), spoilt);
      new UndoJournal(file, fd).recover(false);
      assertArrayEquals(after, Files.readAllBytes(file), "byte " + at + " of the record");
    }
  }

  @Test
  void recordOfAnotherFile_isLeftAlone() throws IOException {
    cutOffAfter(LENGTH);
    Path other = folder.resolve("restored");
    Files.write(other, new byte[SIZE]);
    Files.move(other, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    int opened = Posix.open(file, Posix.O_RDWR, 0);
    new UndoJournal(file, opened).recover(false);
    Posix.close(opened);
    assertArrayEquals(new byte[SIZE], Files.readAllBytes(file));
  }

  @Test
  void writeCutOff_ofAFileOpenedReadOnly_isNotServed() throws IOException {
    cutOffAfter(100);
    StoreFault fault =
        assertThrows(StoreFault.class, () -> new UndoJournal(file, fd).recover(true));
    assertSame(StoreFault.Kind.UNAVAILABLE, fault.kind());
  }

  @Test
  void write_thatSucceeds_leavesTheNewBytes_andNothingToUndo() throws IOException {
    ByteBuf data = UndoJournal.memory(LENGTH);
    data.writeZero(LENGTH);
    journal.write(OFFSET, data.memoryAddress(), LENGTH);
    data.release();
    new UndoJournal(file, fd).recover(false);
    byte[] after = before.clone();
    Arrays.fill(after, OFFSET, OFFSET + LENGTH, (byte) 0);
    assertArrayEquals(after, Files.readAllBytes(file));
    byte[] wiped = Files.readAllBytes(journalFile());
    assertArrayEquals(new byte[wiped.length], wiped);
  }

  @Test
  void write_thatTheFileRefuses_leavesTheOldBytes() throws IOException {
    ByteBuf data = UndoJournal.memory(LENGTH);
    data.writeZero(LENGTH);
    int readable = Posix.open(file, Posix.O_RDONLY, 0);
    var refused = new UndoJournal(file, readable);
    assertThrows(
        UndoJournal.NotUndone.class, () -> refused.write(OFFSET, data.memoryAddress(), LENGTH));
    data.release();
    refused.close();
    Posix.close(readable);
    new UndoJournal(file, fd).recover(false);
    assertArrayEquals(before, Files.readAllBytes(file));
    assertEquals(SIZE, Files.size(file));
  }
}
