package io.mailstrom;

import io.grpc.Status;
import java.util.List;

/** The caller may not do this. */
public final class PermissionDeniedException extends MailstromException {
  private static final long serialVersionUID = 1;

  PermissionDeniedException(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    super(code, description, reason, violations, cause);
  }
}
