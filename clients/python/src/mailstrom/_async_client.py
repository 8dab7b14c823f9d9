"""The client for asyncio."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Mapping
from types import TracebackType
from typing import Protocol, TypeVar

import grpc
from grpc import aio

from mailstrom import v1
from mailstrom._async_send_many import send_many
from mailstrom._async_watch import AsyncWatch
from mailstrom._channel import OPTIONS
from mailstrom._errors import UnavailableError, from_rpc_error
from mailstrom._list import ListQuery
from mailstrom._outcome import Outcome
from mailstrom._retry import Backoff, Deadline
from mailstrom._watch_state import WatchState
from mailstrom._window import DEFAULT_SIZE, with_request_id
from mailstrom.v1.mailstrom_service_pb2_grpc import MailstromServiceStub

_Request = TypeVar("_Request", contravariant=True)
_Response = TypeVar("_Response", covariant=True)


class _Method(Protocol[_Request, _Response]):
    def __call__(self, request: _Request, /, *, timeout: float | None = None) -> Awaitable[_Response]: ...


class AsyncClient:
    """As `Client`, for asyncio: belongs to the event loop in which it was made. Use it in an `async with` block, or
    `close` it.
    """

    def __init__(
        self,
        server: str = "127.0.0.1:2626",
        *,
        credentials: grpc.ChannelCredentials | None = None,
        timeout: float = 30.0,
        reconnect_limit: float = 300.0,
        options: Iterable[tuple[str, object]] = (),
    ) -> None:
        """Takes the arguments of `Client`."""
        arguments = [*OPTIONS, *options]
        self._channel = (
            aio.insecure_channel(server, arguments)
            if credentials is None
            else aio.secure_channel(server, credentials, arguments)
        )
        self._stub = MailstromServiceStub(self._channel)
        self._timeout = timeout
        self._reconnect_limit = reconnect_limit

    async def send(self, request: v1.SendEmailRequest, *, timeout: float | None = None) -> v1.SendEmailResponse:
        """As `Client.send`."""
        return await self._call(self._stub.SendEmail, with_request_id(request), timeout)

    def send_many(
        self,
        requests: Iterable[v1.SendEmailRequest] | AsyncIterable[v1.SendEmailRequest],
        *,
        window: int = DEFAULT_SIZE,
    ) -> AsyncIterator[Outcome]:
        """As `Client.send_many`; takes requests and reads answers at the same time."""
        return send_many(self._stub.SendEmails, requests, window, self._timeout)

    async def status(self, email_id: str, *, timeout: float | None = None) -> v1.Email:
        """As `Client.status`."""
        return (await self._call(self._stub.QueryStatus, v1.QueryStatusRequest(email_id=email_id), timeout)).email

    async def dialogues(self, email_id: str, *, timeout: float | None = None) -> builtins.list[v1.Dialogue]:
        """As `Client.dialogues`."""
        request = v1.QueryDialoguesRequest(email_id=email_id)
        return [*(await self._call(self._stub.QueryDialogues, request, timeout)).dialogues]

    async def cancel(self, email_id: str, *, timeout: float | None = None) -> v1.Email:
        """As `Client.cancel`."""
        return (await self._call(self._stub.CancelEmail, v1.CancelEmailRequest(email_id=email_id), timeout)).email

    async def list(
        self, query: v1.ListEmailsRequest | None = None, *, tags: Mapping[str, str] | None = None
    ) -> AsyncIterator[v1.Email]:
        """As `Client.list`."""
        pages = ListQuery(query, tags)
        while pages.has_next():
            for email in pages.take(await self._call(self._stub.ListEmails, pages.request, None)):
                yield email

    def watch(
        self,
        email_ids: Iterable[str] = (),
        *,
        tags: Mapping[str, str] | None = None,
        cursor: str = "",
        timeout: float | None = None,
    ) -> AsyncWatch:
        """As `Client.watch`."""
        state = WatchState(
            email_ids=email_ids,
            tags=tags,
            cursor=cursor,
            timeout=timeout,
            first_limit=self._timeout,
            reconnect_limit=self._reconnect_limit,
        )
        return AsyncWatch(self._stub.WatchStatus, state)

    async def wait_until_settled(self, email_id: str, *, timeout: float | None = None) -> v1.Email:
        """As `Client.wait_until_settled`."""
        async with self.watch([email_id], timeout=timeout) as watch:
            async for _ in watch:
                pass
        return await self.status(email_id)

    async def close(self) -> None:
        """Closes the connection; calls under way are cancelled."""
        await self._channel.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(self, method: _Method[_Request, _Response], request: _Request, timeout: float | None) -> _Response:
        deadline = Deadline(self._timeout if timeout is None else timeout)
        backoff = Backoff()
        while True:
            try:
                return await method(request, timeout=deadline.rest())
            except grpc.RpcError as rpc_error:
                error = from_rpc_error(rpc_error)
            pause = backoff.next_pause(deadline) if isinstance(error, UnavailableError) else None
            if pause is None:
                raise error
            await asyncio.sleep(pause)
