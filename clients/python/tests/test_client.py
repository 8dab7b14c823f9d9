"""The client for threads, against a server in the test."""

import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

import mailstrom
from fake_server import FakeServer, accept, answer, make_certificate, refuse
from mailstrom import Client, v1
from mailstrom._errors import from_outcome, make_error
from mailstrom._watch import _SilenceGuard


def test_send_sets_a_request_id_and_keeps_it_for_all_tries(server: FakeServer, client: Client) -> None:
    def fail_twice(request: v1.SendEmailRequest, context: Any) -> v1.SendEmailResponse:
        if len(server.sent) < 3:
            refuse(context, grpc.StatusCode.UNAVAILABLE, "DRAINING")
        return accept(request, context)

    server.on_send = fail_twice
    request = v1.SendEmailRequest()
    sent = client.send(request)
    ids = {each.request_id for each in server.sent}
    assert len(server.sent) == 3
    assert [f"id of {each}" for each in ids] == [sent.email.email_id]
    assert len(ids.pop()) == 36
    assert request.request_id == ""
    client.send(v1.SendEmailRequest(request_id="mine"))
    assert server.sent[-1].request_id == "mine"


def test_other_errors_are_not_tried_again(server: FakeServer, client: Client) -> None:
    server.on_send = lambda _request, context: refuse(  # type: ignore[assignment,return-value]
        context, grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID", **{"content.to": "is missing"}
    )
    with pytest.raises(mailstrom.InvalidRequestError) as caught:
        client.send(v1.SendEmailRequest())
    assert len(server.sent) == 1
    assert caught.value.reason == "FIELD_INVALID"
    assert caught.value.message == "refused"
    assert caught.value.violations == (mailstrom.FieldViolation("content.to", "is missing"),)
    assert str(caught.value) == "FIELD_INVALID: refused\n  content.to: is missing"


def test_a_call_that_a_stopping_server_cancels_is_repeated(server: FakeServer, client: Client) -> None:
    def cancel_once(request: v1.SendEmailRequest, context: Any) -> v1.SendEmailResponse:
        if len(server.sent) == 1:
            refuse(context, grpc.StatusCode.CANCELLED)
        return accept(request, context)

    server.on_send = cancel_once
    client.send(v1.SendEmailRequest())
    assert len(server.sent) == 2


def test_unavailable_ends_with_the_time_limit(server: FakeServer, client: Client) -> None:
    server.on_send = lambda _request, context: refuse(context, grpc.StatusCode.UNAVAILABLE)  # type: ignore[assignment,return-value]
    with pytest.raises(mailstrom.UnavailableError):
        client.send(v1.SendEmailRequest(), timeout=0.5)
    assert 2 <= len(server.sent) <= 5


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, mailstrom.InvalidRequestError),
        (grpc.StatusCode.ALREADY_EXISTS, mailstrom.RequestIdReusedError),
        (grpc.StatusCode.NOT_FOUND, mailstrom.NotFoundError),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, mailstrom.ResourceExhaustedError),
        (grpc.StatusCode.UNAVAILABLE, mailstrom.UnavailableError),
        (grpc.StatusCode.DEADLINE_EXCEEDED, mailstrom.DeadlineExceededError),
        (grpc.StatusCode.OUT_OF_RANGE, mailstrom.CursorExpiredError),
        (grpc.StatusCode.PERMISSION_DENIED, mailstrom.PermissionDeniedError),
        (grpc.StatusCode.UNAUTHENTICATED, mailstrom.UnauthenticatedError),
        (grpc.StatusCode.INTERNAL, mailstrom.MailstromError),
    ],
)
def test_each_code_has_its_class(code: grpc.StatusCode, expected: type[mailstrom.MailstromError]) -> None:
    error = make_error(code, "why")
    assert type(error) is expected
    assert (error.code, error.message) == (code, "why")
    streamed = from_outcome(v1.Error(code=code.value[0], message="why", reason=v1.ERROR_REASON_QUEUE_FULL))
    assert (type(streamed), streamed.code, streamed.reason) == (expected, code, "QUEUE_FULL")


