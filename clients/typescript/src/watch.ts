import { type ClientReadableStream, status } from "@grpc/grpc-js";

import { DeadlineExceededError, toError, UnavailableError } from "./errors.js";
import { WatchStatusRequest, type WatchStatusResponse } from "./gen/mailstrom/v1/mailstrom_service.js";
import { Backoff, Deadline, earlier, pause, within } from "./retry.js";

/** One step of a watch: a snapshot or an event, with its cursor. */
export type WatchStep = WatchStatusResponse & {
  update: Exclude<WatchStatusResponse["update"], undefined | { $case: "heartbeat" }>;
};

// Servers send heartbeats more often.
export const silenceLimitMs = 60_000;

/** Where a watch stands, over all its streams. */
export class WatchState {
  readonly request: WatchStatusRequest;
  readonly #backoff: Backoff;
  /** How long the present outage may last; until the first response it is as for any call. */
  #patience: Deadline;
  #isOutage = true;
  /** Last revision handed out of each of the `emailIds`, which bounds it. */
  readonly #revisions = new Map<string, number>();

  constructor(
    request: Partial<WatchStatusRequest>,
    private readonly limits: { firstMs: number; reconnectMs: number },
    backoff = new Backoff(),
    private readonly now?: () => number,
  ) {
    this.request = WatchStatusRequest.fromPartial(request);
    this.#backoff = backoff;
    this.#patience = new Deadline(limits.firstMs, now);
  }

  /** Takes note of a response; false when it is not to be handed out. */
  accept(response: WatchStatusResponse): response is WatchStep {
    this.#backoff.reset();
    this.#isOutage = false;
    if (response.cursor) this.request.cursor = response.cursor;
    const update = response.update;
    if (update?.$case === "snapshot") {
      this.#revisions.set(update.value.emailId, update.value.revision);
      return true;
    }
    if (update?.$case !== "event") return false;
    if (this.request.emailIds.length === 0) return true;
    // After a snapshot the log may show again what the snapshot showed.
    if (update.value.revision <= (this.#revisions.get(update.value.emailId) ?? 0)) return false;
    this.#revisions.set(update.value.emailId, update.value.revision);
    return true;
  }

  /** Milliseconds to wait before the next stream. Throws the error when there shall be none. */
  pauseAfter(error: unknown): number {
    if (!(error instanceof UnavailableError)) throw error;
    if (!this.#isOutage) {
      this.#isOutage = true;
      this.#patience = new Deadline(this.limits.reconnectMs, this.now);
    }
    const wait = this.#backoff.next(this.#patience);
    if (wait === undefined) throw error;
    return wait;
  }
}

/** The steps of all streams, one after the other. */
export async function* watch(
  open: (request: WatchStatusRequest) => ClientReadableStream<WatchStatusResponse>,
  state: WatchState,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): AsyncGenerator<WatchStep, void, undefined> {
  while (true) {
    const call = open(state.request);
    // Reading tells the same.
    call.on("error", () => {});
    const responses: AsyncIterator<WatchStatusResponse> = call[Symbol.asyncIterator]();
    let failure: unknown;
    try {
      while (true) {
        const reading = responses.next();
        reading.catch(() => {});
        const silence = new Deadline(silenceLimitMs);
        const limit = earlier(deadline, silence);
        const next = await within(reading, limit, signal, limit === silence ? silent : late);
        if (next.done) return;
        if (state.accept(next.value)) yield next.value;
      }
    } catch (error) {
      failure = toError(error);
    } finally {
      call.cancel();
    }
    await within(pause(state.pauseAfter(failure), signal), deadline, signal, late);
  }
}

function silent(): Error {
  return new UnavailableError(status.UNAVAILABLE, "the server has fallen silent");
}

function late(): Error {
  return new DeadlineExceededError(status.DEADLINE_EXCEEDED, "the time limit of the watch is over");
}
