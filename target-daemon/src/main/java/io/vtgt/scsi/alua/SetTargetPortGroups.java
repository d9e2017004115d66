package io.vtgt.scsi.alua;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.ParameterList;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.SenseKey;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.LogicalUnit;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// SET TARGET PORT GROUPS (SPC-5). A list is carried out whole or not at all; groups that are not
/// in it stay as they are. Answered when every state is in effect.
///
/// The field that names a group for the primary states names a target port for offline: it is the
/// same number here.
final class SetTargetPortGroups {
  private static final Logger log = LoggerFactory.getLogger(SetTargetPortGroups.class);

  private static final int LIST_LENGTH = 6;
  private static final int HEADER_LENGTH = 4, DESCRIPTOR_LENGTH = 4;
  private static final int STATE_BITS = 0x0f, GROUP = 2;

  /// Every group comes at most once, and there are not so many.
  private static final int MOST_BYTES = HEADER_LENGTH + 1024 * DESCRIPTOR_LENGTH;

  private static final Sense FAILED =
      Sense.of(SenseKey.HARDWARE_ERROR, Asc.SET_TARGET_PORT_GROUPS_COMMAND_FAILED);

  /// What reading a parameter list gives: the states it asks for, or why it is refused.
  private sealed interface Reading {
    record Understood(Map<Integer, AccessState> states) implements Reading {}

    record Refused(Sense sense) implements Reading {}
  }

  private SetTargetPortGroups() {}

  static Step begin(Task task, LogicalUnit unit) {
    long length = task.cdb().u32(LIST_LENGTH);
    if (length == 0) {
      return Step.GOOD;
    }
    if (length < HEADER_LENGTH
        || (length - HEADER_LENGTH) % DESCRIPTOR_LENGTH != 0
        || length > MOST_BYTES) {
      return Step.check(Sense.invalidFieldInCdb(LIST_LENGTH, 7));
    }
    return ParameterList.gather(
        (int) length,
        list -> {
          var groups = unit.portGroups().reachable(task.nexus().id()).keySet();
          return switch (read(ByteBuffer.wrap(list), groups)) {
            case Reading.Refused(var sense) -> Step.check(sense);
            case Reading.Understood(var states) -> carryOut(task, unit, states);
          };
        });
  }

  private static Reading read(ByteBuffer list, Set<Integer> groups) {
    var states = new HashMap<Integer, AccessState>();
    for (int at = HEADER_LENGTH; at < list.capacity(); at += DESCRIPTOR_LENGTH) {
      var state = AccessState.requested(list.get(at) & STATE_BITS);
      if (state.isEmpty()) {
        return new Reading.Refused(Sense.invalidFieldInParameterList(at, 3));
      }
      int group = list.getShort(at + GROUP) & 0xffff;
      if (!groups.contains(group) || states.put(group, state.get()) != null) {
        return new Reading.Refused(Sense.invalidFieldInParameterList(at + GROUP, 7));
      }
    }
    return new Reading.Understood(states);
  }

  private static Step carryOut(Task task, LogicalUnit unit, Map<Integer, AccessState> states) {
    log.info("{}: {} sets target port groups {}", unit.profile().name(), task.nexus(), states);
    Promise<Completion> answer = Promise.promise();
    unit.portGroups()
        .changeExplicitly(states, task.nexus())
        .map(Completion.good())
        .recover(SetTargetPortGroups::failed)
        .onComplete(result -> task.nexus().context().runOnContext(_ -> answer.handle(result)));
    return new Step.Running(answer.future());
  }

  private static Future<Completion> failed(Throwable failure) {
    return failure instanceof TargetPortGroups.ChangeFailed change
        ? Future.succeededFuture(change.busy ? new Completion.Busy() : Completion.check(FAILED))
        : Future.failedFuture(failure);
  }
}
