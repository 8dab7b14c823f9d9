"""What became of one email of many."""

from __future__ import annotations

import dataclasses

from mailstrom import v1
from mailstrom._errors import MailstromError, from_outcome


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one request of `send_many`."""

    index: int
    """The place of the request, counted from 0."""
    request: v1.SendEmailRequest
    """The request, with the `request_id` that it went with."""
    response: v1.SendEmailResponse | None
    """Set when the email is durable."""
    error: MailstromError | None
    """Set when it was refused; nothing was stored then."""

    def result(self) -> v1.SendEmailResponse:
        """The response; raises the error when there is one."""
        if self.error is not None:
            raise self.error
        assert self.response is not None
        return self.response


def make_outcome(request: v1.SendEmailRequest, answer: v1.SendEmailsResponse) -> Outcome:
    """The outcome that an answer of the stream tells."""
    if answer.HasField("error"):
        return Outcome(answer.index, request, None, from_outcome(answer.error))
    return Outcome(answer.index, request, answer.response, None)
