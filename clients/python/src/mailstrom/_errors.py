"""What calls fail with."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import cast

import grpc

from mailstrom import v1
from mailstrom.rpc import error_details_pb2


@dataclasses.dataclass(frozen=True)
class FieldViolation:
    """One field of a request that the server refused."""

    field: str
    """Path from the request, such as `content.to[1].mailbox.address`."""
    description: str
    """What is wrong with it, and what would be right."""


class MailstromError(Exception):
    """A call that failed. Each kind of failure that a program may want to tell apart has a class of its own."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        reason: str = "",
        violations: Iterable[FieldViolation] = (),
    ) -> None:
        super().__init__(code, message, reason)
        self.code = code
        """The gRPC status code."""
        self.message = message
        """For people."""
        self.reason = reason
        """A name of `mailstrom.v1.ErrorReason` without its prefix, such as `FIELD_INVALID`; empty when the server gave
        none."""
        self.violations = tuple(violations)
        """Every field that the server found wrong."""

    def __str__(self) -> str:
        fields = "".join(f"\n  {each.field}: {each.description}" for each in self.violations)
        return f"{self.reason or self.code.name}: {self.message}{fields}"


class InvalidRequestError(MailstromError):
    """The request is wrong and nothing was stored; `violations` names each wrong field."""


class RequestIdReusedError(MailstromError):
    """The `request_id` was used before, for another request."""


class NotFoundError(MailstromError):
    """No such email, or no longer."""


class ResourceExhaustedError(MailstromError):
    """The queue or the caller's share of it is full; nothing was stored. Come back later."""


class UnavailableError(MailstromError):
    """The server could not be reached, or refuses work for now, until the time limit was over."""


class DeadlineExceededError(MailstromError, TimeoutError):
    """The time limit was over before the server answered. A `send` may have taken effect all the same; to be sure,
    repeat it with the same `request_id`."""


class CursorExpiredError(MailstromError):
    """The events after the cursor are gone; start a new watch."""


class PermissionDeniedError(MailstromError):
    """The caller may not do this."""


class UnauthenticatedError(MailstromError):
    """The server does not know the caller, or wants credentials."""


_TYPES: dict[grpc.StatusCode, type[MailstromError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequestError,
    grpc.StatusCode.ALREADY_EXISTS: RequestIdReusedError,
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ResourceExhaustedError,
    grpc.StatusCode.UNAVAILABLE: UnavailableError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceededError,
    grpc.StatusCode.OUT_OF_RANGE: CursorExpiredError,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDeniedError,
    grpc.StatusCode.UNAUTHENTICATED: UnauthenticatedError,
}
# What grpc says of a call that this program cancelled.
_CANCELLED_HERE = "Locally cancelled by application!"
_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def make_error(
    code: grpc.StatusCode, message: str, reason: str = "", violations: Iterable[FieldViolation] = ()
) -> MailstromError:
    """An error of the class that belongs to the code."""
    return _TYPES.get(code, MailstromError)(code, message, reason, violations)


def from_rpc_error(error: grpc.RpcError) -> MailstromError:
    """What a call of grpc or grpc.aio raised, with the details that the server sent along."""
    reason = ""
    violations: list[FieldViolation] = []
    # Values of keys that end in `-bin` are bytes.
    metadata = cast("Iterable[tuple[str, bytes]]", error.trailing_metadata() or ())
    for key, value in metadata:
        if key != "grpc-status-details-bin":
            continue
        for detail in error_details_pb2.Status.FromString(value).details:
            if detail.type_url == "type.googleapis.com/google.rpc.ErrorInfo":
                reason = error_details_pb2.ErrorInfo.FromString(detail.value).reason
            elif detail.type_url == "type.googleapis.com/google.rpc.BadRequest":
                request = error_details_pb2.BadRequest.FromString(detail.value)
                violations += [FieldViolation(each.field, each.description) for each in request.field_violations]
    code = error.code()
    # So a server that stops refuses calls that it has not begun.
    if code is grpc.StatusCode.CANCELLED and error.details() != _CANCELLED_HERE:
        code = grpc.StatusCode.UNAVAILABLE
    return make_error(code, error.details() or "", reason, violations)


def from_outcome(error: v1.Error) -> MailstromError:
    """What became of one request of a stream."""
    reason = ""
    if error.reason:
        try:
            reason = v1.ErrorReason.Name(error.reason).removeprefix("ERROR_REASON_")
        except ValueError:
            # A newer server has more of them.
            reason = str(error.reason)
    violations = [FieldViolation(each.field, each.description) for each in error.field_violations]
    return make_error(_CODES.get(error.code, grpc.StatusCode.UNKNOWN), error.message, reason, violations)
