/**
 * Client of Mailstrom, an email delivery service. `Client` calls a server, and `email` makes an email from plain values.
 *
 * @packageDocumentation
 */

export { tls } from "./channel.js";
export { type CallLimits, Client, type ClientOptions } from "./client.js";
export { attachment, type EmailValues, email } from "./email.js";
export {
  CursorExpiredError,
  DeadlineExceededError,
  InvalidRequestError,
  MailstromError,
  NotFoundError,
  PermissionDeniedError,
  RequestIdReusedError,
  ResourceExhaustedError,
  UnauthenticatedError,
  UnavailableError,
} from "./errors.js";
export { Duration } from "./gen/google/protobuf/duration.js";
export {
  Address,
  Attachment,
  Content,
  Envelope,
  Group,
  HeaderField,
  Mailbox,
} from "./gen/mailstrom/v1/content.js";
export {
  Attempt,
  Attempt_Phase,
  BounceClass,
  Dialogue,
  DialogueLine,
  DialogueLine_Speaker,
  Email,
  Email_State,
  FailureCause,
  Recipient,
  Recipient_State,
  Reply,
  StatusEvent,
} from "./gen/mailstrom/v1/email.js";
export {
  ErrorReason,
  FieldViolation,
  Heartbeat,
  ListEmailsRequest,
  RetryPolicy,
  SendEmailRequest,
  SendEmailResponse,
  WatchStatusRequest,
  WatchStatusResponse,
} from "./gen/mailstrom/v1/mailstrom_service.js";
export type { WatchStep } from "./watch.js";
export type { Outcome } from "./window.js";
