package io.vtgt.iscsi.pdu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The bytes of `resources/pdu/*.hex`: a line that begins with `=` is what the printer says.
class GoldenPduTest {
  private final List<Pdu> seen = new ArrayList<>();
  private final List<String> printed = new ArrayList<>();
  private final List<String> faults = new ArrayList<>();

  static Stream<Path> files() throws IOException {
    try (var files = Files.list(Path.of("src/test/resources/pdu"))) {
      return files.sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void pdu_decodedPrintedAndWrittenAgain_isTheSame(Path file) throws IOException {
    var bytes = read(file);
    cut(bytes);
    assertEquals(List.of(), faults);
    assertEquals(List.of(Files.readAllLines(file).get(1).substring(2)), printed);
    var again = Unpooled.buffer();
    new PduWriter().append(again, seen.getFirst());
    assertEquals(ByteBufUtil.hexDump(bytes), ByteBufUtil.hexDump(again));
  }

  @ParameterizedTest
  @MethodSource("files")
  void pdu_writtenInPieces_isTheSame(Path file) throws IOException {
    var bytes = read(file);
    cut(bytes);
    var pdu = seen.getFirst();
    var whole = Unpooled.buffer();
    var writer = new PduWriter();
    writer.digests(true, true);
    writer.append(whole, pdu);
    var pieces = Unpooled.buffer();
    writer.pieces(
        bytes.alloc(),
        pdu,
        pdu.data().retainedDuplicate(),
        piece -> {
          pieces.writeBytes(piece);
          piece.release();
        });
    assertEquals(ByteBufUtil.hexDump(whole), ByteBufUtil.hexDump(pieces));
  }

  /// Every getter with a setter of its name: what is read, written into an empty header, is read
  /// again.
  @ParameterizedTest
  @MethodSource("files")
  void pdu_everySetter_writesWhatItsGetterReads(Path file) throws Exception {
    cut(read(file));
    var pdu = seen.getFirst();
    var type = pdu.getClass();
    var copy = (Pdu) type.getMethod("on", ByteBuf.class).invoke(null, Unpooled.buffer(48));
    for (Method setter : type.getMethods()) {
      if (setter.getParameterCount() == 1
          && !Modifier.isStatic(setter.getModifiers())
          && setter.getDeclaringClass() != Object.class
          && !setter.getName().equals("equals")) {
        var getter = type.getMethod(setter.getName());
        var value = getter.invoke(pdu);
        setter.invoke(copy, value);
        assertEquals(value, getter.invoke(copy), setter.getName());
      }
    }
    var header = ByteBufUtil.hexDump(copy.bytes(), 0, 48);
    var expected = pdu.bytes().slice(0, 48).copy();
    expected.setInt(4, 0); // lengths are the writer's
    if (pdu instanceof ScsiCommand) {
      expected.setZero(ScsiCommand.CDB, 16); // has no setter
    }
    assertEquals(ByteBufUtil.hexDump(expected), header);
  }

  @ParameterizedTest
  @MethodSource("files")
  void pdu_everyPrefix_waitsForTheRest(Path file) throws IOException {
    var bytes = read(file);
    for (int length = 1; length < bytes.readableBytes(); length++) {
      cut(bytes.copy(0, length));
    }
    assertTrue(seen.isEmpty());
    assertTrue(faults.isEmpty());
  }

  @Test
  void files_everyPduType_hasOne() throws IOException {
    for (var file : files().toList()) {
      cut(read(file));
    }
    assertEquals(
        RequestPdu.class.getPermittedSubclasses().length
            + ResponsePdu.class.getPermittedSubclasses().length,
        seen.stream().map(Object::getClass).distinct().count());
  }

  private void cut(ByteBuf bytes) {
    var sink =
        new PduFramer.Sink<Pdu>() {
          @Override
          public void pdu(Pdu pdu) {
            seen.add(pdu);
            printed.add(pdu.toString());
          }

          @Override
          public void fault(PduFramer.FramingFault fault) {
            faults.add(fault.toString());
          }
        };
    var framer =
        (bytes.getByte(0) & 0x20) == 0 ? PduFramer.ofRequests(sink) : PduFramer.ofResponses(sink);
    framer.feed(bytes.retainedDuplicate());
    framer.close();
  }

  private static ByteBuf read(Path file) throws IOException {
    var hex = new StringBuilder();
    for (var line : Files.readAllLines(file)) {
      if (!line.startsWith("=")) {
        hex.append(line.replaceFirst("#.*", "").replace(" ", ""));
      }
    }
    return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
  }
}
