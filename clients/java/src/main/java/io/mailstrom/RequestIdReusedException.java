package io.mailstrom;

import io.grpc.Status;
import java.util.List;

/** The {@code request_id} was used before, for another request. */
public final class RequestIdReusedException extends MailstromException {
  private static final long serialVersionUID = 1;

  RequestIdReusedException(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    super(code, description, reason, violations, cause);
  }
}
