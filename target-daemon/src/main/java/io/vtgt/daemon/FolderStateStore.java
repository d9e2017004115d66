package io.vtgt.daemon;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vtgt.daemon.StateStore.StateFault.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A folder with one file per key. A file is one header line and the value:
///
/// ```
/// vtgt-state 1 version=3 length=57 sha256=9f86d0…
/// {"basis": …}
/// ```
///
/// A change is written to a temporary file, synced, renamed over the old one, and the folder is
/// synced: after a crash between any two steps the key has the old value or the new one. The hash
/// covers version and value, so a file that was cut or changed by something else is told as
/// damaged.
///
/// One thread does all of it, so changes have one order. The folder has one user: see [DataFolder].
final class FolderStateStore implements StateStore {
  private static final Pattern KEY = Pattern.compile("[a-z0-9-]{1,64}");
  private static final Pattern HEADER =
      Pattern.compile(
          "vtgt-state 1 version=([0-9]{1,18}) length=([0-9]{1,9}) sha256=([0-9a-f]{64})");
  private static final String SUFFIX = ".state", TEMPORARY = ".tmp";

  /// More than any document may have; keeps a damaged folder from filling the memory.
  private static final long MAX_FILE_BYTES = 64L << 20;

  /// The steps of a change, apart from each other, so that tests crash between any two.
  interface Disk {
    void write(Path file, byte[] content) throws IOException;

    void sync(Path file) throws IOException;

    void rename(Path from, Path to) throws IOException;

    void syncFolder(Path folder) throws IOException;

    Disk REAL =
        new Disk() {
          @Override
          public void write(Path file, byte[] content) throws IOException {
            Files.write(file, content);
          }

          @Override
          public void sync(Path file) throws IOException {
            try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
              channel.force(true);
            }
          }

          @Override
          public void rename(Path from, Path to) throws IOException {
            Files.move(
                from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
          }

          @Override
          public void syncFolder(Path folder) throws IOException {
            try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
              channel.force(true);
            }
          }
        };
  }

  private final Path folder;
  private final Disk disk;
  private final WorkerExecutor worker;
  private final Map<String, List<Consumer<Entry>>> watchers = new ConcurrentHashMap<>();

  private FolderStateStore(Vertx vertx, Path folder, Disk disk) {
    this.folder = folder;
    this.disk = disk;
    this.worker = vertx.createSharedWorkerExecutor("vtgt-state-" + folder.toAbsolutePath(), 1);
  }

  /// Opens the folder, makes it where it is missing, and removes what a crash left half written.
  static Future<FolderStateStore> open(Vertx vertx, Path folder) {
    return open(vertx, folder, Disk.REAL);
  }

  static Future<FolderStateStore> open(Vertx vertx, Path folder, Disk disk) {
    var store = new FolderStateStore(vertx, folder, disk);
    return store.work("open the state folder " + folder, store::prepare).map(store);
  }

  private Void prepare() throws IOException {
    Files.createDirectories(folder);
    try (var files = Files.newDirectoryStream(folder, "*" + TEMPORARY)) {
      for (var file : files) {
        Files.delete(file); // never renamed, so nobody was told it is saved
      }
    }
    return null;
  }

  @Override
  public Future<Optional<Entry>> get(String key) {
    return work("read the state " + key, () -> read(file(key)));
  }

  @Override
  public Future<Long> put(String key, long expectedVersion, String value) {
    return work("save the state " + key, () -> replace(key, expectedVersion, value))
        .map(
            entry -> {
              watchers.getOrDefault(key, List.of()).forEach(listener -> listener.accept(entry));
              return entry.version();
            });
  }

  private Entry replace(String key, long expectedVersion, String value) throws IOException {
    var file = file(key);
    long version = read(file).map(Entry::version).orElse(0L);
    if (version != expectedVersion) {
      throw new StateFault(
          Kind.VERSION_MOVED,
          "state " + key + " is at version " + version + ", expected " + expectedVersion);
    }
    var entry = new Entry(value, version + 1);
    var temporary = file.resolveSibling(key + TEMPORARY);
    disk.write(temporary, encode(entry));
    disk.sync(temporary);
    disk.rename(temporary, file);
    disk.syncFolder(folder);
    return entry;
  }

  @Override
  public Runnable watch(String key, Consumer<Entry> listener) {
    var listeners = watchers.computeIfAbsent(key, _ -> new CopyOnWriteArrayList<>());
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public Future<Void> close() {
    return work("close the state folder", () -> null)
        .mapEmpty()
        .eventually(worker::close)
        .mapEmpty();
  }

  private Path file(String key) {
    if (!KEY.matcher(key).matches()) {
      throw new IllegalArgumentException("state key '" + key + "'");
    }
    return folder.resolve(key + SUFFIX);
  }

  private static Optional<Entry> read(Path file) throws IOException {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw damaged(file, "it has " + Files.size(file) + " bytes, at most " + MAX_FILE_BYTES);
      }
      return Optional.of(decode(file, Files.readAllBytes(file)));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  private static byte[] encode(Entry entry) {
    var value = entry.value().getBytes(StandardCharsets.UTF_8);
    var header =
        "vtgt-state 1 version=%d length=%d sha256=%s\n"
            .formatted(entry.version(), value.length, hash(entry.version(), value))
            .getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(header.length + value.length).put(header).put(value).array();
  }

  private static Entry decode(Path file, byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != '\n') {
      end++;
    }
    Matcher header = HEADER.matcher(new String(bytes, 0, end, StandardCharsets.ISO_8859_1));
    if (end == bytes.length || !header.matches()) {
      throw damaged(file, "its first line is not that of a state file");
    }
    long version = Long.parseLong(header.group(1));
    int length = Integer.parseInt(header.group(2)), start = end + 1;
    if (bytes.length - start != length) {
      throw damaged(file, "it holds " + (bytes.length - start) + " bytes, expected " + length);
    }
    var value = new byte[length];
    System.arraycopy(bytes, start, value, 0, length);
    if (!hash(version, value).equals(header.group(3))) {
      throw damaged(file, "its checksum does not match");
    }
    return new Entry(new String(value, StandardCharsets.UTF_8), version);
  }

  private static StateFault damaged(Path file, String how) {
    return new StateFault(
        Kind.DAMAGED,
        "the state file "
            + file
            + " is damaged: "
            + how
            + " (restore it from a backup; or move it away, and what it held is lost)");
  }

  private static String hash(long version, byte[] value) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, version));
      return HexFormat.of().formatHex(digest.digest(value));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private interface Work<T> {
    T run() throws IOException;
  }

  private <T> Future<T> work(String what, Work<T> work) {
    return worker.executeBlocking(
        () -> {
          try {
            return work.run();
          } catch (IOException e) {
            throw new StateFault(Kind.FAILED, "cannot " + what + ": " + IoWords.of(e), e);
          }
        },
        true);
  }

  /// The files of the folder, for tests and tools.
  List<Path> files() throws IOException {
    var files = new ArrayList<Path>();
    try (var stream = Files.newDirectoryStream(folder)) {
      stream.forEach(files::add);
    }
    return files;
  }
}
