import io.mailstrom.Attachments;
import io.mailstrom.EmailBuilder;
import io.mailstrom.MailstromClient;
import io.mailstrom.v1.Recipient;
import io.mailstrom.v1.WatchStatusRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * Sends an email with an attachment and follows it until each recipient is settled. The server is
 * at $MAILSTROM_SERVER, by default 127.0.0.1:2626.
 */
public final class Example {
  private Example() {}

  /** Runs the example. */
  public static void main(String[] arguments) {
    String server = System.getenv().getOrDefault("MAILSTROM_SERVER", "127.0.0.1:2626");
    // Attachments.fromFile takes the path of a file.
    var table = Attachments.of("prices.csv", "tea,3\n".getBytes(StandardCharsets.UTF_8));
    var request =
        EmailBuilder.from("Ann <ann@sender.test>")
            .to("Bob <bob@receiver.test>", "refused@receiver.test")
            .subject("How to send an email")
            .text("See the attachment.\n")
            .html("<p>See the <b>attachment</b>.</p>\n")
            .attach(table)
            .tag("kind", "example")
            .build();
    try (var client = MailstromClient.builder(server).build()) {
      String id = client.send(request).getEmail().getEmailId();
      System.out.println("accepted " + id);
      var emails = WatchStatusRequest.newBuilder().addEmailIds(id).build();
      try (var watch = client.watch(emails, Duration.ofMinutes(1))) {
        for (var response : watch) {
          List<Recipient> changed =
              response.hasSnapshot()
                  ? response.getSnapshot().getRecipientsList()
                  : List.of(response.getEvent().getRecipient());
          changed.forEach(Example::show);
        }
      }
    }
  }

  /** Prints where a recipient stands, and what the mail server said. */
  private static void show(Recipient recipient) {
    String reply = recipient.getLastAttempt().getReply().getText();
    System.out.println(recipient.getAddress() + " " + recipient.getState() + " " + reply);
  }
}
