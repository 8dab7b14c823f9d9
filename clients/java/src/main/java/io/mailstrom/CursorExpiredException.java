package io.mailstrom;

import io.grpc.Status;
import java.util.List;

/** The events after the cursor are gone; start a new watch. */
public final class CursorExpiredException extends MailstromException {
  private static final long serialVersionUID = 1;

  CursorExpiredException(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    super(code, description, reason, violations, cause);
  }
}
