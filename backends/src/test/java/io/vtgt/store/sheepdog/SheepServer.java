package io.vtgt.store.sheepdog;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/// A stand-in for a sheepdog cluster with one `sheep`, in memory, for tests. It speaks the
/// operations that a client needs, executes and answers them in an order of its own, fails and
/// drops what a test says, keeps its objects when it is stopped and started again, and judges the
/// client: what the protocol forbids is a violation, to be found in [#violations()].
public final class SheepServer implements AutoCloseable {
  private static final int HEADER = 48;
  private static final int BIND_ATTEMPTS = 500;
  private static final int NAME = 256;
  private static final int INODE_LENGTH = 12_587_576;
  private static final int MAP = 4664;
  private static final int MAP_END = MAP + 4 * (1 << 20);
  private static final int WRITE = 0x01, COW = 0x02, DIRECT = 0x08;
  private static final int CREATE = 0x01,
      READ_OBJ = 0x02,
      WRITE_OBJ = 0x03,
      DISCARD = 0x05,
      NEW_VDI = 0x11,
      LOCK = 0x12,
      RELEASE = 0x13,
      INFO = 0x14,
      FLUSH = 0x16,
      DELETE = 0x17,
      CLUSTER_DEFAULT = 0x18;
  private static final int SUCCESS = 0x00,
      NO_OBJ = 0x02,
      VDI_EXIST = 0x04,
      INVALID = 0x05,
      LOCKED = 0x07,
      NO_VDI = 0x08,
      NO_TAG = 0x0E,
      VERSION = 0x14,
      READONLY = 0x1A;

  /// What a request asks for, as a test sees it.
  ///
  /// @param oid of an object's request; else 0
  public record Asked(int opcode, int flags, long oid, long cowOid, int offset, int length) {
    /// It concerns a VDI's inode object.
    public boolean inode() {
      return oid < 0;
    }
  }

  private record Rule(Predicate<Asked> which, int code, int[] times) {}

  private record UnderWay(Socket connection, Asked asked, byte[] data) {
    /// A read that nobody waits for: whatever comes beside it does no harm.
    boolean forgotten() {
      return asked.opcode() == READ_OBJ && connection.isClosed();
    }
  }

  private static final class Vdi {
    final int vid;
    final String name;
    String tag = "";
    int snapId;
    boolean deleted;

    Vdi(int vid, String name) {
      this.vid = vid;
      this.name = name;
    }
  }

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(2);
  private final Random random;

  /// The servers do one operation on the whole cluster at a time.
  private final ReentrantLock clusterOperations = new ReentrantLock(true);

  // Under `this`.
  private final Map<Long, byte[]> objects = new HashMap<>();
  private final Map<Integer, Vdi> vdis = new HashMap<>();
  private final Set<Integer> locks = new HashSet<>();
  private final Set<UnderWay> underWay = new HashSet<>();
  private final List<String> violations = new ArrayList<>();
  private final List<Rule> rules = new ArrayList<>();
  private boolean overlapsAllowed;
  private int snapshotWrites;

  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong accepted = new AtomicLong();
  private final Map<Integer, AtomicLong> byOpcode = new ConcurrentHashMap<>();
  private volatile ServerSocket listener;
  private volatile int port;
  private volatile boolean keepsLocks = true;
  private volatile boolean silent;
  private volatile int mostDelayMicros = 2000;
  private volatile int strayMillis;
  private volatile long dropAfter = Long.MAX_VALUE;

  /// @param seed of the order in which it answers
  public SheepServer(long seed) {
    random = new Random(seed);
    start();
  }

  // --- what a test does with it

  /// Where it listens.
  public String address() {
    return "127.0.0.1:" + port;
  }

  /// What the client did that it must not do.
  public synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  /// How many requests came.
  public long requests() {
    return requests.get();
  }

  /// How many requests of one operation came.
  public long requests(int opcode) {
    return byOpcode.computeIfAbsent(opcode, _ -> new AtomicLong()).get();
  }

  /// How many connections were made.
  public long accepted() {
    return accepted.get();
  }

  /// How many writes went into the inode of a snapshot.
  public synchronized int snapshotWrites() {
    return snapshotWrites;
  }

  /// Whether any request is being carried out, one whose connection is gone included.
  public synchronized boolean busy() {
    return !underWay.isEmpty();
  }

  /// Executes and answers at once.
  public void immediately() {
    mostDelayMicros = 0;
  }

