package io.mailstrom;

import io.mailstrom.v1.SendEmailRequest;
import io.mailstrom.v1.SendEmailsRequest;
import io.mailstrom.v1.SendEmailsResponse;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Numbers requests and keeps each until it is answered, so that a new stream can send it again. */
final class Window {
  static final int DEFAULT_SIZE = 128;

  /** What the server takes in without having answered. */
  static final int MAX_SIZE = 256;

  /** Half of what the server takes, for the framing and for other streams. */
  private static final long MAX_BYTES = 8 << 20;

  private final int size;
  private final Map<Long, SendEmailsRequest> unanswered = new LinkedHashMap<>();
  private long nextIndex;
  private long bytes;

  Window(int size) {
    if (size < 1 || size > MAX_SIZE) {
      throw new IllegalArgumentException("window must be from 1 to " + MAX_SIZE + ", not " + size);
    }
    this.size = size;
  }

  /** Whether one more request may be taken from the caller. */
  boolean hasRoom() {
    return unanswered.size() < size && bytes < MAX_BYTES;
  }

  boolean isEmpty() {
    return unanswered.isEmpty();
  }

  /** The request as it is to be sent, with a {@code request_id}. */
  SendEmailsRequest add(SendEmailRequest request) {
    var numbered =
        SendEmailsRequest.newBuilder()
            .setIndex(nextIndex)
            .setRequest(withRequestId(request))
            .build();
    unanswered.put(nextIndex, numbered);
    bytes += numbered.getSerializedSize();
    nextIndex++;
    return numbered;
  }

  /** What has to be sent again, in order. */
  Collection<SendEmailsRequest> unanswered() {
    return unanswered.values();
  }

  /** The outcome that an answer tells; empty when its request was answered before. */
  Optional<Outcome> settle(SendEmailsResponse answer) {
    SendEmailsRequest numbered = unanswered.remove(answer.getIndex());
    if (numbered == null) {
      return Optional.empty();
    }
    bytes -= numbered.getSerializedSize();
    return Optional.of(new Outcome(numbered.getRequest(), answer));
  }

  /** May be sent again without fear of a second email. */
  static SendEmailRequest withRequestId(SendEmailRequest request) {
    return request.getRequestId().isEmpty()
        ? request.toBuilder().setRequestId(UUID.randomUUID().toString()).build()
        : request;
  }
}
