package io.mailstrom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.rpc.Code;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.mailstrom.v1.Email;
import io.mailstrom.v1.ListEmailsRequest;
import io.mailstrom.v1.ListEmailsResponse;
import io.mailstrom.v1.SendEmailRequest;
import io.mailstrom.v1.SendEmailsRequest;
import io.mailstrom.v1.SendEmailsResponse;
import io.mailstrom.v1.StatusEvent;
import io.mailstrom.v1.WatchStatusRequest;
import io.mailstrom.v1.WatchStatusResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The client against a server in this process. */
class MailstromClientTest {
  private static final SendEmailRequest EMPTY = SendEmailRequest.getDefaultInstance();

  private FakeServer server;
  private MailstromClient client;

  @BeforeEach
  void start() throws IOException {
    server = new FakeServer();
    client = server.client(Duration.ofSeconds(10));
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void repeatsOneRequestWhileTheServerIsUnavailable() {
    var tries = new AtomicInteger();
    server.onSend =
        request -> {
          if (tries.incrementAndGet() < 3) {
            throw FakeServer.refusal(Code.UNAVAILABLE, "DRAINING");
          }
          return FakeServer.accepted(request);
        };
    client.send(EMPTY);
    assertEquals(3, server.sent.size());
    String id = server.sent.get(0).getRequestId();
    assertFalse(id.isEmpty());
    assertTrue(server.sent.stream().allMatch(each -> each.getRequestId().equals(id)));
  }

  @Test
  void repeatsWhatAStoppingServerCancels() {
    server.onSend =
        request -> {
          if (server.sent.size() == 1) {
            throw FakeServer.refusal(Code.CANCELLED, "");
          }
          return FakeServer.accepted(request);
        };
    var streams = new AtomicInteger();
    server.onSendMany =
        observer -> {
          boolean isFirst = streams.incrementAndGet() == 1;
          return each(
              request -> {
                if (isFirst) {
                  observer.onError(FakeServer.refusal(Code.CANCELLED, ""));
                } else {
                  observer.onNext(FakeServer.accepted(request));
                }
              });
        };
    server.onWatch =
        (request, observer) -> {
          if (server.watched.size() == 1) {
            observer.onError(FakeServer.refusal(Code.CANCELLED, ""));
          } else {
            observer.onCompleted();
          }
        };
    client.send(EMPTY);
    assertEquals(1, client.sendMany(List.of(EMPTY)).stream().count());
    client.waitUntilSettled("a");
    assertEquals(
        List.of(2, 2, 2), List.of(server.sent.size(), streams.get(), server.watched.size()));
  }

  @Test
  void doesNotRepeatWhatTheCallerCancels() {
    var sending = Context.current().withCancellation();
    server.onSend =
        request -> {
          sending.cancel(null);
          throw FakeServer.refusal(Code.CANCELLED, "");
        };
    var watching = Context.current().withCancellation();
    server.onWatch =
        (request, observer) -> {
          watching.cancel(null);
          observer.onError(FakeServer.refusal(Code.CANCELLED, ""));
        };
    var sent = assertThrows(MailstromException.class, () -> sending.run(() -> client.send(EMPTY)));
    var watched =
        assertThrows(
            MailstromException.class, () -> watching.run(() -> client.waitUntilSettled("a")));
    assertEquals(
        List.of(Status.Code.CANCELLED, Status.Code.CANCELLED),
        List.of(sent.code(), watched.code()));
    assertEquals(List.of(1, 1), List.of(server.sent.size(), server.watched.size()));
  }

  @Test
  void givesEachSendARequestIdUnlessItHasOne() {
    client.send(EMPTY);
    client.send(EMPTY);
    client.send(EMPTY.toBuilder().setRequestId("mine").build());
    assertNotEquals(server.sent.get(0).getRequestId(), server.sent.get(1).getRequestId());
    assertEquals("mine", server.sent.get(2).getRequestId());
  }

  @Test
  void endsWithTheLastErrorWhenTimeIsUp() {
    server.onSend =
        request -> {
          throw FakeServer.refusal(Code.UNAVAILABLE, "DRAINING");
        };
    var error =
        assertThrows(UnavailableException.class, () -> client.send(EMPTY, Duration.ofMillis(400)));
    assertEquals("DRAINING", error.reason());
    assertTrue(server.sent.size() >= 2, "tries: " + server.sent.size());
  }

  @Test
  void doesNotRepeatWhatTheServerRefused() {
    server.onSend =
        request -> {
          throw FakeServer.refusal(Code.INVALID_ARGUMENT, "FIELD_INVALID", "content.to[0]", "tags");
        };
    var error = assertThrows(InvalidRequestException.class, () -> client.send(EMPTY));
    assertEquals(1, server.sent.size());
    assertEquals(Status.Code.INVALID_ARGUMENT, error.code());
    assertEquals("no", error.description());
    assertEquals("FIELD_INVALID", error.reason());
    assertEquals(
        List.of(
            new FieldViolation("content.to[0]", "is wrong"),
            new FieldViolation("tags", "is wrong")),
        error.violations());
    assertEquals(
        "FIELD_INVALID: no\n  content.to[0]: is wrong\n  tags: is wrong", error.getMessage());
  }

  @Test
  void aClosedClientFailsAtOnce() {
    client.close();
    assertThrows(UnavailableException.class, () -> client.send(EMPTY));
  }

  @Test
  void anInterruptEndsThePauses() {
    server.onSend =
        request -> {
          throw FakeServer.refusal(Code.UNAVAILABLE, "DRAINING");
        };
    Thread.currentThread().interrupt();
    var error = assertThrows(MailstromException.class, () -> client.send(EMPTY));
    assertEquals(Status.Code.CANCELLED, error.code());
    assertTrue(Thread.interrupted());
  }

  @Test
  void listGoesThroughThePages() {
    List<ListEmailsRequest> asked = new ArrayList<>();
    server.onList =
        request -> {
          asked.add(request);
          int page =
              request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
          var response = ListEmailsResponse.newBuilder();
          if (page != 1) {
            response.addEmails(Email.newBuilder().setEmailId("" + page));
          }
          return response.setNextPageToken(page == 3 ? "" : "" + (page + 1)).build();
        };
    var query = ListEmailsRequest.newBuilder().setPageSize(7).putTags("a", "b").build();
    assertEquals(List.of("0", "2", "3"), client.list(query).map(Email::getEmailId).toList());
    assertEquals(4, asked.size());
    assertTrue(
        asked.stream().allMatch(each -> each.toBuilder().clearPageToken().build().equals(query)));
  }

  @Test
  void listFetchesNoPageTooMany() {
    server.onList =
        request ->
            ListEmailsResponse.newBuilder()
                .addEmails(Email.getDefaultInstance())
                .setNextPageToken(request.getPageToken() + "x")
                .build();
    assertEquals(3, client.list(ListEmailsRequest.getDefaultInstance()).limit(3).count());
  }

  @Test
  void sendManyTakesNoMoreThanTheWindow() {
    server.onSendMany = observer -> each(request -> observer.onNext(FakeServer.accepted(request)));
    var unanswered = new AtomicInteger();
    var most = new AtomicInteger();
    Iterator<SendEmailRequest> source =
        IntStream.range(0, 100)
            .mapToObj(
                i -> {
                  most.accumulateAndGet(unanswered.incrementAndGet(), Math::max);
                  return EMPTY.toBuilder().setRequestId("r" + i).build();
                })
            .iterator();
    List<String> ids = new ArrayList<>();
    try (var outcomes = client.sendMany(source, 8)) {
      for (Outcome outcome : outcomes) {
        unanswered.decrementAndGet();
        ids.add(outcome.response().getEmail().getEmailId());
        assertEquals("r" + outcome.index(), outcome.request().getRequestId());
      }
    }
    assertEquals(IntStream.range(0, 100).mapToObj(i -> "id of r" + i).toList(), ids);
    assertTrue(most.get() > 1 && most.get() <= 8, "most: " + most);
  }

  @Test
  void sendManySendsAgainWhatHasNoAnswer() {
    List<List<SendEmailsRequest>> streams = new ArrayList<>();
    server.onSendMany =
        observer -> {
          List<SendEmailsRequest> received = new ArrayList<>();
          streams.add(received);
          boolean breaks = streams.size() == 1;
          return each(
              request -> {
                received.add(request);
                if (!breaks) {
                  observer.onNext(FakeServer.accepted(request));
                } else if (received.size() == 3) {
                  observer.onNext(FakeServer.accepted(received.get(1)));
                  observer.onError(FakeServer.refusal(Code.UNAVAILABLE, "DRAINING"));
                }
              });
        };
    try (var outcomes = client.sendMany(Stream.generate(() -> EMPTY).limit(5).iterator(), 3)) {
      assertEquals(
          List.of(0L, 1L, 2L, 3L, 4L), outcomes.stream().map(Outcome::index).sorted().toList());
    }
    assertEquals(
        List.of(0L, 2L, 3L, 4L), streams.get(1).stream().map(SendEmailsRequest::getIndex).toList());
    assertEquals(streams.get(0).get(0), streams.get(1).get(0));
  }

  @Test
  void oneRefusalLeavesTheOthersAlone() {
    server.onSendMany =
        observer ->
            each(
                request -> {
                  var answer = FakeServer.accepted(request).toBuilder();
                  if (request.getIndex() == 1) {
                    answer
                        .getErrorBuilder()
                        .setCode(Code.INVALID_ARGUMENT.getNumber())
                        .setReasonValue(1)
                        .addFieldViolationsBuilder()
                        .setField("tags");
                  }
                  observer.onNext(answer.build());
                });
    List<Outcome> outcomes = client.sendMany(List.of(EMPTY, EMPTY, EMPTY)).stream().toList();
    assertEquals(3, outcomes.size());
    var error = assertInstanceOf(InvalidRequestException.class, outcomes.get(1).error().get());
    assertEquals("FIELD_INVALID", error.reason());
    assertEquals("tags", error.violations().get(0).field());
    assertThrows(InvalidRequestException.class, outcomes.get(1)::response);
    assertTrue(outcomes.get(2).error().isEmpty());
  }

  @Test
  void sendManyGivesUpOnASilentServer() {
    server.onSendMany = observer -> each(request -> {});
    try (var hasty = server.client(Duration.ofMillis(300))) {
      Iterator<Outcome> outcomes = hasty.sendMany(List.of(EMPTY)).iterator();
      assertThrows(DeadlineExceededException.class, outcomes::hasNext);
      assertFalse(outcomes.hasNext());
    }
  }

  @Test
  void sendManyEndsWithTheCallersOwnError() {
    var cancelled = new CountDownLatch(1);
    server.onSendMany =
        observer -> {
          ((io.grpc.stub.ServerCallStreamObserver<SendEmailsResponse>) observer)
              .setOnCancelHandler(cancelled::countDown);
          return each(request -> {});
        };
    Stream<SendEmailRequest> broken =
        IntStream.range(0, 2)
            .mapToObj(
                i -> {
                  if (i == 1) {
                    throw new IllegalStateException("mine");
                  }
                  return EMPTY;
                });
    var outcomes = client.sendMany(broken).iterator();
    assertThrows(IllegalStateException.class, outcomes::next);
    assertComes(cancelled);
  }

  @Test
  void windowHasBounds() {
    for (int window : new int[] {0, 257, -1}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> client.sendMany(List.<SendEmailRequest>of().iterator(), window));
    }
  }

