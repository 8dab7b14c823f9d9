import { readFileSync } from "node:fs";

import { type ChannelCredentials, type ChannelOptions, credentials, Metadata } from "@grpc/grpc-js";

/**
 * The status of an email with a thousand recipients is larger than gRPC's default limit allows. The channel's own pauses must not
 * outlast those of `Backoff`, and no other channel's failures count for this one.
 */
export const channelOptions: ChannelOptions = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
  "grpc.use_local_subchannel_pool": 1,
};

/**
 * Credentials for an encrypted connection to a server whose certificate is verified. `rootCertificates`, PEM or the path of a
 * file, replaces the roots that Node trusts. `apiKey` goes with every call as a bearer token.
 */
export function tls(given: { rootCertificates?: Buffer | string; apiKey?: string } = {}): ChannelCredentials {
  const roots = given.rootCertificates;
  const secure = credentials.createSsl(typeof roots === "string" ? readFileSync(roots) : roots);
  if (given.apiKey === undefined) return secure;
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${given.apiKey}`);
  const key = credentials.createFromMetadataGenerator((_options, done) => done(null, metadata));
  return credentials.combineChannelCredentials(secure, key);
}
