"""The client for asyncio, against a server in the test."""

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from grpc import aio

import mailstrom
from fake_server import FakeServer, accept, answer, refuse
from mailstrom import AsyncClient, v1


def test_send_is_tried_again_with_the_same_id(server: FakeServer) -> None:
    def fail_once(request: v1.SendEmailRequest, context: Any) -> v1.SendEmailResponse:
        if len(server.sent) < 2:
            refuse(context, grpc.StatusCode.UNAVAILABLE)
        return accept(request, context)

    async def run() -> None:
        async with AsyncClient(server.address) as client:
            await client.send(v1.SendEmailRequest())

    server.on_send = fail_once
    asyncio.run(run())
    first, second = server.sent
    assert first.request_id
    assert first.request_id == second.request_id


def test_errors_have_their_classes(server: FakeServer) -> None:
    async def run() -> None:
        async with AsyncClient(server.address) as client:
            with pytest.raises(mailstrom.ResourceExhaustedError) as caught:
                await client.send(v1.SendEmailRequest())
            assert caught.value.reason == "QUEUE_FULL"

    server.on_send = lambda _request, context: refuse(  # type: ignore[assignment,return-value]
        context, grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL"
    )
    asyncio.run(run())


@pytest.mark.parametrize("asynchronous", [False, True])
def test_send_many_takes_no_more_than_the_window(server: FakeServer, asynchronous: bool) -> None:
    taken = answered = most = 0

    def source() -> Iterator[v1.SendEmailRequest]:
        nonlocal taken, most
        for _ in range(100):
            taken += 1
            most = max(most, taken - answered)
            yield v1.SendEmailRequest()

    async def async_source() -> AsyncIterator[v1.SendEmailRequest]:
        for request in source():
            await asyncio.sleep(0)
            yield request

    async def run() -> None:
        nonlocal answered
        async with AsyncClient(server.address) as client:
            async for outcome in client.send_many(async_source() if asynchronous else source(), window=8):
                answered += 1
                assert outcome.result().email.email_id == f"id of {outcome.request.request_id}"

    asyncio.run(run())
    assert (taken, answered) == (100, 100)
    assert 1 <= most <= 8


def test_an_outcome_does_not_wait_for_the_next_request(server: FakeServer) -> None:
    async def run() -> None:
        seen = asyncio.Event()

        async def source() -> AsyncIterator[v1.SendEmailRequest]:
            yield v1.SendEmailRequest()
            await seen.wait()
            yield v1.SendEmailRequest()

        async with AsyncClient(server.address) as client:
            indices = []
            async for outcome in client.send_many(source()):
                indices.append(outcome.index)
                seen.set()
            assert indices == [0, 1]

    asyncio.run(run())


def test_send_many_sends_again_what_has_no_answer(server: FakeServer) -> None:
    streams: list[list[v1.SendEmailsRequest]] = []

    def break_once(requests: Iterator[v1.SendEmailsRequest], context: Any) -> Iterator[v1.SendEmailsResponse]:
        received: list[v1.SendEmailsRequest] = []
        streams.append(received)
        for numbered in requests:
            received.append(numbered)
            if len(streams) == 1 and len(received) == 3:
                yield answer(received[1])
                refuse(context, grpc.StatusCode.UNAVAILABLE)
            if len(streams) > 1:
                yield answer(numbered)

    async def run() -> list[int]:
        async with AsyncClient(server.address) as client:
            requests = (v1.SendEmailRequest() for _ in range(5))
            return [outcome.index async for outcome in client.send_many(requests, window=3)]

    server.on_send_many = break_once
    assert sorted(asyncio.run(run())) == [0, 1, 2, 3, 4]
    assert [each.index for each in streams[1]] == [0, 2, 3, 4]


def test_send_many_goes_on_after_a_write_that_breaks(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    # `aio.StreamStreamCall` only says what a call can do; this is the one that does it.
    concrete_call = importlib.import_module("grpc.aio._call").StreamStreamCall
    write = concrete_call.write
    writes = 0

    async def break_second(call: Any, request: Any) -> None:
        nonlocal writes
        writes += 1
        if writes == 2:
            raise aio.AioRpcError(grpc.StatusCode.INTERNAL, aio.Metadata(), aio.Metadata(), "Internal error from Core")
        await write(call, request)

    async def run() -> list[int]:
        async with AsyncClient(server.address) as client:
            requests = [v1.SendEmailRequest() for _ in range(5)]
            return [outcome.index async for outcome in client.send_many(requests)]

    monkeypatch.setattr(concrete_call, "write", break_second)
    assert sorted(asyncio.run(run())) == [0, 1, 2, 3, 4]


def test_send_many_ends_with_the_callers_own_error(server: FakeServer) -> None:
    def source() -> Iterator[v1.SendEmailRequest]:
        yield v1.SendEmailRequest()
        raise KeyError("mine")

    async def run() -> None:
        async with AsyncClient(server.address) as client:
            async for _ in client.send_many(source()):
                pass

    with pytest.raises(KeyError, match="mine"):
        asyncio.run(run())


def test_send_many_gives_up_on_a_silent_server(server: FakeServer) -> None:
    end = threading.Event()

    def silent(_requests: Iterator[v1.SendEmailsRequest], _context: Any) -> Iterator[v1.SendEmailsResponse]:
        end.wait()
        yield from ()

    async def run() -> None:
        async with AsyncClient(server.address, timeout=0.3) as client:
            with pytest.raises(mailstrom.DeadlineExceededError):
                async for _ in client.send_many([v1.SendEmailRequest()]):
                    pass

    server.on_send_many = silent
    asyncio.run(run())
    end.set()


def test_watch_goes_on_from_its_cursor(server: FakeServer) -> None:
    def watch(request: v1.WatchStatusRequest, context: Any) -> Iterator[v1.WatchStatusResponse]:
        step = int(request.cursor or "0") + 1
        yield v1.WatchStatusResponse(cursor=f"{step}", event=v1.StatusEvent(email_id="a", revision=step))
        if step < 4:
            refuse(context, grpc.StatusCode.UNAVAILABLE)

    async def run() -> list[int]:
        async with AsyncClient(server.address) as client, client.watch(["a"]) as responses:
            return [response.event.revision async for response in responses]

    server.on_watch = watch
    assert asyncio.run(run()) == [1, 2, 3, 4]


def test_leaving_a_watch_ends_the_call(server: FakeServer) -> None:
    ended = threading.Event()

    def watch(_request: v1.WatchStatusRequest, context: Any) -> Iterator[v1.WatchStatusResponse]:
        context.add_callback(ended.set)
        yield v1.WatchStatusResponse(cursor="1", event=v1.StatusEvent(revision=1))
        ended.wait()

    async def run() -> bool:
        async with AsyncClient(server.address) as client:
            async with client.watch() as responses:
                async for _ in responses:
                    break
            return await asyncio.to_thread(ended.wait, 10)

    server.on_watch = watch
    assert asyncio.run(run())


def test_watch_ends_with_its_time_limit(server: FakeServer) -> None:
    ended = threading.Event()

    def watch(_request: v1.WatchStatusRequest, context: Any) -> Iterator[v1.WatchStatusResponse]:
        context.add_callback(ended.set)
        ended.wait()
        yield from ()

    async def run() -> None:
        async with AsyncClient(server.address) as client:
            with pytest.raises(mailstrom.DeadlineExceededError):
                await client.wait_until_settled("a", timeout=0.2)

    server.on_watch = watch
    asyncio.run(run())
    ended.set()
