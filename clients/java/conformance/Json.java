import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.mailstrom.Attachments;
import io.mailstrom.CursorExpiredException;
import io.mailstrom.DeadlineExceededException;
import io.mailstrom.EmailBuilder;
import io.mailstrom.InvalidRequestException;
import io.mailstrom.MailstromException;
import io.mailstrom.NotFoundException;
import io.mailstrom.Outcome;
import io.mailstrom.PermissionDeniedException;
import io.mailstrom.RequestIdReusedException;
import io.mailstrom.ResourceExhaustedException;
import io.mailstrom.UnauthenticatedException;
import io.mailstrom.UnavailableException;
import io.mailstrom.v1.Email;
import io.mailstrom.v1.Recipient;
import io.mailstrom.v1.SendEmailRequest;
import io.mailstrom.v1.SendEmailResponse;
import io.mailstrom.v1.WatchStatusResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** The driver's objects, from and to JSON. */
final class Json {
  private Json() {}

  static SendEmailRequest toRequest(JsonObject email) throws IOException {
    EmailBuilder builder =
        EmailBuilder.from(email.get("from").getAsString())
            .to(strings(email, "to"))
            .cc(strings(email, "cc"))
            .bcc(strings(email, "bcc"))
            .tags(tags(email));
    if (email.has("subject")) {
      builder.subject(email.get("subject").getAsString());
    }
    if (email.has("text")) {
      builder.text(email.get("text").getAsString());
    }
    if (email.has("html")) {
      builder.html(email.get("html").getAsString());
    }
    if (email.has("request_id")) {
      builder.requestId(email.get("request_id").getAsString());
    }
    if (email.has("send_after")) {
      builder.sendTime(Instant.now().plus(seconds(email.get("send_after"))));
    }
    for (String path : strings(email, "attachments")) {
      builder.attach(Attachments.fromFile(Path.of(path)));
    }
    return builder.build();
  }

  static Map<String, String> tags(JsonObject object) {
    Map<String, String> tags = new HashMap<>();
    if (object.has("tags")) {
      object
          .getAsJsonObject("tags")
          .entrySet()
          .forEach(each -> tags.put(each.getKey(), each.getValue().getAsString()));
    }
    return tags;
  }

  static String[] strings(JsonObject object, String name) {
    if (!object.has(name)) {
      return new String[0];
    }
    return object.getAsJsonArray(name).asList().stream()
        .map(JsonElement::getAsString)
        .toArray(String[]::new);
  }

  static Duration seconds(JsonElement number) {
    return Duration.ofNanos((long) (number.getAsDouble() * 1e9));
  }

  static JsonObject from(SendEmailResponse sent) {
    var result = new JsonObject();
    result.addProperty("email_id", sent.getEmail().getEmailId());
    result.addProperty("replayed", sent.getReplayed());
    return result;
  }

  static JsonObject from(Outcome outcome) {
    JsonObject result = new JsonObject();
    if (outcome.error().isPresent()) {
      result.add("error", from(outcome.error().get()));
    } else {
      result = from(outcome.response());
    }
    result.addProperty("index", outcome.index());
    return result;
  }

  static JsonObject from(Email email) {
    var recipients = new JsonArray();
    email.getRecipientsList().forEach(each -> recipients.add(from(each)));
    var tags = new JsonObject();
    email.getTagsMap().forEach(tags::addProperty);
    var result = new JsonObject();
    result.addProperty("email_id", email.getEmailId());
    result.addProperty("state", from(email.getState()));
    result.addProperty("revision", email.getRevision());
    result.add("tags", tags);
    result.add("recipients", recipients);
    return result;
  }

  static JsonObject from(WatchStatusResponse response) {
    var result = new JsonObject();
    result.addProperty("cursor", response.getCursor());
    if (response.hasSnapshot()) {
      result.addProperty("kind", "snapshot");
      result.add("status", from(response.getSnapshot()));
      return result;
    }
    var event = response.getEvent();
    result.addProperty("kind", "event");
    result.addProperty("email_id", event.getEmailId());
    result.addProperty("revision", event.getRevision());
    result.addProperty("email_state", from(event.getEmailState()));
    result.add("recipient", from(event.getRecipient()));
    return result;
  }

  static JsonObject from(MailstromException error) {
    var violations = new JsonArray();
    for (var each : error.violations()) {
      var violation = new JsonObject();
      violation.addProperty("field", each.field());
      violation.addProperty("description", each.description());
      violations.add(violation);
    }
    var result = new JsonObject();
    result.addProperty("kind", kind(error));
    result.addProperty("code", error.code().name());
    result.addProperty("reason", error.reason());
    result.addProperty("message", error.description());
    result.add("violations", violations);
    return result;
  }

  private static JsonObject from(Recipient recipient) {
    var result = new JsonObject();
    result.addProperty("address", recipient.getAddress());
    result.addProperty("state", recipient.getState().name().substring("STATE_".length()));
    result.addProperty("attempt_count", recipient.getAttemptCount());
    result.addProperty(
        "failure_cause", recipient.getFailureCause().name().substring("FAILURE_CAUSE_".length()));
    result.addProperty("reply_code", recipient.getLastAttempt().getReply().getCode());
    return result;
  }

  private static String from(Email.State state) {
    return state.name().substring("STATE_".length());
  }

  private static String kind(MailstromException error) {
    if (error instanceof InvalidRequestException) {
      return "invalid_request";
    } else if (error instanceof RequestIdReusedException) {
      return "request_id_reused";
    } else if (error instanceof NotFoundException) {
      return "not_found";
    } else if (error instanceof ResourceExhaustedException) {
      return "resource_exhausted";
    } else if (error instanceof UnavailableException) {
      return "unavailable";
    } else if (error instanceof DeadlineExceededException) {
      return "deadline_exceeded";
    } else if (error instanceof CursorExpiredException) {
      return "cursor_expired";
    } else if (error instanceof PermissionDeniedException) {
      return "permission_denied";
    } else if (error instanceof UnauthenticatedException) {
      return "unauthenticated";
    }
    return "other";
  }
}
