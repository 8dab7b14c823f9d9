"""Where a watch stands, over all its streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import grpc

from mailstrom import v1
from mailstrom._errors import DeadlineExceededError, MailstromError, UnavailableError
from mailstrom._retry import Backoff, Deadline

# Servers send heartbeats more often.
SILENCE_LIMIT = 60.0


class WatchState:
    """Decides what is handed out, and whether a stream that broke is opened again."""

    def __init__(
        self,
        *,
        email_ids: Iterable[str],
        tags: Mapping[str, str] | None,
        cursor: str,
        timeout: float | None,
        first_limit: float,
        reconnect_limit: float,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request = v1.WatchStatusRequest(
            email_ids=[email_ids] if isinstance(email_ids, str) else email_ids, tags=tags or {}, cursor=cursor
        )
        self.deadline = Deadline(timeout, clock)
        self._clock = clock
        self._reconnect_limit = reconnect_limit
        # How long the present outage may last; until the first response it is as for any call.
        self._patience = Deadline(first_limit, clock)
        self._is_outage = True
        self._backoff = backoff or Backoff()
        # Last revision handed out of each of `email_ids`, which bounds it.
        self._revisions: dict[str, int] = {}

    @property
    def request(self) -> v1.WatchStatusRequest:
        """What to open the next stream with."""
        return self._request

    def accept(self, response: v1.WatchStatusResponse) -> bool:
        """Takes note of a response; False when it is not to be handed out."""
        self._backoff.reset()
        self._is_outage = False
        if response.cursor:
            self._request.cursor = response.cursor
        kind = response.WhichOneof("update")
        if kind == "snapshot":
            self._revisions[response.snapshot.email_id] = response.snapshot.revision
            return True
        if kind != "event":
            return False
        event = response.event
        if not self._request.email_ids:
            return True
        # After a snapshot the log may show again what the snapshot showed.
        if event.revision <= self._revisions.get(event.email_id, 0):
            return False
        self._revisions[event.email_id] = event.revision
        return True

    def pause_after(self, error: MailstromError) -> float:
        """Seconds to wait before the next stream. Raises the error when there shall be none."""
        if self.deadline.is_over():
            raise DeadlineExceededError(grpc.StatusCode.DEADLINE_EXCEEDED, "the time limit of the watch is over")
        if not isinstance(error, UnavailableError):
            raise error
        if not self._is_outage:
            self._is_outage = True
            self._patience = Deadline(self._reconnect_limit, self._clock)
        pause = self._backoff.next_pause(self._patience)
        if pause is None:
            raise error
        rest = self.deadline.rest()
        return pause if rest is None else min(pause, rest)


def silence() -> UnavailableError:
    """What a stream that brings nothing, not even heartbeats, ends with."""
    return UnavailableError(grpc.StatusCode.UNAVAILABLE, "the server has fallen silent")
