"""Starting, awaiting and ending programs."""

import socket
import subprocess
import time


class WaitTimeout(AssertionError):
    """A condition did not come true in time."""


def wait_until(condition, timeout=20, what="the condition", interval=0.02):
    """Returns the first true value of condition(); raises WaitTimeout after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise WaitTimeout(f"{what} did not come true within {timeout} s")
        time.sleep(interval)


def spawn(command, log_path, **kwargs):
    """Starts a program whose output is appended to a file."""
    with open(log_path, "ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **kwargs
        )


def wait_for_listener(host, port, process, log_path):
    """Returns once someone listens there; raises when the process, which ought to, has ended."""

    def listens():
        if process.poll() is not None:
            with open(log_path, encoding="utf-8", errors="replace") as log:
                raise RuntimeError(f"{process.args} ended with {process.returncode}:\n{log.read()[-2000:]}")
        with socket.socket() as client:
            return client.connect_ex((host, port)) == 0

    wait_until(listens, what=f"a listener at {host}:{port}")


def run(command, **kwargs):
    """Runs a program to its end; raises with its output when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **kwargs)
    if done.returncode != 0:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def run_with_input(command, text):
    """As run, with `text` on the program's standard input."""
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def end(process, timeout=10):
    """Asks a program to end and waits for it; kills it when it does not. None is fine."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
