package io.mailstrom;

import io.grpc.Status;
import io.mailstrom.v1.MailstromServiceGrpc;
import io.mailstrom.v1.SendEmailRequest;
import io.mailstrom.v1.SendEmailsRequest;
import io.mailstrom.v1.SendEmailsResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** Many emails over one stream; requests are taken only while outcomes are read, by that thread. */
final class SendMany implements ResponseStream<Outcome> {
  private final Connection connection;
  private final Iterator<SendEmailRequest> source;
  private final Window window;
  private final Duration timeout;
  private final Reader reader = new Reader();
  private volatile StreamingCall<SendEmailsRequest, SendEmailsResponse> call;
  private volatile boolean isClosed;

  SendMany(Connection connection, Iterator<SendEmailRequest> source, int window, Duration timeout) {
    this.connection = connection;
    this.source = source;
    this.window = new Window(window);
    this.timeout = timeout;
  }

  @Override
  public Iterator<Outcome> iterator() {
    return reader;
  }

  @Override
  public void close() {
    isClosed = true;
    var open = call;
    if (open != null) {
      open.cancel();
    }
  }

  private final class Reader implements Iterator<Outcome> {
    private final Backoff backoff = new Backoff();
    // Over which no answer has come.
    private Deadline patience = new Deadline(timeout);
    private boolean isExhausted;
    private Outcome next;

    @Override
    public boolean hasNext() {
      try {
        while (next == null && !isClosed) {
          advance();
        }
      } catch (RuntimeException | Error e) {
        close();
        throw e;
      }
      return next != null && !isClosed;
    }

    @Override
    public Outcome next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      var result = next;
      next = null;
      return result;
    }

    private void advance() {
      if (call == null) {
        open();
      } else if (!call.hasNext() && !isExhausted && window.hasRoom()) {
        take();
      } else if (isExhausted && window.isEmpty()) {
        close();
      } else {
        receive();
      }
    }

    private void open() {
      call = connection.open(MailstromServiceGrpc.getSendEmailsMethod(), new Deadline(null));
      window.unanswered().forEach(call::send);
      if (isClosed) {
        call.cancel();
      }
    }

    private void take() {
      if (!source.hasNext()) {
        isExhausted = true;
        return;
      }
      boolean wasIdle = window.isEmpty();
      call.send(window.add(source.next()));
      if (wasIdle) {
        patience = new Deadline(timeout);
      }
    }

    private void receive() {
      var step = call.next(patience.rest());
      if (step instanceof StreamingCall.Response<SendEmailsResponse> response) {
        backoff.reset();
        patience = new Deadline(timeout);
        next = window.settle(response.value()).orElse(null);
        return;
      }
      if (step instanceof StreamingCall.End<SendEmailsResponse> end) {
        call = null;
        if (!isClosed) {
          pauseAfter(end.error());
        }
        return;
      }
      throw Errors.of(
          Status.Code.DEADLINE_EXCEEDED, "the server gave no answer within the time limit");
    }

    private void pauseAfter(MailstromException told) {
      var error =
          told != null
              ? told
              : Errors.of(Status.Code.UNAVAILABLE, "the server ended the stream before its time");
      if (!connection.isWorthAnotherTry(error)) {
        throw error;
      }
      connection.pauseBeforeTry(backoff.nextPause(patience).orElseThrow(() -> error));
    }
  }
}
