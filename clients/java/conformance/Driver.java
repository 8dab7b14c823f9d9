import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mailstrom.MailstromClient;
import io.mailstrom.MailstromException;
import io.mailstrom.Outcome;
import io.mailstrom.v1.ListEmailsRequest;
import io.mailstrom.v1.SendEmailRequest;
import io.mailstrom.v1.WatchStatusRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;

/** Passes commands on to the library, as clients/conformance/README.md describes it. */
public final class Driver {
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private MailstromClient client;

  /** Runs it. */
  public static void main(String[] arguments) throws IOException {
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var driver = new Driver();
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      try {
        driver.say("result", driver.run(JsonParser.parseString(line).getAsJsonObject()));
      } catch (MailstromException e) {
        driver.say("error", Json.from(e));
      }
    }
  }

  private JsonObject run(JsonObject command) throws IOException {
    return switch (command.get("op").getAsString()) {
      case "connect" -> connect(command);
      case "send" -> send(command);
      case "send_many" -> sendMany(command);
      case "status" ->
          Json.from(
              command.has("timeout")
                  ? client.status(emailId(command), timeout(command))
                  : client.status(emailId(command)));
      case "wait_until_settled" ->
          Json.from(client.waitUntilSettled(emailId(command), timeout(command)));
      case "cancel" ->
          Json.from(
              command.has("timeout")
                  ? client.cancel(emailId(command), timeout(command))
                  : client.cancel(emailId(command)));
      case "list" -> list(command);
      case "watch" -> watch(command);
      default -> throw new IllegalArgumentException(command.toString());
    };
  }

  private JsonObject connect(JsonObject command) throws IOException {
    var builder = MailstromClient.builder(command.get("server").getAsString());
    if (command.has("root_certificate")) {
      builder.tls(Path.of(command.get("root_certificate").getAsString()));
    }
    if (command.has("api_key")) {
      builder.apiKey(command.get("api_key").getAsString());
    }
    client = builder.build();
    return new JsonObject();
  }

  private JsonObject send(JsonObject command) throws IOException {
    SendEmailRequest request = Json.toRequest(command.getAsJsonObject("email"));
    return Json.from(
        command.has("timeout") ? client.send(request, timeout(command)) : client.send(request));
  }

  private JsonObject sendMany(JsonObject command) {
    var source = new Metered(command.getAsJsonArray("emails").asList());
    int window = command.has("window") ? command.get("window").getAsInt() : 128;
    try (var outcomes = client.sendMany(source, window)) {
      for (Outcome outcome : outcomes) {
        source.unanswered--;
        say("item", Json.from(outcome));
      }
    }
    var result = new JsonObject();
    result.addProperty("max_unanswered", source.most);
    return result;
  }

  private JsonObject list(JsonObject command) {
    var query = ListEmailsRequest.newBuilder().putAllTags(Json.tags(command));
    if (command.has("page_size")) {
      query.setPageSize(command.get("page_size").getAsInt());
    }
    client.list(query.build()).forEach(email -> say("item", Json.from(email)));
    return new JsonObject();
  }

  private JsonObject watch(JsonObject command) {
    var request =
        WatchStatusRequest.newBuilder()
            .addAllEmailIds(List.of(Json.strings(command, "email_ids")))
            .putAllTags(Json.tags(command));
    if (command.has("cursor")) {
      request.setCursor(command.get("cursor").getAsString());
    }
    int max = command.has("max_events") ? command.get("max_events").getAsInt() : -1;
    int events = 0;
    try (var watch = client.watch(request.build())) {
      for (var response : watch) {
        say("item", Json.from(response));
        events += response.hasEvent() ? 1 : 0;
        if (events == max) {
          break;
        }
      }
    }
    return new JsonObject();
  }

  private void say(String name, JsonElement value) {
    var line = new JsonObject();
    line.add(name, value);
    out.println(line);
  }

  private static String emailId(JsonObject command) {
    return command.get("email_id").getAsString();
  }

  private static Duration timeout(JsonObject command) {
    return command.has("timeout") ? Json.seconds(command.get("timeout")) : null;
  }

  /** Counts what the library has taken and not yet answered. */
  private static final class Metered implements Iterator<SendEmailRequest> {
    private final Iterator<JsonElement> emails;
    private int unanswered;
    private int most;

    Metered(List<JsonElement> emails) {
      this.emails = emails.iterator();
    }

    @Override
    public boolean hasNext() {
      return emails.hasNext();
    }

    @Override
    public SendEmailRequest next() {
      most = Math.max(most, ++unanswered);
      try {
        return Json.toRequest(emails.next().getAsJsonObject());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
