package io.vtgt.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;

/// Several sessions that write to a disk and read it back at once, each with a queue, and know what
/// every sector may hold: whatever goes wrong on the way, and however often a session must log in
/// again, no read may show anything else.
///
/// A sector carries its number, the generation of the write that put it there, filler that follows
/// from both, and a checksum. A write that was answered GOOD leaves one generation that a read may
/// show. One that failed or was never answered leaves the ones from before and its own, for good or
/// until a later write is answered GOOD: what was not answered may yet land, but never over what
/// was answered after it.
///
/// The sessions behave as initiators do: they send again what was refused for now, and log in again
/// when a connection ends.
final class VerifyingLoad implements AutoCloseable {
  private static final int SECTOR = 512, CELL_SECTORS = 8, MAX_CELLS = 4;

  /// A session does not need all that the machine has: what goes wrong does so in other places.
  private static final int PAUSE_MILLIS = 1;

  private static final int RETRY_MILLIS = 20, END_SECONDS = 90;

  private final int port;
  private final String target;
  private final int depth;
  private final List<Lane> lanes = new ArrayList<>();
  private final Map<String, Long> refusals = new ConcurrentHashMap<>();
  private final AtomicReference<String> wrong = new AtomicReference<>();
  private volatile Map<String, Long> marked = Map.of();
  private volatile boolean stopped;

  private VerifyingLoad(int port, String target, int depth) {
    this.port = port;
    this.target = target;
    this.depth = depth;
  }

  /// Starts on unit 0, which must read as zeroes.
  ///
  /// @param bytes of the disk that are used, from its start
  /// @param depth commands that each session keeps under way
  static VerifyingLoad start(
      int port, String target, long bytes, int sessions, int depth, long seed) {
    System.out.printf("verifying load: %d sessions, depth %d, seed %d%n", sessions, depth, seed);
    var load = new VerifyingLoad(port, target, depth);
    int sectors = (int) (bytes / SECTOR / sessions / CELL_SECTORS) * CELL_SECTORS;
    for (int i = 0; i < sessions; i++) {
      load.lanes.add(load.new Lane(i, (long) i * sectors, sectors, seed + i));
    }
    load.lanes.forEach(it -> it.thread = Thread.ofVirtual().name("load").start(it));
    return load;
  }

  /// Commands that were refused or failed until now, by what the target said.
  Map<String, Long> refusals() {
    return new TreeMap<>(refusals);
  }

  /// Commands that ended with GOOD until now.
  long completed() {
    return lanes.stream().mapToLong(it -> it.completed.get()).sum();
  }

  /// Until every session has as much behind it as it had under way, twice: what is answered then
  /// was sent after this call.
  void awaitProgress(String when, int seconds) {
    var before = lanes.stream().mapToLong(it -> it.completed.get()).toArray();
    DaemonProcess.await(
        "every session to get on " + when,
        seconds,
        () -> {
          check();
          for (int i = 0; i < before.length; i++) {
            if (lanes.get(i).completed.get() < before[i] + 2L * depth) {
              return false;
            }
          }
          return true;
        });
  }

  /// [#awaitRefusal] counts from here on.
  void mark() {
    marked = Map.copyOf(refusals);
  }

  /// Until something was refused that says so, since [#mark] or the start.
  void awaitRefusal(String told, int seconds) {
    long before = marked.getOrDefault(told, 0L);
    DaemonProcess.await(
        "a command to be refused with " + told + " (until now: " + refusals() + ")",
        seconds,
        () -> {
          check();
          return refusals.getOrDefault(told, 0L) > before;
        });
  }

