package io.mailstrom;

import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * Pauses between tries: 100 ms, doubled up to 5 s, each shortened by a random part of up to its
 * half, so that callers who failed together do not come back together.
 */
final class Backoff {
  private static final long INITIAL = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long MAX = TimeUnit.SECONDS.toNanos(5);

  private final DoubleSupplier draw;
  private long pause = INITIAL;

  /**
   * Starts with the shortest pause.
   *
   * @param draw numbers from 0 to 1
   */
  Backoff(DoubleSupplier draw) {
    this.draw = draw;
  }

  Backoff() {
    this(() -> ThreadLocalRandom.current().nextDouble());
  }

  /** Starts anew, after a success. */
  void reset() {
    pause = INITIAL;
  }

  /** Nanoseconds to wait before the next try; empty when the deadline leaves no time for it. */
  OptionalLong nextPause(Deadline deadline) {
    long next = (long) (pause * (0.5 + draw.getAsDouble() / 2));
    pause = Math.min(2 * pause, MAX);
    return deadline.rest() <= next ? OptionalLong.empty() : OptionalLong.of(next);
  }
}
