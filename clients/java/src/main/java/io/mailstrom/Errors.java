package io.mailstrom;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.mailstrom.v1.Error;
import java.util.ArrayList;
import java.util.List;

/** Makes the exception that belongs to what a server or a channel said. */
final class Errors {
  private Errors() {}

  static MailstromException of(Status.Code code, String description) {
    return of(code, description, "", List.of(), null);
  }

  /** What a call ended with, with the details that the server sent along. */
  static MailstromException from(Status status, Metadata trailers) {
    String reason = "";
    List<FieldViolation> violations = new ArrayList<>();
    try {
      for (Any detail : StatusProto.fromStatusAndTrailers(status, trailers).getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          reason = detail.unpack(ErrorInfo.class).getReason();
        } else if (detail.is(BadRequest.class)) {
          for (var each : detail.unpack(BadRequest.class).getFieldViolationsList()) {
            violations.add(new FieldViolation(each.getField(), each.getDescription()));
          }
        }
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      // Details from a stranger; code and message tell enough.
    }
    String description = status.getDescription() == null ? "" : status.getDescription();
    // So a server that stops refuses calls that it has not begun.
    boolean isRefused = status.getCode() == Status.Code.CANCELLED && !isCancelledHere();
    var code = isRefused ? Status.Code.UNAVAILABLE : status.getCode();
    return of(code, description, reason, violations, status.getCause());
  }

  /** Whether the caller wants no answer; to be asked on a thread of the call. */
  private static boolean isCancelledHere() {
    return Thread.currentThread().isInterrupted() || Context.current().isCancelled();
  }

  static MailstromException from(StatusRuntimeException e) {
    return from(e.getStatus().withCause(e), e.getTrailers());
  }

  /** As {@link #from(StatusRuntimeException)}, for a channel that has no connection. */
  static MailstromException unreached(StatusRuntimeException e) {
    return e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED
        ? from(
            Status.UNAVAILABLE
                .withDescription("the server could not be reached within the time limit")
                .withCause(e),
            null)
        : from(e);
  }

  /** What became of one request of a stream. */
  static MailstromException from(Error error) {
    List<FieldViolation> violations =
        error.getFieldViolationsList().stream()
            .map(each -> new FieldViolation(each.getField(), each.getDescription()))
            .toList();
    return of(
        Status.fromCodeValue(error.getCode()).getCode(),
        error.getMessage(),
        reason(error),
        violations,
        null);
  }

  private static String reason(Error error) {
    return switch (error.getReason()) {
      case ERROR_REASON_UNSPECIFIED -> "";
      // A newer server has more of them.
      case UNRECOGNIZED -> Integer.toString(error.getReasonValue());
      default -> error.getReason().name().substring("ERROR_REASON_".length());
    };
  }

  private static MailstromException of(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    return switch (code) {
      case INVALID_ARGUMENT ->
          new InvalidRequestException(code, description, reason, violations, cause);
      case ALREADY_EXISTS ->
          new RequestIdReusedException(code, description, reason, violations, cause);
      case NOT_FOUND -> new NotFoundException(code, description, reason, violations, cause);
      case RESOURCE_EXHAUSTED ->
          new ResourceExhaustedException(code, description, reason, violations, cause);
      case UNAVAILABLE -> new UnavailableException(code, description, reason, violations, cause);
      case DEADLINE_EXCEEDED ->
          new DeadlineExceededException(code, description, reason, violations, cause);
      case OUT_OF_RANGE -> new CursorExpiredException(code, description, reason, violations, cause);
      case PERMISSION_DENIED ->
          new PermissionDeniedException(code, description, reason, violations, cause);
      case UNAUTHENTICATED ->
          new UnauthenticatedException(code, description, reason, violations, cause);
      default -> new MailstromException(code, description, reason, violations, cause);
    };
  }
}
