"""A real Postfix that receives mail for the domains of a test."""

import os
import pwd

from harness import certificates, mailbox, policy_server, processes

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
smtpd_recipient_restrictions = check_policy_service inet:{policy_endpoint}, permit
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
postscreen_greet_wait = 1s
postscreen_greet_action = enforce
postscreen_pipelining_enable = yes
postscreen_non_smtp_command_enable = yes
postscreen_bare_newline_enable = yes
"""

_MASTER_CF = """\
{listeners}
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

_POSTSCREEN = """\
{address}:{port} inet n - n - 1 postscreen
smtpd      pass       - - n -     - smtpd
tlsproxy   unix       - - n -     0 tlsproxy
dnsblog    unix       - - n -     0 dnsblog
"""

_POLICY_PORT = 10023


class Postfix:
    """Listens on port 25 of `address`, for all recipients in `domains` that its policy accepts.

    `listeners` replace `address`: a dict of addresses and the parameters of main.cf that differ there. With
    `postscreen` all its tests stand before the one at `address`.
    """

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
        listeners=None,
        port=25,
        policy_endpoint=None,
        postscreen=False,
    ):
        self.address = address
        self.host_name = host_name
        self._directory = os.path.join(directory, host_name)
        for name in ("", "queue", "data", "mail"):
            os.mkdir(os.path.join(self._directory, name))
        self.mailbox = mailbox.Maildir(os.path.join(self._directory, "mail/inbox"))
        nobody = pwd.getpwnam("nobody")
        os.chown(os.path.join(self._directory, "data"), pwd.getpwnam("postfix").pw_uid, -1)
        settings = {
            "directory": self._directory,
            "host_name": host_name,
            "domains": " ".join(domains),
            "policy_endpoint": policy_endpoint or f"{address}:{_POLICY_PORT}",
            "listeners": _POSTSCREEN.format(address=address, port=port)
            if postscreen
            else "\n".join(
                _listener(endpoint, port, parameters)
                for endpoint, parameters in (listeners or {address: {}}).items()
            ),
            "tls_level": "may" if starttls else "none",
            "smtputf8": "yes" if smtputf8 else "no",
            "message_size_limit": message_size_limit,
            "uid": nobody.pw_uid,
            "gid": nobody.pw_gid,
        }
        self._write("main.cf", _MAIN_CF.format(**settings))
        self._write("master.cf", _MASTER_CF.format(**settings))
        self._has_policy = policy_endpoint is None
        self.policy = None

    def start(self):
        certificates.self_signed(self._directory, self.host_name)
        if self._has_policy:
            self.policy = policy_server.PolicyServer((self.address, _POLICY_PORT))
        processes.run(["postfix", "-c", self._directory, "start"])

    def mail(self, recipient=None):
        return self.mailbox.mail(recipient)

    def wait_for_mail(self, recipient, count=1, timeout=20):
        return self.mailbox.wait_for_mail(recipient, count, timeout)

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


def _listener(address, port, parameters):
    """A line of master.cf; its log lines bear the address."""
    options = {"syslog_name": f"postfix/{address}", **parameters}
    return f"{address}:{port} inet n - n - - smtpd" + "".join(f" -o {k}={v}" for k, v in options.items())
