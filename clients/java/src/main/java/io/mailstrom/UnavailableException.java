package io.mailstrom;

import io.grpc.Status;
import java.util.List;

/** The server could not be reached, or refuses work for now, until the time limit was over. */
public final class UnavailableException extends MailstromException {
  private static final long serialVersionUID = 1;

  UnavailableException(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    super(code, description, reason, violations, cause);
  }
}
