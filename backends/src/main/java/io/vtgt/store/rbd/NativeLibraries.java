package io.vtgt.store.rbd;

import com.sun.jna.NativeLibrary;
import io.vtgt.store.StoreFault;

/// Whether Ceph's client libraries are there. Without them the daemon lives on; only RBD stores
/// cannot be opened.
final class NativeLibraries {
  private NativeLibraries() {}

  /// Loads the libraries.
  ///
  /// @throws StoreFault `UNAVAILABLE` that names the library and the package to install
  static void require() {
    load(Librados.LIBRARY, "librados2");
    load(Librbd.LIBRARY, "librbd1");
    try {
      NativeCompletions.load();
    } catch (LinkageError e) {
      throw new StoreFault(
          StoreFault.Kind.UNAVAILABLE, "librbd.so.1 is too old: " + e.getMessage(), e);
    }
  }

  private static void load(String library, String debianPackage) {
    try {
      NativeLibrary.getInstance(library);
    } catch (LinkageError e) {
      throw new StoreFault(
          StoreFault.Kind.UNAVAILABLE, library + " not found, install " + debianPackage, e);
    }
  }
}
