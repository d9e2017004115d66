package io.vtgt.iscsi;

import io.vertx.core.Future;
import io.vtgt.scsi.Asc;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.target.Nexus;
import io.vtgt.target.Target;
import io.vtgt.target.TaskOrder;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;

/// What the transport needs of a [Target], so that it can be tried against another one. The methods
/// are those of [Target].
interface TargetPort {
  String name();

  void attach(Nexus nexus);

  void detach(Nexus nexus);

  TaskOrder.Place arrive(Task task);

  Step begin(Task task);

  void checkCondition(Task task);

  boolean hasUnit(Nexus nexus, long lun);

  List<Asc> pendingAttentions(Nexus nexus, long lun);

  Future<Void> clearTaskSet(Nexus by, long lun);

  Future<Void> resetUnit(Nexus by, long lun);

  Future<Void> reset(Nexus by, boolean cold);

  Future<Void> landed(OptionalLong lun, Predicate<Task> whose);

  void abandon(Nexus nexus);

  /// The real one.
  record Scsi(Target target) implements TargetPort {
    @Override
    public String name() {
      return target.name();
    }

    @Override
    public void attach(Nexus nexus) {
      target.attach(nexus);
    }

    @Override
    public void detach(Nexus nexus) {
      target.detach(nexus);
    }

    @Override
    public TaskOrder.Place arrive(Task task) {
      return target.arrive(task);
    }

    @Override
    public Step begin(Task task) {
      return target.begin(task);
    }

    @Override
    public List<Asc> pendingAttentions(Nexus nexus, long lun) {
      return target.pendingAttentions(nexus, lun);
    }

    @Override
    public void checkCondition(Task task) {
      target.checkCondition(task);
    }

    @Override
    public boolean hasUnit(Nexus nexus, long lun) {
      return target.hasUnit(nexus, lun);
    }

    @Override
    public Future<Void> clearTaskSet(Nexus by, long lun) {
      return target.clearTaskSet(by, lun);
    }

    @Override
    public Future<Void> resetUnit(Nexus by, long lun) {
      return target.resetUnit(by, lun);
    }

    @Override
    public Future<Void> reset(Nexus by, boolean cold) {
      return target.reset(by, cold);
    }

    @Override
    public Future<Void> landed(OptionalLong lun, Predicate<Task> whose) {
      return target.landed(lun, whose);
    }

    @Override
    public void abandon(Nexus nexus) {
      target.abandon(nexus);
    }
  }
}
