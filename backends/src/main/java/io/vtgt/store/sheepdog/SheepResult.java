package io.vtgt.store.sheepdog;

import io.vtgt.store.StoreFault;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// What a `sheep` answers: code, words, and what the client does about it.
enum SheepResult {
  SUCCESS(0x00, "success", Consequence.DONE),
  UNKNOWN(0x01, "unknown error", Consequence.FAILS),
  NO_OBJ(0x02, "no such object", Consequence.MISSING),
  EIO(0x03, "I/O error", Consequence.FAILS),
  VDI_EXIST(0x04, "the VDI exists", Consequence.FAILS),
  INVALID_PARMS(0x05, "invalid parameters or unknown operation", Consequence.FAILS),
  SYSTEM_ERROR(0x06, "system error", Consequence.FAILS),
  VDI_LOCKED(0x07, "the VDI is locked", Consequence.FAILS),
  NO_VDI(0x08, "no such VDI", Consequence.FAILS),
  NO_BASE_VDI(0x09, "no such base VDI", Consequence.FAILS),
  VDI_READ(0x0A, "the VDI cannot be read", Consequence.FAILS),
  VDI_WRITE(0x0B, "the VDI cannot be written", Consequence.FAILS),
  BASE_VDI_READ(0x0C, "the base VDI cannot be read", Consequence.FAILS),
  BASE_VDI_WRITE(0x0D, "the base VDI cannot be written", Consequence.FAILS),
  NO_TAG(0x0E, "no such snapshot", Consequence.FAILS),
  STARTUP(0x0F, "the cluster is starting up", Consequence.RETRY),
  VDI_NOT_LOCKED(0x10, "the VDI is not locked", Consequence.FAILS),
  SHUTDOWN(0x11, "the cluster is shutting down", Consequence.RECONNECT),
  NO_MEM(0x12, "the server is out of memory", Consequence.RETRY),
  FULL_VDI(0x13, "no VDI id is free", Consequence.FAILS),
  VER_MISMATCH(0x14, "protocol versions differ", Consequence.FAILS),
  NO_SPACE(0x15, "no space is left", Consequence.NO_SPACE),
  WAIT_FOR_FORMAT(0x16, "the cluster waits to be formatted", Consequence.RETRY),
  WAIT_FOR_JOIN(0x17, "the cluster waits for nodes to join", Consequence.RETRY),
  JOIN_FAILED(0x18, "a node could not join", Consequence.FAILS),
  HALT(0x19, "the cluster is halted: too few nodes", Consequence.RETRY),
  READONLY(0x1A, "the object belongs to a snapshot", Consequence.RELOAD),
  INODE_INVALIDATED(0x1D, "the inode was changed elsewhere", Consequence.RELOAD),
  OLD_NODE_VER(0x81, "an old epoch", Consequence.RETRY),
  NEW_NODE_VER(0x82, "a new epoch", Consequence.RETRY),
  NOT_FORMATTED(0x83, "the cluster is not formatted", Consequence.FAILS),
  NETWORK_ERROR(0x86, "the servers do not reach each other", Consequence.RETRY),
  NO_SUPPORT(0x8B, "not supported", Consequence.FAILS),
  NODE_IN_RECOVERY(0x8C, "a node is in recovery", Consequence.RETRY),
  KILLED(0x8D, "the node was killed", Consequence.RECONNECT),
  AGAIN(0x8F, "to be tried again", Consequence.RETRY),
  CLUSTER_ERROR(0x91, "the cluster driver failed", Consequence.FAILS),
  COLLECTING(0x95, "the node collects the state of the cluster", Consequence.RETRY),
  GATEWAY_MODE(0x97, "the node runs in gateway mode", Consequence.FAILS),
  /// A code that is in no table.
  UNLISTED(-1, "an unlisted result", Consequence.FAILS);

  /// What the client does about a result.
  enum Consequence {
    DONE,
    /// The request was not done: it is asked again after a while, up to its time.
    RETRY,
    /// As if the connection were lost: another node may serve.
    RECONNECT,
    /// The VDI's state is not the one the client knows: looked up anew, then asked again.
    RELOAD,
    /// An object that the map tells of is not there: the map may be old.
    MISSING,
    NO_SPACE,
    FAILS
  }

  private static final Map<Integer, SheepResult> BY_CODE =
      Arrays.stream(values()).collect(Collectors.toMap(it -> it.code, Function.identity()));

  final int code;
  final String words;
  final Consequence consequence;

  SheepResult(int code, String words, Consequence consequence) {
    this.code = code;
    this.words = words;
    this.consequence = consequence;
  }

  static SheepResult of(int code) {
    return BY_CODE.getOrDefault(code, UNLISTED);
  }

  /// What whoever asked for `request` is told when nothing more can be done.
  static StoreFault fault(SheepResponse response, SheepRequest request) {
    SheepResult result = response.result();
    String words = "%s: %s (0x%02x)".formatted(request, result.words, response.code());
    return new StoreFault(
        switch (result.consequence) {
          case DONE -> throw new AssertionError(words);
          case RETRY, RECONNECT, RELOAD -> StoreFault.Kind.UNAVAILABLE;
          case NO_SPACE -> StoreFault.Kind.OUT_OF_SPACE;
          case MISSING, FAILS ->
              request.opcode() == Opcode.READ_OBJ
                  ? StoreFault.Kind.READ_ERROR
                  : StoreFault.Kind.WRITE_ERROR;
        },
        words);
  }
}
