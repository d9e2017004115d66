package io.vtgt.iscsi.login;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The text keys of iSCSI: one row each (RFC 7143 section 13, section 12.1 for CHAP, RFC 7144
/// section 7). Negotiation, the configuration's `login` object and the documentation come from
/// here.
public enum LoginKey {
  AUTH_METHOD(
      "AuthMethod", Sender.BOTH, Scope.CONNECTION, Phase.LOGIN, Rule.LIST, "CHAP,None", "None", ""),
  CHAP_A("CHAP_A", Sender.BOTH, Scope.CONNECTION, Phase.LOGIN, Rule.CHAP, "", "", ""),
  CHAP_I("CHAP_I", Sender.BOTH, Scope.CONNECTION, Phase.LOGIN, Rule.CHAP, "", "", ""),
  CHAP_C("CHAP_C", Sender.BOTH, Scope.CONNECTION, Phase.LOGIN, Rule.CHAP, "", "", ""),
  CHAP_N("CHAP_N", Sender.BOTH, Scope.CONNECTION, Phase.LOGIN, Rule.CHAP, "", "", ""),
  CHAP_R("CHAP_R", Sender.BOTH, Scope.CONNECTION, Phase.LOGIN, Rule.CHAP, "", "", ""),

  HEADER_DIGEST(
      "HeaderDigest",
      Sender.BOTH,
      Scope.CONNECTION,
      Phase.LOGIN,
      Rule.LIST,
      "None,CRC32C",
      "None",
      "None,CRC32C"),
  DATA_DIGEST(
      "DataDigest",
      Sender.BOTH,
      Scope.CONNECTION,
      Phase.LOGIN,
      Rule.LIST,
      "None,CRC32C",
      "None",
      "None,CRC32C"),
  MAX_CONNECTIONS(
      "MaxConnections", Sender.BOTH, Scope.SESSION, Phase.LEADING, Rule.MIN, "1~65535", "1", "1"),
  SEND_TARGETS(
      "SendTargets",
      Sender.INITIATOR,
      Scope.SESSION,
      Phase.FULL_FEATURE,
      Rule.DECLARATIVE,
      "",
      "",
      ""),
  TARGET_NAME("TargetName", Sender.BOTH, Scope.SESSION, Phase.LOGIN, Rule.DECLARATIVE, "", "", ""),
  INITIATOR_NAME(
      "InitiatorName", Sender.INITIATOR, Scope.SESSION, Phase.LOGIN, Rule.DECLARATIVE, "", "", ""),
  TARGET_ALIAS(
      "TargetAlias", Sender.TARGET, Scope.SESSION, Phase.ANY, Rule.DECLARATIVE, "", "", ""),
  INITIATOR_ALIAS(
      "InitiatorAlias", Sender.INITIATOR, Scope.SESSION, Phase.ANY, Rule.DECLARATIVE, "", "", ""),
  TARGET_ADDRESS(
      "TargetAddress", Sender.TARGET, Scope.SESSION, Phase.ANY, Rule.DECLARATIVE, "", "", ""),
  TARGET_PORTAL_GROUP_TAG(
      "TargetPortalGroupTag",
      Sender.TARGET,
      Scope.SESSION,
      Phase.LOGIN,
      Rule.DECLARATIVE,
      "0~65535",
      "",
      ""),
  INITIAL_R2T(
      "InitialR2T", Sender.BOTH, Scope.SESSION, Phase.LEADING, Rule.OR, "Yes,No", "Yes", "No"),
  IMMEDIATE_DATA(
      "ImmediateData", Sender.BOTH, Scope.SESSION, Phase.LEADING, Rule.AND, "Yes,No", "Yes", "Yes"),
  MAX_RECV_DATA_SEGMENT_LENGTH(
      "MaxRecvDataSegmentLength",
      Sender.BOTH,
      Scope.CONNECTION,
      Phase.ANY,
      Rule.DECLARATIVE,
      "512~16777215",
      "8192",
      "262144"),
  MAX_BURST_LENGTH(
      "MaxBurstLength",
      Sender.BOTH,
      Scope.SESSION,
      Phase.LEADING,
      Rule.MIN,
      "512~16777215",
      "262144",
      "1048576"),
  FIRST_BURST_LENGTH(
      "FirstBurstLength",
      Sender.BOTH,
      Scope.SESSION,
      Phase.LEADING,
      Rule.MIN,
      "512~16777215",
      "65536",
      "262144"),
  DEFAULT_TIME2WAIT(
      "DefaultTime2Wait", Sender.BOTH, Scope.SESSION, Phase.LEADING, Rule.MAX, "0~3600", "2", "2"),
  DEFAULT_TIME2RETAIN(
      "DefaultTime2Retain",
      Sender.BOTH,
      Scope.SESSION,
      Phase.LEADING,
      Rule.MIN,
      "0~3600",
      "20",
      "0"),
  MAX_OUTSTANDING_R2T(
      "MaxOutstandingR2T",
      Sender.BOTH,
      Scope.SESSION,
      Phase.LEADING,
      Rule.MIN,
      "1~65535",
      "1",
      "8"),
  DATA_PDU_IN_ORDER(
      "DataPDUInOrder", Sender.BOTH, Scope.SESSION, Phase.LEADING, Rule.OR, "Yes,No", "Yes", "Yes"),
  DATA_SEQUENCE_IN_ORDER(
      "DataSequenceInOrder",
      Sender.BOTH,
      Scope.SESSION,
      Phase.LEADING,
      Rule.OR,
      "Yes,No",
      "Yes",
      "Yes"),
  ERROR_RECOVERY_LEVEL(
      "ErrorRecoveryLevel", Sender.BOTH, Scope.SESSION, Phase.LEADING, Rule.MIN, "0~2", "0", "0"),
  SESSION_TYPE(
      "SessionType",
      Sender.INITIATOR,
      Scope.SESSION,
      Phase.LEADING,
      Rule.DECLARATIVE,
      "Discovery,Normal",
      "Normal",
      ""),
  TASK_REPORTING(
      "TaskReporting",
      Sender.BOTH,
      Scope.SESSION,
      Phase.LEADING,
      Rule.LIST,
      "RFC3720,ResponseFence,FastAbort",
      "RFC3720",
      "RFC3720"),
  ISCSI_PROTOCOL_LEVEL(
      "iSCSIProtocolLevel", Sender.BOTH, Scope.SESSION, Phase.LEADING, Rule.MIN, "0~31", "1", "2"),
  NODE_ARCHITECTURE(
      "X#NodeArchitecture", Sender.BOTH, Scope.SESSION, Phase.ANY, Rule.DECLARATIVE, "", "", ""),

  // Obsolete (RFC 7143 section 13.25): answered so that old initiators go on.
  IF_MARKER(
      "IFMarker", Sender.BOTH, Scope.CONNECTION, Phase.LOGIN, Rule.OBSOLETE_NO, "Yes,No", "No", ""),
  OF_MARKER(
      "OFMarker", Sender.BOTH, Scope.CONNECTION, Phase.LOGIN, Rule.OBSOLETE_NO, "Yes,No", "No", ""),
  IF_MARK_INT("IFMarkInt", Sender.BOTH, Scope.CONNECTION, Phase.LOGIN, Rule.OBSOLETE, "", "", ""),
  OF_MARK_INT("OFMarkInt", Sender.BOTH, Scope.CONNECTION, Phase.LOGIN, Rule.OBSOLETE, "", "", "");

  /// Who may say it.
  public enum Sender {
    INITIATOR,
    TARGET,
    BOTH
  }

  /// What its value is for.
  public enum Scope {
    CONNECTION,
    SESSION
  }

  /// When it may be said.
  public enum Phase {
    /// In the login of a session's first connection.
    LEADING,
    /// In the login of every connection.
    LOGIN,
    /// In the login and later.
    ANY,
    /// Only later.
    FULL_FEATURE
  }

  /// How a value is found (RFC 7143 section 6.2).
  public enum Rule {
    /// The first of the offered list that we have too.
    LIST,
    /// Yes when both say so.
    AND,
    /// Yes when one says so.
    OR,
    /// The lesser number.
    MIN,
    /// The greater number.
    MAX,
    /// Said, and not answered.
    DECLARATIVE,
    /// A step of CHAP.
    CHAP,
    /// Always answered No.
    OBSOLETE_NO,
    /// Always answered Reject.
    OBSOLETE
  }

  /// Answer to an offer that is no value of the key.
  static final String REJECT = "Reject";

  /// Answer to a key that another key's value leaves without a meaning.
  static final String IRRELEVANT = "Irrelevant";

  /// Answer to a key we do not know.
  static final String NOT_UNDERSTOOD = "NotUnderstood";

  private static final Map<String, LoginKey> BY_TEXT =
      Stream.of(values())
          .collect(Collectors.toUnmodifiableMap(key -> key.text, Function.identity()));

  /// As the RFC spells it; upper and lower case differ.
  public final String text;

  public final Sender sender;
  public final Scope scope;
  public final Phase phase;
  public final Rule rule;

  /// `a~b` for numbers, `A,B` for words, empty for what is free.
  public final String values;

  /// What holds when nobody says anything; empty when there is none.
  public final String standard;

  /// What we offer or declare unless configured; empty where the configuration has no say.
  public final String offer;

  LoginKey(
      String text,
      Sender sender,
      Scope scope,
      Phase phase,
      Rule rule,
      String values,
      String standard,
      String offer) {
    this.text = text;
    this.sender = sender;
    this.scope = scope;
    this.phase = phase;
    this.rule = rule;
    this.values = values;
    this.standard = standard;
    this.offer = offer;
  }

  /// @param text upper and lower case differ
  public static Optional<LoginKey> of(String text) {
    return Optional.ofNullable(BY_TEXT.get(text));
  }

  /// The value both sides go by.
  ///
  /// @param ours a sound value of this key
  /// @return empty when `offered` is no value of this key, or nothing in it is in `ours`
  public Optional<String> settle(String offered, String ours) {
    return switch (rule) {
      case LIST -> {
        var we = List.of(ours.split(","));
        yield Stream.of(offered.split(",")).filter(we::contains).findFirst();
      }
      case AND -> flag(offered).map(they -> word(they && ours.equals("Yes")));
      case OR -> flag(offered).map(they -> word(they || ours.equals("Yes")));
      case MIN -> settled(offered, they -> Math.min(they, Long.parseLong(ours)));
      case MAX -> settled(offered, they -> Math.max(they, Long.parseLong(ours)));
      case DECLARATIVE -> sound(offered) ? Optional.of(offered) : Optional.empty();
      case OBSOLETE_NO -> Optional.of("No");
      case CHAP, OBSOLETE -> Optional.empty();
    };
  }

  /// A number of this key, decimal or hex.
  ///
  /// @return empty for what is no number or out of the key's range
  OptionalLong number(String value) {
    var number = parse(value);
    int tilde = values.indexOf('~');
    return number.isPresent()
            && number.getAsLong() >= Long.parseLong(values, 0, tilde, 10)
            && number.getAsLong() <= Long.parseLong(values, tilde + 1, values.length(), 10)
        ? number
        : OptionalLong.empty();
  }

  /// What is wrong with a configured value.
  ///
  /// @return in words; empty when it can be offered
  public Optional<String> offerFault(String value) {
    if (offer.isEmpty()) {
      return Optional.of(text + " is not configured");
    }
    boolean sound =
        rule == Rule.LIST
            ? Stream.of(value.split(",", -1)).allMatch(List.of(values.split(","))::contains)
            : sound(value);
    if (!sound) {
      return Optional.of(text + "=" + value + ", expected " + values);
    }
    // What the program cannot do is not offered, whatever the configuration says.
    return switch (this) {
      case MAX_CONNECTIONS,
          ERROR_RECOVERY_LEVEL,
          DATA_PDU_IN_ORDER,
          DATA_SEQUENCE_IN_ORDER,
          TASK_REPORTING ->
          value.equals(offer) ? Optional.empty() : Optional.of(text + " can only be " + offer);
      case ISCSI_PROTOCOL_LEVEL ->
          number(value).getAsLong() <= 2
              ? Optional.empty()
              : Optional.of(text + " can be at most 2");
      default -> Optional.empty();
    };
  }

  /// `docs/login-keys.md`: the rows as a document in Markdown.
  public static String markdown() {
    var table =
        new StringBuilder(
            """
            # Login keys

            Every text key that the target knows (RFC 7143 sections 12.1 and 13, RFC 7144 section 7):
            "standard" is what holds when nobody says anything, "we offer" is what the target offers or
            declares unless `login.keys` of the document says otherwise.

            | key | said by | scope | when | rule | values | standard | we offer |
            | --- | --- | --- | --- | --- | --- | --- | --- |
            """);
    for (var key : values()) {
      table.append(
          "| %s | %s | %s | %s | %s | %s | %s | %s |\n"
              .formatted(
                  key.text,
                  words(key.sender),
                  words(key.scope),
                  words(key.phase),
                  words(key.rule),
                  key.values.replace("~", " to "),
                  key.standard,
                  key.offer));
    }
    return table.toString();
  }

  private boolean sound(String value) {
    if (values.isEmpty()) {
      return true;
    }
    return values.indexOf('~') > 0
        ? number(value).isPresent()
        : List.of(values.split(",")).contains(value);
  }

  private Optional<String> settled(String offered, Function<Long, Long> with) {
    var number = number(offered);
    return number.isPresent()
        ? Optional.of(Long.toString(with.apply(number.getAsLong())))
        : Optional.empty();
  }

  private static OptionalLong parse(String value) {
    try {
      boolean hex = value.startsWith("0x") || value.startsWith("0X");
      var digits = hex ? value.substring(2) : value;
      // 15 digits stay below 2^63; a sign is no digit
      return digits.isEmpty() || digits.length() > 15 || Character.digit(digits.charAt(0), 16) < 0
          ? OptionalLong.empty()
          : OptionalLong.of(Long.parseLong(digits, hex ? 16 : 10));
    } catch (NumberFormatException _) {
      return OptionalLong.empty();
    }
  }

  private static Optional<Boolean> flag(String value) {
    return switch (value) {
      case "Yes" -> Optional.of(true);
      case "No" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  private static String word(boolean flag) {
    return flag ? "Yes" : "No";
  }

  private static String words(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
