"""The client for threads."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Protocol, TypeVar

import grpc

from mailstrom import v1
from mailstrom._channel import OPTIONS
from mailstrom._errors import UnavailableError, from_rpc_error
from mailstrom._list import ListQuery
from mailstrom._outcome import Outcome
from mailstrom._retry import Backoff, Deadline
from mailstrom._send_many import send_many
from mailstrom._watch import Watch
from mailstrom._watch_state import WatchState
from mailstrom._window import DEFAULT_SIZE, with_request_id
from mailstrom.v1.mailstrom_service_pb2_grpc import MailstromServiceStub

_Request = TypeVar("_Request", contravariant=True)
_Response = TypeVar("_Response", covariant=True)


class _Method(Protocol[_Request, _Response]):
    def __call__(self, request: _Request, /, timeout: float | None = None) -> _Response: ...


class Client:
    """Calls one Mailstrom server. Thread-safe; connects with the first call; `close` it, or use it in a `with` block.

    Calls raise a `MailstromError` of the fitting kind. `timeout`, in seconds, covers all tries of a call: one that the
    server cannot take for now (UNAVAILABLE) is repeated with growing pauses.
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
        """Args:
        server: `host:port`.
        credentials: such as `tls()`; without them the connection is not encrypted.
        timeout: how long a call may take that gives no time limit of its own.
        reconnect_limit: how long a watch tries to reach a server again that it had reached before.
        options: arguments of the gRPC channel, besides those that the client sets.
        """
        arguments = [*OPTIONS, *options]
        self._channel = (
            grpc.insecure_channel(server, arguments)
            if credentials is None
            else grpc.secure_channel(server, credentials, arguments)
        )
        self._stub = MailstromServiceStub(self._channel)
        self._timeout = timeout
        self._reconnect_limit = reconnect_limit

    def send(self, request: v1.SendEmailRequest, *, timeout: float | None = None) -> v1.SendEmailResponse:
        """Hands one email over; it is durable when this returns. See `email_request` for how to make one.

        A request without `request_id` gets one, so that repeating the call cannot make a second email.
        """
        return self._call(self._stub.SendEmail, with_request_id(request), timeout)

    def send_many(self, requests: Iterable[v1.SendEmailRequest], *, window: int = DEFAULT_SIZE) -> Iterator[Outcome]:
        """Hands many emails over on one stream, and yields what became of each, in the order of the answers.

        Requests are taken while the outcomes are iterated, in the same thread, never more than `window` (1 to 256)
        ahead of them; a request that is refused leaves the others alone. When the connection breaks, what has no answer
        is sent again, without making a second email. Raises when no answer comes for the client's `timeout`.
        """
        return send_many(self._stub.SendEmails, requests, window, self._timeout)

    def status(self, email_id: str, *, timeout: float | None = None) -> v1.Email:
        """Where the email and each of its recipients stand now."""
        return self._call(self._stub.QueryStatus, v1.QueryStatusRequest(email_id=email_id), timeout).email

    def dialogues(self, email_id: str, *, timeout: float | None = None) -> builtins.list[v1.Dialogue]:
        """What was said on the wire in the last attempts, oldest first."""
        request = v1.QueryDialoguesRequest(email_id=email_id)
        return [*self._call(self._stub.QueryDialogues, request, timeout).dialogues]

    def cancel(self, email_id: str, *, timeout: float | None = None) -> v1.Email:
        """Gives up the recipients that are not settled; the email as it stands then."""
        return self._call(self._stub.CancelEmail, v1.CancelEmailRequest(email_id=email_id), timeout).email

    def list(
        self, query: v1.ListEmailsRequest | None = None, *, tags: Mapping[str, str] | None = None
    ) -> Iterator[v1.Email]:
        """Yields the emails that meet the query and carry the tags, newest first, reading page after page."""
        pages = ListQuery(query, tags)
        while pages.has_next():
            yield from pages.take(self._call(self._stub.ListEmails, pages.request, None))

    def watch(
        self,
        email_ids: Iterable[str] = (),
        *,
        tags: Mapping[str, str] | None = None,
        cursor: str = "",
        timeout: float | None = None,
    ) -> Watch:
        """Follows emails: those of these ids, all that carry the tags, or all.

        With ids it begins with a snapshot of each email and ends once all are settled. With `cursor`, which each
        response bears, it goes on after that response. `timeout` ends it with `DeadlineExceededError`.
        """
        state = WatchState(
            email_ids=email_ids,
            tags=tags,
            cursor=cursor,
            timeout=timeout,
            first_limit=self._timeout,
            reconnect_limit=self._reconnect_limit,
        )
        return Watch(self._stub.WatchStatus, state)

    def wait_until_settled(self, email_id: str, *, timeout: float | None = None) -> v1.Email:
        """Returns the email once each of its recipients is delivered or failed; without a `timeout` waits for ever."""
        with self.watch([email_id], timeout=timeout) as watch:
            for _ in watch:
                pass
        return self.status(email_id)

    def close(self) -> None:
        """Closes the connection; calls under way are cancelled."""
        self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(
        self,
        method: _Method[_Request, _Response],
        request: _Request,
        timeout: float | None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> _Response:
        deadline = Deadline(self._timeout if timeout is None else timeout)
        backoff = Backoff()
        while True:
            try:
                return method(request, timeout=deadline.rest())
            except grpc.RpcError as rpc_error:
                error = from_rpc_error(rpc_error)
            pause = backoff.next_pause(deadline) if isinstance(error, UnavailableError) else None
            if pause is None:
                raise error
            sleep(pause)
