package io.vtgt.store.rbd;

import com.ceph.rados.IoCTX;
import com.ceph.rados.Rados;
import com.ceph.rados.exceptions.RadosException;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vtgt.store.StoreFault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection to a Ceph cluster. Shared by images ([Clusters]), so it is counted: who opens
/// gives it back by [#release()].
///
/// Everything here may block.
final class Cluster {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

  /// How long opening waits for a monitor, seconds; librados itself would wait five minutes.
  private static final String CONNECT_SECONDS = "10";

  private final ClusterOptions options;
  private final Connection rados;
  private final String address;

  // Guarded by the class [Clusters].
  int users;
  boolean ended;

  private Cluster(ClusterOptions options, Connection rados, String address) {
    this.options = options;
    this.rados = rados;
    this.address = address;
  }

  ClusterOptions options() {
    return options;
  }

  /// The client's address in the cluster's words, `192.168.7.2:0/3712`: what lock owners and the
  /// blocklist are named by.
  String address() {
    return address;
  }

  /// Whether two addresses mean the same client: an address may come with the protocol before it.
  static boolean sameClient(String a, String b) {
    return bare(a).equals(bare(b));
  }

  private static String bare(String address) {
    String bare = address.replaceAll("[\\[\\]]", "").split(",", -1)[0];
    return bare.replaceFirst("^(v1|v2|any):", "");
  }

  /// The value of a configuration option as it holds for this connection.
  Optional<String> config(String name) {
    try {
      return Optional.ofNullable(rados.confGet(name));
    } catch (RadosException e) {
      return Optional.empty();
    }
  }

  /// @throws StoreFault that says in words what is wrong
  static Cluster connect(ClusterOptions options) {
    NativeLibraries.require();
    if (options.conf().isPresent()) {
      mustBeReadable("configuration file", options.conf().get());
    }
    options.keyring().ifPresent(path -> mustBeReadable("keyring", path));
    options.keyFile().ifPresent(path -> mustBeReadable("key file", path));
    Connection rados = new Connection(options);
    try {
      configure(rados, options);
      rados.connect();
      Cluster cluster = new Cluster(options, rados, rados.address());
      LOG.info("connected to Ceph as {}, {}", options, cluster.address);
      return cluster;
    } catch (RadosException e) {
      rados.shutDown();
      throw fault(options, e);
    } catch (RuntimeException e) {
      rados.shutDown();
      throw e;
    }
  }

  private static void configure(Connection rados, ClusterOptions options) throws RadosException {
    if (options.conf().isPresent()) {
      rados.confReadFile(options.conf().get().toFile());
    } else {
      Path usual = Path.of("/etc/ceph", options.cluster() + ".conf");
      if (Files.isReadable(usual)) {
        rados.confReadFile(usual.toFile());
      } else if (!options.config().containsKey("mon_host")) {
        throw new StoreFault(
            StoreFault.Kind.UNAVAILABLE,
            usual + " cannot be read, and there is neither the option conf nor config.mon_host");
      }
    }
    Map<String, String> wanted = new LinkedHashMap<>();
    wanted.put("client_mount_timeout", CONNECT_SECONDS);
    options.keyring().ifPresent(path -> wanted.put("keyring", path.toString()));
    options.keyFile().ifPresent(path -> wanted.put("keyfile", path.toString()));
    options.key().ifPresent(key -> wanted.put("key", key));
    wanted.putAll(options.config());
    for (Map.Entry<String, String> each : wanted.entrySet()) {
      try {
        rados.confSet(each.getKey(), each.getValue());
      } catch (RadosException e) {
        throw new StoreFault(
            StoreFault.Kind.UNSUPPORTED, "config." + each.getKey() + " is refused by Ceph", e);
      }
    }
  }

  private static void mustBeReadable(String what, Path path) {
    if (!Files.isReadable(path)) {
      throw new StoreFault(
          StoreFault.Kind.UNAVAILABLE,
          what + " " + path + (Files.exists(path) ? " cannot be read" : " does not exist"));
    }
  }

  private static StoreFault fault(ClusterOptions options, RadosException e) {
    long result = e.getReturnValue();
    String reason;
    if (Errno.ETIMEDOUT.is(result)) {
      reason = "no monitor answered in time";
    } else if (Errno.ENOENT.is(result)) {
      reason = "no monitor address or no key is known for it, or the cluster does not know it";
    } else if (Errno.EPERM.is(result) || Errno.EACCES.is(result)) {
      reason = "the monitors do not accept its key";
    } else if (Errno.EINVAL.is(result)) {
      reason = "the configuration or the key is not well-formed";
    } else {
      reason = Errno.text(result);
    }
    return new StoreFault(
        StoreFault.Kind.UNAVAILABLE, "cannot connect to Ceph as " + options + ": " + reason, e);
  }

