package io.mailstrom;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** A channel, with tries repeated on it. Thread-safe. */
final class Connection {
  /** How long before a try the channel begins to connect. */
  private static final long LEAD = TimeUnit.MILLISECONDS.toNanos(100);

  private final ManagedChannel channel;

  Connection(ManagedChannel channel) {
    this.channel = channel;
  }

  /** Calls until it succeeds, or fails otherwise than with UNAVAILABLE, or time is up. */
  <Q, R> R call(MethodDescriptor<Q, R> method, Q request, Duration timeout) {
    var deadline = new Deadline(timeout);
    var backoff = new Backoff();
    while (true) {
      MailstromException error;
      try {
        return ClientCalls.blockingUnaryCall(channel, method, options(deadline), request);
      } catch (StatusRuntimeException e) {
        error = hasReached() ? Errors.from(e) : Errors.unreached(e);
      }
      OptionalLong pause =
          isWorthAnotherTry(error) ? backoff.nextPause(deadline) : OptionalLong.empty();
      pauseBeforeTry(pause.orElseThrow(() -> error));
    }
  }

  /** Whether a call that ran out of time may have come to the server. */
  private boolean hasReached() {
    return switch (channel.getState(false)) {
      case READY, IDLE -> true;
      case CONNECTING, TRANSIENT_FAILURE, SHUTDOWN -> false;
    };
  }

  /** Opens a stream, with responses asked for. */
  <Q, R> StreamingCall<Q, R> open(MethodDescriptor<Q, R> method, Deadline deadline) {
    return new StreamingCall<>(channel.newCall(method, options(deadline)));
  }

  /** Whether the server may answer otherwise later, and there is a channel to ask on. */
  boolean isWorthAnotherTry(MailstromException error) {
    return error instanceof UnavailableException && !channel.isShutdown();
  }

  /**
   * Waits, so that the channel has tried to connect by then, whatever pauses of its own it keeps.
   */
  void pauseBeforeTry(long nanos) {
    long lead = Math.min(nanos / 2, LEAD);
    try {
      TimeUnit.NANOSECONDS.sleep(nanos - lead);
      channel.resetConnectBackoff();
      TimeUnit.NANOSECONDS.sleep(lead);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** The thread keeps its mark; the caller's call ends as gRPC's own do. */
  static MailstromException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    Status status = Status.CANCELLED.withDescription("the thread was interrupted").withCause(e);
    return Errors.from(status, null);
  }

  void close() {
    channel.shutdownNow();
  }

  private static CallOptions options(Deadline deadline) {
    long rest = deadline.rest();
    return rest == Deadline.NEVER
        ? CallOptions.DEFAULT
        : CallOptions.DEFAULT.withDeadlineAfter(rest, TimeUnit.NANOSECONDS);
  }
}
