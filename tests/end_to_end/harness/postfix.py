"""A real Postfix that receives mail for the domains of a test."""

import dataclasses
import email
import email.policy
import glob
import os
import pwd

from harness import policy_server, processes

_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
myhostname = {host_name}
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_policy_service inet:{address}:{policy_port}, permit
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_recipient_limit = 1000
smtpd_tls_security_level = {tls_level}
smtpd_tls_cert_file = {directory}/certificate.pem
smtpd_tls_key_file = {directory}/key.pem
smtpd_tls_received_header = yes
smtputf8_enable = {smtputf8}
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {directory}/mail
virtual_mailbox_maps = static:inbox/
virtual_mailbox_limit = 0
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
message_size_limit = {message_size_limit}
mailbox_size_limit = 0
in_flow_delay = 0
"""

_MASTER_CF = """\
{address}:25 inet n - n -     - smtpd
cleanup    unix       n - n -     0 cleanup
qmgr       unix       n - n 300   1 qmgr
tlsmgr     unix       - - n 1000? 1 tlsmgr
rewrite    unix       - - n -     - trivial-rewrite
bounce     unix       - - n -     0 bounce
defer      unix       - - n -     0 bounce
trace      unix       - - n -     0 bounce
proxymap   unix       - - n -     - proxymap
error      unix       - - n -     - error
retry      unix       - - n -     - error
discard    unix       - - n -     - discard
virtual    unix       - n n -     - virtual
anvil      unix       - - n -     1 anvil
postlog    unix-dgram n - n -     1 postlogd
"""

_POLICY_PORT = 10023


@dataclasses.dataclass(frozen=True)
class StoredMail:
    """One delivery to one recipient."""

    recipient: str
    reverse_path: str
    # When it reached the mailbox, seconds since 1970.
    time: float
    # The message without the three lines that the mailbox delivery puts on top.
    data: bytes

    @property
    def message(self):
        return email.message_from_bytes(self.data, policy=email.policy.default)

    @property
    def message_id(self):
        return self.message["Message-ID"].strip().strip("<>")


class Postfix:
    """Listens on port 25 of `address`, for all recipients in `domains` that its policy accepts."""

    def __init__(
        self,
        directory,
        address,
        host_name,
        domains,
        *,
        starttls=True,
        smtputf8=True,
        message_size_limit=104857600,
    ):
        self.address = address
        self.host_name = host_name
        self._directory = os.path.join(directory, host_name)
        for name in ("", "queue", "data", "mail"):
            os.mkdir(os.path.join(self._directory, name))
        nobody = pwd.getpwnam("nobody")
        os.chown(os.path.join(self._directory, "mail"), nobody.pw_uid, nobody.pw_gid)
        os.chown(os.path.join(self._directory, "data"), pwd.getpwnam("postfix").pw_uid, -1)
        settings = {
            "directory": self._directory,
            "address": address,
            "host_name": host_name,
            "domains": " ".join(domains),
            "policy_port": _POLICY_PORT,
            "tls_level": "may" if starttls else "none",
            "smtputf8": "yes" if smtputf8 else "no",
            "message_size_limit": message_size_limit,
            "uid": nobody.pw_uid,
            "gid": nobody.pw_gid,
        }
        self._write("main.cf", _MAIN_CF.format(**settings))
        self._write("master.cf", _MASTER_CF.format(**settings))
        self._parsed = {}
        self.policy = None

    def start(self):
        self._make_certificate()
        self.policy = policy_server.PolicyServer((self.address, _POLICY_PORT))
        processes.run(["postfix", "-c", self._directory, "start"])

    def mail(self, recipient=None):
        """All that was stored so far, oldest first, or what was stored for one recipient."""
        for path in glob.glob(os.path.join(self._directory, "mail/inbox/new/*")):
            if path not in self._parsed:
                self._parsed[path] = _read_mail(path)
        stored = [mail for mail in self._parsed.values() if recipient in (None, mail.recipient)]
        return sorted(stored, key=lambda mail: mail.time)

    def wait_for_mail(self, recipient, count=1, timeout=20):
        """The first `count` deliveries for the recipient, as soon as they are there."""
        processes.wait_until(
            lambda: len(self.mail(recipient)) >= count, timeout, f"{count} mails for {recipient}"
        )
        return self.mail(recipient)[:count]

    def queue_is_empty(self):
        """Whether all that was accepted has reached the mailbox."""
        queues = (os.path.join(self._directory, "queue", name) for name in ("incoming", "active", "deferred"))
        return not any(files for queue in queues for _, _, files in os.walk(queue))

    def log(self):
        with open(os.path.join(self._directory, "mail.log"), encoding="utf-8") as file:
            return file.read()

    def _write(self, name, text):
        with open(os.path.join(self._directory, name), "w", encoding="utf-8") as file:
            file.write(text)

    def _make_certificate(self):
        processes.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
            + ["-noenc", "-days", "2", "-subj", f"/CN={self.host_name}"]
            + ["-addext", f"subjectAltName=DNS:{self.host_name}"]
            + ["-keyout", f"{self._directory}/key.pem", "-out", f"{self._directory}/certificate.pem"]
        )


def _read_mail(path):
    with open(path, "rb") as file:
        data = file.read()
    fields = {}
    while True:
        line, _, rest = data.partition(b"\n")
        name, _, value = line.partition(b": ")
        if name not in (b"Return-Path", b"X-Original-To", b"Delivered-To"):
            break
        fields[name] = value.decode()
        data = rest
    return StoredMail(
        fields.get(b"X-Original-To", ""),
        fields.get(b"Return-Path", "").strip("<>"),
        os.stat(path).st_mtime,
        data,
    )
