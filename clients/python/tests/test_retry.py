"""When to try again, without a clock."""

import pytest

from mailstrom import v1
from mailstrom._errors import DeadlineExceededError, NotFoundError, UnavailableError, make_error
from mailstrom._retry import Backoff, Deadline
from mailstrom._watch_state import WatchState, silence
from mailstrom._window import Window


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("draw", "factor"), [(0.0, 0.5), (1.0, 1.0)])
def test_pauses_double_up_to_five_seconds(draw: float, factor: float) -> None:
    backoff = Backoff(lambda: draw)
    forever = Deadline(None)
    pauses = [backoff.next_pause(forever) for _ in range(8)]
    assert pauses == pytest.approx([factor * each for each in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0)])
    backoff.reset()
    assert backoff.next_pause(forever) == pytest.approx(0.1 * factor)


def test_no_pause_outlasts_the_deadline() -> None:
    clock = FakeClock()
    deadline = Deadline(0.25, clock)
    backoff = Backoff(lambda: 1.0)
    assert backoff.next_pause(deadline) == pytest.approx(0.1)
    clock.now += 0.1
    assert backoff.next_pause(deadline) is None
    assert deadline.rest() == pytest.approx(0.15)
    clock.now += 1
    assert deadline.rest() == 0
    assert deadline.is_over()


def state(clock: FakeClock, *ids: str, timeout: float | None = None) -> WatchState:
    return WatchState(
        email_ids=ids,
        tags=None,
        cursor="",
        timeout=timeout,
        first_limit=1,
        reconnect_limit=10,
        backoff=Backoff(lambda: 1.0),
        clock=clock,
    )


def snapshot(revision: int, cursor: str) -> v1.WatchStatusResponse:
    return v1.WatchStatusResponse(cursor=cursor, snapshot=v1.Email(email_id="a", revision=revision))


def event(revision: int, cursor: str) -> v1.WatchStatusResponse:
    return v1.WatchStatusResponse(cursor=cursor, event=v1.StatusEvent(email_id="a", revision=revision))


def test_a_watch_by_id_shows_nothing_twice() -> None:
    watch = state(FakeClock(), "a")
    assert watch.accept(snapshot(5, "c1"))
    assert not watch.accept(event(4, "c2"))
    assert not watch.accept(event(5, "c3"))
    assert watch.accept(event(6, "c4"))
    assert not watch.accept(event(6, "c5"))
    assert watch.request.cursor == "c5"


def test_a_watch_of_all_keeps_no_revisions() -> None:
    watch = state(FakeClock())
    assert watch.accept(event(6, "c1"))
    assert watch.accept(event(5, "c2"))
    assert not watch.accept(v1.WatchStatusResponse(cursor="c3", heartbeat=v1.Heartbeat()))
    assert watch.request.cursor == "c3"


def test_patience_is_short_before_the_first_response_and_long_after() -> None:
    clock = FakeClock()
    watch = state(clock, "a")
    clock.now += 0.95
    with pytest.raises(UnavailableError):
        watch.pause_after(silence())

    watch = state(clock, "a")
    watch.accept(snapshot(1, "c"))
    clock.now += 1000
    assert watch.pause_after(silence()) == pytest.approx(0.1)
    clock.now += 9.7
    assert watch.pause_after(silence()) == pytest.approx(0.2)
    clock.now += 0.2
    with pytest.raises(UnavailableError):
        watch.pause_after(silence())
    # Each response renews it.
    watch.accept(snapshot(1, "c"))
    assert watch.pause_after(silence()) == pytest.approx(0.1)


def test_only_unavailable_is_tried_again() -> None:
    import grpc

    watch = state(FakeClock(), "a")
    watch.accept(snapshot(1, "c"))
    with pytest.raises(NotFoundError):
        watch.pause_after(make_error(grpc.StatusCode.NOT_FOUND, ""))


def test_the_time_limit_of_a_watch_covers_its_pauses() -> None:
    clock = FakeClock()
    watch = state(clock, "a", timeout=3)
    watch.accept(snapshot(1, "c"))
    clock.now += 2.95
    assert watch.pause_after(silence()) == pytest.approx(0.05)
    clock.now += 0.05
    with pytest.raises(DeadlineExceededError):
        watch.pause_after(silence())


def test_window_counts_requests_and_bytes() -> None:
    window = Window(2)
    window.add(v1.SendEmailRequest())
    assert window.has_room()
    window.add(v1.SendEmailRequest())
    assert not window.has_room()
    assert window.settle(v1.SendEmailsResponse(index=0)) is not None
    assert window.has_room()

    window = Window(100)
    window.add(v1.SendEmailRequest(raw_message=b"x" * (8 * 1024 * 1024)))
    assert not window.has_room()
    assert window.settle(v1.SendEmailsResponse(index=0)) is not None
    assert window.has_room()
    assert window.is_empty()
    # Answered already.
    assert window.settle(v1.SendEmailsResponse(index=0)) is None


def test_window_gives_request_ids_and_keeps_the_callers_own() -> None:
    window = Window(10)
    mine = v1.SendEmailRequest()
    first, second = window.add(mine), window.add(mine)
    third = window.add(v1.SendEmailRequest(request_id="mine"))
    assert mine.request_id == ""
    assert first.request.request_id
    assert first.request.request_id != second.request.request_id
    assert third.request.request_id == "mine"
    assert [each.index for each in window.unanswered()] == [0, 1, 2]


@pytest.mark.parametrize("size", [0, 257, -1])
def test_window_has_bounds(size: int) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(size)
