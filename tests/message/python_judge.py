"""Judges composed messages by Python's email package.

Reads JSON lines of compose_samples on standard input. Every message must parse
without a defect, and every value must come back equal.
"""

import base64
import email
import email.errors
import email.policy
import email.utils
import json
import re
import sys


def canonical(text):
    """Text with one kind of line end, and a last line that has one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if not text or text.endswith("\n") else text + "\n"


def squeezed(name):
    """A name without its white space.

    The package squeezes white space in a phrase, and puts a space between two
    encoded-words, which RFC 2047 section 6.2 forbids. GMime judges exact names.
    """
    return "".join((name or "").split())


def read_mailbox(address):
    return [squeezed(address.display_name), address.username, address.domain]


def read_addresses(header):
    addresses = []
    for group in header.groups:
        members = [read_mailbox(address) for address in group.addresses]
        if group.display_name is None:
            addresses.extend(members)
        else:
            addresses.append({"name": squeezed(group.display_name), "members": members})
    return addresses


def expected_mailbox(mailbox):
    return [squeezed(mailbox[0]), *mailbox[1:]]


def expected_address(address):
    if isinstance(address, list):
        return expected_mailbox(address)
    members = [expected_mailbox(member) for member in address["members"]]
    return {"name": squeezed(address["name"]), "members": members}


class Judge:
    def __init__(self, sample):
        self.sample = sample
        self.complaints = []
        raw = base64.b64decode(sample["message"])
        self.check_lines(raw)
        if sample["smtputf8"]:
            # The package takes UTF-8 in a header only from text.
            self.message = email.message_from_string(
                raw.decode("utf-8"), policy=email.policy.SMTPUTF8
            )
        else:
            raw.decode("ascii")
            self.message = email.message_from_bytes(raw, policy=email.policy.SMTP)
        self.parse_headers_once()

    def parse_headers_once(self):
        """Keeps the parsed fields, which the package would parse at each access."""
        self.parts = list(self.message.walk())
        for part in self.parts:
            for name, value in part.items():
                part.replace_header(name, value)

    def expect(self, what, got, want):
        if got != want:
            self.complaints.append(f"{what}:\n  got  {got!r}\n  want {want!r}")

    def check_lines(self, raw):
        if not raw.endswith(b"\r\n") or re.search(rb"\r(?!\n)|(?<!\r)\n|\0", raw):
            self.complaints.append("line ends")
        header = raw[: raw.index(b"\r\n\r\n")]
        for line in header.split(b"\r\n"):
            limit = 76 if b"=?utf-8?" in line else 998
            if len(line) > limit or not line.strip():
                self.complaints.append(f"header line {line!r}")
        if max(len(line) for line in raw.split(b"\r\n")) > 998:
            self.complaints.append("line too long")

    def check_addresses(self, name, want):
        got = [read_addresses(value) for value in self.message.get_all(name, [])]
        self.expect(name, got, [[expected_address(a) for a in want]] if want else [])

    def check_header(self):
        sample = self.sample
        message = self.message
        sender = sample["sender"]
        author = sample["from"][0]
        if sender and len(sample["from"]) == 1 and isinstance(author, list):
            if author[1:] == sender[1:] and sender[0] in ("", author[0]):
                sender = None
        self.check_addresses("From", sample["from"])
        self.check_addresses("Sender", [sender] if sender else [])
        self.check_addresses("Reply-To", sample["reply_to"])
        to = sample["to"]
        if not to and not sample["cc"]:
            to = [{"name": "undisclosed-recipients", "members": []}]
        self.check_addresses("To", to)
        self.check_addresses("Cc", sample["cc"])
        self.expect("Bcc", message["Bcc"], None)
        self.expect("Subject", message["Subject"] or "", sample["subject"])
        self.expect("Date", message["Date"].datetime.timestamp(), sample["date"])
        self.expect("Message-ID", message["Message-ID"], f"<{sample['message_id']}>")
        for name, field in (("In-Reply-To", "in_reply_to"), ("References", "references")):
            ids = (message[name] or "").split()
            self.expect(name, ids, [f"<{value}>" for value in sample[field]])
        uris = [f"<{uri}>" for uri in sample["list_unsubscribe_uris"]]
        self.expect("List-Unsubscribe", message["List-Unsubscribe"] or "", ", ".join(uris))
        one_click = any("<https:" in uri for uri in uris)
        self.expect(
            "List-Unsubscribe-Post",
            message["List-Unsubscribe-Post"],
            "List-Unsubscribe=One-Click" if one_click else None,
        )
        got = [[n, str(v)] for n, v in message.items() if n.startswith("X-Test-")]
        for header in got:
            # Too long a name leaves no room for an encoded-word on its line, and
            # the package keeps the space of a fold in front of a value.
            if len(header[0]) >= 50:
                header[1] = header[1].removeprefix(" ")
        self.expect("headers", got, sample["headers"])

    def check_defects(self):
        for part in self.parts:
            defects = list(part.defects)
            for value in part.values():
                defects.extend(value.defects)
            if self.sample["smtputf8"]:
                # What RFC 6532 allows, the package still counts as a defect.
                kind = email.errors.NonASCIILocalPartDefect
                defects = [defect for defect in defects if not isinstance(defect, kind)]
            if defects:
                self.complaints.append(f"defects: {defects}")

    def check_text(self, name, part):
        want = canonical(self.sample[name])
        got = "" if part is None else canonical(part.get_content())
        self.expect(name, got, want)

    def check_bodies(self):
        parts = {"plain": None, "html": None}
        for part in self.parts:
            if part.get_content_maintype() == "text" and not part["Content-Disposition"]:
                parts[part.get_content_subtype()] = part
        self.check_text("text", parts["plain"])
        self.check_text("html", parts["html"])

    def check_attachments(self):
        got = [
            [
                part["Content-Disposition"].params.get("filename", ""),
                part.get_content_type(),
                part.get_payload(decode=True),
                str(part["Content-ID"] or ""),
            ]
            for part in self.parts
            if part["Content-Disposition"]
        ]
        want = []
        for attachment in self.sample["attachments"]:
            media_type = attachment["content_type"].split(";")[0].lower()
            content_id = attachment["content_id"]
            want.append(
                [
                    attachment["filename"],
                    media_type or "application/octet-stream",
                    base64.b64decode(attachment["data"]),
                    f"<{content_id}>" if content_id else "",
                ]
            )
        # Inline ones stand beside the HTML, before the others.
        if self.sample["html"]:
            want.sort(key=lambda attachment: not attachment[3])
        self.expect("attachments", got, want)

    def judge(self):
        self.check_header()
        self.check_defects()
        self.check_bodies()
        self.check_attachments()
        return self.complaints


def main():
    count = 0
    failures = 0
    for line in sys.stdin.buffer:
        count += 1
        sample = json.loads(line)
        try:
            complaints = Judge(sample).judge()
        except Exception as error:  # The package itself gave up on the message.
            complaints = [f"{type(error).__name__}: {error}"]
            if "--trace" in sys.argv:
                raise
        if complaints:
            failures += 1
            if failures <= 20:
                print(f"message {count}:", *complaints, sep="\n")
                print(base64.b64decode(sample["message"]).decode("utf-8"))
    print(f"{count} messages, {failures} of them not read back equal")
    sys.exit(failures > 0 or count < int(sys.argv[1]))


if __name__ == "__main__":
    main()
