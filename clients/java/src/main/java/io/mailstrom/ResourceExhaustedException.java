package io.mailstrom;

import io.grpc.Status;
import java.util.List;

/** The queue or the caller's share of it is full; nothing was stored. Come back later. */
public final class ResourceExhaustedException extends MailstromException {
  private static final long serialVersionUID = 1;

  ResourceExhaustedException(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    super(code, description, reason, violations, cause);
  }
}
