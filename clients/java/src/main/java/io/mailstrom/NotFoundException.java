package io.mailstrom;

import io.grpc.Status;
import java.util.List;

/** No such email, or no longer. */
public final class NotFoundException extends MailstromException {
  private static final long serialVersionUID = 1;

  NotFoundException(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    super(code, description, reason, violations, cause);
  }
}
