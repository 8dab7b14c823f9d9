package io.mailstrom;

import io.grpc.Status;
import java.util.List;

/** The server does not know the caller, or wants credentials. */
public final class UnauthenticatedException extends MailstromException {
  private static final long serialVersionUID = 1;

  UnauthenticatedException(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    super(code, description, reason, violations, cause);
  }
}
