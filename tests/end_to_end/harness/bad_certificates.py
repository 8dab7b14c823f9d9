"""Certificates with everything that can be wrong with them."""

import datetime
import os

from harness import processes

_CONFIGURATION = """\
[ca]
default_ca = signer
[signer]
database = {directory}/index
new_certs_dir = {directory}
rand_serial = yes
unique_subject = no
policy = any
default_md = sha256
[any]
commonName = supplied
[extensions]
{extensions}
"""

_AUTHORITY = "basicConstraints = critical,CA:TRUE"
_HOST = "basicConstraints = critical,CA:FALSE"
_DAY = datetime.timedelta(days=1)


class _Identity:
    """A certificate, its key, and who signed it."""

    def __init__(self, directory, name, issuer):
        self.name = name
        self.issuer = issuer
        self.certificate = os.path.join(directory, f"{name}.pem")
        self.key = os.path.join(directory, f"{name}-key.pem")

    def chain(self):
        """Itself and those above it, but for the root, as a server presents them."""
        if self.issuer is None or self.issuer.issuer is None:
            return [self]
        return [self, *self.issuer.chain()]


class Certificates:
    """Makes them in `directory`. `root_path` is what a client trusts."""

    def __init__(self, directory):
        self._directory = os.path.join(directory, "certificates")
        os.mkdir(self._directory)
        self._root = self._make("root", None, _AUTHORITY)
        self.root_path = self._root.certificate
        self._intermediate = self._make("intermediate", self._root, _AUTHORITY)
        self.intermediate_path = self._intermediate.certificate

    def make(self, kind, host_name):
        """Paths of the chain that a host of this name presents, and of its key."""
        maker = getattr(self, "_" + kind)
        identity = maker(host_name)
        chain = [identity] if kind == "missing_intermediate" else identity.chain()
        path = os.path.join(self._directory, f"{kind}-chain.pem")
        with open(path, "w", encoding="ascii") as file:
            for link in chain:
                with open(link.certificate, encoding="ascii") as certificate:
                    file.write(certificate.read())
        return path, identity.key

    def _good(self, host_name):
        return self._leaf("good", host_name)

    def _expired(self, host_name):
        return self._leaf("expired", host_name, begin=-2 * _DAY, end=-_DAY)

    def _not_yet_valid(self, host_name):
        return self._leaf("not_yet_valid", host_name, begin=_DAY, end=2 * _DAY)

    def _wrong_name(self, _host_name):
        return self._leaf("wrong_name", "mx.elsewhere.test")

    def _self_signed(self, host_name):
        return self._leaf("self_signed", host_name, issuer=None)

    def _unknown_authority(self, host_name):
        return self._leaf("unknown_authority", host_name, self._make("other-root", None, _AUTHORITY))

    def _missing_intermediate(self, host_name):
        return self._leaf("missing_intermediate", host_name)

    def _no_authority(self, host_name):
        return self._leaf("no_authority", host_name, self._make("no-ca", self._root, _HOST))

    def _expired_intermediate(self, host_name):
        old = self._make("old-ca", self._root, _AUTHORITY, begin=-2 * _DAY, end=-_DAY)
        return self._leaf("expired_intermediate", host_name, old)

    def _client_only(self, host_name):
        return self._leaf("client_only", host_name, extra="\nextendedKeyUsage = clientAuth")

    def _weak_key(self, host_name):
        return self._leaf("weak_key", host_name, key="rsa:1024")

    def _weak_signature(self, host_name):
        return self._leaf("weak_signature", host_name, digest="sha1")

    def _leaf(self, kind, host_name, issuer="intermediate", extra="", **options):
        extensions = f"{_HOST}\nsubjectAltName = DNS:{host_name}{extra}"
        above = self._intermediate if issuer == "intermediate" else issuer
        return self._make(kind, above, extensions, **options)

    def _make(self, name, issuer, extensions, *, begin=-_DAY, end=_DAY, key="ec", digest="sha256"):
        """A new key with a certificate by `issuer`, or by itself."""
        identity = _Identity(self._directory, name, issuer)
        signer = issuer or identity
        request = os.path.join(self._directory, f"{name}.csr")
        new_key = ["-newkey", key] + (["-pkeyopt", "ec_paramgen_curve:prime256v1"] if key == "ec" else [])
        processes.run(
            ["openssl", "req", *new_key, "-noenc", "-subj", f"/CN={name}", "-keyout", identity.key]
            + ["-out", request]
        )
        configuration = os.path.join(self._directory, f"{name}.cnf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(_CONFIGURATION.format(directory=self._directory, extensions=extensions))
        with open(os.path.join(self._directory, "index"), "a", encoding="utf-8"):
            pass
        now = datetime.datetime.now(datetime.timezone.utc)
        command = ["openssl", "ca", "-batch", "-notext", "-config", configuration, "-in", request]
        command += ["-out", identity.certificate, "-extensions", "extensions", "-md", digest]
        command += ["-startdate", _asn1(now + begin), "-enddate", _asn1(now + end)]
        command += ["-selfsign", "-keyfile", identity.key] if issuer is None else [
            "-cert", signer.certificate, "-keyfile", signer.key
        ]
        processes.run(command)
        return identity


def _asn1(time):
    return time.strftime("%Y%m%d%H%M%SZ")
