"""A maildir(5) in which a mail server puts what it receives, for whomever it is."""

import dataclasses
import email
import email.policy
import glob
import os
import pwd

from harness import processes

# What servers put on top of a message as they deliver it, above their trace fields.
_RECIPIENT_FIELDS = (b"x-original-to", b"envelope-to", b"delivered-to")
_DELIVERY_FIELDS = _RECIPIENT_FIELDS + (b"return-path", b"delivery-date")


@dataclasses.dataclass(frozen=True)
class StoredMail:
    """One delivery to one recipient."""

    recipient: str
    reverse_path: str
    # When it reached the mailbox, seconds since 1970.
    time: float
    # The message from its trace fields on; lines end in LF.
    data: bytes

    @property
    def message(self):
        return email.message_from_bytes(self.data, policy=email.policy.default)

    @property
    def message_id(self):
        return self.message["Message-ID"].strip().strip("<>")

    @property
    def received(self):
        """The receiver's own trace field, unfolded."""
        return " ".join(self.message["Received"].split())

    @property
    def untraced(self):
        """The message without that field: what was sent."""
        lines = self.data.split(b"\n")
        if lines[0].startswith(b"Received:"):
            del lines[0]
            while lines and lines[0][:1] in (b" ", b"\t"):
                del lines[0]
        return b"\n".join(lines)


class Maildir:
    """Belongs to user `nobody`, as whom the servers deliver."""

    def __init__(self, path):
        self.path = path
        self._parsed = {}
        nobody = pwd.getpwnam("nobody")
        for name in ("", "tmp", "new", "cur"):
            os.mkdir(os.path.join(path, name))
            os.chown(os.path.join(path, name), nobody.pw_uid, nobody.pw_gid)

    def mail(self, recipient=None):
        """All that was stored so far, oldest first, or what was stored for one recipient."""
        for path in glob.glob(os.path.join(self.path, "new/*")):
            if path not in self._parsed:
                self._parsed[path] = _read(path)
        stored = [mail for mail in self._parsed.values() if recipient in (None, mail.recipient)]
        return sorted(stored, key=lambda mail: mail.time)

    def wait_for_mail(self, recipient, count=1, timeout=20):
        """The first `count` deliveries for the recipient, as soon as they are there."""
        processes.wait_until(
            lambda: len(self.mail(recipient)) >= count, timeout, f"{count} mails for {recipient}"
        )
        return self.mail(recipient)[:count]


def _read(path):
    with open(path, "rb") as file:
        data = file.read()
    fields = {}
    while True:
        line, _, rest = data.partition(b"\n")
        name, _, value = line.partition(b":")
        if name.lower() not in _DELIVERY_FIELDS:
            break
        fields[name.lower()] = value.strip().decode()
        data = rest
    recipients = [fields[name] for name in _RECIPIENT_FIELDS if name in fields]
    return StoredMail(
        recipients[0] if recipients else "",
        fields.get(b"return-path", "").strip("<>"),
        os.stat(path).st_mtime,
        data,
    )
