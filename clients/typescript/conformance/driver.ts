/** Passes commands on to the library, as clients/conformance/README.md describes it. */

import { createInterface } from "node:readline";

import { status } from "@grpc/grpc-js";
import * as mailstrom from "mailstrom-client";

interface EmailJson {
  from: string;
  to?: string[];
  cc?: string[];
  bcc?: string[];
  subject?: string;
  text?: string;
  html?: string;
  tags?: Record<string, string>;
  attachments?: string[];
  request_id?: string;
  send_after?: number;
}

interface Command {
  op: string;
  server: string;
  root_certificate?: string;
  api_key?: string;
  email: EmailJson;
  emails: EmailJson[];
  window?: number;
  email_id: string;
  email_ids?: string[];
  tags?: Record<string, string>;
  cursor?: string;
  max_events?: number;
  page_size?: number;
  timeout?: number;
}

const kinds: [typeof mailstrom.MailstromError, string][] = [
  [mailstrom.InvalidRequestError, "invalid_request"],
  [mailstrom.RequestIdReusedError, "request_id_reused"],
  [mailstrom.NotFoundError, "not_found"],
  [mailstrom.ResourceExhaustedError, "resource_exhausted"],
  [mailstrom.UnavailableError, "unavailable"],
  [mailstrom.DeadlineExceededError, "deadline_exceeded"],
  [mailstrom.CursorExpiredError, "cursor_expired"],
  [mailstrom.PermissionDeniedError, "permission_denied"],
  [mailstrom.UnauthenticatedError, "unauthenticated"],
];

function say(name: string, value: unknown): void {
  process.stdout.write(`${JSON.stringify({ [name]: value })}\n`);
}

async function toRequest(json: EmailJson): Promise<mailstrom.SendEmailRequest> {
  return mailstrom.email({
    ...json,
    attachments: await Promise.all((json.attachments ?? []).map((path) => mailstrom.attachment(path))),
    requestId: json.request_id,
    sendTime: json.send_after ? new Date(Date.now() + 1000 * json.send_after) : undefined,
  });
}

function fromRecipient(recipient: mailstrom.Recipient | undefined) {
  return {
    address: recipient?.address,
    state: recipient?.state.replace("STATE_", ""),
    attempt_count: recipient?.attemptCount,
    failure_cause: recipient?.failureCause.replace("FAILURE_CAUSE_", ""),
    reply_code: recipient?.lastAttempt?.reply?.code ?? 0,
  };
}

function fromEmail(email: mailstrom.Email) {
  return {
    email_id: email.emailId,
    state: email.state.replace("STATE_", ""),
    revision: email.revision,
    tags: email.tags,
    recipients: email.recipients.map(fromRecipient),
  };
}

function fromStep({ cursor, update }: mailstrom.WatchStep) {
  if (update.$case === "snapshot") return { kind: "snapshot", cursor, status: fromEmail(update.value) };
  const event = update.value;
  return {
    kind: "event",
    cursor,
    email_id: event.emailId,
    revision: event.revision,
    email_state: event.emailState.replace("STATE_", ""),
    recipient: fromRecipient(event.recipient),
  };
}

function fromError(error: mailstrom.MailstromError) {
  return {
    kind: kinds.find(([type]) => error instanceof type)?.[1] ?? "other",
    code: status[error.code],
    reason: error.reason,
    message: error.message,
    violations: error.violations.map(({ field, description }) => ({ field, description })),
  };
}

function fromSent(sent: mailstrom.SendEmailResponse | undefined) {
  return { email_id: sent?.email?.emailId, replayed: sent?.replayed };
}

class Driver {
  #client = new mailstrom.Client();

  async run(command: Command): Promise<unknown> {
    const limits = { timeoutMs: command.timeout === undefined ? undefined : 1000 * command.timeout };
    const id = command.email_id;
    switch (command.op) {
      case "connect":
        this.#connect(command);
        return {};
      case "send":
        return fromSent(await this.#client.send(await toRequest(command.email), limits));
      case "send_many":
        return this.#sendMany(command);
      case "status":
        return fromEmail(await this.#client.status(id, limits));
      case "wait_until_settled":
        return fromEmail(await this.#client.waitUntilSettled(id, limits));
      case "cancel":
        return fromEmail(await this.#client.cancel(id, limits));
      case "list":
        for await (const email of this.#client.list({
          tags: command.tags ?? {},
          pageSize: command.page_size ?? 0,
        })) {
          say("item", fromEmail(email));
        }
        return {};
      case "watch":
        await this.#watch(command);
        return {};
      default:
        throw new Error(`no such command: ${command.op}`);
    }
  }

  #connect(command: Command): void {
    const key = command.api_key === undefined ? {} : { apiKey: command.api_key };
    const secure = command.root_certificate
      ? { credentials: mailstrom.tls({ rootCertificates: command.root_certificate, ...key }) }
      : {};
    this.#client = new mailstrom.Client(command.server, secure);
  }

  async #sendMany(command: Command): Promise<unknown> {
    let unanswered = 0;
    let most = 0;
    async function* requests() {
      for (const email of command.emails) {
        most = Math.max(most, ++unanswered);
        yield await toRequest(email);
      }
    }
    for await (const outcome of this.#client.sendMany(requests(), { window: command.window })) {
      unanswered--;
      const { index, error, response } = outcome;
      say("item", error ? { index, error: fromError(error) } : { index, ...fromSent(response) });
    }
    return { max_unanswered: most };
  }

  async #watch(command: Command): Promise<void> {
    let events = 0;
    for await (const step of this.#client.watch({
      emailIds: command.email_ids ?? [],
      tags: command.tags ?? {},
      cursor: command.cursor ?? "",
    })) {
      say("item", fromStep(step));
      if (step.update.$case === "event" && ++events === command.max_events) break;
    }
  }
}

const driver = new Driver();
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say("result", await driver.run(JSON.parse(line)));
  } catch (error) {
    if (!(error instanceof mailstrom.MailstromError)) throw error;
    say("error", fromError(error));
  }
}
