package io.mailstrom;

import com.google.protobuf.Timestamp;
import io.mailstrom.v1.Address;
import io.mailstrom.v1.Attachment;
import io.mailstrom.v1.Content;
import io.mailstrom.v1.HeaderField;
import io.mailstrom.v1.SendEmailRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/**
 * Makes an email from plain values. Mailboxes are {@code addr} or {@code Name <addr>}; what is
 * called twice adds, where an email can have many.
 *
 * <p>What has no method here can be set on the result's {@code toBuilder()}. Nothing is judged
 * here: the server does, and names each field that is wrong.
 */
public final class EmailBuilder {
  private final SendEmailRequest.Builder request = SendEmailRequest.newBuilder();
  private final Content.Builder content = request.getContentBuilder();

  private EmailBuilder() {}

  /** An email from these authors. */
  public static EmailBuilder from(String... mailboxes) {
    var builder = new EmailBuilder();
    for (String each : mailboxes) {
      builder.content.addFrom(address(each));
    }
    return builder;
  }

  /** Recipients. */
  public EmailBuilder to(String... mailboxes) {
    for (String each : mailboxes) {
      content.addTo(address(each));
    }
    return this;
  }

  /** Recipients who get a copy. */
  public EmailBuilder cc(String... mailboxes) {
    for (String each : mailboxes) {
      content.addCc(address(each));
    }
    return this;
  }

  /** Recipients who get a copy without the others seeing it. */
  public EmailBuilder bcc(String... mailboxes) {
    for (String each : mailboxes) {
      content.addBcc(address(each));
    }
    return this;
  }

  /** Where answers shall go. */
  public EmailBuilder replyTo(String... mailboxes) {
    for (String each : mailboxes) {
      content.addReplyTo(address(each));
    }
    return this;
  }

  /** The subject. */
  public EmailBuilder subject(String subject) {
    content.setSubject(subject);
    return this;
  }

  /** The body as plain text. */
  public EmailBuilder text(String text) {
    content.setText(text);
    return this;
  }

  /** The body as HTML; beside {@link #text}, readers see the one that they prefer. */
  public EmailBuilder html(String html) {
    content.setHtml(html);
    return this;
  }

  /** An attachment; {@link Attachments} makes them. */
  public EmailBuilder attach(Attachment attachment) {
    content.addAttachments(attachment);
    return this;
  }

  /**
   * A file as an attachment, see {@link Attachments#fromFile(Path)}.
   *
   * @throws IOException when it cannot be read
   */
  public EmailBuilder attach(Path path) throws IOException {
    return attach(Attachments.fromFile(path));
  }

  /** A header field. */
  public EmailBuilder header(String name, String value) {
    content.addHeaders(HeaderField.newBuilder().setName(name).setValue(value));
    return this;
  }

  /** A label of the caller's own, by which emails can be listed and watched. */
  public EmailBuilder tag(String key, String value) {
    request.putTags(key, value);
    return this;
  }

  /** Several labels. */
  public EmailBuilder tags(Map<String, String> tags) {
    request.putAllTags(tags);
    return this;
  }

  /** It is not to go before this time. */
  public EmailBuilder sendTime(Instant time) {
    request.setSendTime(
        Timestamp.newBuilder().setSeconds(time.getEpochSecond()).setNanos(time.getNano()));
    return this;
  }

  /** Names the request, so that it makes one email however often it is sent. */
  public EmailBuilder requestId(String requestId) {
    request.setRequestId(requestId);
    return this;
  }

  /** The request, for {@link MailstromClient#send} and {@link MailstromClient#sendMany}. */
  public SendEmailRequest build() {
    return request.build();
  }

  private static Address address(String mailbox) {
    var address = Address.newBuilder();
    String text = mailbox.strip();
    int open = text.lastIndexOf('<');
    if (open >= 0 && text.endsWith(">")) {
      address
          .getMailboxBuilder()
          .setAddress(text.substring(open + 1, text.length() - 1))
          .setDisplayName(unquoted(text.substring(0, open).strip()));
    } else {
      // For the server to judge.
      address.getMailboxBuilder().setAddress(mailbox);
    }
    return address.build();
  }

  private static String unquoted(String name) {
    if (name.length() < 2 || !name.startsWith("\"") || !name.endsWith("\"")) {
      return name;
    }
    return name.substring(1, name.length() - 1).replaceAll("\\\\(.)", "$1");
  }
}