  /// A pool, in a namespace of it.
  ///
  /// @param namespace empty for the pool's own
  Pool pool(String name, String namespace) {
    IoCTX context;
    try {
      context = rados.ioCtxCreate(name);
    } catch (RadosException e) {
      throw new StoreFault(
          StoreFault.Kind.UNAVAILABLE,
          Errno.ENOENT.is(e.getReturnValue())
              ? "there is no pool '" + name + "'"
              : "pool '" + name + "': " + Errno.text(e.getReturnValue()),
          e);
    }
    long handle = Pointer.nativeValue(context.getPointer());
    if (!namespace.isEmpty()) {
      long exists = Words.number(out -> Librbd.rbd_namespace_exists(handle, namespace, out));
      if (exists < 0 || (exists & 0xff) == 0) {
        rados.ioCtxDestroy(context);
        throw exists < 0
            ? Errno.fault("pool '" + name + "'", exists, StoreFault.Kind.UNAVAILABLE)
            : new StoreFault(
                StoreFault.Kind.UNAVAILABLE,
                "there is no namespace '" + namespace + "' in pool '" + name + "'");
      }
      context.setNamespace(namespace);
    }
    return new Pool(context, handle);
  }

  /// An open pool. Given back before the connection is.
  final class Pool implements AutoCloseable {
    private final IoCTX context;
    private final long handle;

    private Pool(IoCTX context, long handle) {
      this.context = context;
      this.handle = handle;
    }

    /// What the native calls name it by.
    long handle() {
      return handle;
    }

    @Override
    public void close() {
      rados.ioCtxDestroy(context);
    }
  }

  /// Shuts a client out of the cluster: what it has sent and is not done yet is never done, and
  /// nothing that it sends from now on. Returns when this client knows of it too.
  ///
  /// @param client its address as lock owners and watchers are named: `192.168.7.2:0/3712`
  void blocklist(String client, Duration lasting) {
    command(
        "{\"prefix\": \"osd blocklist\", \"blocklistop\": \"add\", \"addr\": \"%s\", \"expire\": %d.0}"
            .formatted(bare(client), lasting.toSeconds()));
    int known = Librados.rados_wait_for_latest_osdmap(rados.handle());
    if (known < 0) {
      throw Errno.fault("the latest map of the cluster", known, StoreFault.Kind.UNAVAILABLE);
    }
  }

  /// Asks the monitors.
  ///
  /// @param json the command with its arguments
  /// @return what they answer, mostly text or JSON
  String command(String json) {
    byte[] text = (json + "\0").getBytes(StandardCharsets.UTF_8);
    try (Memory command = new Memory(text.length);
        Memory commands = new Memory(Long.BYTES);
        Memory out = new Memory(4L * Long.BYTES)) {
      command.write(0, text, 0, text.length);
      commands.setPointer(0, command);
      out.clear();
      long at = Pointer.nativeValue(out);
      int result =
          Librados.rados_mon_command(
              rados.handle(),
              Pointer.nativeValue(commands),
              1,
              0,
              0,
              at,
              at + Long.BYTES,
              at + 2 * Long.BYTES,
              at + 3 * Long.BYTES);
      String answer = taken(out, 0);
      String status = taken(out, 2L * Long.BYTES);
      if (result < 0) {
        throw Errno.fault(
            "command " + json + " (" + status + ")", result, StoreFault.Kind.UNAVAILABLE);
      }
      return answer;
    }
  }

  /// A text the library made, with its length after its address; given back to it.
  private static String taken(Memory out, long at) {
    Pointer text = out.getPointer(at);
    if (text == null) {
      return "";
    }
    try {
      int length = (int) out.getLong(at + Long.BYTES);
      return new String(text.getByteArray(0, length), StandardCharsets.UTF_8);
    } finally {
      Librados.rados_buffer_free(Pointer.nativeValue(text));
    }
  }

  /// Nobody gets this connection any more; who has it keeps it until it gives it back.
  void isLost() {
    Clusters.forget(this);
  }

  /// Given back by one user; the last one ends the connection.
  void release() {
    if (Clusters.release(this)) {
      rados.shutDown();
      LOG.info("disconnected from Ceph: {}, {}", options, address);
    }
  }

  /// What rados-java has of a connection. Its finalizer would end a connection that images still
  /// use, for they do not refer to it: it must not.
  private static final class Connection extends Rados {
    Connection(ClusterOptions options) {
      super(options.cluster(), "client." + options.client(), 0);
      if (clusterPtr == null) {
        throw new StoreFault(StoreFault.Kind.UNAVAILABLE, "Ceph does not take the name " + options);
      }
    }

    long handle() {
      return Pointer.nativeValue(clusterPtr);
    }

    String address() {
      long cluster = Pointer.nativeValue(clusterPtr);
      try (Memory out = new Memory(Long.BYTES)) {
        out.setLong(0, 0);
        int result = Librados.rados_getaddrs(cluster, Pointer.nativeValue(out));
        Pointer text = out.getPointer(0);
        if (result < 0 || text == null) {
          return "client " + Librados.rados_get_instance_id(cluster);
        }
        try {
          return text.getString(0);
        } finally {
          Librados.rados_buffer_free(Pointer.nativeValue(text));
        }
      }
    }

    @Override
    @SuppressWarnings({"removal", "Finalize", "MissingSuperCall", "NoFinalizer"}) // see above
    protected void finalize() {}
  }
}
