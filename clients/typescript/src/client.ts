import {
  type CallOptions,
  type ChannelCredentials,
  type ChannelOptions,
  type ClientUnaryCall,
  credentials as grpcCredentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";

import { channelOptions } from "./channel.js";
import { toError, UnavailableError } from "./errors.js";
import type { Dialogue, Email } from "./gen/mailstrom/v1/email.js";
import {
  ListEmailsRequest,
  MailstromServiceClient,
  type SendEmailRequest,
  type SendEmailResponse,
  type WatchStatusRequest,
} from "./gen/mailstrom/v1/mailstrom_service.js";
import { withRequestId } from "./requestId.js";
import { Backoff, Deadline, pause } from "./retry.js";
import { sendMany } from "./sendMany.js";
import { WatchState, type WatchStep, watch } from "./watch.js";
import { defaultWindow, type Outcome, Window } from "./window.js";

/** How a client works. */
export interface ClientOptions {
  /** Such as `tls()`; without them the connection is not encrypted. */
  credentials?: ChannelCredentials;
  /** How long a call may take that gives no time limit of its own. Default: 30,000. */
  timeoutMs?: number;
  /** How long a watch tries to reach a server again that it had reached before. Default: 300,000. */
  reconnectLimitMs?: number;
  /** Options of the gRPC channel, besides those that the client sets. */
  channelOptions?: ChannelOptions;
}

/** How one call works. */
export interface CallLimits {
  /** How long the call may take, all its tries together. */
  timeoutMs?: number | undefined;
  /** Ends the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

type Method<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/**
 * Calls one Mailstrom server; connects with the first call. `close` it in the end.
 *
 * Calls reject with a `MailstromError` of the fitting kind. One that the server cannot take for now (UNAVAILABLE) is repeated with
 * growing pauses until its time limit is over.
 */
export class Client implements Disposable {
  readonly #stub: MailstromServiceClient;
  readonly #timeoutMs: number;
  readonly #reconnectLimitMs: number;

  /** `server` is `host:port`. */
  constructor(server = "127.0.0.1:2626", options: ClientOptions = {}) {
    this.#stub = new MailstromServiceClient(server, options.credentials ?? grpcCredentials.createInsecure(), {
      ...channelOptions,
      ...options.channelOptions,
    });
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#reconnectLimitMs = options.reconnectLimitMs ?? 300_000;
  }

  /**
   * Hands one email over; it is durable when this resolves. See `email` for how to make a request. One without `requestId`
   * goes with a random one, so that repeating it cannot make a second email.
   */
  async send(request: SendEmailRequest, limits: CallLimits = {}): Promise<SendEmailResponse> {
    return this.#call(this.#stub.sendEmail, withRequestId(request), limits);
  }

  /**
   * Hands many emails over on one stream, and yields what became of each, in the order of the answers. A request that is
   * refused leaves the others alone.
   *
   * Requests are taken as the outcomes are iterated, never more than `window` (1 to 256, by default 128) ahead of them. When the
   * connection breaks, what has no answer is sent again, without making a second email. Rejects when no answer comes for
   * `timeoutMs`.
   */
  sendMany(
    requests: Iterable<SendEmailRequest> | AsyncIterable<SendEmailRequest>,
    limits: CallLimits & { window?: number | undefined } = {},
  ): AsyncGenerator<Outcome, void, undefined> {
    const window = new Window(limits.window ?? defaultWindow);
    return sendMany(
      () => this.#stub.sendEmails(),
      requests,
      window,
      limits.timeoutMs ?? this.#timeoutMs,
      limits.signal,
    );
  }

  /** Where the email and each of its recipients stand now. */
  async status(emailId: string, limits: CallLimits = {}): Promise<Email> {
    return present((await this.#call(this.#stub.queryStatus, { emailId }, limits)).email);
  }

  /** What was said on the wire in the last attempts, oldest first. */
  async dialogues(emailId: string, limits: CallLimits = {}): Promise<Dialogue[]> {
    return (await this.#call(this.#stub.queryDialogues, { emailId }, limits)).dialogues;
  }

  /** Gives up the recipients that are not settled; the email as it stands then. */
  async cancel(emailId: string, limits: CallLimits = {}): Promise<Email> {
    return present((await this.#call(this.#stub.cancelEmail, { emailId }, limits)).email);
  }

  /** Yields the emails that meet the query, newest first, reading page after page. */
  async *list(
    query: Partial<ListEmailsRequest> = {},
    limits: CallLimits = {},
  ): AsyncGenerator<Email, void, undefined> {
    const request = ListEmailsRequest.fromPartial(query);
    do {
      const page = await this.#call(this.#stub.listEmails, request, limits);
      yield* page.emails;
      request.pageToken = page.nextPageToken;
    } while (request.pageToken);
  }

  /**
   * Follows emails: those of the `emailIds`, all that carry the `tags`, or all. Yields snapshots and events; to leave the loop ends
   * the call.
   *
   * With `emailIds` it begins with a snapshot of each email and ends once all are settled. When the connection breaks it goes
   * on from its cursor, so that no event is missed and none comes twice. With the `cursor` of an earlier step it goes on
   * after that step. `timeoutMs` ends it with a `DeadlineExceededError`; without it, it lasts.
   */
  watch(
    request: Partial<WatchStatusRequest> = {},
    limits: CallLimits = {},
  ): AsyncGenerator<WatchStep, void, undefined> {
    const state = new WatchState(request, { firstMs: this.#timeoutMs, reconnectMs: this.#reconnectLimitMs });
    const deadline = new Deadline(limits.timeoutMs);
    return watch((each) => this.#stub.watchStatus(each), state, deadline, limits.signal);
  }

  /** Resolves with the email once each of its recipients is delivered or failed; without `timeoutMs` it waits for ever. */
  async waitUntilSettled(emailId: string, limits: CallLimits = {}): Promise<Email> {
    for await (const _ of this.watch({ emailIds: [emailId] }, limits));
    return this.status(emailId, { signal: limits.signal });
  }

  /** Closes the connection once the calls under way have ended. */
  close(): void {
    this.#stub.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    limits: CallLimits,
  ): Promise<Response> {
    const deadline = new Deadline(limits.timeoutMs ?? this.#timeoutMs);
    const backoff = new Backoff();
    while (true) {
      limits.signal?.throwIfAborted();
      try {
        return await this.#try(method, request, deadline, limits.signal);
      } catch (failure) {
        limits.signal?.throwIfAborted();
        const error = toError(failure);
        const wait = error instanceof UnavailableError ? backoff.next(deadline) : undefined;
        if (wait === undefined) throw error;
        await pause(wait, limits.signal);
      }
    }
  }

  #try<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    deadline: Deadline,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    return new Promise<Response>((resolve, reject) => {
      const options = { deadline: deadline.forCall() };
      const call = method.call(this.#stub, request, new Metadata(), options, (error, response) => {
        signal?.removeEventListener("abort", cancel);
        if (error) reject(error);
        else resolve(response);
      });
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel);
    });
  }
}

function present(email: Email | undefined): Email {
  if (!email) throw new TypeError("an answer of the server has no email");
  return email;
}