def test_reasons_and_codes_of_newer_servers_are_kept() -> None:
    error = from_outcome(v1.Error(code=99, reason=1234))  # type: ignore[arg-type]
    assert (error.code, error.reason) == (grpc.StatusCode.UNKNOWN, "1234")


def test_a_deadline_is_a_timeout_error() -> None:
    assert issubclass(mailstrom.DeadlineExceededError, TimeoutError)


def test_tls_carries_the_api_key(tmp_path: pathlib.Path) -> None:
    certificate, key = make_certificate(tmp_path)
    server = FakeServer(grpc.ssl_server_credentials([(key, certificate)]))
    for roots in (certificate, tmp_path / "certificate.pem", str(tmp_path / "certificate.pem")):
        credentials = mailstrom.tls(root_certificates=roots, api_key="secret")
        with Client(f"localhost:{server.port}", credentials=credentials) as client:
            client.send(v1.SendEmailRequest())
        assert server.metadata[-1]["authorization"] == "Bearer secret"
    with Client(f"localhost:{server.port}", credentials=mailstrom.tls(root_certificates=certificate)) as client:
        client.send(v1.SendEmailRequest())
    assert "authorization" not in server.metadata[-1]
    with (
        Client(f"localhost:{server.port}", credentials=mailstrom.tls(api_key="secret"), timeout=0.3) as client,
        pytest.raises(mailstrom.UnavailableError),
    ):
        client.send(v1.SendEmailRequest())
    assert len(server.sent) == 4
    server.stop()


def test_calls_about_one_email_name_it(client: Client) -> None:
    assert client.status("a").email_id == "a"
    assert client.cancel("b").email_id == "b"
    assert [each.recipients for each in client.dialogues("c")] == [["c"]]


def test_list_goes_through_the_pages(server: FakeServer, client: Client) -> None:
    asked = []

    def page(request: v1.ListEmailsRequest, _context: Any) -> v1.ListEmailsResponse:
        asked.append(request)
        number = int(request.page_token or "0")
        emails = [] if number == 1 else [v1.Email(email_id=f"{number}")]
        return v1.ListEmailsResponse(emails=emails, next_page_token="" if number == 3 else f"{number + 1}")

    server.on_list = page
    query = v1.ListEmailsRequest(page_size=7)
    assert [each.email_id for each in client.list(query, tags={"a": "b"})] == ["0", "2", "3"]
    assert [(each.page_size, dict(each.tags)) for each in asked] == [(7, {"a": "b"})] * 4
    assert query == v1.ListEmailsRequest(page_size=7)


def test_send_many_takes_no_more_than_the_window(server: FakeServer, client: Client) -> None:
    taken = answered = most = 0
    thread = threading.current_thread()

    def source() -> Iterator[v1.SendEmailRequest]:
        nonlocal taken, most
        for _ in range(100):
            assert threading.current_thread() is thread
            taken += 1
            most = max(most, taken - answered)
            yield v1.SendEmailRequest()

    for outcome in client.send_many(source(), window=8):
        answered += 1
        assert outcome.result().email.email_id == f"id of {outcome.request.request_id}"
    assert (taken, answered) == (100, 100)
    assert 1 <= most <= 8


