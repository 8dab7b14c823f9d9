import { type Metadata, type ServiceError, status } from "@grpc/grpc-js";

import { BadRequest, ErrorInfo, Status } from "./gen/mailstrom/rpc/error_details.js";
import {
  ErrorReason,
  type FieldViolation,
  type Error as StreamError,
} from "./gen/mailstrom/v1/mailstrom_service.js";

/** A call that failed. Each kind of failure that a program may want to tell apart has a class of its own. */
export class MailstromError extends Error {
  /** The gRPC status code. */
  readonly code: status;
  /** A name of `ErrorReason` without its prefix, such as `FIELD_INVALID`; empty when the server gave none. */
  readonly reason: string;
  /** Every field that the server found wrong. */
  readonly violations: readonly FieldViolation[];

  constructor(code: status, message: string, reason = "", violations: readonly FieldViolation[] = []) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.reason = reason;
    this.violations = violations;
  }
}

/** The request is wrong and nothing was stored; `violations` names each wrong field. */
export class InvalidRequestError extends MailstromError {}
/** The `requestId` was used before, for another request. */
export class RequestIdReusedError extends MailstromError {}
/** No such email, or no longer. */
export class NotFoundError extends MailstromError {}
/** The queue or the caller's share of it is full; nothing was stored. Come back later. */
export class ResourceExhaustedError extends MailstromError {}
/** The server could not be reached, or refuses work for now, until the time limit was over. */
export class UnavailableError extends MailstromError {}
/**
 * The time limit was over before the server answered. A send may have taken effect all the same; to be sure, repeat it
 * with the same `requestId`.
 */
export class DeadlineExceededError extends MailstromError {}
/** The events after the cursor are gone; start a new watch. */
export class CursorExpiredError extends MailstromError {}
/** The caller may not do this. */
export class PermissionDeniedError extends MailstromError {}
/** The server does not know the caller, or wants credentials. */
export class UnauthenticatedError extends MailstromError {}

const classes = new Map<status, typeof MailstromError>([
  [status.INVALID_ARGUMENT, InvalidRequestError],
  [status.ALREADY_EXISTS, RequestIdReusedError],
  [status.NOT_FOUND, NotFoundError],
  [status.RESOURCE_EXHAUSTED, ResourceExhaustedError],
  [status.UNAVAILABLE, UnavailableError],
  [status.DEADLINE_EXCEEDED, DeadlineExceededError],
  [status.OUT_OF_RANGE, CursorExpiredError],
  [status.PERMISSION_DENIED, PermissionDeniedError],
  [status.UNAUTHENTICATED, UnauthenticatedError],
]);

/** An error of the class that belongs to the code. */
export function makeError(
  code: status,
  message: string,
  reason = "",
  violations: readonly FieldViolation[] = [],
): MailstromError {
  return new (classes.get(code) ?? MailstromError)(code, message, reason, violations);
}

/** What a call of gRPC ended with, and the details that the server sent along. Other errors stay as they are. */
export function toError(error: unknown): unknown {
  if (!isServiceError(error)) return error;
  let reason = "";
  const violations: FieldViolation[] = [];
  for (const value of error.metadata.get("grpc-status-details-bin")) {
    for (const detail of Status.decode(value as Buffer).details) {
      if (detail.typeUrl === "type.googleapis.com/google.rpc.ErrorInfo") {
        reason = ErrorInfo.decode(detail.value).reason;
      } else if (detail.typeUrl === "type.googleapis.com/google.rpc.BadRequest") {
        violations.push(...BadRequest.decode(detail.value).fieldViolations);
      }
    }
  }
  // So a server that stops refuses calls that it has not begun. What this program cancels ends otherwise: with the
  // signal's reason, or unread.
  const code = error.code === status.CANCELLED ? status.UNAVAILABLE : error.code;
  return makeError(code, error.details, reason, violations);
}

function isServiceError(error: unknown): error is ServiceError & { metadata: Metadata } {
  return error instanceof Error && "code" in error && "details" in error && "metadata" in error;
}

/** What became of one request of a stream. */
export function streamError(error: StreamError): MailstromError {
  const named = error.reason !== ErrorReason.ERROR_REASON_UNSPECIFIED;
  const reason = named ? error.reason.replace(/^ERROR_REASON_/, "") : "";
  return makeError(error.code, error.message, reason, error.fieldViolations);
}
