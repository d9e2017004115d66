package io.vtgt.iscsi.login;

/// What a login settled (RFC 7143 section 13), as the full feature phase uses it.
///
/// @param receiveSegmentLength our MaxRecvDataSegmentLength: the longest data segment the initiator
///   may send, bytes
/// @param sendSegmentLength the initiator's MaxRecvDataSegmentLength: the longest we may send,
///   bytes
/// @param protocolLevel iSCSIProtocolLevel (RFC 7144): 1, or 2 with its task management functions
/// @param taskReporting `RFC3720`, `ResponseFence` or `FastAbort`
public record SessionParameters(
    boolean headerDigest,
    boolean dataDigest,
    int maxConnections,
    boolean initialR2t,
    boolean immediateData,
    int receiveSegmentLength,
    int sendSegmentLength,
    int maxBurstLength,
    int firstBurstLength,
    int defaultTime2Wait,
    int defaultTime2Retain,
    int maxOutstandingR2t,
    boolean dataPduInOrder,
    boolean dataSequenceInOrder,
    int errorRecoveryLevel,
    int protocolLevel,
    String taskReporting) {}
