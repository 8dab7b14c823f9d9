/** A server of the API within the test, whose answers the test writes down. */

import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
  type ServiceError,
  type status,
} from "@grpc/grpc-js";

import { BadRequest, ErrorInfo, Status } from "../dist/gen/mailstrom/rpc/error_details.js";
import { Email } from "../dist/gen/mailstrom/v1/email.js";
import {
  type ListEmailsRequest,
  ListEmailsResponse,
  type MailstromServiceServer,
  MailstromServiceService,
  SendEmailRequest,
  SendEmailResponse,
  type SendEmailsRequest,
  SendEmailsResponse,
  type WatchStatusRequest,
  WatchStatusResponse,
} from "../dist/gen/mailstrom/v1/mailstrom_service.js";
import { Client, type ClientOptions } from "../dist/index.js";

export type SendStream = ServerDuplexStream<SendEmailsRequest, SendEmailsResponse>;
export type WatchStream = ServerWritableStream<WatchStatusRequest, WatchStatusResponse>;

export class FakeServer implements AsyncDisposable {
  onSend: (request: SendEmailRequest) => SendEmailResponse = accept;
  onSendMany: (stream: SendStream) => void = (stream) => {
    stream.on("data", (numbered) => stream.write(answer(numbered)));
    stream.on("end", () => stream.end());
  };
  onWatch: (stream: WatchStream) => void = (stream) => stream.end();
  onList: (request: ListEmailsRequest) => Partial<ListEmailsResponse> = () => ({});
  readonly sent: SendEmailRequest[] = [];
  readonly metadata: Metadata[] = [];
  readonly #server = new Server();
  #port = 0;
  readonly #clients: Client[] = [];

  static async start(credentials = ServerCredentials.createInsecure()): Promise<FakeServer> {
    const fake = new FakeServer();
    const answers: MailstromServiceServer = {
      sendEmail: (call, callback) => {
        fake.sent.push(call.request);
        fake.metadata.push(call.metadata);
        reply(() => fake.onSend(call.request), callback);
      },
      sendEmails: (stream) => fake.onSendMany(stream),
      watchStatus: (stream) => fake.onWatch(stream),
      listEmails: (call, callback) => {
        callback(null, ListEmailsResponse.fromPartial(fake.onList(call.request)));
      },
      queryStatus: (call, callback) =>
        callback(null, { email: Email.fromPartial({ emailId: call.request.emailId }) }),
      cancelEmail: (call, callback) =>
        callback(null, { email: Email.fromPartial({ emailId: call.request.emailId }) }),
      queryDialogues: (_call, callback) => callback(null, { dialogues: [] }),
    };
    fake.#server.addService(MailstromServiceService, answers);
    fake.#port = await new Promise((resolve, reject) => {
      fake.#server.bindAsync("127.0.0.1:0", credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    return fake;
  }

  client(options: ClientOptions = {}, host = "127.0.0.1"): Client {
    const client = new Client(`${host}:${this.#port}`, options);
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    this.#server.forceShutdown();
  }
}

function reply<T>(make: () => T, callback: (error: ServiceError | null, value?: T) => void): void {
  try {
    callback(null, make());
  } catch (error) {
    callback(error as ServiceError);
  }
}

export function accept(request: SendEmailRequest): SendEmailResponse {
  return SendEmailResponse.fromPartial({ email: { emailId: `id of ${request.requestId}` } });
}

export function answer(numbered: SendEmailsRequest): SendEmailsResponse {
  const value = accept(numbered.request ?? SendEmailRequest.fromPartial({}));
  return SendEmailsResponse.fromPartial({ index: numbered.index, result: { $case: "response", value } });
}

export function event(revision: number, cursor: string): WatchStatusResponse {
  return WatchStatusResponse.fromPartial({
    cursor,
    update: { $case: "event", value: { emailId: "a", revision } },
  });
}

/** An error as the server makes it. */
export function refusal(code: status, reason = "", fields: Record<string, string> = {}): ServiceError {
  const details = [
    {
      typeUrl: "type.googleapis.com/google.rpc.ErrorInfo",
      value: Buffer.from(ErrorInfo.encode(ErrorInfo.fromPartial({ reason, domain: "mailstrom" })).finish()),
    },
    {
      typeUrl: "type.googleapis.com/google.rpc.BadRequest",
      value: Buffer.from(
        BadRequest.encode({
          fieldViolations: Object.entries(fields).map(([field, description]) => ({ field, description })),
        }).finish(),
      ),
    },
  ];
  const metadata = new Metadata();
  metadata.set(
    "grpc-status-details-bin",
    Buffer.from(Status.encode({ code, message: "refused", details }).finish()),
  );
  return Object.assign(new Error("refused"), { code, details: "refused", metadata });
}
