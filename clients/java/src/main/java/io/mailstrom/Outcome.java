package io.mailstrom;

import io.mailstrom.v1.SendEmailRequest;
import io.mailstrom.v1.SendEmailResponse;
import io.mailstrom.v1.SendEmailsResponse;
import java.util.Optional;

/** What became of one request of {@link MailstromClient#sendMany}. */
public final class Outcome {
  private final long index;
  private final SendEmailRequest request;
  private final SendEmailResponse response;
  private final MailstromException error;

  Outcome(SendEmailRequest request, SendEmailsResponse answer) {
    this.index = answer.getIndex();
    this.request = request;
    this.response = answer.hasError() ? null : answer.getResponse();
    this.error = answer.hasError() ? Errors.from(answer.getError()) : null;
  }

  /** The place of the request, counted from 0. */
  public long index() {
    return index;
  }

  /** The request, with the {@code request_id} that it went with. */
  public SendEmailRequest request() {
    return request;
  }

  /** Why it was refused; nothing was stored then. Empty when the email is durable. */
  public Optional<MailstromException> error() {
    return Optional.ofNullable(error);
  }

  /**
   * The answer that the email is durable.
   *
   * @throws MailstromException when it was refused
   */
  public SendEmailResponse response() {
    if (error != null) {
      throw error;
    }
    return response;
  }
}
