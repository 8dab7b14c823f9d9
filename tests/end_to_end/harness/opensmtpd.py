"""A real OpenSMTPD that receives mail for the domains of a test."""

import os

from harness import certificates, mailbox, processes, unpacked

_PACKAGE = "opensmtpd"
_USERS = {"opensmtpd": 64902, "opensmtpq": 64903}

_CONFIGURATION = """\
pki peer cert "{certificate}"
pki peer key "{key}"
{tables}
{listeners}
action store maildir "{mail}" virtual {{ "@" = nobody }}
{rules}
"""


class OpenSmtpd:
    """Listens on `port` of each address in `listeners`, a dict of addresses and sets of what is offered
    there: TLS or nothing. Refuses `refused@` each domain.

    With `login`, a pair of user and password, it is a relay for whom it knows, and for nobody else.
    """

    def __init__(self, directory, host_name, domains, listeners, *, port=25, authority=None, login=None):
        self._directory = os.path.join(directory, host_name)
        self._endpoint = (next(iter(listeners)), port)
        os.mkdir(self._directory)
        for name in ("spool", "run", "home"):
            os.mkdir(os.path.join(self._directory, name))
        os.mkdir(os.path.join(self._directory, "home/opensmtpd"))
        os.mkdir(os.path.join(self._directory, "home/opensmtpd/empty"))
        self.mailbox = mailbox.Maildir(os.path.join(self._directory, "mail"))
        sign = authority.sign if authority else certificates.self_signed
        certificate, key = sign(self._directory, host_name)
        self._program = unpacked.path(_PACKAGE, "usr/sbin/smtpd")
        tables = ""
        options = ""
        if login:
            user, password = login
            tables = f'table users {{ "{user}" = "{_encrypt(password)}" }}'
            options = " auth <users>"
            rules = "match auth from any for any action store"
        else:
            rules = "\n".join(
                [f'match from any for rcpt-to "refused@{domain}" reject' for domain in domains]
                + [f'match from any for domain "{domain}" action store' for domain in domains]
            )
        text = _CONFIGURATION.format(
            certificate=certificate,
            key=key,
            tables=tables,
            listeners="\n".join(
                f"listen on {address} port {port} hostname {host_name}"
                + (f" tls pki peer{options}" if "TLS" in extensions else "")
                for address, extensions in listeners.items()
            ),
            mail=self.mailbox.path,
            rules=rules,
        )
        with open(os.path.join(self._directory, "smtpd.conf"), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        process = unpacked.spawn(
            [self._program, "-d", "-f", os.path.join(self._directory, "smtpd.conf"), "-T", "smtp"],
            self._directory,
            _USERS,
            {
                "/usr/libexec": unpacked.path(_PACKAGE, "usr/libexec"),
                "/var/lib": os.path.join(self._directory, "home"),
                "/var/spool": os.path.join(self._directory, "spool"),
                "/run": os.path.join(self._directory, "run"),
            },
            os.path.join(self._directory, "log"),
        )

        host, port = self._endpoint
        processes.wait_until(lambda: processes.listens(host, port, process), what="OpenSMTPD listening")

    def log(self):
        with open(os.path.join(self._directory, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()


def _encrypt(password):
    """As crypt(3) has it."""
    return processes.run(["openssl", "passwd", "-6", password]).strip()
