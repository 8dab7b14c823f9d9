package io.mailstrom;

import io.grpc.ChannelCredentials;
import io.grpc.CompositeChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/** Says how a {@link MailstromClient} connects. */
public final class MailstromClientBuilder {
  private final String server;
  private ChannelCredentials credentials = InsecureChannelCredentials.create();
  private String apiKey;
  private Duration timeout = Duration.ofSeconds(30);
  private Duration reconnectLimit = Duration.ofMinutes(5);

  MailstromClientBuilder(String server) {
    this.server = Objects.requireNonNull(server);
  }

  /** Encrypts the connection, to a server whose certificate is verified by the roots of Java. */
  public MailstromClientBuilder tls() {
    return credentials(TlsChannelCredentials.create());
  }

  /**
   * Encrypts the connection, to a server whose certificate is verified by these roots alone.
   *
   * @param rootCertificates a PEM file
   * @throws IOException when it cannot be read
   */
  public MailstromClientBuilder tls(Path rootCertificates) throws IOException {
    return credentials(
        TlsChannelCredentials.newBuilder().trustManager(rootCertificates.toFile()).build());
  }

  /** Credentials of gRPC's own, with a certificate of the client, say. */
  public MailstromClientBuilder credentials(ChannelCredentials credentials) {
    this.credentials = Objects.requireNonNull(credentials);
    return this;
  }

  /** Goes with every call as a bearer token; never without TLS. */
  public MailstromClientBuilder apiKey(String apiKey) {
    this.apiKey = Objects.requireNonNull(apiKey);
    return this;
  }

  /** How long a call may take that gives no time limit of its own; 30 seconds by default. */
  public MailstromClientBuilder timeout(Duration timeout) {
    this.timeout = Objects.requireNonNull(timeout);
    return this;
  }

  /**
   * How long a watch tries to reach a server again that it had reached before; 5 minutes by
   * default.
   */
  public MailstromClientBuilder reconnectLimit(Duration reconnectLimit) {
    this.reconnectLimit = Objects.requireNonNull(reconnectLimit);
    return this;
  }

  /**
   * The client, which connects with its first call.
   *
   * @throws IllegalStateException when there is an API key but no encryption
   */
  public MailstromClient build() {
    ChannelCredentials all = credentials;
    if (apiKey != null) {
      if (credentials instanceof InsecureChannelCredentials) {
        throw new IllegalStateException("an API key travels over TLS only");
      }
      all = CompositeChannelCredentials.create(credentials, new BearerToken(apiKey));
    }
    // The status of an email with a thousand recipients is larger than gRPC's default limit allows.
    var channel =
        Grpc.newChannelBuilder(server, all).maxInboundMessageSize(Integer.MAX_VALUE).build();
    return new MailstromClient(channel, timeout, reconnectLimit);
  }
}
