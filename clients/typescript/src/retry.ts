import { status } from "@grpc/grpc-js";

import { DeadlineExceededError } from "./errors.js";

const initialPause = 100;
const maxPause = 5000;

/** A time limit over several tries, in milliseconds. Without a limit it never ends. */
export class Deadline {
  readonly #end: number;

  constructor(
    limitMs: number | undefined,
    readonly now: () => number = () => performance.now(),
  ) {
    this.#end = limitMs === undefined ? Number.POSITIVE_INFINITY : now() + limitMs;
  }

  /** Milliseconds left, not below zero. */
  rest(): number {
    return Math.max(this.#end - this.now(), 0);
  }

  /** The same for gRPC, by the wall clock. */
  forCall(): number {
    return this.#end === Number.POSITIVE_INFINITY ? this.#end : Date.now() + this.rest();
  }
}

/** The earlier of two deadlines. */
export function earlier(one: Deadline, other: Deadline): Deadline {
  return one.rest() <= other.rest() ? one : other;
}

/**
 * Pauses between tries: 100 ms, doubled up to 5 s, each shortened by a random part of up to its half, so that callers who
 * failed together do not come back together.
 */
export class Backoff {
  #pause = initialPause;

  constructor(readonly draw: () => number = Math.random) {}

  /** Starts anew, after a success. */
  reset(): void {
    this.#pause = initialPause;
  }

  /** Milliseconds to wait before the next try; undefined when the deadline leaves no time for it. */
  next(deadline: Deadline): number | undefined {
    const pause = this.#pause * (0.5 + this.draw() / 2);
    this.#pause = Math.min(2 * this.#pause, maxPause);
    return deadline.rest() <= pause ? undefined : pause;
  }
}

/** What becomes of `work`, but at most until the deadline, or until the signal is given: then it rejects. */
export async function within<T>(
  work: Promise<T>,
  deadline: Deadline,
  signal: AbortSignal | undefined,
  late: () => Error = () => new DeadlineExceededError(status.DEADLINE_EXCEEDED, "the time limit is over"),
): Promise<T> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    const rest = deadline.rest();
    if (rest !== Number.POSITIVE_INFINITY) timer = setTimeout(() => reject(late()), rest);
    abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    if (abort) signal?.removeEventListener("abort", abort);
  }
}

/** Waits; rejects at once when the signal is given. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await within(new Promise<void>((resolve) => setTimeout(resolve, ms)), new Deadline(undefined), signal);
}
