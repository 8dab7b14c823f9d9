package io.mailstrom;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A call that failed. Each kind of failure that a program may want to tell apart has a class of its
 * own.
 */
public class MailstromException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Status.Code code;
  private final String description;
  private final String reason;
  private final ArrayList<FieldViolation> violations;

  MailstromException(
      Status.Code code,
      String description,
      String reason,
      List<FieldViolation> violations,
      Throwable cause) {
    super(message(code, description, reason, violations), cause);
    this.code = code;
    this.description = description;
    this.reason = reason;
    this.violations = new ArrayList<>(violations);
  }

  /** The gRPC status code. */
  public final Status.Code code() {
    return code;
  }

  /** What the server said, for people. {@link #getMessage()} has all that is known. */
  public final String description() {
    return description;
  }

  /**
   * A name of {@code io.mailstrom.v1.ErrorReason} without its prefix, such as {@code
   * FIELD_INVALID}; empty when the server gave none.
   */
  public final String reason() {
    return reason;
  }

  /** Every field that the server found wrong. */
  public final List<FieldViolation> violations() {
    return Collections.unmodifiableList(violations);
  }

  private static String message(
      Status.Code code, String description, String reason, List<FieldViolation> violations) {
    var text = new StringBuilder(reason.isEmpty() ? code.name() : reason);
    text.append(": ").append(description);
    for (FieldViolation each : violations) {
      text.append("\n  ").append(each.field()).append(": ").append(each.description());
    }
    return text.toString();
  }
}
