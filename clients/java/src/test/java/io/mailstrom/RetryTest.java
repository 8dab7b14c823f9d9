package io.mailstrom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.mailstrom.v1.Email;
import io.mailstrom.v1.Heartbeat;
import io.mailstrom.v1.SendEmailRequest;
import io.mailstrom.v1.SendEmailsResponse;
import io.mailstrom.v1.StatusEvent;
import io.mailstrom.v1.WatchStatusRequest;
import io.mailstrom.v1.WatchStatusResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** When to try again, without a clock. */
class RetryTest {
  private static final MailstromException UNAVAILABLE = Errors.of(Status.Code.UNAVAILABLE, "gone");

  private long now = 1_000_000_000_000L;

  private void advance(long milliseconds) {
    now += milliseconds * 1_000_000;
  }

  private Deadline deadline(long milliseconds) {
    return new Deadline(Duration.ofMillis(milliseconds), () -> now);
  }

  @Test
  void pausesDoubleUpToFiveSeconds() {
    for (double draw : new double[] {0, 1}) {
      var backoff = new Backoff(() -> draw);
      double factor = (1 + draw) / 2;
      List<Double> pauses = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        pauses.add(backoff.nextPause(new Deadline(null)).getAsLong() / 1e6 / factor);
      }
      assertEquals(List.of(100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 5000.0, 5000.0), pauses);
      backoff.reset();
      assertEquals(OptionalLong.of((long) (100e6 * factor)), backoff.nextPause(new Deadline(null)));
    }
  }

  @Test
  void noPauseOutlastsTheDeadline() {
    Deadline deadline = deadline(250);
    var backoff = new Backoff(() -> 1);
    assertEquals(OptionalLong.of(100_000_000), backoff.nextPause(deadline));
    advance(100);
    assertEquals(OptionalLong.empty(), backoff.nextPause(deadline));
    assertEquals(150_000_000, deadline.rest());
    advance(1000);
    assertTrue(deadline.isOver());
  }

  @Test
  void anyDurationIsATimeLimit() {
    assertTrue(new Deadline(Duration.ofSeconds(-1)).isOver());
    assertEquals(Deadline.NEVER, new Deadline(Duration.ofSeconds(Long.MAX_VALUE)).rest());
  }

  private WatchState state(Duration timeout, String... ids) {
    return new WatchState(
        WatchStatusRequest.newBuilder().addAllEmailIds(List.of(ids)).build(),
        timeout,
        Duration.ofSeconds(1),
        Duration.ofSeconds(10),
        new Backoff(() -> 1),
        () -> now);
  }

  private static WatchStatusResponse snapshot(long revision, String cursor) {
    var email = Email.newBuilder().setEmailId("a").setRevision(revision);
    return WatchStatusResponse.newBuilder().setCursor(cursor).setSnapshot(email).build();
  }

  private static WatchStatusResponse event(long revision, String cursor) {
    var event = StatusEvent.newBuilder().setEmailId("a").setRevision(revision);
    return WatchStatusResponse.newBuilder().setCursor(cursor).setEvent(event).build();
  }

  @Test
  void aWatchByIdShowsNothingTwice() {
    WatchState watch = state(null, "a");
    assertTrue(watch.accept(snapshot(5, "c1")));
    assertFalse(watch.accept(event(4, "c2")));
    assertFalse(watch.accept(event(5, "c3")));
    assertTrue(watch.accept(event(6, "c4")));
    assertFalse(watch.accept(event(6, "c5")));
    assertEquals("c5", watch.request().getCursor());
  }

  @Test
  void aWatchOfAllKeepsNoRevisions() {
    WatchState watch = state(null);
    assertTrue(watch.accept(event(6, "c1")));
    assertTrue(watch.accept(event(5, "c2")));
    var heartbeat = Heartbeat.getDefaultInstance();
    assertFalse(
        watch.accept(
            WatchStatusResponse.newBuilder().setCursor("c3").setHeartbeat(heartbeat).build()));
    assertEquals("c3", watch.request().getCursor());
  }

  @Test
  void patienceIsShortBeforeTheFirstResponseAndLongAfter() {
    WatchState hasty = state(null, "a");
    advance(950);
    assertThrows(UnavailableException.class, () -> hasty.pauseAfter(UNAVAILABLE, true));

    WatchState watch = state(null, "a");
    watch.accept(snapshot(1, "c"));
    advance(1_000_000);
    assertEquals(100_000_000, watch.pauseAfter(UNAVAILABLE, true));
    advance(9_700);
    assertEquals(200_000_000, watch.pauseAfter(UNAVAILABLE, true));
    advance(200);
    assertThrows(UnavailableException.class, () -> watch.pauseAfter(UNAVAILABLE, true));
    // Each response renews it.
    watch.accept(snapshot(1, "c"));
    assertEquals(100_000_000, watch.pauseAfter(UNAVAILABLE, true));
  }

  @Test
  void theTimeLimitOfAWatchCoversItsPauses() {
    WatchState watch = state(Duration.ofSeconds(3), "a");
    watch.accept(snapshot(1, "c"));
    advance(2_950);
    assertEquals(50_000_000, watch.pauseAfter(UNAVAILABLE, true));
    advance(50);
    assertThrows(DeadlineExceededException.class, () -> watch.pauseAfter(UNAVAILABLE, true));
  }

  @Test
  void whatIsWorthNoOtherTryEndsAWatch() {
    WatchState watch = state(null, "a");
    watch.accept(snapshot(1, "c"));
    MailstromException error = Errors.of(Status.Code.NOT_FOUND, "");
    assertThrows(NotFoundException.class, () -> watch.pauseAfter(error, false));
  }

  @Test
  void windowCountsRequestsAndBytes() {
    var window = new Window(2);
    window.add(SendEmailRequest.getDefaultInstance());
    assertTrue(window.hasRoom());
    window.add(SendEmailRequest.getDefaultInstance());
    assertFalse(window.hasRoom());
    var first = SendEmailsResponse.getDefaultInstance();
    assertTrue(window.settle(first).isPresent());
    assertTrue(window.hasRoom());
    assertTrue(window.settle(first).isEmpty());

    window = new Window(100);
    window.add(
        SendEmailRequest.newBuilder()
            .setRawMessage(ByteString.copyFrom(new byte[8 << 20]))
            .build());
    assertFalse(window.hasRoom());
    window.settle(first);
    assertTrue(window.hasRoom());
    assertTrue(window.isEmpty());
  }
}
