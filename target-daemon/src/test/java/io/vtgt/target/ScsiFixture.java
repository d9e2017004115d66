package io.vtgt.target;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vtgt.scsi.Cdb;
import io.vtgt.scsi.Completion;
import io.vtgt.scsi.Sense;
import io.vtgt.scsi.Step;
import io.vtgt.scsi.Task;
import io.vtgt.scsi.TaskAttribute;
import io.vtgt.store.BackingStore;
import io.vtgt.store.StoreGate;
import io.vtgt.store.memory.MemoryStore;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// A target with real units on memory stores, and initiators without a transport: what a test of
/// SCSI needs, from the task down.
public final class ScsiFixture implements AutoCloseable {
  public static final String TARGET = "iqn.2026-11.io.vtgt:test";
  public static final int BYTES = 1 << 20;

  /// Thin, not removable, writable, 512-byte blocks.
  public static final LogicalUnit.Profile PROFILE = profile(true, false, false);

  private final Vertx vertx = Vertx.vertx();
  private final List<StoreGate> gates = new ArrayList<>();
  private final Target target = new Target(TARGET);

  public static LogicalUnit.Profile profile(boolean thin, boolean removable, boolean readOnly) {
    return new LogicalUnit.Profile(
        "test/0",
        UUID.fromString("00000000-0000-4000-8000-000000000001"),
        HexFormat.of().parseHex("6000000000004000800000000000000a"),
        "SERIAL-1",
        "VTGT",
        "VIRTUAL-DISK",
        "0001",
        512,
        4096,
        thin,
        true,
        0,
        removable,
        readOnly,
        1);
  }

  public Target target() {
    return target;
  }

  /// A unit that is in no target yet.
  public LogicalUnit unit(LogicalUnit.Profile profile, BackingStore store) {
    return unit(profile, store, UnitMemory.volatileMemory());
  }

  /// The same, with a memory of the test's.
  public LogicalUnit unit(LogicalUnit.Profile profile, BackingStore store, UnitMemory memory) {
    return unit(profile, store, memory, InstantSource.system(), System::nanoTime);
  }

  /// The same, with clocks of the test's.
  public LogicalUnit unit(
      LogicalUnit.Profile profile,
      BackingStore store,
      UnitMemory memory,
      InstantSource host,
      LongSupplier nanoClock) {
    var gate = new StoreGate(vertx, store, new StoreGate.Options(0));
    gates.add(gate);
    return new LogicalUnit(
        profile, gate, LogicalUnitState.INITIAL, context(), memory, host, nanoClock);
  }

  public LogicalUnit addUnit(int lun) {
    return addUnit(lun, PROFILE);
  }

  public LogicalUnit addUnit(int lun, LogicalUnit.Profile profile) {
    return addUnit(lun, profile, new MemoryStore(BYTES));
  }

  public LogicalUnit addUnit(int lun, LogicalUnit.Profile profile, BackingStore store) {
    LogicalUnit unit = unit(profile, store);
    target.addUnit(lun, unit);
    return unit;
  }

  /// Logs in, from the loopback address. POWER ON is pending at every unit.
  public Initiator login(String name) {
    return login(name, InetAddress.getLoopbackAddress());
  }

  public Initiator login(String name, InetAddress address) {
    return login(name, address, 1);
  }

  private Initiator login(String name, InetAddress address, int portalGroup) {
    var initiator = new Initiator(name, address, portalGroup);
    target.attach(initiator.nexus);
    return initiator;
  }

  /// Logs in and takes the POWER ON attentions of all units.
  public Initiator ready(String name) {
    return ready(name, 1);
  }

  /// The same through another portal group: another nexus.
  public Initiator ready(String name, int portalGroup) {
    Initiator initiator = login(name, InetAddress.getLoopbackAddress(), portalGroup);
    initiator.nexus.unitNumbers().forEach(lun -> initiator.send(lun, "00 00 00 00 00 00"));
    return initiator;
  }

  /// A new event loop context.
  public Context context() {
    return ((VertxInternal) vertx).createEventLoopContext();
  }

