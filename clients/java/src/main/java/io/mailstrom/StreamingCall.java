package io.mailstrom;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One streaming call whose responses wait in a queue, bounded by what the call asks the server for.
 * For one thread, but for {@link #cancel()}.
 */
final class StreamingCall<Q, R> {
  /** Responses that may wait. */
  private static final int PREFETCH = 32;

  private final ClientCall<Q, R> call;
  private final LinkedBlockingQueue<Step<R>> steps = new LinkedBlockingQueue<>();

  /** What a stream brings: a response, or its end. */
  sealed interface Step<R> {}

  /** One response. */
  record Response<R>(R value) implements Step<R> {}

  /**
   * The end; nothing follows.
   *
   * @param error null: the server ended it well
   */
  record End<R>(MailstromException error) implements Step<R> {}

  StreamingCall(ClientCall<Q, R> call) {
    this.call = call;
    call.start(
        new ClientCall.Listener<R>() {
          @Override
          public void onMessage(R message) {
            steps.add(new Response<>(message));
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            steps.add(new End<>(status.isOk() ? null : Errors.from(status, trailers)));
          }
        },
        new Metadata());
    call.request(PREFETCH);
  }

  /** Never blocks; what the caller sends ahead of the responses is his to bound. */
  void send(Q request) {
    call.sendMessage(request);
  }

  /** No more requests follow. */
  void halfClose() {
    call.halfClose();
  }

  boolean hasNext() {
    return !steps.isEmpty();
  }

  /** The next step, or null when none comes within so many nanoseconds. */
  Step<R> next(long timeout) {
    Step<R> step;
    try {
      step = steps.poll(timeout, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      cancel();
      throw Connection.interrupted(e);
    }
    if (step instanceof Response) {
      call.request(1);
    }
    return step;
  }

  /** Ends it at once. May be called by any thread. */
  void cancel() {
    call.cancel("the caller left", null);
  }
}