def test_send_many_sends_again_what_has_no_answer(server: FakeServer, client: Client) -> None:
    streams: list[list[v1.SendEmailsRequest]] = []

    def break_once(requests: Iterator[v1.SendEmailsRequest], context: Any) -> Iterator[v1.SendEmailsResponse]:
        received: list[v1.SendEmailsRequest] = []
        streams.append(received)
        for numbered in requests:
            received.append(numbered)
            if len(streams) == 1 and len(received) == 3:
                yield answer(received[1])
                refuse(context, grpc.StatusCode.UNAVAILABLE, "DRAINING")
            if len(streams) > 1:
                yield answer(numbered)

    server.on_send_many = break_once
    outcomes = list(client.send_many((v1.SendEmailRequest() for _ in range(5)), window=3))
    assert sorted(each.index for each in outcomes) == [0, 1, 2, 3, 4]
    first, second = streams
    assert [each.index for each in second] == [0, 2, 3, 4]
    assert [each.request.request_id for each in second[:2]] == [
        first[0].request.request_id,
        first[2].request.request_id,
    ]


def test_send_many_ends_with_the_callers_own_error(client: Client) -> None:
    def source() -> Iterator[v1.SendEmailRequest]:
        yield v1.SendEmailRequest()
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(client.send_many(source()))


def test_send_many_gives_up_on_a_silent_server(server: FakeServer) -> None:
    end = threading.Event()

    def silent(_requests: Iterator[v1.SendEmailsRequest], _context: Any) -> Iterator[v1.SendEmailsResponse]:
        end.wait()
        yield from ()

    server.on_send_many = silent
    with Client(server.address, timeout=0.3) as client, pytest.raises(mailstrom.DeadlineExceededError):
        list(client.send_many([v1.SendEmailRequest()]))
    end.set()


def test_send_many_tells_a_bad_window_at_once(client: Client) -> None:
    with pytest.raises(ValueError, match="window"):
        client.send_many([], window=1000)


def test_watch_goes_on_from_its_cursor(server: FakeServer, client: Client) -> None:
    asked = []

    def watch(request: v1.WatchStatusRequest, context: Any) -> Iterator[v1.WatchStatusResponse]:
        asked.append(request)
        step = int(request.cursor or "0") + 1
        yield v1.WatchStatusResponse(cursor=f"{step}", event=v1.StatusEvent(email_id="a", revision=step))
        if step < 4:
            refuse(context, grpc.StatusCode.UNAVAILABLE)

    server.on_watch = watch
    with client.watch(["a"], tags={"k": "v"}) as responses:
        assert [each.event.revision for each in responses] == [1, 2, 3, 4]
        assert responses.cursor == "4"
    assert [each.cursor for each in asked] == ["", "1", "2", "3"]
    assert all(each.email_ids == ["a"] and each.tags["k"] == "v" for each in asked)


def test_leaving_a_watch_ends_the_call(server: FakeServer, client: Client) -> None:
    ended = threading.Event()

    def watch(_request: v1.WatchStatusRequest, context: Any) -> Iterator[v1.WatchStatusResponse]:
        context.add_callback(ended.set)
        yield v1.WatchStatusResponse(cursor="1", event=v1.StatusEvent(revision=1))
        ended.wait()

    server.on_watch = watch
    for _ in client.watch():
        break
    assert ended.wait(10)


def test_another_thread_may_close_a_watch(server: FakeServer, client: Client) -> None:
    ended = threading.Event()

    def watch(_request: v1.WatchStatusRequest, context: Any) -> Iterator[v1.WatchStatusResponse]:
        context.add_callback(ended.set)
        yield v1.WatchStatusResponse(cursor="1", event=v1.StatusEvent(revision=1))
        ended.wait()

    server.on_watch = watch
    responses = client.watch()
    next(responses)
    threading.Timer(0.05, responses.close).start()
    assert list(responses) == []


def test_a_silent_call_is_cancelled_and_a_lively_one_is_not() -> None:
    class Call:
        cancelled = threading.Event()

        def cancel(self) -> None:
            self.cancelled.set()

    guard = _SilenceGuard(Call(), limit=0.05)  # type: ignore[arg-type]
    assert Call.cancelled.wait(10)
    assert guard.fell_silent
    Call.cancelled.clear()
    guard = _SilenceGuard(Call(), limit=3600)  # type: ignore[arg-type]
    guard.close()
    assert not guard.fell_silent