  /// How long a request may stay before it is carried out.
  public void delay(int micros) {
    mostDelayMicros = micros;
  }

  /// What is under way when a connection is lost is carried out up to so much later.
  public void strays(int millis) {
    strayMillis = millis;
  }

  /// The client writes the same bytes twice at once on purpose.
  public synchronized void allowOverlaps() {
    overlapsAllowed = true;
  }

  /// As a cluster that was formatted without locks.
  public void withoutLocks() {
    keepsLocks = false;
  }

  /// Reads requests and answers nothing, until it is told otherwise.
  public void silent(boolean now) {
    silent = now;
  }

  /// Answers some of the requests with a result instead of doing them.
  public synchronized void fail(int times, int code, Predicate<Asked> which) {
    rules.add(new Rule(which, code, new int[] {times}));
  }

  /// Answers as usual again.
  public synchronized void failNoMore() {
    rules.clear();
  }

  /// Drops every connection when so many more requests have come; what has come is carried out.
  public void dropAfter(int more) {
    dropAfter = requests.get() + more;
  }

  /// Drops every connection; what is under way is carried out.
  public void drop() {
    for (Socket connection : connections) {
      close(connection);
    }
  }

  /// No connection is taken any more, and those there are end.
  public void stop() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    drop();
  }

  /// Serves again, at the same address and with the same objects.
  public void start() {
    for (int attempt = 1; ; attempt++) {
      try {
        var socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 64);
        port = socket.getLocalPort();
        listener = socket;
        threads.execute(() -> accept(socket));
        return;
      } catch (IOException e) {
        if (attempt == BIND_ATTEMPTS) { // what had the port before may take a moment to go
          throw new UncheckedIOException(e);
        }
        pause(20_000);
      }
    }
  }

  @Override
  public void close() {
    stop();
    clock.shutdownNow();
    threads.shutdownNow();
  }

  /// Makes a VDI.
  ///
  /// @param shift the logarithm of its objects' size
  public synchronized int create(String name, long bytes, int shift) {
    return newVdi(name, bytes, shift, 0, null);
  }

  private int newVdi(String name, long bytes, int shift, int parent, byte[] map) {
    int vid = freeVid(name);
    byte[] inode = new byte[INODE_LENGTH];
    ByteBuffer fields = little(inode);
    put(inode, 0, name);
    fields.putLong(512, (System.currentTimeMillis() / 1000) << 32);
    fields.putLong(536, bytes);
    fields.put(554, (byte) 1);
    fields.put(555, (byte) shift);
    fields.putInt(556, 1);
    fields.putInt(560, vid);
    fields.putInt(564, parent);
    if (map != null) {
      System.arraycopy(map, MAP, inode, MAP, MAP_END - MAP);
    }
    objects.put(inodeOid(vid), inode);
    vdis.put(vid, new Vdi(vid, name));
    return vid;
  }

  private int freeVid(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (each & 0xff)) * 0x100000001b3L;
    }
    int vid = (int) (hash & 0xffffff);
    while (vdis.containsKey(vid)) {
      vid = vid + 1 & 0xffffff;
    }
    return vid;
  }

  /// Takes a snapshot: the current state goes on with another id. As in a cluster, objects are
  /// written meanwhile, but nothing is looked up.
  ///
  /// @return the id of the new current state
  public int snapshot(String name, String tag) {
    clusterOperations.lock();
    try {
      int old;
      byte[] copy;
      synchronized (this) {
        old = current(name).vid;
        copy = objects.get(inodeOid(old)).clone();
      }
      pause(mostDelayMicros);
      synchronized (this) {
        ByteBuffer fields = little(copy);
        int next = newVdi(name, fields.getLong(536), copy[555], old, copy);
        Vdi snapshot = vdis.get(old);
        snapshot.tag = tag;
        snapshot.snapId = old;
        byte[] inode = objects.get(inodeOid(old));
        put(inode, NAME, tag);
        little(inode).putLong(520, (System.currentTimeMillis() / 1000) << 32 | 1);
        little(inode).putInt(556, old);
        return next;
      }
    } finally {
      clusterOperations.unlock();
    }
  }

  /// Takes the current state away and makes another one of a snapshot.
  public int rollback(String name, String tag) {
    clusterOperations.lock();
    try {
      synchronized (this) {
        Vdi from = find(name, tag, 0);
        current(name).deleted = true;
        byte[] inode = objects.get(inodeOid(from.vid));
        return newVdi(name, little(inode).getLong(536), inode[555], from.vid, inode);
      }
    } finally {
      clusterOperations.unlock();
    }
  }

  /// Takes the current state away.
  public synchronized void delete(String name) {
    Vdi vdi = current(name);
    vdi.deleted = true;
    objects.keySet().removeIf(oid -> oid >= 0 && oid >>> 32 == vdi.vid);
  }

  /// As `dog vdi resize` does.
  public synchronized void resize(String name, long bytes) {
    little(objects.get(inodeOid(current(name).vid))).putLong(536, bytes);
  }

  /// Whether anybody has the lock of the current state.
  public synchronized boolean locked(String name) {
    return locks.contains(current(name).vid);
  }

  /// As another client would.
  public synchronized void lock(String name) {
    locks.add(current(name).vid);
  }

  /// As `dog vdi lock unlock` does.
  public synchronized void unlock(String name) {
    locks.remove(current(name).vid);
  }

  /// The id of the current state.
  public synchronized int vid(String name) {
    return current(name).vid;
  }

  /// Another byte of an inode's header.
  public synchronized void poke(int vid, int at, int value) {
    objects.get(inodeOid(vid))[at] = (byte) value;
  }

  /// Whether a data object is there.
  public synchronized boolean exists(int vid, int index) {
    return objects.containsKey(dataOid(vid, index));
  }

  /// The disk as whoever opens it now would read it.
  ///
  /// @param tag of a snapshot; empty for the current state
  public synchronized byte[] content(String name, String tag) {
    Vdi vdi = tag.isEmpty() ? current(name) : find(name, tag, 0);
    byte[] inode = objects.get(inodeOid(vdi.vid));
    byte[] content = new byte[(int) little(inode).getLong(536)];
    int length = 1 << inode[555];
    for (int i = 0; (long) i * length < content.length; i++) {
      int owner = little(inode).getInt(MAP + 4 * i);
      byte[] object = owner == 0 ? null : objects.get(dataOid(owner, i));
      if (owner != 0 && object == null) {
        throw new AssertionError(
            "object %d of VDI %06x is mapped and not there".formatted(i, owner));
      }
      if (object != null) {
        System.arraycopy(
            object, 0, content, i * length, Math.min(length, content.length - i * length));
      }
    }
    return content;
  }

  // --- connections

  private void accept(ServerSocket socket) {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        connection.setTcpNoDelay(true);
        accepted.incrementAndGet();
        connections.add(connection);
        if (socket.isClosed()) {
          close(connection);
        }
        threads.execute(() -> serve(connection));
      } catch (IOException e) {
        return; // stopped
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      var in = new DataInputStream(connection.getInputStream());
      while (true) {
        byte[] header = new byte[HEADER];
        in.readFully(header);
        ByteBuffer fields = little(header);
        byte[] data = new byte[0];
        if ((fields.getShort(2) & WRITE) != 0) {
          data = new byte[fields.getInt(12)];
          in.readFully(data);
        }
        receive(connection, header, data);
      }
    } catch (EOFException | java.net.SocketException e) {
      // it ended
    } catch (IOException e) {
      violation("a frame that cannot be read: " + e);
    } finally {
      connections.remove(connection);
    }
  }

  private void receive(Socket connection, byte[] header, byte[] data) {
    ByteBuffer fields = little(header);
    int opcode = header[1] & 0xff;
    byOpcode.computeIfAbsent(opcode, _ -> new AtomicLong()).incrementAndGet();
    boolean object = opcode <= DISCARD;
    var asked =
        new Asked(
            opcode,
            fields.getShort(2),
            object ? fields.getLong(16) : 0,
            object ? fields.getLong(24) : 0,
            object ? fields.getInt(40) : 0,
            fields.getInt(12));
    judgeFrame(asked, header, data);
    boolean dropping = requests.incrementAndGet() >= dropAfter;
    var request = new UnderWay(connection, asked, data);
    if (object) {
      judgeCompany(request);
    }
    int delay = mostDelayMicros == 0 ? 0 : next(mostDelayMicros);
    if (dropping) {
      dropAfter = Long.MAX_VALUE;
      drop();
    }
    if (delay == 0 && strayMillis == 0) {
      execute(connection, header, request);
    } else {
      var _ =
          clock.schedule(
              () -> threads.execute(() -> executeLater(connection, header, request)),
              delay,
              TimeUnit.MICROSECONDS);
    }
  }

  private void executeLater(Socket connection, byte[] header, UnderWay request) {
    if (connection.isClosed() && strayMillis > 0) {
      pause(1000 * next(strayMillis));
    }
    execute(connection, header, request);
  }

  private void execute(Socket connection, byte[] header, UnderWay request) {
    byte[] answer = new byte[HEADER];
    System.arraycopy(header, 0, answer, 0, 16);
    little(answer).putShort(2, (short) 0);
    little(answer).putInt(4, 7); // an epoch
    little(answer).putInt(12, 0);
    byte[] data = new byte[0];
    try {
      Integer told = ruled(request.asked());
      data = told == null ? execute(request, header, answer) : data;
      if (told != null) {
        little(answer).putInt(16, told);
      }
    } catch (RuntimeException e) {
      violation("a request that cannot be done: " + request.asked() + ": " + e);
    } finally {
      synchronized (this) {
        underWay.remove(request);
      }
    }
    int wait = mostDelayMicros == 0 ? 0 : next(mostDelayMicros);
    byte[] bytes = data;
    if (silent) {
      return;
    }
    if (wait == 0) {
      send(connection, answer, bytes);
    } else {
      var _ =
          clock.schedule(
              () -> threads.execute(() -> send(connection, answer, bytes)),
              wait,
              TimeUnit.MICROSECONDS);
    }
  }

  private static void send(Socket connection, byte[] answer, byte[] data) {
    little(answer).putInt(12, data.length);
    byte[] frame = Arrays.copyOf(answer, HEADER + data.length);
    System.arraycopy(data, 0, frame, HEADER, data.length);
    try {
      synchronized (connection) {
        OutputStream out = connection.getOutputStream();
        out.write(frame);
      }
    } catch (IOException e) {
      // nobody hears it
    }
  }

  private synchronized Integer ruled(Asked asked) {
    for (Rule rule : rules) {
      if (rule.times()[0] > 0 && rule.which().test(asked)) {
        rule.times()[0]--;
        return rule.code();
      }
    }
    return null;
  }

  // --- operations

  private byte[] execute(UnderWay request, byte[] header, byte[] answer) {
    return switch (request.asked().opcode()) {
      case CREATE, READ_OBJ, WRITE_OBJ, DISCARD -> {
        synchronized (this) {
          yield onObject(request, answer);
        }
      }
      case CLUSTER_DEFAULT -> {
        answer[20] = 1;
        answer[22] = 22;
        yield new byte[0];
      }
      case FLUSH -> result(answer, INVALID);
      case LOCK, INFO, RELEASE, NEW_VDI, DELETE -> {
        clusterOperations.lock();
        try {
          synchronized (this) {
            yield onVdi(request, header, answer);
          }
        } finally {
          clusterOperations.unlock();
        }
      }
      default -> result(answer, INVALID);
    };
  }

  private static byte[] result(byte[] answer, int code) {
    little(answer).putInt(16, code);
    return new byte[0];
  }

  private byte[] onVdi(UnderWay request, byte[] header, byte[] answer) {
    if (header[0] > 2) {
      return result(answer, VERSION);
    }
    ByteBuffer fields = little(header);
    int base = fields.getInt(24);
    if (request.asked().opcode() == RELEASE) {
      locks.remove(base);
      return result(answer, SUCCESS);
    }
    int length = request.data().length;
    if (length != NAME && length != 2 * NAME) {
      return result(answer, INVALID);
    }
    String name = text(request.data(), 0);
    String tag = length == 2 * NAME ? text(request.data(), NAME) : "";
    int snapId = fields.getInt(32);
    Vdi vdi = find(name, tag, snapId);
    if (request.asked().opcode() == NEW_VDI) {
      if (vdi != null) {
        return result(answer, VDI_EXIST);
      }
      int vid = newVdi(name, fields.getLong(16), header[31] == 0 ? 22 : header[31], 0, null);
      little(answer).putInt(24, vid);
      return result(answer, SUCCESS);
    }
    if (vdi == null) {
      boolean known = vdis.values().stream().anyMatch(it -> it.name.equals(name) && !it.deleted);
      return result(answer, known ? NO_TAG : NO_VDI);
    }
    if (request.asked().opcode() == DELETE) {
      vdi.deleted = true;
      return result(answer, SUCCESS);
    }
    if (request.asked().opcode() == LOCK && keepsLocks && !locks.add(vdi.vid)) {
      return result(answer, LOCKED);
    }
    little(answer).putInt(24, vdi.vid);
    answer[32] = 1;
    answer[33] = objects.get(inodeOid(vdi.vid))[555];
    return result(answer, SUCCESS);
  }

  private byte[] onObject(UnderWay request, byte[] answer) {
    Asked asked = request.asked();
    int vid = (int) (asked.oid() >>> 32) & 0xffffff;
    int index = (int) asked.oid();
    Vdi vdi = vdis.get(vid);
    answer[20] = 1;
    if (vdi == null || (vdi.deleted && !asked.inode())) {
      return result(answer, NO_OBJ);
    }
    byte[] inode = objects.get(inodeOid(vid));
    boolean snapshot = little(inode).getLong(520) != 0;
    int end = asked.inode() ? INODE_LENGTH : 1 << inode[555];
    if (asked.opcode() != DISCARD
        && (asked.offset() < 0 || asked.length() < 0 || asked.offset() > end - asked.length())) {
      violation("past the object's end: " + asked);
      return result(answer, INVALID);
    }
    if (asked.opcode() != READ_OBJ && snapshot && !asked.inode() && asked.opcode() != DISCARD) {
      return result(answer, READONLY);
    }
    byte[] object = objects.get(asked.oid());
    switch (asked.opcode()) {
      case READ_OBJ -> {
        return object == null
            ? result(answer, NO_OBJ)
            : Arrays.copyOfRange(object, asked.offset(), asked.offset() + asked.length());
      }
      case WRITE_OBJ -> {
        if (object == null) {
          return result(answer, NO_OBJ);
        }
        if (asked.inode()) {
          judgeInodeWrite(request, inode, vid);
          snapshotWrites += snapshot ? 1 : 0;
        }
        System.arraycopy(request.data(), 0, object, asked.offset(), asked.length());
      }
      case CREATE -> {
        if (little(inode).getInt(MAP + 4 * index) == vid) {
          violation("create of an object whose entry is the VDI's own already: " + asked);
        }
        byte[] made = new byte[end];
        if ((asked.flags() & COW) != 0) {
          byte[] from = objects.get(asked.cowOid());
          if (from == null) {
            return result(answer, NO_OBJ);
          }
          System.arraycopy(from, 0, made, 0, end);
        }
        System.arraycopy(request.data(), 0, made, asked.offset(), asked.length());
        objects.put(asked.oid(), made);
      }
      case DISCARD -> {
        // not refused where it is a snapshot's
        if (little(inode).getInt(MAP + 4 * index) != 0) {
          little(inode).putInt(MAP + 4 * index, 0);
          objects.remove(asked.oid());
        }
      }
      default -> throw new AssertionError(asked);
    }
    return result(answer, SUCCESS);
  }

  // --- judging

  private synchronized void violation(String what) {
    violations.add(what);
  }

  private void judgeFrame(Asked asked, byte[] header, byte[] data) {
    boolean writes = (asked.flags() & WRITE) != 0;
    var wrong = new ArrayList<String>();
    if (header[0] < 0 || header[0] > 2) {
      wrong.add("protocol version " + header[0]);
    }
    if (little(header).getInt(4) != 0) {
      wrong.add("an epoch");
    }
    Set<Integer> flags =
        switch (asked.opcode()) {
          case CREATE -> Set.of(WRITE | DIRECT, WRITE | DIRECT | COW, WRITE, WRITE | COW);
          case WRITE_OBJ -> Set.of(WRITE | DIRECT, WRITE);
          case LOCK, INFO -> Set.of(WRITE);
          case READ_OBJ, DISCARD, RELEASE, CLUSTER_DEFAULT -> Set.of(0);
          default -> Set.of();
        };
    if (!flags.contains(asked.flags())) {
      wrong.add("flags 0x%x of operation 0x%x".formatted(asked.flags(), asked.opcode()));
    }
    var used = new TreeSet<Integer>();
    switch (asked.opcode()) {
      case CREATE, READ_OBJ, WRITE_OBJ, DISCARD -> {
        range(used, 16, 32); // ids
        range(used, 32, 34); // copies and their policy
        range(used, 40, 44);
        if (((asked.flags() & COW) != 0) != (asked.cowOid() != 0)) {
          wrong.add("the flag COW does not go with the object to copy");
        }
        if (asked.length() == 0 && asked.opcode() != DISCARD) {
          wrong.add("no bytes");
        }
      }
      case LOCK, INFO -> {
        range(used, 32, 36);
        if (data.length != NAME && data.length != 2 * NAME) {
          wrong.add("a name of " + data.length + " bytes");
        } else if (!padded(data, 0) || (data.length == 2 * NAME && !padded(data, NAME))) {
          wrong.add("a name that is not filled up with zeroes");
        }
      }
      case RELEASE -> range(used, 24, 28);
      default -> {}
    }
    for (int i = 16; i < HEADER; i++) {
      if (header[i] != 0 && !used.contains(i)) {
        wrong.add("byte " + i + " is used");
      }
    }
    if (!writes && data.length != 0) {
      wrong.add("data without its flag");
    }
    if (!wrong.isEmpty()) {
      violation(asked + ": " + wrong);
    }
  }

  private static void range(Set<Integer> used, int from, int to) {
    for (int i = from; i < to; i++) {
      used.add(i);
    }
  }

  private static boolean padded(byte[] data, int at) {
    int length = text(data, at).getBytes(StandardCharsets.UTF_8).length;
    for (int i = at + length; i < at + NAME; i++) {
      if (data[i] != 0) {
        return false;
      }
    }
    return length > 0;
  }

  /// What is asked for beside what is under way.
  private synchronized void judgeCompany(UnderWay request) {
    Asked asked = request.asked();
    for (UnderWay other : underWay) {
      Asked its = other.asked();
      if (its.oid() != asked.oid() || other.forgotten()) {
        continue;
      }
      boolean alone = alone(asked) || alone(its);
      boolean overlap =
          asked.opcode() == WRITE_OBJ
              && its.opcode() == WRITE_OBJ
              && asked.offset() < its.offset() + its.length()
              && its.offset() < asked.offset() + asked.length()
              && !overlapsAllowed
              && !(asked.equals(its) && Arrays.equals(request.data(), other.data()));
      if (alone || overlap) {
        violations.add(asked + " while there is " + its);
      }
    }
    underWay.add(request);
  }

  private static boolean alone(Asked asked) {
    return asked.opcode() == CREATE || asked.opcode() == DISCARD;
  }

  private void judgeInodeWrite(UnderWay request, byte[] inode, int vid) {
    int from = request.asked().offset();
    int to = from + request.asked().length();
    if (from == 536 && to == 544) {
      if (little(request.data()).getLong(0) < little(inode).getLong(536)) {
        violation("the VDI is made smaller");
      }
      return;
    }
    if (from < MAP || to > MAP_END || (from - MAP) % 4 != 0 || (to - from) % 4 != 0) {
      violation("a write into the inode from " + from + " to " + to);
      return;
    }
    for (int at = from; at < to; at += 4) {
      int index = (at - MAP) / 4;
      int entry = little(request.data()).getInt(at - from);
      if (entry != vid) {
        violation("entry %d becomes %06x in VDI %06x".formatted(index, entry, vid));
      } else if (little(inode).getInt(at) == vid) {
        violation("entry " + index + " is written and was the same");
      } else if (!objects.containsKey(dataOid(vid, index))) {
        violation("entry " + index + " of an object that is not there");
      }
    }
  }

  // --- small things

  private Vdi current(String name) {
    return find(name, "", 0);
  }

  private Vdi find(String name, String tag, int snapId) {
    for (Vdi vdi : vdis.values()) {
      boolean wantsCurrent = tag.isEmpty() && snapId == 0;
      boolean meant =
          wantsCurrent
              ? vdi.snapId == 0
              : vdi.snapId != 0 && (snapId == 0 ? vdi.tag.equals(tag) : vdi.snapId == snapId);
      if (vdi.name.equals(name) && !vdi.deleted && meant) {
        return vdi;
      }
    }
    return null;
  }

  private int next(int bound) {
    synchronized (random) {
      return random.nextInt(bound);
    }
  }

  private static void pause(int mostMicros) {
    try {
      TimeUnit.MICROSECONDS.sleep(ThreadLocalRandom.current().nextInt(mostMicros + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void close(Socket connection) {
    try {
      connection.close();
    } catch (IOException e) {
      // it is gone
    }
  }

  private static long inodeOid(int vid) {
    return 1L << 63 | (long) vid << 32;
  }

  private static long dataOid(int vid, int index) {
    return (long) vid << 32 | index;
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void put(byte[] to, int at, String text) {
    byte[] bytes = Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), NAME);
    System.arraycopy(bytes, 0, to, at, NAME);
  }

  private static String text(byte[] bytes, int at) {
    int end = at;
    while (end < at + NAME && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, at, end - at, StandardCharsets.UTF_8);
  }
}
