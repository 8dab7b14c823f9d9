"""DNS zones with real signatures, behind a real resolver that checks them."""

import base64
import glob
import hashlib
import os
import ssl

from harness import dns_server, processes

_ZONE = """\
$ORIGIN {name}
$TTL 60
@ IN SOA ns.test. hostmaster.test. 1 3600 600 86400 60
@ IN NS ns.test.
{records}
"""


class SignedZones:
    """`test.` and zones right below it, served and validated by one unbound at 127.0.0.1:53. `anchor_path`
    has the key of `test.`.

    `zones` maps names such as `a.test.` to their records, lines without a TTL. Those in `unsigned` have
    no signatures, and the parent says so. In `forged`, a dict of zones, a text in each was replaced by another after it
    was signed.
    """

    def __init__(self, directory, zones, unsigned=(), forged=None):
        self._directory = os.path.join(directory, "zones")
        os.mkdir(self._directory)
        self._paths = {}
        delegations = ["ns IN A 127.0.0.53"]
        for name, records in zones.items():
            delegations.append(f"{name} IN NS ns.test.")
            key = None
            if name not in unsigned:
                key = self._make_key(name)
                with open(f"{key}.ds", encoding="ascii") as file:
                    delegations.append(file.read())
            self._write(name, records, key)
            for old, new in [forged[name]] if name in (forged or {}) else []:
                self._forge(name, old, new)
        anchor = self._make_key("test.")
        self._write("test.", delegations, anchor)
        self.anchor_path = f"{anchor}.key"

    def start(self):
        configuration = os.path.join(self._directory, "unbound.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(self._configuration())
        log = os.path.join(self._directory, "unbound.log")
        processes.spawn(["unbound", "-d", "-c", configuration], log)
        processes.wait_until(dns_server.answers, what="unbound answering")

    def _make_key(self, name):
        base = processes.run(
            ["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name], cwd=self._directory
        ).strip()
        assert glob.glob(os.path.join(self._directory, f"{base}.*"))
        return os.path.join(self._directory, base)

    def _write(self, name, records, key):
        plain = os.path.join(self._directory, f"{name}zone")
        with open(plain, "w", encoding="ascii") as file:
            file.write(_ZONE.format(name=name, records="\n".join(records)))
        self._paths[name] = plain
        if key is not None:
            self._paths[name] = f"{plain}.signed"
            processes.run(["ldns-signzone", "-o", name, "-f", self._paths[name], plain, key])

    def _forge(self, name, old, new):
        with open(self._paths[name], encoding="ascii") as file:
            text = file.read()
        assert old in text, text
        with open(self._paths[name], "w", encoding="ascii") as file:
            file.write(text.replace(old, new))

    def _configuration(self):
        lines = [
            "server:",
            f"  interface: {dns_server.ADDRESS}@{dns_server.PORT}",
            "  do-daemonize: no",
            "  use-syslog: no",
            '  username: ""',
            '  chroot: ""',
            '  pidfile: ""',
            f'  directory: "{self._directory}"',
            '  module-config: "validator iterator"',
            f'  trust-anchor-file: "{self.anchor_path}"',
            # Unbound has an empty zone of this name, by RFC 6761.
            '  local-zone: "test." nodefault',
        ]
        for name, path in self._paths.items():
            # As if it had come from a server of the zone: it is validated like all else.
            lines += ["auth-zone:", f'  name: "{name}"', f'  zonefile: "{path}"']
            lines += ["  for-upstream: yes", "  for-downstream: no", "  fallback-enabled: no"]
        return "\n".join(lines) + "\n"


def tlsa_of_key(certificate_path):
    """The data of a TLSA record that names the key of this certificate, whatever else it says: 3 1 1."""
    pem = processes.run(["openssl", "x509", "-in", certificate_path, "-noout", "-pubkey"])
    der = base64.b64decode("".join(pem.strip().splitlines()[1:-1]))
    return f"3 1 1 {hashlib.sha256(der).hexdigest()}"


def tlsa_of_authority(certificate_path):
    """... that names this authority, which is to have signed the host's certificate: 2 0 1."""
    with open(certificate_path, encoding="ascii") as file:
        der = ssl.PEM_cert_to_DER_cert(file.read())
    return f"2 0 1 {hashlib.sha256(der).hexdigest()}"
