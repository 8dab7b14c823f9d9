"""Passes commands on to the library, as clients/conformance/README.md describes it."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import mailstrom
from mailstrom import v1

Json = dict[str, Any]

_KINDS: tuple[tuple[type[mailstrom.MailstromError], str], ...] = (
    (mailstrom.InvalidRequestError, "invalid_request"),
    (mailstrom.RequestIdReusedError, "request_id_reused"),
    (mailstrom.NotFoundError, "not_found"),
    (mailstrom.ResourceExhaustedError, "resource_exhausted"),
    (mailstrom.UnavailableError, "unavailable"),
    (mailstrom.DeadlineExceededError, "deadline_exceeded"),
    (mailstrom.CursorExpiredError, "cursor_expired"),
    (mailstrom.PermissionDeniedError, "permission_denied"),
    (mailstrom.UnauthenticatedError, "unauthenticated"),
)


def say(name: str, value: object) -> None:
    print(json.dumps({name: value}), flush=True)


def to_request(email: Json) -> v1.SendEmailRequest:
    after = email.get("send_after")
    return mailstrom.email_request(
        from_=email["from"],
        to=email.get("to", ()),
        cc=email.get("cc", ()),
        bcc=email.get("bcc", ()),
        subject=email.get("subject", ""),
        text=email.get("text", ""),
        html=email.get("html", ""),
        attachments=email.get("attachments", ()),
        tags=email.get("tags"),
        request_id=email.get("request_id", ""),
        send_time=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=after) if after else None,
    )


def from_recipient(recipient: v1.Recipient) -> Json:
    return {
        "address": recipient.address,
        "state": v1.Recipient.State.Name(recipient.state).removeprefix("STATE_"),
        "attempt_count": recipient.attempt_count,
        "failure_cause": v1.FailureCause.Name(recipient.failure_cause).removeprefix("FAILURE_CAUSE_"),
        "reply_code": recipient.last_attempt.reply.code,
    }


def email_state(state: v1.Email.State.ValueType) -> str:
    return v1.Email.State.Name(state).removeprefix("STATE_")


def from_email(email: v1.Email) -> Json:
    return {
        "email_id": email.email_id,
        "state": email_state(email.state),
        "revision": email.revision,
        "tags": dict(email.tags),
        "recipients": [from_recipient(each) for each in email.recipients],
    }


def from_response(response: v1.WatchStatusResponse) -> Json:
    if response.HasField("snapshot"):
        return {"kind": "snapshot", "cursor": response.cursor, "status": from_email(response.snapshot)}
    event = response.event
    return {
        "kind": "event",
        "cursor": response.cursor,
        "email_id": event.email_id,
        "revision": event.revision,
        "email_state": email_state(event.email_state),
        "recipient": from_recipient(event.recipient),
    }


def from_error(error: mailstrom.MailstromError) -> Json:
    return {
        "kind": next((kind for each, kind in _KINDS if isinstance(error, each)), "other"),
        "code": error.code.name,
        "reason": error.reason,
        "message": error.message,
        "violations": [{"field": each.field, "description": each.description} for each in error.violations],
    }


def from_sent(sent: v1.SendEmailResponse) -> Json:
    return {"email_id": sent.email.email_id, "replayed": sent.replayed}


def from_outcome(outcome: mailstrom.Outcome) -> Json:
    if outcome.error is not None:
        return {"index": outcome.index, "error": from_error(outcome.error)}
    return {"index": outcome.index, **from_sent(outcome.result())}


def credentials(command: Json) -> Any:
    if "root_certificate" not in command:
        return None
    return mailstrom.tls(root_certificates=command["root_certificate"], api_key=command.get("api_key"))


class Meter:
    """Counts what the library has taken and not yet answered."""

    def __init__(self) -> None:
        self._unanswered = 0
        self.most = 0

    def take(self, emails: Iterable[Json]) -> Iterator[v1.SendEmailRequest]:
        for email in emails:
            self._unanswered += 1
            self.most = max(self.most, self._unanswered)
            yield to_request(email)

    def answered(self) -> None:
        self._unanswered -= 1


class Driver:
    """Each method is the command of its name."""

    _client: mailstrom.Client

    def connect(self, command: Json) -> object:
        self._client = mailstrom.Client(command["server"], credentials=credentials(command))
        return {}

    def send(self, command: Json) -> object:
        return from_sent(self._client.send(to_request(command["email"]), timeout=command.get("timeout")))

    def send_many(self, command: Json) -> object:
        meter = Meter()
        for outcome in self._client.send_many(meter.take(command["emails"]), window=command.get("window", 128)):
            meter.answered()
            say("item", from_outcome(outcome))
        return {"max_unanswered": meter.most}

    def status(self, command: Json) -> object:
        return from_email(self._client.status(command["email_id"], timeout=command.get("timeout")))

    def wait_until_settled(self, command: Json) -> object:
        return from_email(self._client.wait_until_settled(command["email_id"], timeout=command.get("timeout")))

    def cancel(self, command: Json) -> object:
        return from_email(self._client.cancel(command["email_id"], timeout=command.get("timeout")))

    def list(self, command: Json) -> object:
        query = v1.ListEmailsRequest(page_size=command.get("page_size", 0))
        for email in self._client.list(query, tags=command.get("tags")):
            say("item", from_email(email))
        return {}

    def watch(self, command: Json) -> object:
        events = 0
        with self._client.watch(
            command.get("email_ids", ()), tags=command.get("tags"), cursor=command.get("cursor", "")
        ) as watch:
            for response in watch:
                say("item", from_response(response))
                events += response.HasField("event")
                if events == command.get("max_events"):
                    break
        return {}


def main() -> None:
    driver = Driver()
    for line in sys.stdin:
        command = json.loads(line)
        method: Callable[[Json], object] = getattr(driver, command["op"])
        try:
            say("result", method(command))
        except mailstrom.MailstromError as error:
            say("error", from_error(error))


if __name__ == "__main__":
    main()
