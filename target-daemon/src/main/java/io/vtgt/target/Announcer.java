package io.vtgt.target;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears what an operator should hear of a unit. Called on any context; must not block.
@FunctionalInterface
public interface Announcer {

  enum Severity {
    INFO,
    WARNING,
    ERROR
  }

  /// Only logs.
  Announcer LOG = Announcer::log;

  /// @param subject which unit, by its name
  /// @param words what happened, one sentence
  void announce(String subject, Severity severity, String words);

  private static void log(String subject, Severity severity, String words) {
    Logger log = LoggerFactory.getLogger(Announcer.class);
    switch (severity) {
      case INFO -> log.info("{}: {}", subject, words);
      case WARNING -> log.warn("{}: {}", subject, words);
      case ERROR -> log.error("{}: {}", subject, words);
    }
  }
}
