import { type MailstromError, streamError } from "./errors.js";
import {
  type SendEmailRequest,
  type SendEmailResponse,
  SendEmailsRequest,
  type SendEmailsResponse,
} from "./gen/mailstrom/v1/mailstrom_service.js";
import { withRequestId } from "./requestId.js";

/** What became of one request of `Client.sendMany`. */
export interface Outcome {
  /** The place of the request, counted from 0. */
  index: number;
  /** The request, with the `requestId` that it went with. */
  request: SendEmailRequest;
  /** Set when the email is durable. */
  response?: SendEmailResponse;
  /** Set when it was refused; nothing was stored then. */
  error?: MailstromError;
}

export const defaultWindow = 128;
// What the server takes in without having answered; half of its bytes, for the framing and for other streams.
const maxWindow = 256;
const maxBytes = 8 * 1024 * 1024;

/** Numbers requests and keeps each until it is answered, so that a new stream can send it again. */
export class Window {
  readonly #size: number;
  readonly #unanswered = new Map<
    number,
    { numbered: SendEmailsRequest & { request: SendEmailRequest }; bytes: number }
  >();
  #nextIndex = 0;
  #bytes = 0;

  constructor(size: number) {
    if (!Number.isInteger(size) || size < 1 || size > maxWindow) {
      throw new RangeError(`window must be from 1 to ${maxWindow}, not ${size}`);
    }
    this.#size = size;
  }

  /** Whether one more request may be taken from the caller. */
  hasRoom(): boolean {
    return this.#unanswered.size < this.#size && this.#bytes < maxBytes;
  }

  /** Whether all is answered. */
  isEmpty(): boolean {
    return this.#unanswered.size === 0;
  }

  /** The request as it is to be sent. */
  add(request: SendEmailRequest): SendEmailsRequest {
    const numbered = { index: this.#nextIndex++, request: withRequestId(request) };
    const bytes = SendEmailsRequest.encode(numbered).finish().length;
    this.#unanswered.set(numbered.index, { numbered, bytes });
    this.#bytes += bytes;
    return numbered;
  }

  /** What has to be sent again, in order. */
  unanswered(): SendEmailsRequest[] {
    return [...this.#unanswered.values()].map((each) => each.numbered);
  }

  /** The outcome that an answer tells; undefined when its request was answered before. */
  settle(answer: SendEmailsResponse): Outcome | undefined {
    const waiting = this.#unanswered.get(answer.index);
    if (!waiting) return undefined;
    this.#unanswered.delete(answer.index);
    this.#bytes -= waiting.bytes;
    const { index, request } = waiting.numbered;
    const result = answer.result;
    if (result?.$case === "error") return { index, request, error: streamError(result.value) };
    if (result?.$case === "response") return { index, request, response: result.value };
    throw new TypeError("an answer of the server has neither a response nor an error");
  }
}
