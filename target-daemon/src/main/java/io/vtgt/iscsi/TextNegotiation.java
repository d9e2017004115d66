package io.vtgt.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vtgt.iscsi.login.TextExchange;
import io.vtgt.iscsi.pdu.Bhs;
import io.vtgt.iscsi.pdu.PduText.Pair;
import io.vtgt.iscsi.pdu.TextRequest;
import io.vtgt.iscsi.pdu.TextResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Text requests of the full feature phase (RFC 7143 sections 11.10 and 11.11): finds the targets
/// that SendTargets asks for, and hands out answers longer than the initiator takes at once piece
/// by piece. One exchange at a time; a new one ends the old.
final class TextNegotiation {
  private final Session session;
  private final Gateway gateway;
  private static final Pattern NODE_NAME = Pattern.compile("(iqn|eui|naa)\\.");

  private final Connection connection;
  private final TextExchange exchange = new TextExchange(this::targets);

  /// What is left of an answer that does not fit one PDU.
  private ByteBuf answer = Unpooled.EMPTY_BUFFER;

  /// The tag that the next request of the exchange carries, or none.
  private int ttt = Bhs.NO_TAG;

  private int lastTtt;

  TextNegotiation(Session session, Gateway gateway, Connection connection) {
    this.session = session;
    this.gateway = gateway;
    this.connection = connection;
  }

  /// Answers a request, borrowed.
  void accept(TextRequest request) {
    if (request.itt() == Bhs.NO_TAG) {
      session.reject(request, RejectReason.INVALID_PDU_FIELD, "a Text Request without a tag");
      return;
    }
    if (request.ttt() == Bhs.NO_TAG) {
      reset();
    } else if (request.ttt() != ttt) {
      session.reject(
          request,
          RejectReason.INVALID_PDU_FIELD,
          "target transfer tag 0x%x, expected 0x%x".formatted(request.ttt(), ttt));
      return;
    }
    if (answer.isReadable() && !request.data().isReadable() && !request.continues()) {
      respond(request);
      return;
    }
    switch (exchange.on(request)) {
      case TextExchange.More() -> {
        answer = Unpooled.EMPTY_BUFFER;
        respond(request);
      }
      case TextExchange.Settled(var text, var segmentLength) -> {
        segmentLength.ifPresent(session::sendSegmentLength);
        answer = Unpooled.wrappedBuffer(text);
        respond(request);
      }
      case TextExchange.Malformed(var why) -> {
        reset();
        session.reject(request, RejectReason.PROTOCOL_ERROR, why);
      }
    }
  }

  void reset() {
    exchange.reset();
    answer = Unpooled.EMPTY_BUFFER;
    ttt = Bhs.NO_TAG;
  }

  /// Sends as much of the answer as the initiator takes.
  private void respond(TextRequest request) {
    var piece = answer.readSlice(Math.min(answer.readableBytes(), session.sendSegmentLength()));
    boolean last = !answer.isReadable() && request.finalBit();
    if (last) {
      reset();
    } else {
      lastTtt = lastTtt + 1 == Bhs.NO_TAG ? 1 : lastTtt + 1;
      ttt = lastTtt;
    }
    var output = session.output();
    output.send(
        TextResponse.on(output.header())
            .finalBit(last)
            .continues(answer.isReadable())
            .lun(request.lun())
            .itt(request.itt())
            .ttt(ttt)
            .statSn(session.nextStatSn())
            .expCmdSn(session.window().expected())
            .maxCmdSn(session.window().max()),
        piece);
  }

  /// SendTargets (RFC 7143 appendix C). `All` belongs to discovery sessions; in a normal session it
  /// tells of the own target, as no value does (libiscsi asks so).
  private Optional<List<Pair>> targets(String value) {
    var visitor = session.outcome().visitor();
    var own = visitor.targetName();
    boolean all = value.equals("All") && own.isEmpty();
    boolean ownWanted = own.isPresent() && (value.isEmpty() || value.equals("All"));
    if (!all && !ownWanted && !NODE_NAME.matcher(value).lookingAt()) {
      return Optional.empty();
    }
    String wanted = ownWanted ? own.get() : value;
    var pairs = new ArrayList<Pair>();
    for (var seen :
        gateway.discover(visitor.initiatorName(), visitor.address(), connection.localAddress())) {
      if (all || seen.targetName().equals(wanted)) {
        pairs.add(new Pair("TargetName", seen.targetName()));
        seen.addresses().forEach(address -> pairs.add(new Pair("TargetAddress", address)));
      }
    }
    return Optional.of(pairs);
  }
}
