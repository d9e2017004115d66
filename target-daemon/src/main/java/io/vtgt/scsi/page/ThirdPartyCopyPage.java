package io.vtgt.scsi.page;

import io.vtgt.scsi.copy.CopyCommands;
import io.vtgt.scsi.copy.CopyLimits;
import io.vtgt.target.LogicalUnit;
import io.vtgt.target.Nexus;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/// Third-party Copy (SPC-5, page 8Fh; SBC-4 for the block device ROD limits): what the copy
/// commands understand and how much they take. Windows asks for it before it offloads a copy.
final class ThirdPartyCopyPage {
  private static final int BLOCK_DEVICE_ROD_LIMITS = 0x0000, SUPPORTED_COMMANDS = 0x0001;
  private static final int PARAMETER_DATA = 0x0004, SUPPORTED_DESCRIPTORS = 0x0008;
  private static final int SUPPORTED_CSCD_IDS = 0x000c, ROD_TOKEN_FEATURES = 0x0106;
  private static final int SUPPORTED_ROD_TYPES = 0x0108, GENERAL_COPY_OPERATIONS = 0x8001;

  private static final int[] OPCODES = {0x83, 0x84};

  /// The unit that was asked, without a descriptor of its own.
  private static final short ASKED_UNIT = (short) 0xffff;

  private static final int CHANGE_VULNERABLE = 0x00800001, BLOCK_DEVICE_ZERO = 0xffff0001;
  private static final byte TOKEN_IN = 0x02, TOKEN_OUT = 0x01;

  private ThirdPartyCopyPage() {}

  static byte[] body(LogicalUnit unit, Nexus nexus) {
    var descriptors = new ByteArrayOutputStream();
    add(descriptors, BLOCK_DEVICE_ROD_LIMITS, rodLimits(unit.profile().blockBytes()));
    add(descriptors, SUPPORTED_COMMANDS, commands());
    add(descriptors, PARAMETER_DATA, parameterData());
    add(descriptors, SUPPORTED_DESCRIPTORS, counted(CopyCommands.descriptorTypes()));
    add(descriptors, SUPPORTED_CSCD_IDS, cscdIds());
    add(descriptors, ROD_TOKEN_FEATURES, rodTokenFeatures());
    add(descriptors, SUPPORTED_ROD_TYPES, rodTypes());
    add(descriptors, GENERAL_COPY_OPERATIONS, generalCopyOperations());
    return descriptors.toByteArray();
  }

  /// Padded with zeroes to a multiple of four.
  private static void add(ByteArrayOutputStream descriptors, int type, byte[] parameters) {
    int length = Math.ceilDiv(parameters.length, 4) * 4;
    descriptors.writeBytes(
        ByteBuffer.allocate(4 + length)
            .putShort((short) type)
            .putShort((short) length)
            .put(parameters)
            .array());
  }

  private static byte[] rodLimits(int blockBytes) {
    return ByteBuffer.allocate(0x20)
        .put(new byte[6]) // vendor specific
        .putShort((short) CopyLimits.RANGES)
        .putInt(CopyLimits.TOKEN_SECONDS)
        .putInt(CopyLimits.DEFAULT_TOKEN_SECONDS)
        .putLong(CopyLimits.ROD_BYTES / blockBytes)
        .putLong(CopyLimits.OPTIMAL_ROD_BYTES / blockBytes)
        .array();
  }

  private static byte[] commands() {
    var list = new ByteArrayOutputStream();
    for (int opcode : OPCODES) {
      byte[] actions = CopyCommands.serviceActions(opcode);
      list.write(opcode);
      list.write(actions.length);
      list.writeBytes(actions);
    }
    return counted(list.toByteArray());
  }

  private static byte[] counted(byte[] list) {
    return ByteBuffer.allocate(1 + list.length).put((byte) list.length).put(list).array();
  }

  private static byte[] parameterData() {
    return ByteBuffer.allocate(0x1c)
        .putInt(0)
        .putShort((short) CopyLimits.CSCDS)
        .putShort((short) CopyLimits.SEGMENTS)
        .putInt(CopyLimits.LIST_BYTES)
        .putInt(0) // maximum inline data length
        .array();
  }

  private static byte[] cscdIds() {
    return ByteBuffer.allocate(4).putShort((short) Short.BYTES).putShort(ASKED_UNIT).array();
  }

  private static byte[] rodTokenFeatures() {
    ByteBuffer block = ByteBuffer.allocate(0x30); // of a block device
    block.putShort((short) 0).putShort((short) 0x2c);
    block.putShort((short) 0).putShort((short) 0); // optimal length granularity: any
    block.putLong(CopyLimits.ROD_BYTES);
    block.putLong(CopyLimits.OPTIMAL_ROD_BYTES);
    block.putLong(-1); // to a token: as much as one likes, nothing is copied
    block.putLong(CopyLimits.OPTIMAL_ROD_BYTES);
    return ByteBuffer.allocate(44 + block.capacity())
        .put((byte) 0) // tokens of this gateway only
        .put(new byte[11])
        .putInt(1) // minimum lifetime
        .putInt(CopyLimits.TOKEN_LIFETIME_SECONDS)
        .putInt(CopyLimits.TOKEN_SECONDS)
        .put(new byte[18])
        .putShort((short) block.capacity())
        .put(block.array())
        .array();
  }

  private static byte[] rodTypes() {
    return ByteBuffer.allocate(4 + 2 * 64)
        .putShort(2, (short) (2 * 64))
        .putInt(4, CHANGE_VULNERABLE)
        .put(8, (byte) (TOKEN_IN | TOKEN_OUT))
        .putInt(4 + 64, BLOCK_DEVICE_ZERO)
        .put(8 + 64, TOKEN_IN)
        .array();
  }

  private static byte[] generalCopyOperations() {
    return ByteBuffer.allocate(0x20)
        .putInt(CopyLimits.COPIES)
        .putInt(CopyLimits.COPIES)
        .putInt(CopyLimits.SEGMENT_BYTES)
        .array(); // granularities of data and inline data: one byte
  }
}
