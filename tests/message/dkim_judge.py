"""Judges signatures by dkimpy.

Reads JSON lines of write_dkim_samples on standard input. Every signature of every
message must be valid, and none once a signed byte has changed.
"""

import base64
import json
import sys

import dkim


def verdicts(message, records):
    """Whether each signature of the message is valid, from the first."""

    def lookup(name, timeout=5):
        return records[name.decode().rstrip(".")].encode()

    verifier = dkim.DKIM(message)
    count = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")
    results = []
    for index in range(count):
        try:
            results.append(dkim.DKIM(message).verify(idx=index, dnsfunc=lookup))
        except dkim.ValidationError as error:
            results.append(str(error))
    return results


def main():
    want_count = int(sys.argv[1])
    records = json.loads(sys.stdin.readline())
    count = failures = 0
    for line in sys.stdin:
        sample = json.loads(line)
        count += 1
        intact = verdicts(base64.b64decode(sample["message"]), records)
        tampered = verdicts(base64.b64decode(sample["tampered"]), records)
        if intact != [True] * len(records):
            failures += 1
            print(f"{sample['origin']}: {intact}: {base64.b64decode(sample['message'])!r}")
        if len(tampered) != len(records) or True in tampered:
            failures += 1
            print(f"{sample['origin']}, tampered: {tampered}")
        if failures > 5:
            break
    print(f"{count} messages, {failures} failures")
    return 0 if failures == 0 and count == want_count else 1


if __name__ == "__main__":
    sys.exit(main())
