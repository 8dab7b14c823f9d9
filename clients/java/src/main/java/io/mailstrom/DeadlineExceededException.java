package io.mailstrom;

import io.grpc.Status;
import java.util.List;

/**
 * The time limit was over before the server answered. A {@code send} may have taken effect all the
 * same; to be sure, repeat it with the same {@code request_id}.
 */
public final class DeadlineExceededException extends MailstromException {
  private static final long serialVersionUID = 1;

  DeadlineExceededException(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    super(code, description, reason, violations, cause);
  }
}
