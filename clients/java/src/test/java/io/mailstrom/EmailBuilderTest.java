package io.mailstrom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import io.mailstrom.v1.Address;
import io.mailstrom.v1.Attachment;
import io.mailstrom.v1.HeaderField;
import io.mailstrom.v1.Mailbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Emails from plain values. */
class EmailBuilderTest {
  private static Address address(String address, String name) {
    var mailbox = Mailbox.newBuilder().setAddress(address).setDisplayName(name);
    return Address.newBuilder().setMailbox(mailbox).build();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "ann@a.test | ann@a.test | ``",
        "Ann <ann@a.test> | ann@a.test | Ann",
        "\"Ärmel, \\\"Ann\\\"\" <ann@a.test> | ann@a.test | Ärmel, \"Ann\"",
        "<ann@a.test> | ann@a.test | ``",
        // For the server to judge.
        "no address | no address | ``",
        "`` | `` | ``",
        "ann@@a.test | ann@@a.test | ``",
      })
  void readsMailboxes(String given, String expected, String name) {
    var content = EmailBuilder.from(given).to(given, given).build().getContent();
    assertEquals(List.of(address(expected, name)), content.getFromList());
    assertEquals(List.of(address(expected, name), address(expected, name)), content.getToList());
  }

  @Test
  void putsEverythingInItsPlace(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("table.csv");
    Files.write(path, new byte[] {'a', ',', -1});
    var request =
        EmailBuilder.from("a@a.test")
            .to("t@a.test")
            .cc("c@a.test")
            .bcc("b@a.test")
            .replyTo("r@a.test")
            .subject("S")
            .text("T")
            .html("H")
            .attach(path)
            .header("X-One", "1")
            .tag("k", "v")
            .tags(Map.of("l", "w"))
            .sendTime(Instant.parse("2030-01-01T00:00:00.5Z"))
            .requestId("r1")
            .build();
    var content = request.getContent();
    assertEquals(List.of(address("c@a.test", "")), content.getCcList());
    assertEquals(List.of(address("b@a.test", "")), content.getBccList());
    assertEquals(List.of(address("r@a.test", "")), content.getReplyToList());
    assertEquals(
        List.of("S", "T", "H"),
        List.of(content.getSubject(), content.getText(), content.getHtml()));
    assertEquals("table.csv", content.getAttachments(0).getFilename());
    assertEquals(
        ByteString.copyFrom(new byte[] {'a', ',', -1}), content.getAttachments(0).getData());
    assertEquals(
        HeaderField.newBuilder().setName("X-One").setValue("1").build(), content.getHeaders(0));
    assertEquals(Map.of("k", "v", "l", "w"), request.getTagsMap());
    assertEquals(1893456000, request.getSendTime().getSeconds());
    assertEquals(500_000_000, request.getSendTime().getNanos());
    assertEquals("r1", request.getRequestId());
  }

  @ParameterizedTest
  @CsvSource({
    "a.pdf, application/pdf",
    "a.txt, text/plain",
    "a.png, image/png",
    "unknown, application/octet-stream",
  })
  void mediaTypeGoesByTheName(String name, String expected, @TempDir Path folder)
      throws IOException {
    Path path = Files.write(folder.resolve(name), new byte[] {0, -1});
    Attachment attachment = Attachments.fromFile(path);
    assertEquals(expected, attachment.getContentType());
    assertEquals(attachment, Attachments.of(name, new byte[] {0, -1}));
    assertEquals("image/gif", Attachments.fromFile(path, "b.gif").getContentType());
  }

  @Test
  void aFileThatCannotBeReadIsTheCallersError(@TempDir Path folder) {
    assertThrows(NoSuchFileException.class, () -> Attachments.fromFile(folder.resolve("nothing")));
  }
}
