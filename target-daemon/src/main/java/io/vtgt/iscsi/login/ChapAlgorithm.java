package io.vtgt.iscsi.login;

/// CHAP digest algorithms (RFC 7143 section 12.1.3; the numbers are IANA's).
public enum ChapAlgorithm {
  MD5(5, "MD5", 16),
  SHA_1(6, "SHA-1", 20),
  SHA_256(7, "SHA-256", 32),
  SHA3_256(8, "SHA3-256", 32);

  /// The number in CHAP_A.
  public final int number;

  /// The name `MessageDigest` and the document know it by.
  public final String algorithm;

  /// Bytes of a response.
  public final int digestLength;

  ChapAlgorithm(int number, String algorithm, int digestLength) {
    this.number = number;
    this.algorithm = algorithm;
    this.digestLength = digestLength;
  }
}
