package io.vtgt.iscsi.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.vtgt.iscsi.pdu.PduText.Pair;
import io.vtgt.iscsi.pdu.TextRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextExchangeTest {
  private final TextExchange exchange =
      new TextExchange(
          value ->
              switch (value) {
                case "All", "" ->
                    Optional.of(
                        List.of(
                            new Pair("TargetName", "iqn.t:1"),
                            new Pair("TargetAddress", "192.0.2.1:3260,1")));
                case "iqn.none" -> Optional.of(List.of());
                default -> Optional.empty();
              });

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # asked                 | answered, a blank between pairs
          SendTargets=All         | TargetName=iqn.t:1 TargetAddress=192.0.2.1:3260,1
          SendTargets=            | TargetName=iqn.t:1 TargetAddress=192.0.2.1:3260,1
          SendTargets=iqn.none    | ''
          InitiatorAlias=host     | ''
          ''                      | ''
          """)
  void on_key_isAnswered(String asked, String answered) {
    var settled = assertInstanceOf(TextExchange.Settled.class, exchange.on(request(false, asked)));
    assertEquals(
        answered, new String(settled.text(), StandardCharsets.UTF_8).replace('\0', ' ').strip());
    assertEquals(OptionalInt.empty(), settled.sendSegmentLength());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SendTargets=all",
        "sendtargets=All",
        "HeaderDigest=CRC32C",
        "InitiatorName=iqn.i:2",
        "MaxRecvDataSegmentLength=511",
        "X-a=b"
      })
  void on_nothingThatCanBeDone_isRejectedWhole(String asked) {
    assertInstanceOf(TextExchange.Malformed.class, exchange.on(request(false, asked)));
  }

  @Test
  void on_oneThingThatCanBeDone_theRestIsAnsweredBesideIt() {
    var settled =
        assertInstanceOf(
            TextExchange.Settled.class,
            exchange.on(request(false, "X-a=b\0HeaderDigest=CRC32C\0InitiatorAlias=host")));
    assertEquals(
        "X-a=NotUnderstood HeaderDigest=Reject",
        new String(settled.text(), StandardCharsets.UTF_8).replace('\0', ' ').strip());
  }

  @Test
  void on_newSegmentLength_isTold() {
    var settled =
        assertInstanceOf(
            TextExchange.Settled.class,
            exchange.on(request(false, "MaxRecvDataSegmentLength=4096")));
    assertEquals(OptionalInt.of(4096), settled.sendSegmentLength());
    assertEquals(0, settled.text().length);
  }

  @Test
  void on_continued_isGatheredAndBounded() {
    assertInstanceOf(TextExchange.More.class, exchange.on(request(true, "SendTar")));
    assertTrue(exchange.gathering());
    assertInstanceOf(TextExchange.Settled.class, exchange.on(request(false, "gets=All")));
    assertFalse(exchange.gathering());
    TextExchange.Reply reply = new TextExchange.More();
    for (int i = 0; i < 5; i++) {
      assertInstanceOf(TextExchange.More.class, reply);
      reply = exchange.on(request(true, "x".repeat(8192)));
    }
    assertInstanceOf(TextExchange.Malformed.class, reply);
    assertFalse(exchange.gathering());
  }

  @ParameterizedTest
  @CsvSource({"no pair", "a=b SendTargets=All SendTargets=All"})
  void on_malformed_isRefusedAndForgotten(String text) {
    assertInstanceOf(TextExchange.Malformed.class, exchange.on(request(false, text)));
    assertInstanceOf(TextExchange.Settled.class, exchange.on(request(false, "SendTargets=All")));
  }

  private static TextRequest request(boolean continues, String text) {
    var header = TextRequest.on(Unpooled.buffer(48)).finalBit(!continues).continues(continues);
    var bytes = text.replace(' ', '\0').getBytes(StandardCharsets.UTF_8);
    return new TextRequest(header.bytes(), Unpooled.wrappedBuffer(bytes));
  }
}