  @Test
  void watchGoesOnFromItsCursor() {
    server.onWatch =
        (request, observer) -> {
          int step = request.getCursor().isEmpty() ? 1 : Integer.parseInt(request.getCursor()) + 1;
          observer.onNext(event("a", step));
          if (step < 4) {
            observer.onError(FakeServer.refusal(Code.UNAVAILABLE, "DRAINING"));
          } else {
            observer.onCompleted();
          }
        };
    var request = WatchStatusRequest.newBuilder().addEmailIds("a").putTags("k", "v").build();
    try (Watch watch = client.watch(request)) {
      assertEquals(
          List.of(1L, 2L, 3L, 4L),
          watch.stream().map(each -> each.getEvent().getRevision()).toList());
      assertEquals("4", watch.cursor());
    }
    assertEquals(
        List.of("", "1", "2", "3"),
        server.watched.stream().map(WatchStatusRequest::getCursor).toList());
    assertTrue(server.watched.stream().allMatch(each -> each.getTagsMap().containsKey("k")));
  }

  @Test
  void aWatchHoldsTheServerBack() throws InterruptedException {
    var offered = new AtomicInteger();
    server.onWatch =
        (request, observer) -> {
          while (observer.isReady() && offered.get() < 10_000) {
            observer.onNext(event("a", offered.incrementAndGet()));
          }
          observer.setOnReadyHandler(
              () -> {
                while (observer.isReady() && offered.get() < 10_000) {
                  observer.onNext(event("a", offered.incrementAndGet()));
                }
                if (offered.get() == 10_000) {
                  observer.onCompleted();
                }
              });
        };
    try (Watch watch = client.watch(WatchStatusRequest.getDefaultInstance())) {
      Iterator<WatchStatusResponse> responses = watch.iterator();
      responses.next();
      int ahead = offered.get();
      assertTrue(ahead < 5_000, "sent ahead: " + ahead);
      assertEquals(
          LongStream.rangeClosed(2, 10_000).boxed().toList(),
          watch.stream().map(each -> each.getEvent().getRevision()).toList());
    }
  }

