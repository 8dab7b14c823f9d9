"""When to try again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

INITIAL_PAUSE = 0.1
MAX_PAUSE = 5.0


class Deadline:
    """A time limit over several tries. Without seconds it never ends."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds

    def rest(self) -> float | None:
        """Seconds left, not below zero; None when it never ends."""
        return None if self._end is None else max(self._end - self._clock(), 0.0)

    def is_over(self) -> bool:
        """Whether no time is left."""
        return self.rest() == 0.0


class Backoff:
    """Pauses between tries: 100 ms, doubled up to 5 s, each shortened by a random part of up to its half, so that
    callers who failed together do not come back together.
    """

    def __init__(self, draw: Callable[[], float] = random.random) -> None:
        self._draw = draw
        self._pause = INITIAL_PAUSE

    def reset(self) -> None:
        """Starts anew, after a success."""
        self._pause = INITIAL_PAUSE

    def next_pause(self, deadline: Deadline) -> float | None:
        """Seconds to wait before the next try; None when the deadline leaves no time for it."""
        pause = self._pause * (0.5 + self._draw() / 2)
        self._pause = min(2 * self._pause, MAX_PAUSE)
        rest = deadline.rest()
        return None if rest is not None and rest <= pause else pause