  /// Ends the load in order and reads every sector once more, through the target.
  void finish() {
    stop();
    for (var lane : lanes) {
      try (var session = NexusSession.login(port, target, lane.initiator(), lane.isid())) {
        for (int cell = 0; cell < lane.cells(); cell++) {
          NexusSession.Answer answer;
          do {
            session.begin(lane.cdb(0x28, cell, 1), CELL_SECTORS * SECTOR, new byte[0]);
            answer = session.answer();
          } while (answer.told().equals("UNIT ATTENTION"));
          if (!answer.told().equals("GOOD")) {
            throw new AssertionError("the last read of a cell: " + answer.told());
          }
          lane.verify(cell, answer.data());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    check();
    System.out.printf("verifying load: %d commands, refused: %s%n", completed(), refusals());
  }

  /// Compares a copy of the disk that was made without the target, after [#finish].
  void verify(Path copy) throws IOException {
    try (var file = FileChannel.open(copy)) {
      var bytes = ByteBuffer.allocate(CELL_SECTORS * SECTOR);
      for (var lane : lanes) {
        for (int cell = 0; cell < lane.cells(); cell++) {
          bytes.clear();
          file.read(bytes, (lane.first + (long) cell * CELL_SECTORS) * SECTOR);
          lane.verify(cell, bytes.array());
        }
      }
    }
    check();
  }

  private void stop() {
    stopped = true;
    DaemonProcess.await(
        "the load to end",
        END_SECONDS,
        () -> lanes.stream().noneMatch(lane -> lane.thread.isAlive()));
    check();
  }

  private void check() {
    if (wrong.get() != null) {
      throw new AssertionError(wrong.get());
    }
  }

  /// Cuts the sessions, when [#finish] did not end them.
  @Override
  public void close() {
    stopped = true;
    lanes.forEach(lane -> lane.thread.interrupt());
  }

  /// One session and the sectors that are its own.
  private final class Lane implements Runnable {
    final long first;
    private final int number;
    private final SplittableRandom random;
    private Thread thread;
    private final AtomicLong completed = new AtomicLong();

    // Of this lane's thread, or of who reads when that has ended.
    private long generation;
    private final long[] settled;
    private final Map<Integer, TreeSet<Long>> open = new HashMap<>();
    private final BitSet busy = new BitSet();
    private final Map<Integer, Command> underWay = new HashMap<>();

    /// @param cell the first, counted from the lane's own first
    /// @param generation of a write; 0 for a read
    private record Command(int cell, int cells, long generation) {}

    Lane(int number, long first, int sectors, long seed) {
      this.number = number;
      this.first = first;
      this.settled = new long[sectors];
      this.random = new SplittableRandom(seed);
    }

    int cells() {
      return settled.length / CELL_SECTORS;
    }

    String initiator() {
      return "iqn.2026-11.io.vtgt.it:load" + number;
    }

    long isid() {
      return 0x8000_0000_0000L + number;
    }

    @Override
    public void run() {
      while (!stopped && wrong.get() == null) {
        try (var session = NexusSession.login(port, target, initiator(), isid())) {
          while (underWay.size() < depth) {
            sendNext(session);
          }
          while (!underWay.isEmpty() && wrong.get() == null) {
            ended(session, session.answer());
          }
        } catch (IOException | UncheckedIOException e) {
          lost();
        } catch (InterruptedException e) {
          return;
        } catch (RuntimeException | AssertionError e) {
          wrong.compareAndSet(null, "session " + number + ": " + e);
        }
        underWay.clear();
        busy.clear();
      }
    }

    private void lost() {
      if (!stopped) {
        refusals.merge("connection lost", 1L, Long::sum);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS));
      }
    }

    private void sendNext(NexusSession session) throws IOException {
      int cells = 1 + random.nextInt(MAX_CELLS);
      int cell = random.nextInt(cells() - cells);
      while (busy.get(cell, cell + cells).cardinality() > 0) {
        cell = random.nextInt(cells() - cells);
      }
      busy.set(cell, cell + cells);
      send(session, new Command(cell, cells, random.nextBoolean() ? ++generation : 0));
    }

    private void send(NexusSession session, Command command) throws IOException {
      int bytes = command.cells * CELL_SECTORS * SECTOR;
      if (command.generation == 0) {
        byte[] cdb = cdb(0x28, command.cell, command.cells);
        underWay.put(session.begin(cdb, bytes, new byte[0]), command);
        return;
      }
      var data = ByteBuffer.allocate(bytes);
      for (int i = 0; i < command.cells * CELL_SECTORS; i++) {
        int sector = command.cell * CELL_SECTORS + i;
        open.computeIfAbsent(sector, it -> new TreeSet<>(List.of(settled[it])))
            .add(command.generation);
        data.put(content(first + sector, command.generation));
      }
      byte[] cdb = cdb(0x2a, command.cell, command.cells);
      underWay.put(session.begin(cdb, 0, data.array()), command);
    }

    private void ended(NexusSession session, NexusSession.Answer answer)
        throws IOException, InterruptedException {
      var command = underWay.remove(answer.itt());
      if (answer.told().equals("GOOD")) {
        if (command.generation == 0) {
          for (int i = 0; i < command.cells; i++) {
            verify(command.cell + i, answer.data(), i * CELL_SECTORS * SECTOR);
          }
        } else {
          for (int i = 0; i < command.cells * CELL_SECTORS; i++) {
            int sector = command.cell * CELL_SECTORS + i;
            settled[sector] = command.generation;
            open.remove(sector);
          }
        }
        completed.incrementAndGet();
      } else {
        refusals.merge(answer.told(), 1L, Long::sum);
        if (!stopped && forNow(answer.told())) {
          Thread.sleep(RETRY_MILLIS);
          send(session, command);
          return;
        }
      }
      busy.clear(command.cell, command.cell + command.cells);
      Thread.sleep(PAUSE_MILLIS);
      while (!stopped && underWay.size() < depth && session.windowOpen()) {
        sendNext(session);
      }
    }

    /// Refused for now: send it again (SAM-5: BUSY, TASK SET FULL; NOT READY, ABORTED COMMAND, UNIT
    /// ATTENTION).
    private boolean forNow(String told) {
      return told.equals("status 0x08")
          || told.equals("status 0x28")
          || told.equals("UNIT ATTENTION")
          || told.startsWith("2 ")
          || told.startsWith("b ");
    }

    byte[] cdb(int opcode, int cell, int cells) {
      return ByteBuffer.allocate(10)
          .put(0, (byte) opcode)
          .putInt(2, (int) (first + (long) cell * CELL_SECTORS))
          .putShort(7, (short) (cells * CELL_SECTORS))
          .array();
    }

    void verify(int cell, byte[] data) {
      verify(cell, data, 0);
    }

    private void verify(int cell, byte[] data, int offset) {
      for (int i = 0; i < CELL_SECTORS; i++) {
        int sector = cell * CELL_SECTORS + i;
        var read = ByteBuffer.wrap(data, offset + i * SECTOR, SECTOR);
        long shows = read.getLong(read.position() + Long.BYTES);
        var allowed = open.get(sector);
        boolean known = allowed == null ? shows == settled[sector] : allowed.contains(shows);
        if (!known || !read.equals(ByteBuffer.wrap(content(first + sector, shows)))) {
          wrong.compareAndSet(
              null,
              "sector %d of session %d: generation %d instead of %s, it says it is sector %d%s"
                  .formatted(
                      first + sector,
                      number,
                      shows,
                      allowed == null ? settled[sector] : allowed,
                      read.getLong(read.position()),
                      known ? ", its content is wrong" : ""));
        }
      }
    }
  }

  /// @param generation 0 for a sector that was never written
  private static byte[] content(long sector, long generation) {
    var bytes = ByteBuffer.allocate(SECTOR);
    if (generation == 0) {
      return bytes.array();
    }
    bytes.putLong(sector).putLong(generation);
    var filler = new SplittableRandom(sector * 0x9e37_79b9_7f4a_7c15L + generation);
    while (bytes.remaining() > Long.BYTES) {
      bytes.putLong(filler.nextLong());
    }
    var checksum = new CRC32C();
    checksum.update(bytes.array(), 0, bytes.position());
    return bytes.putLong(checksum.getValue()).array();
  }
}
