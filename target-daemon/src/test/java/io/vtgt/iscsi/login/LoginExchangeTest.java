package io.vtgt.iscsi.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.vtgt.iscsi.pdu.LoginRequest;
import io.vtgt.iscsi.pdu.PduText;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LoginExchangeTest {
  private static final String NAMES = "InitiatorName=iqn.i:1\0TargetName=iqn.t:1\0";

  @Test
  void on_answerLongerThanAResponse_goesOnOverEmptyRequests() {
    var exchange = exchange(false);
    var text = new StringBuilder(NAMES);
    for (int i = 0; i < 250; i++) {
      text.append("X-%s%03d=1\0".formatted("a".repeat(58), i));
    }
    var whole = new ByteArrayOutputStream();
    var answer = exchange.on(request(true, false, 1, 3, text.substring(0, 8192)));
    assertEquals(LoginStatus.INITIATOR_ERROR, answer.status()); // cut without the C bit

    exchange = exchange(false);
    for (int start = 0; ; start += 8192) {
      boolean last = start + 8192 >= text.length();
      answer =
          exchange.on(
              request(
                  last, !last, 1, 3, text.substring(start, Math.min(text.length(), start + 8192))));
      if (last) {
        break;
      }
      assertEquals(0, answer.text().length);
    }
    int responses = 1;
    for (; answer.continues(); responses++) {
      assertFalse(answer.transit());
      assertEquals(8192, answer.text().length);
      whole.writeBytes(answer.text());
      answer = exchange.on(request(true, false, 1, 3, ""));
    }
    whole.writeBytes(answer.text());
    assertTrue(answer.transit());
    assertTrue(answer.outcome().isPresent());
    assertEquals(3, responses);
    var pairs = PduText.decode(whole.toByteArray()).pairs();
    assertEquals(250, pairs.stream().filter(pair -> pair.value().equals("NotUnderstood")).count());
  }

  @Test
  void on_textWhileOursGoesOn_endsTheLogin() {
    var exchange = exchange(false);
    var text = new StringBuilder(NAMES);
    for (int i = 0; i < 200; i++) {
      text.append("X-%s%03d=\0".formatted("a".repeat(58), i));
    }
    var answer = exchange.on(request(true, false, 1, 3, text.toString()));
    assertTrue(answer.continues());
    answer = exchange.on(request(true, false, 1, 3, "a=b\0"));
    assertEquals(LoginStatus.INITIATOR_ERROR, answer.status());
  }

  @Test
  void on_endlessText_isBounded() {
    var exchange = exchange(false);
    var answer = exchange.on(request(false, true, 1, 0, "x".repeat(8192)));
    int requests = 1;
    for (; answer.status() == LoginStatus.SUCCESS; requests++) {
      answer = exchange.on(request(false, true, 1, 0, "x".repeat(8192)));
    }
    assertEquals(5, requests);
  }

  @Test
  void on_endlessRequests_areBounded() {
    var exchange = exchange(false);
    var answer = exchange.on(request(false, false, 0, 0, NAMES));
    int requests = 1;
    for (; answer.status() == LoginStatus.SUCCESS; requests++) {
      answer = exchange.on(request(false, false, 0, 0, ""));
    }
    assertEquals(65, requests);
  }

  @Test
  void chap_twoLogins_challengeDifferently() {
    var texts = new String[2];
    for (int i = 0; i < 2; i++) {
      var exchange =
          new LoginExchange(policy(true), InetAddress.getLoopbackAddress(), 1, new Random(i));
      exchange.on(request(false, false, 0, 0, NAMES + "AuthMethod=CHAP\0"));
      texts[i] =
          new String(
              exchange.on(request(false, false, 0, 0, "CHAP_A=7\0")).text(),
              StandardCharsets.US_ASCII);
    }
    assertNotEquals(texts[0], texts[1]);
    assertTrue(texts[0].matches("(?s).*CHAP_C=0x[0-9a-f]{64}\0"));
  }

  @Test
  void on_noise_neverThrowsAndNeverLetsAnyoneIn() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int round = 0; round < 20000; round++) {
      boolean chap = random.nextBoolean();
      var exchange = exchange(chap);
      for (int i = random.nextInt(1, 6); i > 0; i--) {
        var text = new StringBuilder(random.nextInt(3) > 0 ? NAMES : "");
        for (int keys = random.nextInt(5); keys > 0; keys--) {
          var all = LoginKey.values();
          text.append(all[random.nextInt(all.length)].text)
              .append(random.nextInt(20) == 0 ? "" : "=")
              .append(VALUES.get(random.nextInt(VALUES.size())))
              .append(random.nextInt(20) == 0 ? "" : "\0");
        }
        var request =
            request(
                random.nextBoolean(),
                random.nextInt(8) == 0,
                random.nextInt(4),
                random.nextInt(4),
                text.toString());
        request.bytes().setByte(3, random.nextInt(40) == 0 ? 1 : 0);
        var answer = exchange.on(request);
        assertTrue(answer.text().length <= 8192);
        assertEquals(answer.status() == LoginStatus.SUCCESS, answer.why().isEmpty());
        assertFalse(chap && answer.outcome().isPresent(), "seed " + seed + ", round " + round);
      }
    }
  }

  private static final List<String> VALUES =
      List.of(
          "",
          "0",
          "1",
          "-1",
          "Yes",
          "No",
          "None",
          "CHAP",
          "CHAP,None",
          "5",
          "7,5",
          "0x",
          "0b",
          "0x00ff",
          "0bAP8=",
          "alice",
          "512",
          "65536",
          "16777216",
          "99999999999999999999",
          "2048~8192",
          "Discovery",
          "Normal",
          ",,,",
          "=",
          "\u00e9",
          "iqn.t:1",
          "CRC32C,None");

  private static LoginExchange exchange(boolean chap) {
    return new LoginExchange(policy(chap), InetAddress.getLoopbackAddress(), 1, new Random(1));
  }

  private static LoginPolicy policy(boolean chap) {
    var rules =
        new LoginPolicy.ChapPolicy(
            Map.of("alice", new byte[] {1, 2, 3}),
            Optional.of(new LoginPolicy.Credentials("target", new byte[] {4, 5, 6})),
            List.of(ChapAlgorithm.SHA_256, ChapAlgorithm.MD5));
    return new LoginPolicy() {
      @Override
      public Admission admit(Visitor visitor) {
        return new Admitted(chap ? Optional.of(rules) : Optional.empty(), Optional.empty());
      }

      @Override
      public Map<String, String> offers() {
        return Map.of();
      }
    };
  }

  private static LoginRequest request(
      boolean transit, boolean continues, int current, int next, String text) {
    var header =
        LoginRequest.on(Unpooled.buffer(48))
            .transit(transit)
            .continues(continues)
            .currentStage(current)
            .nextStage(next);
    var data = Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
    return new LoginRequest(header.bytes(), data);
  }
}
