import { type ClientDuplexStream, status } from "@grpc/grpc-js";

import { DeadlineExceededError, toError, UnavailableError } from "./errors.js";
import type {
  SendEmailRequest,
  SendEmailsRequest,
  SendEmailsResponse,
} from "./gen/mailstrom/v1/mailstrom_service.js";
import { Backoff, Deadline, pause, within } from "./retry.js";
import type { Outcome, Window } from "./window.js";

type Call = ClientDuplexStream<SendEmailsRequest, SendEmailsResponse>;
type Source = AsyncIterator<SendEmailRequest> | Iterator<SendEmailRequest>;
type Taken = { taken: IteratorResult<SendEmailRequest> };
type Answer = { answer: IteratorResult<SendEmailsResponse> };

/** Takes from the caller and reads answers at the same time, whichever comes first. */
export async function* sendMany(
  open: () => Call,
  requests: Iterable<SendEmailRequest> | AsyncIterable<SendEmailRequest>,
  window: Window,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Outcome, void, undefined> {
  const source: Source =
    Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
  const backoff = new Backoff();
  const forever = new Deadline(undefined);
  // Until when an answer has to come.
  let patience = new Deadline(timeoutMs);
  let stream: Stream | undefined;
  let taking: Promise<Taken> | undefined;
  let exhausted = false;
  try {
    while (!exhausted || !window.isEmpty()) {
      try {
        stream ??= new Stream(open(), window.unanswered());
        if (!exhausted && window.hasRoom()) taking ??= take(source);
        const steps: Promise<Taken | Answer>[] = [];
        if (!window.isEmpty()) steps.push(stream.read());
        if (taking) steps.push(taking);
        // An idle stream may wait for the caller as long as the caller likes.
        const limit = window.isEmpty() ? forever : patience;
        const step = await within(Promise.race(steps), limit, signal, noAnswer);
        if ("taken" in step) {
          taking = undefined;
          if (step.taken.done) {
            exhausted = true;
          } else {
            if (window.isEmpty()) patience = new Deadline(timeoutMs);
            stream.send(window.add(step.taken.value));
          }
          continue;
        }
        stream.next();
        if (step.answer.done) {
          throw new UnavailableError(status.UNAVAILABLE, "the server ended the stream before its time");
        }
        backoff.reset();
        patience = new Deadline(timeoutMs);
        const outcome = window.settle(step.answer.value);
        if (outcome) yield outcome;
      } catch (broken) {
        const error = toError(broken);
        stream?.close();
        stream = undefined;
        const rest = error instanceof UnavailableError ? backoff.next(patience) : undefined;
        if (rest === undefined) throw error;
        await pause(rest, signal);
      }
    }
  } finally {
    stream?.close();
    if (!exhausted) await source.return?.();
  }
}

function noAnswer(): Error {
  return new DeadlineExceededError(
    status.DEADLINE_EXCEEDED,
    "the server gave no answer within the time limit",
  );
}

async function take(source: Source): Promise<Taken> {
  return { taken: await source.next() };
}

/** One call. */
class Stream {
  readonly #call: Call;
  readonly #answers: AsyncIterator<SendEmailsResponse>;
  #reading: Promise<Answer> | undefined;

  constructor(call: Call, requests: SendEmailsRequest[]) {
    this.#call = call;
    // Reading tells the same.
    call.on("error", () => {});
    this.#answers = call[Symbol.asyncIterator]();
    for (const request of requests) this.send(request);
  }

  send(request: SendEmailsRequest): void {
    // Its buffer is bounded by the window.
    if (this.#call.writable) this.#call.write(request);
  }

  /** The next answer, the same until `next` is called. */
  read(): Promise<Answer> {
    if (!this.#reading) {
      this.#reading = this.#answers.next().then((answer) => ({ answer }));
      // Whoever waits for it hears of it.
      this.#reading.catch(() => {});
    }
    return this.#reading;
  }

  next(): void {
    this.#reading = undefined;
  }

  close(): void {
    this.#call.cancel();
  }
}
