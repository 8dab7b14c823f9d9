"""Who may call: API keys, signed tokens and access files."""

import base64
import hmac
import json
import os
import subprocess
import time

from harness import processes


class ApiKey:
    """A new one, in a file of its own in `directory`."""

    def __init__(self, program, directory):
        self.path = os.path.join(directory, f"key-{os.urandom(4).hex()}")
        made = subprocess.run(
            [program, "key", "new", f"--out={self.path}"], capture_output=True, text=True, timeout=60, check=True
        )
        # What an access file has of it, such as `{id: "…", sha256: …}`.
        self.entry = made.stdout.strip().removeprefix("- ")
        with open(self.path, encoding="ascii") as file:
            self.text = file.read().strip()

    def wrong(self):
        """One of the same id that was guessed."""
        return self.text[:-1] + ("x" if self.text[-1] != "x" else "y")

    def expiring(self, when):
        return self.entry.removesuffix("}") + f', expire_time: "{when}"}}'


class TokenIssuer:
    """Signs JSON Web Tokens, with a key of its own."""

    name = "https://id.test"
    audience = "mailstrom"

    def __init__(self, directory):
        self._key_path = os.path.join(directory, f"issuer-{os.urandom(4).hex()}.pem")
        processes.run(["openssl", "genrsa", "-out", self._key_path, "2048"])
        shown = subprocess.run(
            ["openssl", "rsa", "-in", self._key_path, "-noout", "-modulus"], capture_output=True, text=True, check=True
        )
        modulus = bytes.fromhex(shown.stdout.strip().removeprefix("Modulus="))
        self.jwks = json.dumps(
            {"keys": [{"kty": "RSA", "kid": "1", "use": "sig", "n": _base64url(modulus), "e": "AQAB"}]}
        )

    def claims(self, **overrides):
        claims = {"iss": self.name, "aud": self.audience, "exp": int(time.time()) + 3600, **overrides}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, **claims):
        text = _signed_text({"alg": "RS256", "kid": "1"}, self.claims(**claims))
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self._key_path], input=text.encode(), capture_output=True, check=True
        )
        return f"{text}.{_base64url(signature.stdout)}"

    def unsigned(self, **claims):
        """One that asks to be believed."""
        return _signed_text({"alg": "none"}, self.claims(**claims)) + "."

    def confused(self, **claims):
        """One whose signature is a MAC with what is public as the secret."""
        text = _signed_text({"alg": "HS256", "kid": "1"}, self.claims(**claims))
        return f"{text}.{_base64url(hmac.digest(self.jwks.encode(), text.encode(), 'sha256'))}"


def write(path, text):
    """As a whole or not at all, for the server may look at any time."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def _signed_text(header, claims):
    return ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
