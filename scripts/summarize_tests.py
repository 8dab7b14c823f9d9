"""Counts test cases of a Bazel run, from its build events.

summarize_tests.py EVENTS_FILE: repeats what tests noted in lines that begin with `NOTE: `, shows the ends
of the logs of tests that failed, names every case that failed, then prints one line
`N passed, N failed`, with `, N skipped` when some were. Fails when a test failed or when none ran.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree

PASSED = "PASSED"
# Of the log of a test that failed; its last lines say most.
SHOWN_LINES = 80


class Count:
    """Test cases by outcome, the names of those that failed, and what the tests' logs say of them."""

    def __init__(self):
        self.passed = 0
        self.skipped = 0
        self.failed = []
        self.notes = []
        # Label of each test that failed to the end of its log.
        self.logs = {}

    def add_log(self, label, status, lines):
        for line in lines:
            if line.startswith("NOTE: "):
                self.notes.append(f"{label}: {line[6:].rstrip()}")
        if status != PASSED:
            self.logs[label] = "".join(lines[-SHOWN_LINES:])

    def add_case(self, label, case):
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        if case.find("failure") is not None or case.find("error") is not None:
            self.failed.append(f"{label} {name}")
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            self.skipped += 1
        else:
            self.passed += 1


def read_events(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def output_path(test_result, name):
    for output in test_result.get("testActionOutput", []):
        if output.get("name") == name:
            return urllib.parse.unquote(urllib.parse.urlparse(output.get("uri", "")).path)
    return None


def count_result(count, label, test_result):
    """Adds one run of one test target."""
    failed_before = len(count.failed)
    status = test_result.get("status", "NO_STATUS")
    path = output_path(test_result, "test.xml")
    try:
        cases = xml.etree.ElementTree.parse(path).iter("testcase") if path else []
        for case in cases:
            count.add_case(label, case)
    except (OSError, xml.etree.ElementTree.ParseError):
        # A test that died in the middle leaves no complete file; its status tells.
        pass
    log_path = output_path(test_result, "test.log")
    if log_path:
        with open(log_path, encoding="utf-8", errors="replace") as log:
            count.add_log(label, status, log.readlines())
    if status != PASSED and len(count.failed) == failed_before:
        count.failed.append(f"{label} ({status})")


def count_events(events):
    count = Count()
    reported = set()
    for event in events:
        if "testResult" in event.get("id", {}) and "testResult" in event:
            label = event["id"]["testResult"]["label"]
            reported.add(label)
            count_result(count, label, event["testResult"])
    for event in events:
        completed = event.get("id", {}).get("targetCompleted", {}).get("label")
        if completed and completed not in reported and not event.get("completed", {}).get("success"):
            reported.add(completed)
            count.failed.append(f"{completed} (not built)")
    return count


def main():
    count = count_events(read_events(sys.argv[1]))
    for note in count.notes:
        print(note)
    for label, log in count.logs.items():
        print(f"\n--- The end of the log of {label}\n{log}")
    for name in count.failed:
        print(f"FAILED {name}")
    skipped = f", {count.skipped} skipped" if count.skipped else ""
    print(f"{count.passed} passed, {len(count.failed)} failed{skipped}")
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
