package io.vtgt.iscsi.pdu;

import io.netty.buffer.ByteBufUtil;

/// A PDU in one line, for logs: name, flags, tags in hex, numbers in decimal, the data's length but
/// not the data, which may be secret.
final class PduPrinter {
  private final StringBuilder line = new StringBuilder();

  private PduPrinter() {}

  static String line(Pdu pdu) {
    var printer = new PduPrinter();
    printer.print(pdu);
    int ahsLength = Bhs.ahsLength(pdu.bytes()), dataLength = Bhs.dataLength(pdu.bytes());
    printer.flag("ahs " + ahsLength, ahsLength > 0).flag("data " + dataLength, dataLength > 0);
    return printer.line.toString();
  }

  private void print(Pdu pdu) {
    switch (pdu) {
      case NopOut p -> request("NOP-Out", p).hex("ttt", p.ttt()).sent(p.cmdSn(), p.expStatSn());
      case ScsiCommand p ->
          request("SCSI Command", p)
              .flag("F", p.finalBit())
              .flag("R", p.read())
              .flag("W", p.write())
              .hex("lun", p.lun())
              .word("cdb " + ByteBufUtil.hexDump(p.bytes(), ScsiCommand.CDB, 16))
              .number("expected", p.expectedDataLength())
              .sent(p.cmdSn(), p.expStatSn());
      case TaskManagementRequest p ->
          request("Task Management", p)
              .number("function", p.function())
              .hex("lun", p.lun())
              .hex("task", p.referencedTaskTag())
              .serial("refCmdSn", p.refCmdSn())
              .sent(p.cmdSn(), p.expStatSn());
      case LoginRequest p ->
          request("Login Request", p)
              .stages(p.transit(), p.continues(), p.currentStage(), p.nextStage())
              .hex("isid", p.isid())
              .hex("tsih", p.tsih())
              .hex("cid", p.cid())
              .sent(p.cmdSn(), p.expStatSn());
      case TextRequest p ->
          request("Text Request", p)
              .flag("F", p.finalBit())
              .flag("C", p.continues())
              .hex("ttt", p.ttt())
              .sent(p.cmdSn(), p.expStatSn());
      case DataOut p ->
          request("Data-Out", p)
              .flag("F", p.finalBit())
              .hex("ttt", p.ttt())
              .serial("dataSn", p.dataSn())
              .number("offset", p.bufferOffset());
      case LogoutRequest p ->
          request("Logout Request", p)
              .number("reason", p.reason())
              .hex("cid", p.cid())
              .sent(p.cmdSn(), p.expStatSn());
      case SnackRequest p ->
          request("SNACK Request", p)
              .number("type", p.type())
              .hex("ttt", p.ttt())
              .serial("begRun", p.begRun())
              .serial("runLength", p.runLength());
      case NopIn p ->
          word("NOP-In")
              .hex("itt", p.itt())
              .hex("ttt", p.ttt())
              .answered(p.statSn(), p.expCmdSn(), p.maxCmdSn());
      case ScsiResponse p ->
          word("SCSI Response")
              .hex("itt", p.itt())
              .hex("response", p.response())
              .hex("status", p.status())
              .flag("O", p.overflow())
              .flag("U", p.underflow())
              .number("residual", p.residual())
              .answered(p.statSn(), p.expCmdSn(), p.maxCmdSn());
      case TaskManagementResponse p ->
          word("Task Management Response")
              .hex("itt", p.itt())
              .number("response", p.response())
              .answered(p.statSn(), p.expCmdSn(), p.maxCmdSn());
      case LoginResponse p ->
          word("Login Response")
              .hex("itt", p.itt())
              .stages(p.transit(), p.continues(), p.currentStage(), p.nextStage())
              .hex("status", p.status())
              .hex("tsih", p.tsih())
              .answered(p.statSn(), p.expCmdSn(), p.maxCmdSn());
      case TextResponse p ->
          word("Text Response")
              .hex("itt", p.itt())
              .flag("F", p.finalBit())
              .flag("C", p.continues())
              .hex("ttt", p.ttt())
              .answered(p.statSn(), p.expCmdSn(), p.maxCmdSn());
      case DataIn p -> {
        word("Data-In")
            .hex("itt", p.itt())
            .flag("F", p.finalBit())
            .flag("A", p.acknowledge())
            .serial("dataSn", p.dataSn())
            .number("offset", p.bufferOffset());
        if (p.statusPresent()) {
          hex("status", p.status())
              .flag("O", p.overflow())
              .flag("U", p.underflow())
              .number("residual", p.residual())
              .serial("statSn", p.statSn());
        }
        serial("expCmdSn", p.expCmdSn()).serial("maxCmdSn", p.maxCmdSn());
      }
      case LogoutResponse p ->
          word("Logout Response")
              .hex("itt", p.itt())
              .number("response", p.response())
              .answered(p.statSn(), p.expCmdSn(), p.maxCmdSn());
      case R2t p ->
          word("R2T")
              .hex("itt", p.itt())
              .hex("ttt", p.ttt())
              .serial("r2tSn", p.r2tSn())
              .number("offset", p.bufferOffset())
              .number("desired", p.desiredLength())
              .answered(p.statSn(), p.expCmdSn(), p.maxCmdSn());
      case AsyncMessage p ->
          word("Async Message")
              .number("event", p.event())
              .hex("lun", p.lun())
              .answered(p.statSn(), p.expCmdSn(), p.maxCmdSn());
      case Reject p ->
          word("Reject").hex("reason", p.reason()).answered(p.statSn(), p.expCmdSn(), p.maxCmdSn());
    }
  }

  private PduPrinter request(String name, RequestPdu pdu) {
    return word(name).hex("itt", pdu.itt()).flag("I", pdu.immediate());
  }

  private PduPrinter stages(boolean transit, boolean continues, int current, int next) {
    return word("stage " + current + (transit ? ">" + next : "")).flag("C", continues);
  }

  private PduPrinter sent(int cmdSn, int expStatSn) {
    return serial("cmdSn", cmdSn).serial("expStatSn", expStatSn);
  }

  private PduPrinter answered(int statSn, int expCmdSn, int maxCmdSn) {
    return serial("statSn", statSn).serial("expCmdSn", expCmdSn).serial("maxCmdSn", maxCmdSn);
  }

  private PduPrinter word(String word) {
    line.append(line.isEmpty() ? "" : " ").append(word);
    return this;
  }

  private PduPrinter flag(String word, boolean on) {
    return on ? word(word) : this;
  }

  private PduPrinter hex(String name, int tag) {
    return word(name + " 0x" + Integer.toHexString(tag));
  }

  private PduPrinter hex(String name, long tag) {
    return word(name + " 0x" + Long.toHexString(tag));
  }

  private PduPrinter serial(String name, int number) {
    return number(name, Integer.toUnsignedLong(number));
  }

  private PduPrinter number(String name, long number) {
    return word(name + " " + number);
  }
}
