package io.vtgt.iscsi.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LoginKeyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # key                  | offered             | ours        | settled; - is a Reject
          HEADER_DIGEST          | CRC32C,None         | None,CRC32C | CRC32C
          HEADER_DIGEST          | None,CRC32C         | CRC32C,None | None
          HEADER_DIGEST          | MD5,CRC32C          | None,CRC32C | CRC32C
          HEADER_DIGEST          | CRC32C              | None        | -
          HEADER_DIGEST          | crc32c              | None,CRC32C | -
          HEADER_DIGEST          | ''                  | None,CRC32C | -
          DATA_DIGEST            | X-mine,None         | None,CRC32C | None
          AUTH_METHOD            | KRB5,CHAP,None      | CHAP        | CHAP
          MAX_CONNECTIONS        | 8                   | 1           | 1
          MAX_CONNECTIONS        | 0                   | 1           | -
          INITIAL_R2T            | No                  | No          | No
          INITIAL_R2T            | Yes                 | No          | Yes
          INITIAL_R2T            | No                  | Yes         | Yes
          INITIAL_R2T            | no                  | No          | -
          IMMEDIATE_DATA         | Yes                 | Yes         | Yes
          IMMEDIATE_DATA         | Yes                 | No          | No
          IMMEDIATE_DATA         | No                  | Yes         | No
          IMMEDIATE_DATA         | 1                   | Yes         | -
          MAX_BURST_LENGTH       | 1048576             | 262144      | 262144
          MAX_BURST_LENGTH       | 512                 | 262144      | 512
          MAX_BURST_LENGTH       | 511                 | 262144      | -
          MAX_BURST_LENGTH       | 0x200               | 262144      | 512
          MAX_BURST_LENGTH       | 0XFFFFFF            | 262144      | 262144
          MAX_BURST_LENGTH       | 16777216            | 262144      | -
          MAX_BURST_LENGTH       | 99999999999999999999| 262144      | -
          MAX_BURST_LENGTH       | +512                | 262144      | -
          MAX_BURST_LENGTH       | 0x-200              | 262144      | -
          MAX_BURST_LENGTH       | 0x                  | 262144      | -
          MAX_BURST_LENGTH       | Irrelevant          | 262144      | -
          FIRST_BURST_LENGTH     | 65536               | 4096        | 4096
          DEFAULT_TIME2WAIT      | 0                   | 2           | 2
          DEFAULT_TIME2WAIT      | 3600                | 2           | 3600
          DEFAULT_TIME2WAIT      | 3601                | 2           | -
          DEFAULT_TIME2RETAIN    | 20                  | 0           | 0
          MAX_OUTSTANDING_R2T    | 65535               | 8           | 8
          MAX_OUTSTANDING_R2T    | 65536               | 8           | -
          DATA_PDU_IN_ORDER      | No                  | Yes         | Yes
          DATA_SEQUENCE_IN_ORDER | No                  | Yes         | Yes
          ERROR_RECOVERY_LEVEL   | 2                   | 0           | 0
          ERROR_RECOVERY_LEVEL   | 3                   | 0           | -
          TASK_REPORTING         | FastAbort,RFC3720   | RFC3720     | RFC3720
          TASK_REPORTING         | FastAbort           | RFC3720     | -
          ISCSI_PROTOCOL_LEVEL   | 31                  | 2           | 2
          ISCSI_PROTOCOL_LEVEL   | 32                  | 2           | -
          IF_MARKER              | Yes                 | ''          | No
          OF_MARKER              | No                  | ''          | No
          IF_MARK_INT            | 2048~8192           | ''          | -
          OF_MARK_INT            | 2048                | ''          | -
          """)
  void settle_offer_followsTheRule(LoginKey key, String offered, String ours, String settled) {
    assertEquals(settled, key.settle(offered, ours).orElse("-"));
  }

  @ParameterizedTest
  @CsvSource({
    "MAX_BURST_LENGTH, 0x10000, true",
    "MAX_BURST_LENGTH, 1, false",
    "MAX_CONNECTIONS, 2, false",
    "ERROR_RECOVERY_LEVEL, 1, false",
    "DATA_PDU_IN_ORDER, No, false",
    "INITIAL_R2T, Yes, true",
    "INITIAL_R2T, yes, false",
    "HEADER_DIGEST, CRC32C, true",
    "HEADER_DIGEST, 'CRC32C,', false",
    "TASK_REPORTING, FastAbort, false",
    "ISCSI_PROTOCOL_LEVEL, 1, true",
    "ISCSI_PROTOCOL_LEVEL, 3, false",
    "INITIATOR_NAME, iqn.x, false",
    "AUTH_METHOD, None, false",
  })
  void offerFault_configuredValue_isChecked(LoginKey key, String value, boolean sound) {
    assertEquals(sound, key.offerFault(value).isEmpty());
  }

  @ParameterizedTest
  @EnumSource
  void offer_ofTheTable_isSound(LoginKey key) {
    if (!key.offer.isEmpty()) {
      assertTrue(key.offerFault(key.offer).isEmpty());
    }
  }

  @Test
  void markdown_everyKey_hasARow() {
    var table = LoginKey.markdown();
    Stream.of(LoginKey.values())
        .forEach(key -> assertTrue(table.contains("\n| " + key.text + " | "), key.text));
  }
}
