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

    def sign(self, directory, host_name):
        """Writes certificate.pem and key.pem for `host_name`; returns their paths."""
        certificate, key = _paths(directory)
        processes.run(
            ["openssl", "req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={host_name}"]
            + ["-CA", self.certificate_path, "-CAkey", self._key_path]
            + ["-addext", f"subjectAltName=DNS:{host_name}", "-addext", "basicConstraints=critical,CA:FALSE"]
            + ["-keyout", key, "-out", certificate]
        )
        return certificate, key


def _paths(directory):
    return os.path.join(directory, "certificate.pem"), os.path.join(directory, "key.pem")
