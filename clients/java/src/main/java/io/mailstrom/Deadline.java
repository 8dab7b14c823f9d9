package io.mailstrom;

import java.time.Duration;
import java.util.function.LongSupplier;

/** A time limit over several tries. */
final class Deadline {
  /** What {@link #rest()} says of a deadline that never ends. */
  static final long NEVER = Long.MAX_VALUE;

  private final LongSupplier clock;
  private final long start;
  private final long limit;

  /**
   * Begins now.
   *
   * @param limit null: it never ends
   * @param clock nanoseconds that never go back, such as {@link System#nanoTime()}
   */
  Deadline(Duration limit, LongSupplier clock) {
    this.clock = clock;
    this.start = clock.getAsLong();
    this.limit = limit == null ? NEVER : nanos(limit);
  }

  Deadline(Duration limit) {
    this(limit, System::nanoTime);
  }

  /** Nanoseconds left, not below 0. */
  long rest() {
    return limit == NEVER ? NEVER : Math.max(limit - (clock.getAsLong() - start), 0);
  }

  boolean isOver() {
    return rest() == 0;
  }

  /** Centuries are as good as for ever. */
  private static long nanos(Duration limit) {
    try {
      return Math.max(limit.toNanos(), 0);
    } catch (ArithmeticException e) {
      return NEVER;
    }
  }
}
