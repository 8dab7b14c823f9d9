"""Judges conversions to 7-bit by Python's email package.

Reads JSON lines of conversion_samples on standard input. Both messages of each
must have the same parts with the same content, and the second must be 7-bit.
"""

import base64
import email
import email.policy
import json
import sys


def describe(part):
    """What a reader gets of a part, whatever its encoding."""
    headers = [
        (name.lower(), value)
        for name, value in part.items()
        if name.lower() != "content-transfer-encoding"
    ]
    content = None
    if not part.is_multipart():
        content = part.get_payload(decode=True).replace(b"\r\n", b"\n")
    return part.get_content_type(), headers, content


def outline(raw):
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    parts = list(message.walk())
    defects = [defect for part in parts for defect in part.defects]
    return [describe(part) for part in parts], defects


def complaints(sample):
    before = base64.b64decode(sample["before"])
    after = base64.b64decode(sample["after"])
    if not after.isascii():
        yield "it is not 7-bit"
    if max(len(line) for line in after.split(b"\r\n")) > 998:
        yield "a line is too long"
    old_parts, _ = outline(before)
    new_parts, defects = outline(after)
    if defects:
        yield f"defects: {defects}"
    if old_parts != new_parts:
        yield f"parts differ:\n{old_parts}\n{new_parts}"
    if before.isascii() and b"8bit" not in before.replace(b"X-Not: 8bit", b"") and before != after:
        yield "it changed without need"


def main():
    count = converted = failures = 0
    for line in sys.stdin:
        sample = json.loads(line)
        count += 1
        converted += sample["before"] != sample["after"]
        for complaint in complaints(sample):
            failures += 1
            print(f"message {count}: {complaint}\n{base64.b64decode(sample['before'])!r}")
        if failures > 3:
            break
    print(f"{count} messages, {converted} converted, {failures} failures")
    return 0 if failures == 0 and count == int(sys.argv[1]) and converted > count / 4 else 1


if __name__ == "__main__":
    sys.exit(main())
