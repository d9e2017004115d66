package io.vtgt.iscsi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.DataIn;
import io.vtgt.iscsi.pdu.LogoutResponse;
import io.vtgt.iscsi.pdu.NopIn;
import io.vtgt.iscsi.pdu.R2t;
import io.vtgt.iscsi.pdu.RequestPdu;
import io.vtgt.iscsi.pdu.ResponsePdu;
import io.vtgt.iscsi.pdu.ScsiResponse;
import io.vtgt.iscsi.pdu.SnackRequest;
import io.vtgt.iscsi.pdu.TaskManagementResponse;
import io.vtgt.iscsi.pdu.TextResponse;
import io.vtgt.scsi.Completion;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Sessions that see a random mixture of right and wrong requests. Whatever they are: each command
/// in order is answered once, StatSN has no gap (the initiator checks), other sessions do not
/// notice, and nothing is held at the end (the fixture checks).
@SuppressWarnings("try") // the fixture is closed by a method that may be interrupted
class FuzzTest {
  private static final int SESSIONS = 60, REQUESTS = 150;

  private final Map<Integer, Integer> answers = new HashMap<>();
  private final Set<Integer> plain = new HashSet<>();

  @Test
  void randomRequests_neverHarmOthers() throws Exception {
    long seed = System.nanoTime();
    try (var fixture = new IscsiFixture().listen()) {
      Thread.ofVirtual().start(() -> completeHeldTasks(fixture));
      fixture.settings = new Gateway.Settings(10_000, 0, 1000, 16, 4_000_000, 100);
      var bystander = fixture.connected();
      assertEquals(
          0, bystander.login(TestInitiator.NAME, FakeTarget.NAME, 0x99, 0, 1, Map.of()).status());
      for (int i = 0; i < SESSIONS; i++) {
        session(fixture, new Random(seed + i));
        bystander.sync();
      }
    } catch (Throwable failure) {
      throw new AssertionError("seed " + seed, failure);
    }
  }

  /// Some tasks end late, on a thread that is nobody's.
  private static void completeHeldTasks(IscsiFixture fixture) {
    try {
      while (true) {
        fixture.target.held.take().tryComplete(Completion.good());
      }
    } catch (InterruptedException _) { // nobody does
    }
  }

  private void session(IscsiFixture fixture, Random random) throws Exception {
    answers.clear();
    plain.clear();
    try (var initiator =
        fixture.loggedIn(
            "InitialR2T",
            random.nextBoolean() ? "Yes" : "No",
            "ImmediateData",
            random.nextBoolean() ? "Yes" : "No",
            "FirstBurstLength",
            "" + (512 << random.nextInt(8)),
            "MaxBurstLength",
            "65536",
            "MaxOutstandingR2T",
            "" + (1 + random.nextInt(4)),
            "MaxRecvDataSegmentLength",
            "" + (512 << random.nextInt(10)))) {
      try {
        for (int i = 0; i < REQUESTS; i++) {
          for (int n = 0; initiator.cmdSn - initiator.maxCmdSn > 0; n++) {
            assertTrue(n < 1000, "the window stays closed");
            if (n % 4 == 3) { // by WRITEs whose data never ends
              plain.clear();
              initiator.send(initiator.manage(2, 0, Bhs.NO_TAG));
            }
            sync(initiator, random);
          }
          request(initiator, random);
          if (random.nextInt(4) == 0) {
            sync(initiator, random);
          }
        }
        for (int i = 0; !answers.keySet().containsAll(plain); i++) {
          assertTrue(i < 1000, "no answer for some of " + plain);
          sync(initiator, random);
        }
      } catch (SocketTimeoutException silence) {
        throw new AssertionError("no answer", silence);
      } catch (IOException _) { // a request that costs the connection
      }
      answers.forEach((itt, count) -> assertEquals(1, count, "answers to 0x%x".formatted(itt)));
    }
  }

