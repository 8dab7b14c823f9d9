"""Many emails over one stream."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Protocol, cast

import grpc

from mailstrom import v1
from mailstrom._errors import DeadlineExceededError, UnavailableError, from_rpc_error
from mailstrom._outcome import Outcome
from mailstrom._retry import Backoff, Deadline
from mailstrom._window import Window


class OpenStream(Protocol):
    """The stub's method."""

    def __call__(self, requests: Iterator[v1.SendEmailsRequest], /) -> Iterator[v1.SendEmailsResponse]: ...


def send_many(
    open_stream: OpenStream, requests: Iterable[v1.SendEmailRequest], window_size: int, timeout: float
) -> Iterator[Outcome]:
    """Yields the outcome of each request, as it comes; takes requests only here, in the caller's thread."""
    # Bad arguments are told at once, not with the first outcome.
    window = Window(window_size)
    return _send(open_stream, iter(requests), window, timeout)


def _send(
    open_stream: OpenStream, source: Iterator[v1.SendEmailRequest], window: Window, timeout: float
) -> Iterator[Outcome]:
    stream: _Stream | None = None
    backoff = Backoff()
    # Over which no answer has come.
    patience = Deadline(timeout)
    exhausted = False
    try:
        while not (exhausted and window.is_empty()):
            stream = stream or _Stream(open_stream, window.unanswered())
            if not stream.has_answer() and not exhausted and window.has_room():
                was_idle = window.is_empty()
                try:
                    request = next(source)
                except StopIteration:
                    exhausted = True
                else:
                    stream.send(window.add(request))
                if was_idle:
                    patience = Deadline(timeout)
                continue
            try:
                answer = stream.receive(patience)
            except UnavailableError as error:
                stream = None
                pause = backoff.next_pause(patience)
                if pause is None:
                    raise error
                time.sleep(pause)
                continue
            backoff.reset()
            patience = Deadline(timeout)
            outcome = window.settle(answer)
            if outcome is not None:
                yield outcome
    finally:
        if stream is not None:
            stream.close()


class _Stream:
    """One call, whose answers a thread collects; how many can wait is bounded by the window."""

    def __init__(self, open_stream: OpenStream, requests: list[v1.SendEmailsRequest]) -> None:
        self._requests: queue.SimpleQueue[v1.SendEmailsRequest | None] = queue.SimpleQueue()
        for request in requests:
            self._requests.put(request)
        self._answers: queue.SimpleQueue[v1.SendEmailsResponse | grpc.RpcError | None] = queue.SimpleQueue()
        self._call = open_stream(iter(self._requests.get, None))
        threading.Thread(target=self._collect, daemon=True).start()

    def send(self, request: v1.SendEmailsRequest) -> None:
        self._requests.put(request)

    def has_answer(self) -> bool:
        return not self._answers.empty()

    def receive(self, deadline: Deadline) -> v1.SendEmailsResponse:
        """The next answer. Raises UnavailableError when the stream broke, and other errors that end it all."""
        try:
            answer = self._answers.get(timeout=deadline.rest())
        except queue.Empty:
            self.close()
            raise DeadlineExceededError(
                grpc.StatusCode.DEADLINE_EXCEEDED, "the server gave no answer within the time limit"
            ) from None
        if isinstance(answer, v1.SendEmailsResponse):
            return answer
        self.close()
        if answer is None:
            raise UnavailableError(grpc.StatusCode.UNAVAILABLE, "the server ended the stream before its time")
        raise from_rpc_error(answer)

    def close(self) -> None:
        # Ends the thread in which gRPC waits for requests.
        self._requests.put(None)
        cast(grpc.Call, self._call).cancel()

    def _collect(self) -> None:
        try:
            for answer in self._call:
                self._answers.put(answer)
        except grpc.RpcError as error:
            self._answers.put(error)
        else:
            self._answers.put(None)
