package io.vtgt.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A real Ceph cluster (`integration-tests/ceph-lab`): one for all tests of this run, started by
/// the first that wants it and gone with the JVM. A test leaves it as it found it: [#mend] in its
/// end.
///
/// The daemons under test are its user [#CLIENT], which has the caps `profile rbd` and no other.
final class CephLab {
  static final String POOL = "rbd";
  static final String CLIENT = "gateway";

  private static final Path SCRIPT = Tool.PROJECT.resolve("integration-tests/ceph-lab/ceph-lab.sh");
  private static final Path FOLDER = Tool.PROJECT.resolve("integration-tests/target/ceph-lab");
  private static final int SECONDS = 120, PACKAGES_MISSING = 69;
  private static final Pattern WATCHER = Pattern.compile("watcher=(\\S+) client");

  private static CephLab running;

  private CephLab() {}

  /// The cluster; skips the test where Ceph is not installed.
  static synchronized CephLab use() {
    if (running == null) {
      assumeInstalled();
      var lab = new CephLab();
      lab.script("down", "--wipe"); // what a run left that was killed
      Runtime.getRuntime().addShutdownHook(new Thread(() -> lab.script("down", "--wipe")));
      lab.script("up").wellDone();
      running = lab;
    }
    return running;
  }

  static boolean installed() {
    return check().exit() != PACKAGES_MISSING;
  }

  private static void assumeInstalled() {
    var checked = check();
    assumeTrue(
        checked.exit() != PACKAGES_MISSING,
        "Ceph is not installed (bin/test --ceph does it): " + checked.output().strip());
  }

  private static Tool check() {
    return Tool.run(SECONDS, SCRIPT.toString(), "check", "--no-install");
  }

  Path conf() {
    return FOLDER.resolve("ceph.conf");
  }

  /// The `store:` of a unit on an image of the pool.
  ///
  /// @param more further options, such as `, lock: shared`
  String store(String image, String more) {
    return "{ kind: rbd, pool: %s, image: %s, conf: %s, client: %s%s }"
        .formatted(POOL, image, conf(), CLIENT, more);
  }

  /// A new image, in the place of one of that name.
  ///
  /// @param more further words of `rbd create`
  void image(String name, String size, String... more) {
    rbd("rm", "--no-progress", name);
    var words = new ArrayList<>(List.of("--size", size, name));
    words.addAll(List.of(more));
    rbd("create", words.toArray(String[]::new)).wellDone();
  }

  /// The addresses (`IP:PORT/NONCE`) of the clients that have the image open.
  List<String> clientsOf(String image) {
    var addresses = new ArrayList<String>();
    Matcher watcher = WATCHER.matcher(rbd("status", image).wellDone().output());
    while (watcher.find()) {
      addresses.add(watcher.group(1));
    }
    return addresses;
  }

  Tool rbd(String verb, String... arguments) {
    return script("rbd", verb, arguments);
  }

  Tool ceph(String verb, String... arguments) {
    return script("ceph", verb, arguments);
  }

  Tool rados(String verb, String... arguments) {
    return script("rados", verb, arguments);
  }

  void stopOsd() {
    script("osd-stop", "0").wellDone();
  }

  void startOsd() {
    script("osd-start", "0").wellDone();
  }

  /// It hangs: it keeps its connections and answers nothing.
  void pauseOsd() {
    script("osd-pause", "0").wellDone();
  }

  void resumeOsd() {
    script("osd-resume", "0").wellDone();
  }

  void stopMon() {
    script("mon-stop").wellDone();
  }

  void startMon() {
    script("mon-start").wellDone();
  }

  /// It takes no write.
  void fill() {
    script("full").wellDone();
  }

  void makeRoom() {
    script("room").wellDone();
  }

  /// Everything runs and has room, whatever was done to it.
  void mend() {
    script("mon-resume");
    script("osd-resume", "0");
    startMon();
    startOsd();
    makeRoom();
  }

  private Tool script(String command) {
    return run(List.of(SCRIPT.toString(), command, FOLDER.toString()), List.of());
  }

  private Tool script(String command, String word, String... more) {
    return run(List.of(SCRIPT.toString(), command, FOLDER.toString(), word), List.of(more));
  }

  private static Tool run(List<String> words, List<String> more) {
    var command = new ArrayList<>(words);
    command.addAll(more);
    return Tool.run(SECONDS, command.toArray(String[]::new));
  }
}