  @Test
  void leavingAWatchEndsTheCall() {
    var cancelled = new CountDownLatch(1);
    server.onWatch =
        (request, observer) -> {
          observer.setOnCancelHandler(cancelled::countDown);
          observer.onNext(event("a", 1));
        };
    try (Watch watch = client.watch("a")) {
      for (var response : watch) {
        assertEquals(1, response.getEvent().getRevision());
        break;
      }
    }
    assertComes(cancelled);
  }

  @Test
  void anotherThreadMayCloseAWatch() {
    server.onWatch = (request, observer) -> observer.onNext(event("a", 1));
    Watch watch = client.watch("a");
    Iterator<WatchStatusResponse> responses = watch.iterator();
    responses.next();
    new Thread(watch::close).start();
    assertFalse(responses.hasNext());
  }

  @Test
  void waitingHasATimeLimit() {
    server.onWatch = (request, observer) -> observer.onNext(event("a", 1));
    assertThrows(
        DeadlineExceededException.class,
        () -> client.waitUntilSettled("a", Duration.ofMillis(200)));
    server.onWatch = (request, observer) -> observer.onCompleted();
    assertEquals("a", client.waitUntilSettled("a", Duration.ofSeconds(10)).getEmailId());
  }

  @Test
  void anApiKeyNeedsEncryption() {
    var builder = MailstromClient.builder("localhost:1").apiKey("key");
    assertThrows(IllegalStateException.class, builder::build);
    builder.tls().build().close();
  }

  @Test
  void anErrorWithoutDetailsIsAnError() {
    server.onSend =
        request -> {
          throw new StatusRuntimeException(Status.NOT_FOUND);
        };
    var error = assertThrows(NotFoundException.class, () -> client.send(EMPTY));
    assertEquals("", error.reason());
    assertEquals(List.of(), error.violations());
  }

  private static void assertComes(CountDownLatch latch) {
    try {
      assertTrue(latch.await(10, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static WatchStatusResponse event(String id, long revision) {
    var event = StatusEvent.newBuilder().setEmailId(id).setRevision(revision);
    return WatchStatusResponse.newBuilder().setCursor("" + revision).setEvent(event).build();
  }

  private static StreamObserver<SendEmailsRequest> each(
      java.util.function.Consumer<SendEmailsRequest> action) {
    return new StreamObserver<>() {
      @Override
      public void onNext(SendEmailsRequest request) {
        action.accept(request);
      }

      @Override
      public void onError(Throwable error) {}

      @Override
      public void onCompleted() {}
    };
  }
}
