package io.mailstrom;

import io.grpc.Status;
import io.mailstrom.v1.StatusEvent;
import io.mailstrom.v1.WatchStatusRequest;
import io.mailstrom.v1.WatchStatusResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Where a watch stands, over all its streams: decides what is handed out, and whether a stream that
 * broke is opened again.
 */
final class WatchState {
  private final Duration reconnectLimit;
  private final LongSupplier clock;
  private final Backoff backoff;
  private final Deadline deadline;
  // How long the present outage may last; until the first response it is as for any call.
  private Deadline patience;
  private boolean isOutage = true;
  // Read by other threads.
  private volatile WatchStatusRequest request;
  // Last revision handed out of each email that is followed by id, which bounds it.
  private final Map<String, Long> revisions = new HashMap<>();

  WatchState(
      WatchStatusRequest request,
      Duration timeout,
      Duration firstLimit,
      Duration reconnectLimit,
      Backoff backoff,
      LongSupplier clock) {
    this.request = request;
    this.reconnectLimit = reconnectLimit;
    this.backoff = backoff;
    this.clock = clock;
    this.deadline = new Deadline(timeout, clock);
    this.patience = new Deadline(firstLimit, clock);
  }

  /** What to open the next stream with. */
  WatchStatusRequest request() {
    return request;
  }

  /** Of the whole watch. */
  Deadline deadline() {
    return deadline;
  }

  /** Takes note of a response; false when it is not to be handed out. */
  boolean accept(WatchStatusResponse response) {
    backoff.reset();
    isOutage = false;
    if (!response.getCursor().isEmpty()) {
      request = request.toBuilder().setCursor(response.getCursor()).build();
    }
    boolean byId = request.getEmailIdsCount() > 0;
    switch (response.getUpdateCase()) {
      case SNAPSHOT -> {
        if (byId) {
          revisions.put(response.getSnapshot().getEmailId(), response.getSnapshot().getRevision());
        }
        return true;
      }
      case EVENT -> {
        // After a snapshot the log may show again what the snapshot showed.
        return !byId || isNews(response.getEvent());
      }
      default -> {
        return false;
      }
    }
  }

  /** Nanoseconds to wait before the next stream. Throws the error when there shall be none. */
  long pauseAfter(MailstromException error, boolean isWorthAnotherTry) {
    if (deadline.isOver()) {
      throw Errors.of(Status.Code.DEADLINE_EXCEEDED, "the time limit of the watch is over");
    }
    if (!isWorthAnotherTry) {
      throw error;
    }
    if (!isOutage) {
      isOutage = true;
      patience = new Deadline(reconnectLimit, clock);
    }
    OptionalLong pause = backoff.nextPause(patience);
    return Math.min(pause.orElseThrow(() -> error), deadline.rest());
  }

  private boolean isNews(StatusEvent event) {
    if (event.getRevision() <= revisions.getOrDefault(event.getEmailId(), 0L)) {
      return false;
    }
    revisions.put(event.getEmailId(), event.getRevision());
    return true;
  }
}
