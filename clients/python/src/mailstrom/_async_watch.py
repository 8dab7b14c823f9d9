"""A watch as an asynchronous iterator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Protocol

import grpc
from grpc import aio

from mailstrom import v1
from mailstrom._errors import MailstromError, from_rpc_error
from mailstrom._watch_state import SILENCE_LIMIT, WatchState, silence

_Call = aio.UnaryStreamCall[v1.WatchStatusRequest, v1.WatchStatusResponse]


class _Open(Protocol):
    def __call__(self, request: v1.WatchStatusRequest, *, timeout: float | None = None) -> _Call: ...


class AsyncWatch(AsyncIterator[v1.WatchStatusResponse]):
    """As `Watch`, for `async for`. Leaving the loop does not end it: use it in an `async with` block, or `close` it."""

    def __init__(self, open_stream: _Open, state: WatchState) -> None:
        self._open = open_stream
        self._state = state
        self._call: _Call | None = None
        self._closed = False

    @property
    def cursor(self) -> str:
        """Where the watch stands: a later `AsyncClient.watch` that gets it goes on after what came last."""
        return self._state.request.cursor

    async def __anext__(self) -> v1.WatchStatusResponse:
        while not self._closed:
            if self._call is None:
                self._call = self._open(self._state.request, timeout=self._state.deadline.rest())
            error: MailstromError
            try:
                response = await asyncio.wait_for(self._call.read(), SILENCE_LIMIT)
            except asyncio.TimeoutError:
                error = silence()
            except grpc.RpcError as rpc_error:
                error = from_rpc_error(rpc_error)
            else:
                if not isinstance(response, v1.WatchStatusResponse):
                    # The end of the stream.
                    self.close()
                elif self._state.accept(response):
                    return response
                continue
            if self._closed:
                break
            self._call.cancel()
            self._call = None
            await asyncio.sleep(self._state.pause_after(error))
        raise StopAsyncIteration

    def close(self) -> None:
        """Ends the watch; the iterator then ends, too."""
        self._closed = True
        if self._call is not None:
            self._call.cancel()

    async def __aenter__(self) -> AsyncWatch:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
