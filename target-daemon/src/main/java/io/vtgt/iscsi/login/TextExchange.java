package io.vtgt.iscsi.login;

import io.netty.buffer.ByteBufUtil;
import io.vtgt.iscsi.pdu.PduText;
import io.vtgt.iscsi.pdu.PduText.Pair;
import io.vtgt.iscsi.pdu.TextRequest;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Text negotiation in the full feature phase (RFC 7143 sections 6.4 and 11.10): SendTargets, a new
/// MaxRecvDataSegmentLength, and polite answers to everything else. One text negotiation at a time;
/// tags, sequence numbers and the cutting of long answers are the connection's.
public final class TextExchange {
  /// Text gathered over continued requests, bytes.
  private static final int MAX_REQUEST_TEXT = 32768;

  /// What to answer a Text Request with.
  public sealed interface Reply {}

  /// The request goes on: answer with an empty Text Response and a target transfer tag.
  public record More() implements Reply {}

  /// The whole answer.
  ///
  /// @param text to be cut by the connection where it is longer than the initiator takes
  /// @param sendSegmentLength the initiator's new MaxRecvDataSegmentLength, when it said one
  public record Settled(byte[] text, OptionalInt sendSegmentLength) implements Reply {}

  /// A protocol error, or a request with nothing in it that could be done: it is to be rejected;
  /// what was gathered is forgotten.
  public record Malformed(String why) implements Reply {}

  /// Finds targets for SendTargets (RFC 7143 appendix C).
  public interface Targets {
    /// @param value of SendTargets: `All`, a target name, or empty for the session's own target
    /// @return `TargetName` and `TargetAddress` pairs in order, none when there is no such target;
    ///   empty when the value is refused in this kind of session
    Optional<List<Pair>> send(String value);
  }

  private final Targets targets;
  private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();
  private boolean gathering;

  public TextExchange(Targets targets) {
    this.targets = targets;
  }

  /// Has a request begun that goes on?
  public boolean gathering() {
    return gathering;
  }

  /// Forgets what was gathered: the negotiation was given up (RFC 7143 section 11.10.4, a request
  /// with a new task tag and no target transfer tag).
  public void reset() {
    gathering = false;
    gathered.reset();
  }

  /// @param request borrowed
  public Reply on(TextRequest request) {
    if (gathered.size() + request.data().readableBytes() > MAX_REQUEST_TEXT) {
      reset();
      return new Malformed("text of more than " + MAX_REQUEST_TEXT + " bytes");
    }
    gathered.writeBytes(ByteBufUtil.getBytes(request.data()));
    if (request.continues()) {
      gathering = true;
      return new More();
    }
    var text = PduText.decode(gathered.toByteArray());
    reset();
    return text.fault().isPresent() ? new Malformed(text.fault().get()) : settle(text.pairs());
  }

  private Reply settle(List<Pair> pairs) {
    var answers = new ArrayList<Pair>();
    int refused = 0;
    var said = EnumSet.noneOf(LoginKey.class);
    var sendSegmentLength = OptionalInt.empty();
    for (var pair : pairs) {
      var known = LoginKey.of(pair.key());
      if (known.isEmpty()) {
        answers.add(new Pair(pair.key(), LoginKey.NOT_UNDERSTOOD));
        refused++;
        continue;
      }
      var key = known.get();
      if (!said.add(key)) {
        return new Malformed(key.text + " came twice");
      }
      switch (key) {
        case SEND_TARGETS -> {
          var found = targets.send(pair.value());
          if (found.isPresent()) {
            answers.addAll(found.get());
          } else {
            answers.add(new Pair(key.text, LoginKey.REJECT));
            refused++;
          }
        }
        case MAX_RECV_DATA_SEGMENT_LENGTH -> {
          var length = key.number(pair.value());
          if (length.isPresent()) {
            sendSegmentLength = OptionalInt.of((int) length.getAsLong());
          } else {
            answers.add(new Pair(key.text, LoginKey.REJECT));
            refused++;
          }
        }
        case INITIATOR_ALIAS, NODE_ARCHITECTURE -> {} // said, not answered
        default -> {
          answers.add(new Pair(key.text, LoginKey.REJECT));
          refused++;
        }
      }
    }
    // RFC 7143 section 6.2 would have each answered by itself. libiscsi (1.20.0's iSCSISendTargets
    // tests) takes such a text for a broken stream and gives its connection up; a Reject it
    // understands, and for other initiators it says the same.
    if (refused > 0 && refused == pairs.size()) {
      return new Malformed("nothing to do in " + pairs.getFirst().key());
    }
    return new Settled(PduText.encode(answers), sendSegmentLength);
  }
}
