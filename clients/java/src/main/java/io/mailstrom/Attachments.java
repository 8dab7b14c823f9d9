package io.mailstrom;

import com.google.protobuf.ByteString;
import io.mailstrom.v1.Attachment;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Makes attachments. What has no parameter here can be set on the result's {@code toBuilder()}: a
 * {@code content_id}, say, under which the HTML body may show it as {@code cid:CONTENT_ID}.
 */
public final class Attachments {
  private Attachments() {}

  /**
   * The file at this path; name and media type go by the path.
   *
   * @throws IOException when it cannot be read
   */
  public static Attachment fromFile(Path path) throws IOException {
    Path name = path.getFileName();
    return fromFile(path, name == null ? "" : name.toString());
  }

  /**
   * The file at this path under another name, by which its media type goes.
   *
   * @throws IOException when it cannot be read
   */
  public static Attachment fromFile(Path path, String filename) throws IOException {
    try (InputStream stream = Files.newInputStream(path)) {
      return attachment(filename, ByteString.readFrom(stream));
    }
  }

  /** These bytes; the media type goes by the name. */
  public static Attachment of(String filename, byte[] data) {
    return attachment(filename, ByteString.copyFrom(data));
  }

  private static Attachment attachment(String filename, ByteString data) {
    String type = URLConnection.guessContentTypeFromName(filename);
    return Attachment.newBuilder()
        .setFilename(filename)
        .setContentType(type == null ? "application/octet-stream" : type)
        .setData(data)
        .build();
  }
}
