package io.mailstrom;

import io.grpc.ManagedChannel;
import io.mailstrom.v1.CancelEmailRequest;
import io.mailstrom.v1.Dialogue;
import io.mailstrom.v1.Email;
import io.mailstrom.v1.ListEmailsRequest;
import io.mailstrom.v1.MailstromServiceGrpc;
import io.mailstrom.v1.QueryDialoguesRequest;
import io.mailstrom.v1.QueryStatusRequest;
import io.mailstrom.v1.SendEmailRequest;
import io.mailstrom.v1.SendEmailResponse;
import io.mailstrom.v1.WatchStatusRequest;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Calls one Mailstrom server. Thread-safe; connects with the first call.
 *
 * <p>Calls throw a {@link MailstromException} of the fitting kind. A timeout covers all tries of a
 * call: one that the server cannot take for now (UNAVAILABLE) is repeated with growing pauses.
 * Where none is given the client's own counts, see {@link MailstromClientBuilder#timeout}. When the
 * thread is interrupted a call ends with the code CANCELLED.
 */
public final class MailstromClient implements AutoCloseable {
  private final Connection connection;
  private final Duration timeout;
  private final Duration reconnectLimit;

  MailstromClient(ManagedChannel channel, Duration timeout, Duration reconnectLimit) {
    this.connection = new Connection(channel);
    this.timeout = timeout;
    this.reconnectLimit = reconnectLimit;
  }

  /**
   * A client of the server at this address.
   *
   * @param server {@code host:port}, or any other target of gRPC
   */
  public static MailstromClientBuilder builder(String server) {
    return new MailstromClientBuilder(server);
  }

  /**
   * Hands one email over; it is durable when this returns. See {@link EmailBuilder} for how to make
   * one.
   *
   * <p>A request without {@code request_id} gets one, so that repeating the call cannot make a
   * second email.
   */
  public SendEmailResponse send(SendEmailRequest request) {
    return send(request, timeout);
  }

  /** As {@link #send(SendEmailRequest)}, with a time limit of its own. */
  public SendEmailResponse send(SendEmailRequest request, Duration timeout) {
    return connection.call(
        MailstromServiceGrpc.getSendEmailMethod(), Window.withRequestId(request), timeout);
  }

  /**
   * Hands many emails over on one stream; what became of each comes in the order of the answers.
   *
   * <p>Requests are taken while the outcomes are read, by the same thread, never more than 128
   * ahead of them; a request that is refused leaves the others alone. When the connection breaks,
   * what has no answer is sent again, without making a second email. Reading throws when no answer
   * comes for the client's timeout.
   */
  public ResponseStream<Outcome> sendMany(Iterator<SendEmailRequest> requests) {
    return sendMany(requests, Window.DEFAULT_SIZE);
  }

  /** As {@link #sendMany(Iterator)}, for a collection. */
  public ResponseStream<Outcome> sendMany(Iterable<SendEmailRequest> requests) {
    return sendMany(requests.iterator());
  }

  /** As {@link #sendMany(Iterator)}, for a stream. */
  public ResponseStream<Outcome> sendMany(Stream<SendEmailRequest> requests) {
    return sendMany(requests.iterator());
  }

  /**
   * As {@link #sendMany(Iterator)}.
   *
   * @param window how many requests may be taken ahead of the outcomes, from 1 to 256
   */
  public ResponseStream<Outcome> sendMany(Iterator<SendEmailRequest> requests, int window) {
    return new SendMany(connection, requests, window, timeout);
  }

  /** Where the email and each of its recipients stand now. */
  public Email status(String emailId) {
    return status(emailId, timeout);
  }

  /** As {@link #status(String)}, with a time limit of its own. */
  public Email status(String emailId, Duration timeout) {
    var request = QueryStatusRequest.newBuilder().setEmailId(emailId).build();
    return connection
        .call(MailstromServiceGrpc.getQueryStatusMethod(), request, timeout)
        .getEmail();
  }

  /** What was said on the wire in the last attempts, oldest first. */
  public List<Dialogue> dialogues(String emailId) {
    var request = QueryDialoguesRequest.newBuilder().setEmailId(emailId).build();
    return connection
        .call(MailstromServiceGrpc.getQueryDialoguesMethod(), request, timeout)
        .getDialoguesList();
  }

  /** Gives up the recipients that are not settled; the email as it stands then. */
  public Email cancel(String emailId) {
    return cancel(emailId, timeout);
  }

  /** As {@link #cancel(String)}, with a time limit of its own. */
  public Email cancel(String emailId, Duration timeout) {
    var request = CancelEmailRequest.newBuilder().setEmailId(emailId).build();
    return connection
        .call(MailstromServiceGrpc.getCancelEmailMethod(), request, timeout)
        .getEmail();
  }

  /** The emails that meet the query, newest first, read page after page as the stream is. */
  public Stream<Email> list(ListEmailsRequest query) {
    var pages =
        new EmailPages(
            query,
            request ->
                connection.call(MailstromServiceGrpc.getListEmailsMethod(), request, timeout));
    int characteristics = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(pages, characteristics), false);
  }

  /** Follows one email: a snapshot of it, then each change, until it is settled. */
  public Watch watch(String emailId) {
    return watch(WatchStatusRequest.newBuilder().addEmailIds(emailId).build());
  }

  /**
   * Follows emails: those of the ids in the request, all that carry its tags, or all.
   *
   * <p>With ids it begins with a snapshot of each email and ends once all are settled. With a
   * cursor, which each response bears, it goes on after that response. When the server cannot be
   * reached any more it tries for as long as {@link MailstromClientBuilder#reconnectLimit} says.
   */
  public Watch watch(WatchStatusRequest request) {
    return watch(request, null);
  }

  /**
   * As {@link #watch(WatchStatusRequest)}.
   *
   * @param timeout after which it ends with a {@link DeadlineExceededException}; null: never
   */
  public Watch watch(WatchStatusRequest request, Duration timeout) {
    var state =
        new WatchState(
            request, timeout, this.timeout, reconnectLimit, new Backoff(), System::nanoTime);
    return new Watch(connection, state);
  }

  /**
   * Returns the email once each of its recipients is delivered or failed, however long it takes.
   */
  public Email waitUntilSettled(String emailId) {
    return waitUntilSettled(emailId, null);
  }

  /**
   * As {@link #waitUntilSettled(String)}.
   *
   * @param timeout after which it throws a {@link DeadlineExceededException}; null: never
   */
  public Email waitUntilSettled(String emailId, Duration timeout) {
    var request = WatchStatusRequest.newBuilder().addEmailIds(emailId).build();
    try (Watch watch = watch(request, timeout)) {
      watch.forEach(response -> {});
    }
    return status(emailId);
  }

  /** Closes the connection; calls under way are cancelled. */
  @Override
  public void close() {
    connection.close();
  }
}
