package io.vtgt.store.rbd;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// How a cluster is reached, and as whom. Images whose options are equal share one connection.
///
/// @param cluster its name, `ceph` mostly: where the configuration file and keyring are looked for
/// @param client who we are, without `client.`
/// @param conf configuration file; empty for the usual places
/// @param key the secret key itself; never printed
/// @param config what overrides the configuration file
/// @param owner who has a connection of its own; empty for a shared one
record ClusterOptions(
    String cluster,
    String client,
    Optional<Path> conf,
    Optional<Path> keyring,
    Optional<Path> keyFile,
    Optional<String> key,
    Map<String, String> config,
    String owner) {

  ClusterOptions {
    config = Map.copyOf(config);
  }

  @Override
  public String toString() {
    return "client."
        + client
        + " of cluster "
        + cluster
        + conf.map(path -> " (" + path + ")").orElse("")
        + (config.isEmpty() ? "" : " with " + new TreeMap<>(config));
  }
}
