package io.mailstrom;

import io.grpc.Status;
import java.util.List;

/** The request is wrong and nothing was stored; {@link #violations()} names each wrong field. */
public final class InvalidRequestException extends MailstromException {
  private static final long serialVersionUID = 1;

  InvalidRequestException(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    super(code, description, reason, violations, cause);
  }
}
