"""Hands emails over at a steady pace, and follows them, whatever the server goes through meanwhile.

steady_sender.py SERVER COUNT PER_SECOND: sends COUNT emails to `pN@run.test` from several threads. Prints a JSON object
a line: {"accepted": [N, email_id]} for each that is accepted, {"settled": [email_id, state]} for each that a watch sees
settle, {"error": text} for whatever the library raises, and in the end {"longest_seconds": …}.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import mailstrom
from mailstrom import v1

_THREADS = 16
_FINAL = (v1.Recipient.STATE_DELIVERED, v1.Recipient.STATE_FAILED)


class SteadySender:
    """One run."""

    def __init__(self, server: str, count: int, per_second: float) -> None:
        self._client = mailstrom.Client(server)
        self._count = count
        self._pause = _THREADS / per_second
        self._lock = threading.Lock()
        self._next = 0
        self._longest = 0.0

    def run(self) -> None:
        # What the first email's snapshot shows is where the watch of all of them begins.
        first = self._send_next()
        with self._client.watch([first]) as watch:
            beginning = next(watch)
        watcher = threading.Thread(target=self._guarded, args=(self._watch, beginning))
        watcher.start()
        senders = [threading.Thread(target=self._guarded, args=(self._send_all,)) for _ in range(_THREADS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        watcher.join()
        self._say("longest_seconds", round(self._longest, 3))

    def _send_all(self) -> None:
        while self._send_next():
            time.sleep(self._pause)

    def _send_next(self) -> str:
        """Sends one; its id, which is empty when all are sent."""
        with self._lock:
            if self._next == self._count:
                return ""
            number = self._next
            self._next += 1
        request = mailstrom.email_request(
            from_="ann@sender.test",
            to=f"p{number}@run.test",
            subject="Hello",
            text="It works.\n",
            tags={"run": "steady"},
        )
        begin = time.monotonic()
        email_id = self._client.send(request).email.email_id
        with self._lock:
            self._longest = max(self._longest, time.monotonic() - begin)
        self._say("accepted", [number, email_id])
        return email_id

    def _watch(self, beginning: v1.WatchStatusResponse) -> None:
        """Until as many have settled as were sent."""
        settled = int(self._report_settled(beginning.snapshot.email_id, beginning.snapshot.recipients[0]))
        with self._client.watch(tags={"run": "steady"}, cursor=beginning.cursor) as watch:
            while settled < self._count:
                event = next(watch).event
                settled += self._report_settled(event.email_id, event.recipient)

    def _report_settled(self, email_id: str, recipient: v1.Recipient) -> bool:
        if recipient.state not in _FINAL:
            return False
        self._say("settled", [email_id, v1.Recipient.State.Name(recipient.state)])
        return True

    def _guarded(self, method: Any, *arguments: Any) -> None:
        try:
            method(*arguments)
        except mailstrom.MailstromError as error:
            self._say("error", str(error))

    def _say(self, name: str, value: object) -> None:
        with self._lock:
            print(json.dumps({name: value}), flush=True)


if __name__ == "__main__":
    SteadySender(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])).run()
