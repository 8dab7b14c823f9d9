"""One driver program of one language, as README.md describes it."""

import json
import queue
import subprocess
import threading
import time


class DriverError(Exception):
    """The library's error, as the driver told it."""

    def __init__(self, error):
        super().__init__(json.dumps(error, ensure_ascii=False))
        self.kind = error.get("kind")
        self.code = error.get("code")
        self.reason = error.get("reason")
        self.message = error.get("message")
        self.violations = error.get("violations")


class Driver:
    """Passes commands on to a library."""

    # No scenario keeps a healthy driver silent for longer.
    _PATIENCE = 60

    def __init__(self, program, log_path, environment):
        with open(log_path, "ab") as log:
            self._process = subprocess.Popen(
                [program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                env=environment,
            )
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def start(self, op, **fields):
        """Gives a command; its answer is to be taken by items() or next_item()."""
        self._process.stdin.write(json.dumps({"op": op, **fields}) + "\n")
        self._process.stdin.flush()

    def next_item(self, timeout=_PATIENCE):
        """The next item, ("item", value), or the end, ("result", value). Raises DriverError for an error, and
        queue.Empty when nothing comes in time."""
        line = self._lines.get(timeout=timeout)
        if line is None:
            raise RuntimeError(f"the driver ended with {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise DriverError(answer["error"])
        ((name, value),) = answer.items()
        if name not in ("item", "result"):
            raise RuntimeError(f"the driver said {line}")
        return name, value

    def collect(self):
        """All items up to the end, and the result."""
        items = []
        while True:
            name, value = self.next_item()
            if name == "result":
                return items, value
            items.append(value)

    def call(self, op, **fields):
        """A command without items; returns the result."""
        self.start(op, **fields)
        items, result = self.collect()
        if items:
            raise RuntimeError(f"{op} brought items: {items}")
        return result

    def items(self, op, **fields):
        """The items of a command."""
        self.start(op, **fields)
        return self.collect()[0]

    def is_silent(self, seconds):
        """Whether nothing comes for so long."""
        try:
            answer = self.next_item(timeout=seconds)
        except queue.Empty:
            return True
        raise AssertionError(f"unexpected: {answer}")

    def close(self):
        """Ends the driver, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()


def timed(function, *args, **kwargs):
    """Seconds that the call took, and the DriverError that it raised, or None."""
    begin = time.monotonic()
    try:
        function(*args, **kwargs)
    except DriverError as error:
        return time.monotonic() - begin, error
    return time.monotonic() - begin, None
