"""Client of Mailstrom, an email delivery service.

`Client` is for threads, `AsyncClient` for asyncio; both have the same methods. `email_request` makes an email from
plain values. Requests and responses are the messages of `mailstrom.v1`.
"""

from mailstrom import v1
from mailstrom._async_client import AsyncClient
from mailstrom._async_watch import AsyncWatch
from mailstrom._channel import tls
from mailstrom._client import Client
from mailstrom._email import attachment, email_request
from mailstrom._errors import (
    CursorExpiredError,
    DeadlineExceededError,
    FieldViolation,
    InvalidRequestError,
    MailstromError,
    NotFoundError,
    PermissionDeniedError,
    RequestIdReusedError,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
)
from mailstrom._outcome import Outcome
from mailstrom._watch import Watch

__all__ = [
    "AsyncClient",
    "AsyncWatch",
    "Client",
    "CursorExpiredError",
    "DeadlineExceededError",
    "FieldViolation",
    "InvalidRequestError",
    "MailstromError",
    "NotFoundError",
    "Outcome",
    "PermissionDeniedError",
    "RequestIdReusedError",
    "ResourceExhaustedError",
    "UnauthenticatedError",
    "UnavailableError",
    "Watch",
    "attachment",
    "email_request",
    "tls",
    "v1",
]
