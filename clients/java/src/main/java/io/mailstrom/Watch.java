package io.mailstrom;

import io.grpc.Status;
import io.mailstrom.v1.MailstromServiceGrpc;
import io.mailstrom.v1.WatchStatusRequest;
import io.mailstrom.v1.WatchStatusResponse;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;

/**
 * Snapshots and events as they come. When the connection breaks it goes on from its cursor, so that
 * none is missed and none comes twice. It ends by itself once all emails that it follows by id are
 * settled; close it to leave earlier.
 */
public final class Watch implements ResponseStream<WatchStatusResponse> {
  /** Servers send heartbeats more often. */
  private static final long SILENCE_LIMIT = TimeUnit.SECONDS.toNanos(60);

  private final Connection connection;
  private final WatchState state;
  private final Reader reader = new Reader();
  private volatile StreamingCall<WatchStatusRequest, WatchStatusResponse> call;
  private volatile boolean isClosed;

  Watch(Connection connection, WatchState state) {
    this.connection = connection;
    this.state = state;
  }

  /** Where the watch stands: a later watch that gets it goes on after what came last. */
  public String cursor() {
    return state.request().getCursor();
  }

  @Override
  public Iterator<WatchStatusResponse> iterator() {
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

  private final class Reader implements Iterator<WatchStatusResponse> {
    private WatchStatusResponse next;

    @Override
    public boolean hasNext() {
      while (next == null && !isClosed) {
        if (call == null) {
          open();
          continue;
        }
        var step = call.next(SILENCE_LIMIT);
        if (step instanceof StreamingCall.Response<WatchStatusResponse> response) {
          next = state.accept(response.value()) ? response.value() : null;
          continue;
        }
        end((StreamingCall.End<WatchStatusResponse>) step);
      }
      return next != null && !isClosed;
    }

    @Override
    public WatchStatusResponse next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      var result = next;
      next = null;
      return result;
    }

    private void open() {
      call = connection.open(MailstromServiceGrpc.getWatchStatusMethod(), state.deadline());
      call.send(state.request());
      call.halfClose();
      if (isClosed) {
        call.cancel();
      }
    }

    /** Of a stream; null is one over which nothing comes any more. */
    private void end(StreamingCall.End<WatchStatusResponse> end) {
      call.cancel();
      call = null;
      if (isClosed) {
        return;
      }
      if (end != null && end.error() == null) {
        isClosed = true;
        return;
      }
      var error =
          end != null
              ? end.error()
              : Errors.of(Status.Code.UNAVAILABLE, "the server has fallen silent");
      connection.pauseBeforeTry(state.pauseAfter(error, connection.isWorthAnotherTry(error)));
    }
  }
}
