package io.vtgt.iscsi.login;

import io.vtgt.iscsi.pdu.PduText.Pair;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The operational keys of one login (RFC 7143 section 6.2): what the initiator offers is settled
/// with what we have. We only answer; the one thing we say unasked is our MaxRecvDataSegmentLength.
///
/// Keys that RFC 7143 calls irrelevant in a discovery session are settled there all the same, which
/// it allows and which every initiator copes with.
final class Negotiation {
  private final Map<LoginKey, String> offers = new EnumMap<>(LoginKey.class);
  private final Map<LoginKey, String> settled = new EnumMap<>(LoginKey.class);
  private final Set<LoginKey> said = EnumSet.noneOf(LoginKey.class);
  private boolean declared;

  /// @param configured by [LoginKey#text]; what cannot be offered is left out
  Negotiation(Map<String, String> configured) {
    for (var key : LoginKey.values()) {
      var wanted = configured.get(key.text);
      boolean take = wanted != null && key.offerFault(wanted).isEmpty();
      offers.put(key, take ? canonical(key, wanted) : key.offer);
    }
  }

  /// Takes the operational keys of one text.
  ///
  /// @param answers gets what is to be said, in the order of the questions
  Optional<Refusal> on(List<Pair> pairs, List<Pair> answers) {
    var lateAnswer = -1; // FirstBurstLength hangs on others: its answer comes last, its place stays
    var lateOffer = "";
    for (var pair : pairs) {
      var known = LoginKey.of(pair.key());
      if (known.isEmpty()) {
        answers.add(new Pair(pair.key(), LoginKey.NOT_UNDERSTOOD));
        continue;
      }
      var key = known.get();
      if (key.sender == LoginKey.Sender.TARGET) {
        return Optional.of(Refusal.initiatorError(key.text + " is the target's to say"));
      }
      if (!said.add(key)) {
        return Optional.of(Refusal.initiatorError(key.text + " came twice"));
      }
      if (key.phase == LoginKey.Phase.FULL_FEATURE) {
        answers.add(new Pair(key.text, LoginKey.REJECT));
      } else if (key == LoginKey.FIRST_BURST_LENGTH) {
        lateAnswer = answers.size();
        lateOffer = pair.value();
        answers.add(pair);
      } else if (key.rule == LoginKey.Rule.DECLARATIVE) {
        if (key.settle(pair.value(), "").isPresent()) {
          settled.put(key, pair.value());
        } else {
          answers.add(new Pair(key.text, LoginKey.REJECT));
        }
      } else {
        answers.add(new Pair(key.text, settle(key, pair.value(), offers.get(key))));
      }
    }
    if (lateAnswer >= 0) {
      answers.set(lateAnswer, firstBurst(lateOffer));
    }
    return Optional.empty();
  }

  private String settle(LoginKey key, String offered, String ours) {
    var value = key.settle(offered, ours);
    value.ifPresent(settledValue -> settled.put(key, settledValue));
    return value.orElse(LoginKey.REJECT);
  }

  /// Without unsolicited data it has no meaning, and it never exceeds MaxBurstLength (RFC 7143
  /// section 13.14).
  private Pair firstBurst(String offered) {
    var key = LoginKey.FIRST_BURST_LENGTH;
    if (yes(LoginKey.INITIAL_R2T) && !yes(LoginKey.IMMEDIATE_DATA)) {
      return new Pair(key.text, LoginKey.IRRELEVANT);
    }
    long ours = Math.min(Long.parseLong(offers.get(key)), value(LoginKey.MAX_BURST_LENGTH));
    return new Pair(key.text, settle(key, offered, Long.toString(ours)));
  }

  /// Has an operational key been talked of?
  boolean begun() {
    return said.stream().anyMatch(key -> key.rule != LoginKey.Rule.DECLARATIVE)
        || said.contains(LoginKey.MAX_RECV_DATA_SEGMENT_LENGTH);
  }

  /// Our own declarations, said once.
  List<Pair> declarations() {
    var pairs = new ArrayList<Pair>();
    if (!declared) {
      var key = LoginKey.MAX_RECV_DATA_SEGMENT_LENGTH;
      pairs.add(new Pair(key.text, offers.get(key)));
      declared = true;
    }
    return pairs;
  }

  Optional<String> told(LoginKey key) {
    return Optional.ofNullable(settled.get(key));
  }

  SessionParameters parameters() {
    var segment = LoginKey.MAX_RECV_DATA_SEGMENT_LENGTH;
    int maxBurst = value(LoginKey.MAX_BURST_LENGTH);
    return new SessionParameters(
        text(LoginKey.HEADER_DIGEST).equals("CRC32C"),
        text(LoginKey.DATA_DIGEST).equals("CRC32C"),
        value(LoginKey.MAX_CONNECTIONS),
        yes(LoginKey.INITIAL_R2T),
        yes(LoginKey.IMMEDIATE_DATA),
        Integer.parseInt(declared ? offers.get(segment) : segment.standard),
        value(segment),
        maxBurst,
        Math.min(maxBurst, value(LoginKey.FIRST_BURST_LENGTH)),
        value(LoginKey.DEFAULT_TIME2WAIT),
        value(LoginKey.DEFAULT_TIME2RETAIN),
        value(LoginKey.MAX_OUTSTANDING_R2T),
        yes(LoginKey.DATA_PDU_IN_ORDER),
        yes(LoginKey.DATA_SEQUENCE_IN_ORDER),
        value(LoginKey.ERROR_RECOVERY_LEVEL),
        value(LoginKey.ISCSI_PROTOCOL_LEVEL),
        text(LoginKey.TASK_REPORTING));
  }

  private String text(LoginKey key) {
    return settled.getOrDefault(key, key.standard);
  }

  private boolean yes(LoginKey key) {
    return text(key).equals("Yes");
  }

  private int value(LoginKey key) {
    return (int) key.number(text(key)).orElseThrow(); // checked when it was settled
  }

  /// Numbers in decimal, whatever the configuration wrote.
  private static String canonical(LoginKey key, String value) {
    return key.values.indexOf('~') > 0 ? Long.toString(key.number(value).orElseThrow()) : value;
  }
}
