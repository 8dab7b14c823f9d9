"""A watch as an iterator."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, cast

import grpc

from mailstrom import v1
from mailstrom._errors import from_rpc_error
from mailstrom._watch_state import SILENCE_LIMIT, WatchState, silence


class _Open(Protocol):
    def __call__(self, request: v1.WatchStatusRequest, timeout: float | None) -> Iterator[v1.WatchStatusResponse]: ...


class Watch(Iterator[v1.WatchStatusResponse]):
    """Snapshots and events as they come. When the connection breaks it goes on from its cursor, so that none is missed
    and none comes twice. It ends by itself once all emails that it follows by id are settled; a `for` loop may be left
    at any time, and `close` frees the connection at once. Not to be shared by threads, but for `close`.
    """

    def __init__(self, open_stream: _Open, state: WatchState) -> None:
        self._open = open_stream
        self._state = state
        self._call: Iterator[v1.WatchStatusResponse] | None = None
        self._guard: _SilenceGuard | None = None
        self._closed = threading.Event()

    @property
    def cursor(self) -> str:
        """Where the watch stands: a later `Client.watch` that gets it goes on after what came last."""
        return self._state.request.cursor

    def __next__(self) -> v1.WatchStatusResponse:
        while not self._closed.is_set():
            if self._call is None:
                self._call = self._open(self._state.request, timeout=self._state.deadline.rest())
                self._guard = _SilenceGuard(cast(grpc.Call, self._call))
                if self._closed.is_set():
                    break
            try:
                response = next(self._call)
            except grpc.RpcError as error:
                guard = self._end_stream()
                if self._closed.is_set():
                    break
                pause = self._state.pause_after(silence() if guard.fell_silent else from_rpc_error(error))
                self._closed.wait(pause)
                continue
            except StopIteration:
                self.close()
                break
            if self._guard:
                self._guard.reset()
            if self._state.accept(response):
                return response
        self._end_stream()
        raise StopIteration

    def close(self) -> None:
        """Ends the watch; the iterator then ends, too. May be called by another thread."""
        self._closed.set()
        if self._call is not None:
            cast(grpc.Call, self._call).cancel()
        if self._guard is not None:
            self._guard.close()

    def _end_stream(self) -> _SilenceGuard:
        guard = self._guard
        assert guard is not None
        guard.close()
        self._call = None
        return guard

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # A loop that was left without close().
        self.close()


class _SilenceGuard:
    """Cancels a call over which nothing came for too long."""

    def __init__(self, call: grpc.Call, limit: float = SILENCE_LIMIT) -> None:
        self._call = call
        self._limit = limit
        self._last_news = time.monotonic()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._closed = False
        self.fell_silent = False
        self._arm(limit)

    def reset(self) -> None:
        self._last_news = time.monotonic()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()

    def _arm(self, seconds: float) -> None:
        with self._lock:
            if self._closed:
                return
            self._timer = threading.Timer(seconds, self._check)
            self._timer.daemon = True
            self._timer.start()

    def _check(self) -> None:
        rest = self._limit - (time.monotonic() - self._last_news)
        if rest > 0:
            self._arm(rest)
            return
        self.fell_silent = True
        self._call.cancel()
