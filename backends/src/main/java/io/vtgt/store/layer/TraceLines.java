package io.vtgt.store.layer;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vtgt.store.CallingContext;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes lines without waiting, and writes them to a file or to the log on a worker thread. What
/// comes faster than it can be written is dropped and counted.
final class TraceLines {
  private static final Logger LOG = LoggerFactory.getLogger("io.vtgt.trace");

  /// Lines that wait; about a megabyte.
  private static final int MOST_LINES = 8192;

  private final Vertx vertx;
  private final Optional<Path> file;
  private final Promise<Void> closed = Promise.promise();

  // Under this object's monitor.
  private List<String> waiting = new ArrayList<>();
  private boolean writing; // a worker writes, or will
  private boolean closing;
  private long taken;
  private long dropped;

  // Touched by the one worker that writes.
  private BufferedWriter out;
  private boolean broken;

  /// @param vertx null to write on the calling thread
  /// @param file opened with the first line; empty for the log
  TraceLines(Vertx vertx, Optional<Path> file) {
    this.vertx = vertx;
    this.file = file;
  }

  void add(String line) {
    synchronized (this) {
      if (closing || waiting.size() == MOST_LINES) {
        dropped++;
        return;
      }
      waiting.add(line);
      taken++;
      if (writing) {
        return;
      }
      writing = true;
    }
    work();
  }

  synchronized long taken() {
    return taken;
  }

  synchronized long dropped() {
    return dropped;
  }

  /// Writes what it has taken, and gives the file back.
  Future<Void> close() {
    Promise<Void> done = CallingContext.promise(vertx);
    closed.future().onComplete(done);
    synchronized (this) {
      if (closing) {
        return done.future();
      }
      closing = true;
      if (writing) {
        return done.future();
      }
      writing = true;
    }
    work();
    return done.future();
  }

  private void work() {
    if (vertx == null) {
      writeAll();
      return;
    }
    var _ =
        vertx.executeBlocking(
            () -> {
              writeAll();
              return null;
            },
            false);
  }

  private void writeAll() {
    while (true) {
      List<String> lines;
      synchronized (this) {
        lines = waiting;
        if (lines.isEmpty()) {
          if (!closing) {
            writing = false;
            return;
          }
          break; // nobody takes a line or begins to write any more
        }
        waiting = new ArrayList<>();
      }
      write(lines);
    }
    try {
      if (out != null) {
        out.close();
      }
    } catch (IOException e) {
      LOG.warn("{} could not be closed: {}", file.orElseThrow(), e.toString());
    }
    closed.complete();
  }

  private void write(List<String> lines) {
    if (file.isEmpty()) {
      lines.forEach(LOG::info);
      return;
    }
    try {
      if (out == null) {
        out =
            Files.newBufferedWriter(
                file.get(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
      for (String line : lines) {
        out.write(line);
        out.newLine();
      }
      out.flush();
      broken = false;
    } catch (IOException e) {
      synchronized (this) {
        dropped += lines.size();
        taken -= lines.size();
      }
      if (!broken) {
        broken = true;
        LOG.warn("{} cannot be written, lines are dropped: {}", file.get(), e.toString());
      }
    }
  }
}
