"""Requests of a stream that have no answer yet."""

from __future__ import annotations

import uuid

from mailstrom import v1
from mailstrom._outcome import Outcome, make_outcome

DEFAULT_SIZE = 128
# What the server takes in without having answered; half of its bytes, for the framing and for other streams.
MAX_SIZE = 256
_MAX_BYTES = 8 * 1024 * 1024


class Window:
    """Numbers requests and keeps each until it is answered, so that a new stream can send it again."""

    def __init__(self, size: int) -> None:
        if not 1 <= size <= MAX_SIZE:
            raise ValueError(f"window must be from 1 to {MAX_SIZE}, not {size}")
        self._size = size
        self._next_index = 0
        self._bytes = 0
        self._unanswered: dict[int, v1.SendEmailsRequest] = {}

    def has_room(self) -> bool:
        """Whether one more request may be taken from the caller."""
        return len(self._unanswered) < self._size and self._bytes < _MAX_BYTES

    def is_empty(self) -> bool:
        """Whether all is answered."""
        return not self._unanswered

    def add(self, request: v1.SendEmailRequest) -> v1.SendEmailsRequest:
        """The request as it is to be sent, with a `request_id`, for which the caller's is left alone."""
        numbered = v1.SendEmailsRequest(index=self._next_index, request=with_request_id(request))
        self._unanswered[self._next_index] = numbered
        self._bytes += numbered.ByteSize()
        self._next_index += 1
        return numbered

    def unanswered(self) -> list[v1.SendEmailsRequest]:
        """What has to be sent again, in order."""
        return list(self._unanswered.values())

    def settle(self, answer: v1.SendEmailsResponse) -> Outcome | None:
        """The outcome that an answer tells; None when its request was answered before."""
        numbered = self._unanswered.pop(answer.index, None)
        if numbered is None:
            return None
        self._bytes -= numbered.ByteSize()
        return make_outcome(numbered.request, answer)


def with_request_id(request: v1.SendEmailRequest) -> v1.SendEmailRequest:
    """The request itself when it has a `request_id`, else a copy with a random one: it may be sent again without fear
    of a second email.
    """
    if request.request_id:
        return request
    copy = v1.SendEmailRequest()
    copy.CopyFrom(request)
    copy.request_id = str(uuid.uuid4())
    return copy