  private void request(TestInitiator initiator, Random random) throws IOException {
    int block = random.nextInt(1000), blocks = random.nextInt(100);
    switch (random.nextInt(14)) {
      case 0, 1, 2 -> {
        var read = initiator.read(FakeTarget.read(block, blocks), random.nextInt(60_000));
        plain.add(read.itt());
        initiator.send(read);
      }
      case 3, 4 -> {
        int length = random.nextInt(4) == 0 ? 0 : random.nextInt(60_000);
        var write =
            initiator
                .write(FakeTarget.write(block, blocks), length)
                .finalBit(random.nextInt(4) > 0);
        initiator.send(write, new byte[random.nextInt(Math.min(length, 4096) + 1)]);
      }
      case 5 -> initiator.send(initiator.command(FakeTarget.HELD));
      case 6 -> {
        var refused = initiator.write(FakeTarget.REFUSED, random.nextInt(1000));
        initiator.send(refused, new byte[random.nextInt(100)]);
      }
      case 7 ->
          initiator.send(
              initiator.dataOut(
                  initiator.nextItt - random.nextInt(8),
                  random.nextBoolean() ? Bhs.NO_TAG : random.nextInt(20),
                  random.nextInt(3),
                  random.nextInt(4096),
                  random.nextBoolean()),
              new byte[random.nextInt(4096)]);
      case 8 -> {
        int function = random.nextInt(14), tag = initiator.nextItt - random.nextInt(8);
        if (function == 1) {
          plain.remove(tag);
        } else {
          plain.clear();
        }
        initiator.send(
            initiator
                .manage(function, random.nextInt(4) == 0 ? random.nextLong() : 0, tag)
                .refCmdSn(initiator.cmdSn - random.nextInt(8)));
      }
      case 9 -> {
        var outside = initiator.command(FakeTarget.READY);
        outside.cmdSn(--initiator.cmdSn + (random.nextBoolean() ? -5 : 4000));
        initiator.send(outside);
      }
      case 10 -> {
        var text = initiator.text().finalBit(random.nextBoolean());
        initiator.send(
            text, "SendTargets=\0Nonsense=1\0".getBytes(java.nio.charset.StandardCharsets.UTF_8));
      }
      case 11 -> initiator.send(SnackRequest.on(TestInitiator.header()).itt(random.nextInt()));
      case 12 -> {
        var mangled = initiator.command(FakeTarget.READY);
        mangled.bytes().setByte(1 + random.nextInt(3), random.nextInt(256));
        mangled.immediate(random.nextBoolean());
        if (mangled.immediate()) {
          initiator.cmdSn--;
        }
        initiator.send(mangled);
      }
      default -> {
        if (random.nextInt(40) == 0) {
          var bytes = new byte[48];
          random.nextBytes(bytes);
          java.util.Arrays.fill(bytes, 4, 8, (byte) 0); // no data that would be waited for
          initiator.send(bytes, bytes.length);
        } else {
          initiator.send(initiator.command(FakeTarget.BROKEN));
        }
      }
    }
    if (random.nextInt(500) == 0) {
      initiator.send((RequestPdu) initiator.logout(random.nextInt(4)));
    }
  }

  /// Takes answers up to that of a ping; R2Ts are answered, mostly right.
  private void sync(TestInitiator initiator, Random random) throws IOException {
    var ping = initiator.nop();
    initiator.cmdSn--;
    ping.immediate(true);
    initiator.send(ping);
    while (true) {
      ResponsePdu pdu = initiator.receive();
      switch (pdu) {
        case NopIn it when it.itt() == ping.itt() -> {
          return;
        }
        case R2t it -> {
          int length = (int) it.desiredLength() - (random.nextInt(10) == 0 ? 1 : 0);
          initiator.send(
              initiator.dataOut(
                  it.itt(),
                  it.ttt(),
                  random.nextInt(10) == 0 ? 1 : 0,
                  it.bufferOffset() + (random.nextInt(10) == 0 ? 4 : 0),
                  true),
              new byte[length]);
        }
        case ScsiResponse it -> answered(it.itt());
        case DataIn it when it.statusPresent() -> answered(it.itt());
        case TaskManagementResponse it -> answered(it.itt());
        case LogoutResponse it -> answered(it.itt());
        case TextResponse it -> answered(it.itt());
        default -> {}
      }
    }
  }

  private void answered(int itt) {
    answers.merge(itt, 1, Integer::sum);
  }
}
