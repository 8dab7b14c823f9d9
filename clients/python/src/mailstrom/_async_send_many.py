"""Many emails over one stream, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Protocol

import grpc
from grpc import aio

from mailstrom import v1
from mailstrom._errors import DeadlineExceededError, MailstromError, UnavailableError, from_rpc_error
from mailstrom._outcome import Outcome
from mailstrom._retry import Backoff, Deadline
from mailstrom._window import Window

_Call = aio.StreamStreamCall[v1.SendEmailsRequest, v1.SendEmailsResponse]


class OpenStream(Protocol):
    """The stub's method."""

    def __call__(self) -> _Call: ...


def send_many(
    open_stream: OpenStream,
    requests: Iterable[v1.SendEmailRequest] | AsyncIterable[v1.SendEmailRequest],
    window_size: int,
    timeout: float,
) -> AsyncIterator[Outcome]:
    """Yields the outcome of each request, as it comes."""
    # Bad arguments are told at once, not with the first outcome.
    window = Window(window_size)
    source = aiter(requests) if isinstance(requests, AsyncIterable) else _as_async(requests)
    return _Sending(open_stream, source, window, timeout).run()


async def _as_async(requests: Iterable[v1.SendEmailRequest]) -> AsyncIterator[v1.SendEmailRequest]:
    for request in requests:
        yield request


class _Sending:
    """Takes from the caller and reads answers at the same time, whichever comes first."""

    def __init__(
        self,
        open_stream: OpenStream,
        source: AsyncIterator[v1.SendEmailRequest],
        window: Window,
        timeout: float,
    ) -> None:
        self._open_stream = open_stream
        self._source = source
        self._window = window
        self._timeout = timeout
        self._exhausted = False
        self._backoff = Backoff()
        # Over which no answer has come.
        self._patience = Deadline(timeout)
        self._call: _Call | None = None
        self._taking: asyncio.Task[v1.SendEmailRequest | None] | None = None
        self._reading: asyncio.Task[v1.SendEmailsResponse] | None = None

    async def run(self) -> AsyncIterator[Outcome]:
        try:
            while not (self._exhausted and self._window.is_empty()):
                try:
                    answer = await self._step()
                except UnavailableError as error:
                    await self._pause_after(error)
                    continue
                outcome = self._window.settle(answer) if answer is not None else None
                if outcome is not None:
                    yield outcome
        finally:
            self._drop_stream()
            if self._taking is not None:
                self._taking.cancel()

    async def _step(self) -> v1.SendEmailsResponse | None:
        """Does the next thing that can be done; returns the answer when it was one."""
        if self._call is None:
            self._call = self._open_stream()
            for numbered in self._window.unanswered():
                await self._write(numbered)
        if self._reading is None and not self._window.is_empty():
            self._reading = asyncio.ensure_future(_read(self._call))
        if self._taking is None and not self._exhausted and self._window.has_room():
            self._taking = asyncio.ensure_future(_take(self._source))
        tasks = [task for task in (self._reading, self._taking) if task is not None]
        # An idle stream may wait for the caller as long as the caller likes.
        limit = None if self._window.is_empty() else self._patience.rest()
        done, _ = await asyncio.wait(tasks, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise DeadlineExceededError(
                grpc.StatusCode.DEADLINE_EXCEEDED, "the server gave no answer within the time limit"
            )
        if self._reading in done:
            assert self._reading is not None
            answer = self._reading.result()
            self._reading = None
            self._backoff.reset()
            self._patience = Deadline(self._timeout)
            return answer
        assert self._taking is not None
        request = self._taking.result()
        self._taking = None
        if request is None:
            self._exhausted = True
            return None
        if self._window.is_empty():
            self._patience = Deadline(self._timeout)
        await self._write(self._window.add(request))
        return None

    async def _write(self, request: v1.SendEmailsRequest) -> None:
        assert self._call is not None
        try:
            await self._call.write(request)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.INTERNAL:
                # What grpc.aio makes of a connection that breaks under a write, before it knows that it broke. An error
                # of the server's own comes again on the next stream.
                raise UnavailableError(grpc.StatusCode.UNAVAILABLE, "the stream broke off") from None
            raise from_rpc_error(error) from None
        except asyncio.InvalidStateError:
            # The call has ended meanwhile; reading tells how.
            pass

    async def _pause_after(self, error: MailstromError) -> None:
        self._drop_stream()
        pause = self._backoff.next_pause(self._patience)
        if pause is None:
            raise error
        await asyncio.sleep(pause)

    def _drop_stream(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if self._call is not None:
            self._call.cancel()
            self._call = None


async def _take(source: AsyncIterator[v1.SendEmailRequest]) -> v1.SendEmailRequest | None:
    return await anext(source, None)


async def _read(call: _Call) -> v1.SendEmailsResponse:
    try:
        answer = await call.read()
    except grpc.RpcError as error:
        raise from_rpc_error(error) from None
    if not isinstance(answer, v1.SendEmailsResponse):
        raise UnavailableError(grpc.StatusCode.UNAVAILABLE, "the server ended the stream before its time")
    return answer
