package io.vtgt.daemon;

import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A numbered list of things to do one after the other: how the daemon starts and stops.
final class Steps {
  private static final Logger LOG = LoggerFactory.getLogger(Steps.class);

  private Steps() {}

  /// @param what in the imperative, for the log
  /// @param run what a failure says is told to a person
  record Step(String what, Supplier<Future<Void>> run) {}

  /// Does each step when the one before is done; the first failure ends the list.
  static Future<Void> start(List<Step> steps) {
    Future<Void> chain = Future.succeededFuture();
    for (int i = 0; i < steps.size(); i++) {
      var step = steps.get(i);
      var number = "start " + (i + 1) + "/" + steps.size();
      chain =
          chain.compose(
              _ -> {
                LOG.info("{}: {}", number, step.what());
                return step.run().get();
              });
    }
    return chain;
  }

  /// Does every step, whatever comes of the ones before, and none for longer than `boundSeconds`.
  ///
  /// @return whether all went well
  static Future<Boolean> stop(List<Step> steps, int boundSeconds) {
    Future<Boolean> chain = Future.succeededFuture(true);
    for (int i = 0; i < steps.size(); i++) {
      var step = steps.get(i);
      var number = "stop " + (i + 1) + "/" + steps.size();
      chain =
          chain.compose(
              well -> {
                LOG.info("{}: {}", number, step.what());
                return attempt(step)
                    .timeout(boundSeconds, TimeUnit.SECONDS)
                    .transform(
                        done -> {
                          if (done.failed()) {
                            LOG.error(
                                "{}: could not {}: {}",
                                number,
                                step.what(),
                                Reconciler.words(done.cause()));
                          }
                          return Future.succeededFuture(well && done.succeeded());
                        });
              });
    }
    return chain;
  }

  private static Future<Void> attempt(Step step) {
    try {
      return step.run().get();
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }
}
