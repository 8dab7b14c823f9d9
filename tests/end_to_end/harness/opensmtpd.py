"""A real OpenSMTPD that receives mail for the domains of a test."""

import os

from harness import certificates, mailbox, processes, unpacked

_PACKAGE = "opensmtpd"
_USERS = {"opensmtpd": 64902, "opensmtpq": 64903}

_CONFIGURATION = """\
pki peer cert "{certificate}"
pki peer key "{key}"
{listeners}
action store maildir "{mail}" virtual {{ "@" = nobody }}
{rules}
"""


class OpenSmtpd:
    """Listens on `port` of each address in `listeners`, a dict of addresses and sets of what is offered
    there: TLS or nothing. Refuses `refused@` each domain. The one of Debian 12 offers STARTTLS and then fails
    in every handshake, for it does not know OpenSSL 3.
    """

    def __init__(self, directory, host_name, domains, listeners, *, port=25):
        self._directory = os.path.join(directory, host_name)
        self._endpoint = (next(iter(listeners)), port)
        os.mkdir(self._directory)
        for name in ("spool", "run", "home"):
            os.mkdir(os.path.join(self._directory, name))
        os.mkdir(os.path.join(self._directory, "home/opensmtpd"))
        os.mkdir(os.path.join(self._directory, "home/opensmtpd/empty"))
        self.mailbox = mailbox.Maildir(os.path.join(self._directory, "mail"))
        certificate, key = certificates.self_signed(self._directory, host_name)
        self._program = unpacked.path(_PACKAGE, "usr/sbin/smtpd")
        rules = [f'match from any for rcpt-to "refused@{domain}" reject' for domain in domains]
        rules += [f'match from any for domain "{domain}" action store' for domain in domains]
        text = _CONFIGURATION.format(
            certificate=certificate,
            key=key,
            listeners="\n".join(
                f"listen on {address} port {port} hostname {host_name}"
                + (" tls pki peer" if "TLS" in extensions else "")
                for address, extensions in listeners.items()
            ),
            mail=self.mailbox.path,
            rules="\n".join(rules),
        )
        with open(os.path.join(self._directory, "smtpd.conf"), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        log = os.path.join(self._directory, "log")
        process = unpacked.spawn(
            [self._program, "-d", "-f", os.path.join(self._directory, "smtpd.conf")],
            self._directory,
            _USERS,
            {
                "/usr/libexec": unpacked.path(_PACKAGE, "usr/libexec"),
                "/var/lib": os.path.join(self._directory, "home"),
                "/var/spool": os.path.join(self._directory, "spool"),
                "/run": os.path.join(self._directory, "run"),
            },
            log,
        )
        processes.wait_for_listener(*self._endpoint, process, log)
