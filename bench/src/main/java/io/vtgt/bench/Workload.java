package io.vtgt.bench;

/// One kind of load.
///
/// @param write or read
/// @param transferBytes of one command, a multiple of 512
/// @param random or sequential addresses
/// @param queueDepth commands each session keeps under way
/// @param sessions at once, each with its own connection
record Workload(boolean write, int transferBytes, boolean random, int queueDepth, int sessions) {
  String label() {
    return (transferBytes / 1024)
        + " KiB "
        + (random ? "random " : "sequential ")
        + (write ? "write" : "read")
        + ", QD "
        + queueDepth
        + ", "
        + sessions
        + (sessions == 1 ? " session" : " sessions");
  }
}
