package io.mailstrom;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.mailstrom.v1.Email;
import io.mailstrom.v1.ListEmailsRequest;
import io.mailstrom.v1.ListEmailsResponse;
import io.mailstrom.v1.MailstromServiceGrpc;
import io.mailstrom.v1.QueryStatusRequest;
import io.mailstrom.v1.QueryStatusResponse;
import io.mailstrom.v1.SendEmailRequest;
import io.mailstrom.v1.SendEmailResponse;
import io.mailstrom.v1.SendEmailsRequest;
import io.mailstrom.v1.SendEmailsResponse;
import io.mailstrom.v1.WatchStatusRequest;
import io.mailstrom.v1.WatchStatusResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** A server in this process that answers as each test says. */
final class FakeServer extends MailstromServiceGrpc.MailstromServiceImplBase
    implements AutoCloseable {
  final List<SendEmailRequest> sent = new CopyOnWriteArrayList<>();
  final List<WatchStatusRequest> watched = new CopyOnWriteArrayList<>();

  Function<SendEmailRequest, SendEmailResponse> onSend = FakeServer::accepted;
  Function<ListEmailsRequest, ListEmailsResponse> onList = null;
  BiConsumer<WatchStatusRequest, ServerCallStreamObserver<WatchStatusResponse>> onWatch = null;
  Function<StreamObserver<SendEmailsResponse>, StreamObserver<SendEmailsRequest>> onSendMany = null;

  private final String name = InProcessServerBuilder.generateName();
  private final Server server;

  FakeServer() throws IOException {
    server = InProcessServerBuilder.forName(name).addService(this).build().start();
  }

  MailstromClient client(Duration timeout) {
    return new MailstromClient(
        InProcessChannelBuilder.forName(name).build(), timeout, Duration.ofSeconds(10));
  }

  static SendEmailResponse accepted(SendEmailRequest request) {
    var email = Email.newBuilder().setEmailId("id of " + request.getRequestId());
    return SendEmailResponse.newBuilder().setEmail(email).build();
  }

  static SendEmailsResponse accepted(SendEmailsRequest request) {
    return SendEmailsResponse.newBuilder()
        .setIndex(request.getIndex())
        .setResponse(accepted(request.getRequest()))
        .build();
  }

  /** As the real server refuses. */
  static StatusRuntimeException refusal(Code code, String reason, String... fields) {
    var status = com.google.rpc.Status.newBuilder().setCode(code.getNumber()).setMessage("no");
    status.addDetails(Any.pack(ErrorInfo.newBuilder().setReason(reason).build()));
    var wrong = BadRequest.newBuilder();
    for (String field : fields) {
      wrong.addFieldViolationsBuilder().setField(field).setDescription("is wrong");
    }
    if (fields.length > 0) {
      status.addDetails(Any.pack(wrong.build()));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  @Override
  public void sendEmail(SendEmailRequest request, StreamObserver<SendEmailResponse> observer) {
    sent.add(request);
    answer(observer, request, onSend);
  }

  @Override
  public void queryStatus(
      QueryStatusRequest request, StreamObserver<QueryStatusResponse> observer) {
    answer(
        observer,
        request,
        asked -> {
          var email = Email.newBuilder().setEmailId(asked.getEmailId());
          return QueryStatusResponse.newBuilder().setEmail(email).build();
        });
  }

  @Override
  public void listEmails(ListEmailsRequest request, StreamObserver<ListEmailsResponse> observer) {
    answer(observer, request, onList);
  }

  @Override
  public void watchStatus(
      WatchStatusRequest request, StreamObserver<WatchStatusResponse> observer) {
    watched.add(request);
    onWatch.accept(request, (ServerCallStreamObserver<WatchStatusResponse>) observer);
  }

  @Override
  public StreamObserver<SendEmailsRequest> sendEmails(StreamObserver<SendEmailsResponse> observer) {
    return onSendMany.apply(observer);
  }

  private static <Q extends Message, R> void answer(
      StreamObserver<R> observer, Q request, Function<Q, R> answer) {
    try {
      observer.onNext(answer.apply(request));
      observer.onCompleted();
    } catch (StatusRuntimeException e) {
      observer.onError(e);
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
