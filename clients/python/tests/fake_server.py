"""A server of the API within the test, whose answers the test writes down."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc

from mailstrom import v1
from mailstrom.rpc import error_details_pb2
from mailstrom.v1 import mailstrom_service_pb2_grpc


class FakeServer(mailstrom_service_pb2_grpc.MailstromServiceServicer):
    """Each attribute `on_...` answers calls of its method; they see the request and the context."""

    def __init__(self, credentials: grpc.ServerCredentials | None = None) -> None:
        self.on_send: Callable[[v1.SendEmailRequest, Any], v1.SendEmailResponse] = accept
        self.on_send_many: Callable[[Iterator[v1.SendEmailsRequest], Any], Iterator[v1.SendEmailsResponse]]
        self.on_send_many = answer_all
        self.on_watch: Callable[[v1.WatchStatusRequest, Any], Iterator[v1.WatchStatusResponse]]
        self.on_list: Callable[[v1.ListEmailsRequest, Any], v1.ListEmailsResponse]
        self.sent: list[v1.SendEmailRequest] = []
        self.metadata: list[dict[str, str]] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(8))
        mailstrom_service_pb2_grpc.add_MailstromServiceServicer_to_server(self, self._server)
        if credentials is None:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
        else:
            self.port = self._server.add_secure_port("127.0.0.1:0", credentials)
        self.address = f"127.0.0.1:{self.port}"
        self._server.start()

    def stop(self) -> None:
        self._server.stop(None).wait()

    def SendEmail(self, request: v1.SendEmailRequest, context: Any) -> v1.SendEmailResponse:  # noqa: N802
        self.sent.append(request)
        self.metadata.append({key: value for key, value in context.invocation_metadata()})
        return self.on_send(request, context)

    def SendEmails(self, requests: Iterator[v1.SendEmailsRequest], context: Any) -> Iterator[v1.SendEmailsResponse]:  # noqa: N802
        return self.on_send_many(requests, context)

    def WatchStatus(self, request: v1.WatchStatusRequest, context: Any) -> Iterator[v1.WatchStatusResponse]:  # noqa: N802
        return self.on_watch(request, context)

    def ListEmails(self, request: v1.ListEmailsRequest, context: Any) -> v1.ListEmailsResponse:  # noqa: N802
        return self.on_list(request, context)

    def QueryStatus(self, request: v1.QueryStatusRequest, context: Any) -> v1.QueryStatusResponse:  # noqa: N802
        return v1.QueryStatusResponse(email=v1.Email(email_id=request.email_id, state=v1.Email.STATE_SETTLED))

    def QueryDialogues(self, request: v1.QueryDialoguesRequest, context: Any) -> v1.QueryDialoguesResponse:  # noqa: N802
        return v1.QueryDialoguesResponse(dialogues=[v1.Dialogue(recipients=[request.email_id])])

    def CancelEmail(self, request: v1.CancelEmailRequest, context: Any) -> v1.CancelEmailResponse:  # noqa: N802
        return v1.CancelEmailResponse(email=v1.Email(email_id=request.email_id))


def accept(request: v1.SendEmailRequest, _context: Any) -> v1.SendEmailResponse:
    return v1.SendEmailResponse(email=v1.Email(email_id=f"id of {request.request_id}"))


def answer(numbered: v1.SendEmailsRequest) -> v1.SendEmailsResponse:
    return v1.SendEmailsResponse(index=numbered.index, response=accept(numbered.request, None))


def answer_all(requests: Iterator[v1.SendEmailsRequest], _context: Any) -> Iterator[v1.SendEmailsResponse]:
    for numbered in requests:
        yield answer(numbered)


def refuse(context: Any, code: grpc.StatusCode, reason: str = "", **violations: str) -> None:
    """Ends a call as the server does."""
    status = error_details_pb2.Status(code=code.value[0], message="refused")
    if reason:
        detail = status.details.add(type_url="type.googleapis.com/google.rpc.ErrorInfo")
        detail.value = error_details_pb2.ErrorInfo(reason=reason, domain="mailstrom").SerializeToString()
    if violations:
        request = error_details_pb2.BadRequest()
        for field, description in violations.items():
            request.field_violations.add(field=field, description=description)
        detail = status.details.add(type_url="type.googleapis.com/google.rpc.BadRequest")
        detail.value = request.SerializeToString()
    context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
    context.abort(code, "refused")


def make_certificate(folder: pathlib.Path) -> tuple[bytes, bytes]:
    """A certificate for `localhost` that vouches for itself, and its key; PEM."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=localhost "
        f"-addext subjectAltName=DNS:localhost -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    return certificate.read_bytes(), key.read_bytes()
