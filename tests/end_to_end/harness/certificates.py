"""Certificates for the TLS of the tests."""

import os

from harness import processes

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"]


def self_signed(directory, host_name):
    """Writes certificate.pem and key.pem, which nobody has a reason to trust; returns their paths."""
    certificate, key = _paths(directory)
    processes.run(
        ["openssl", "req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={host_name}"]
        + ["-addext", f"subjectAltName=DNS:{host_name}", "-keyout", key, "-out", certificate]
    )
    return certificate, key


class Authority:
    """Signs certificates; who trusts `certificate_path` trusts them."""

    def __init__(self, directory):
        self._directory = os.path.join(directory, "authority")
        os.mkdir(self._directory)
        self.certificate_path, self._key_path = _paths(self._directory)
        processes.run(
            ["openssl", "req", "-x509", *_KEY, "-days", "2", "-subj", "/CN=Authority of the tests"]
            + ["-keyout", self._key_path, "-out", self.certificate_path]
        )

    def sign(self, directory, host_name, days=2):
        """Writes certificate.pem and key.pem for `host_name`; returns their paths. With a negative number of
        `days` the certificate has expired."""
        certificate, key = _paths(directory)
        request = os.path.join(directory, "request.pem")
        extensions = os.path.join(directory, "extensions")
        with open(extensions, "w", encoding="utf-8") as file:
            file.write(f"subjectAltName=DNS:{host_name}\nbasicConstraints=critical,CA:FALSE\n")
        processes.run(
            ["openssl", "req", *_KEY, "-subj", f"/CN={host_name}", "-keyout", key, "-out", request]
        )
        processes.run(
            ["openssl", "x509", "-req", "-in", request, "-days", str(days), "-out", certificate]
            + ["-CA", self.certificate_path, "-CAkey", self._key_path, "-extfile", extensions]
            + ["-set_serial", str(int.from_bytes(os.urandom(8), "big"))]
        )
        return certificate, key


def _paths(directory):
    return os.path.join(directory, "certificate.pem"), os.path.join(directory, "key.pem")