  @Override
  public void close() {
    gates.forEach(gate -> await(gate.close()));
    await(vertx.close());
  }

  public static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }

  /// Runs `action` on a context and waits for what it answers.
  public static <T> T on(Context context, Supplier<Future<T>> action) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(
        _ -> {
          try {
            action.get().onComplete(promise);
          } catch (RuntimeException | Error e) {
            promise.fail(e);
          }
        });
    return await(promise.future());
  }

  /// One nexus, and what its transport was asked for.
  public final class Initiator {
    public final FakeTransport transport = new FakeTransport();
    public final Nexus nexus;

    private Initiator(String name, InetAddress address, int portalGroup) {
      var id = new Nexus.Id(name, 0x400001370000L, TARGET, portalGroup);
      nexus = new Nexus(id, address, context(), transport);
    }

    public Answer send(int lun, String cdb) {
      return send(lun, cdb, "");
    }

    public Answer send(int lun, String cdb, String dataOut) {
      return sendTo(Lun.of(lun), cdb, dataOut);
    }

    /// @param lun the 8 bytes
    public Answer sendTo(long lun, String cdb, String dataOut) {
      byte[] data = HexFormat.of().parseHex(dataOut.replace(" ", ""));
      return Answer.of(on(nexus.context(), () -> follow(begin(lun, cdb, data.length), data)));
    }

    /// Begins a command; to be called on the nexus' context.
    public Step begin(long lun, String cdb, int dataOutLength) {
      return target.begin(
          new Task(nexus, lun, 1, Cdb.of(cdb), TaskAttribute.SIMPLE, dataOutLength, 1 << 20));
    }

    private static Future<Completion> follow(Step step, byte[] dataOut) {
      return switch (step) {
        case Step.Done done -> Future.succeededFuture(done.completion());
        case Step.Running running -> running.completion();
        case Step.NeedsData needs -> {
          byte[] sent = Arrays.copyOf(dataOut, Math.min(needs.length(), dataOut.length));
          yield follow(needs.then().apply(Unpooled.wrappedBuffer(sent)), dataOut);
        }
      };
    }
  }

  /// How a command ended, easy to compare.
  ///
  /// @param status such as `GOOD`, or `ILLEGAL_REQUEST 2400 cf 00 01`: key, code and the sense key
  ///   specific bytes where there are any
  /// @param data in hex
  public record Answer(String status, String data) {
    public static Answer of(Completion completion) {
      return switch (completion) {
        case Completion.Good good -> new Answer("GOOD", taken(good.dataIn()));
        case Completion.CheckCondition check -> new Answer(told(check.sense()), "");
        default -> new Answer(completion.status().name(), "");
      };
    }

    private static String taken(ByteBuf data) {
      try {
        return HexFormat.ofDelimiter(" ").formatHex(ByteBufUtil.getBytes(data));
      } finally {
        data.release();
      }
    }

    private static String told(Sense sense) {
      String text = sense.key() + " %04x".formatted(sense.asc().code);
      byte[] fixed = sense.encode(false);
      return fixed[15] == 0
          ? text
          : text + " " + HexFormat.ofDelimiter(" ").formatHex(fixed, 15, 18);
    }
  }

  /// Notes what it is asked, and ends tasks at once or when the test says so.
  public static final class FakeTransport implements NexusTransport {
    public final List<String> calls = new CopyOnWriteArrayList<>();
    public final Promise<Void> ended = Promise.promise();
    public volatile Future<Void> tasksEnded = Future.succeededFuture();

    @Override
    public Future<Void> abortTasks(OptionalLong lun, boolean tellTaskAborted) {
      String where = lun.isPresent() ? "unit " + Lun.number(lun.getAsLong()) : "all units";
      calls.add("abort " + where + (tellTaskAborted ? ", told" : ""));
      return tasksEnded;
    }

    @Override
    public void scsiEvent(long lun, Sense sense) {
      calls.add("event " + sense.asc() + " at unit " + Lun.number(lun));
    }

    @Override
    public Future<Void> end(String why) {
      calls.add("end: " + why);
      ended.tryComplete();
      return Future.succeededFuture();
    }
  }
}
