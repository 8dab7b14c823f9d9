"""Who gets in: TLS, certificates and keys of clients, and their renewal under a running server."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import grpc

from harness import access, certificates, mailstrom_server, processes
from harness.mail_world import programs, simple_request
from mailstrom.v1 import mailstrom_service_pb2

UNKNOWN_EMAIL = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
# Exit codes of the command line.
REFUSED = 3
NOT_REACHED = 4
NO_SUCH_EMAIL = 6


class CredentialsTest(unittest.TestCase):
    maxDiff = None

    def directory(self):
        return tempfile.mkdtemp(dir=os.environ["TEST_TMPDIR"])

    def setUp(self):
        self.authority = certificates.Authority(self.directory())
        self.files = self.directory()
        certificate, key = self.authority.sign(self.files, "localhost")
        self.tls = {"certificate_file": certificate, "private_key_file": key}
        self.server = None

    def start(self, **overrides):
        self.server = mailstrom_server.MailstromServer(programs()[0], overrides, self.id().rpartition(".")[2])
        self.addCleanup(self.server.stop)
        self.server.start()

    def mailstrom(self, *words, **environment):
        return subprocess.run(
            [programs()[1], *words, "--server=localhost:2626", "--timeout=30s"],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **environment},
        )

    def ask(self, *options, **environment):
        """The exit code of a question to which an answer is that there is no such email."""
        return self.mailstrom("status", UNKNOWN_EMAIL, *options, **environment).returncode

    def reload(self, event):
        """Sends SIGHUP and waits for this line of the log."""
        seen = len(self.server.log())
        self.server.signal(signal.SIGHUP)

        def line():
            lines = mailstrom_server.parse_log(self.server.log()[seen:])
            return next((line for line in lines if line["event"] == event), None)

        return processes.wait_until(line, 30, event)

    def test_only_over_tls(self):
        self.start(tls=self.tls)
        self.assertEqual(self.ask(f"--ca-file={self.authority.certificate_path}"), NO_SUCH_EMAIL)
        self.assertEqual(self.ask(MAILSTROM_CA_FILE=self.authority.certificate_path), NO_SUCH_EMAIL)
        # In clear, and with no reason to trust the certificate.
        self.assertEqual(self.ask(), NOT_REACHED)
        self.assertEqual(self.ask("--tls"), NOT_REACHED)

    def test_a_renewal_under_the_running_server(self):
        self.start(tls=self.tls)
        old, new = self.authority, certificates.Authority(self.directory())
        renewed = self.directory()
        new.sign(renewed, "localhost")
        # Half of it: what was there goes on.
        os.replace(os.path.join(renewed, "key.pem"), self.tls["private_key_file"])
        error = self.reload("tls files not reloaded")["error"]
        self.assertIn("is not the key of the certificate", error)
        self.assertEqual(self.ask(f"--ca-file={old.certificate_path}"), NO_SUCH_EMAIL)
        # All of it.
        os.replace(os.path.join(renewed, "certificate.pem"), self.tls["certificate_file"])
        self.reload("tls files reloaded")
        self.assertEqual(self.ask(f"--ca-file={new.certificate_path}"), NO_SUCH_EMAIL)
        self.assertEqual(self.ask(f"--ca-file={old.certificate_path}"), NOT_REACHED)

    def test_clients_show_certificates(self):
        authority = certificates.Authority(self.directory())
        tls = {**self.tls, "client_ca_file": authority.certificate_path, "require_client_certificate": True}
        # Certificates are enough for other machines to be let in.
        self.start(tls=tls, listen_address="0.0.0.0:2626")
        self.assertNotIn("open to other machines", self.server.log())

        def options(certificate, key):
            return [
                f"--ca-file={self.authority.certificate_path}",
                f"--certificate-file={certificate}",
                f"--private-key-file={key}",
            ]

        known = options(*authority.sign(self.directory(), "app.test"))
        stranger = options(*certificates.self_signed(self.directory(), "app.test"))
        expired = options(*authority.sign(self.directory(), "app.test", days=-1))
        self.assertEqual(self.ask(*known), NO_SUCH_EMAIL)
        self.assertEqual(self.ask(f"--ca-file={self.authority.certificate_path}"), NOT_REACHED)
        self.assertEqual(self.ask(*stranger), NOT_REACHED)
        self.assertEqual(self.ask(*expired), NOT_REACHED)

    def key(self):
        return access.ApiKey(programs()[1], self.directory())

    def write_access(self, **keys):
        """An access file with these tenants, each with these keys and a domain of its own."""
        path = os.path.join(self.files, "access.yaml")
        lines = [
            f"- {{name: {name}, keys: [{', '.join(entries)}], from_domains: [{name}.test]}}\n"
            for name, entries in keys.items()
        ]
        access.write(path, "tenants:\n" + "".join(lines))
        return {"file": path}

    def test_keys_open_the_server_and_are_taken_away(self):
        shop, press = self.key(), self.key()
        access_config = self.write_access(shop=[shop.entry], press=[press.entry])
        self.start(tls=self.tls, access=access_config, listen_address="0.0.0.0:2626")
        self.assertNotIn("open to other machines", self.server.log())
        ca_file = f"--ca-file={self.authority.certificate_path}"

        def send(key, sender):
            words = ["--to=b@receiver.test", "--text=Hello", ca_file, f"--api-key-file={key.path}"]
            return self.mailstrom("send", f"--from={sender}", *words)

        sent = send(shop, "ann@shop.test")
        self.assertEqual(sent.returncode, 0, sent.stderr)
        email_id = sent.stdout.strip()
        foreign = send(press, "ann@shop.test")
        self.assertEqual(foreign.returncode, REFUSED)
        self.assertIn("PERMISSION_DENIED", foreign.stderr)
        self.assertIn("content.from", foreign.stderr)

        def status(*options, **environment):
            return self.mailstrom("status", email_id, ca_file, *options, **environment)

        self.assertEqual(status(MAILSTROM_API_KEY_FILE=shop.path).returncode, 0)
        self.assertEqual(status(MAILSTROM_API_KEY=shop.text).returncode, 0)
        self.assertEqual(status(f"--api-key-file={press.path}").returncode, NO_SUCH_EMAIL)
        unknown = status()
        self.assertEqual(unknown.returncode, REFUSED)
        self.assertIn("UNAUTHENTICATED", unknown.stderr)

        self.write_access(press=[press.entry])
        self.reload("access file reloaded")
        self.assertIn("UNAUTHENTICATED", status(f"--api-key-file={shop.path}").stderr)
        # A file that is wrong takes nothing from anybody.
        self.write_access(press=["nonsense"])
        self.reload("access file not reloaded")
        self.assertEqual(status(f"--api-key-file={press.path}").returncode, NO_SUCH_EMAIL)
        for key in (shop, press):
            self.assertNotIn(key.text[-20:], self.server.log())

    def test_the_python_client_shows_its_key(self):
        shop, press = self.key(), self.key()
        self.start(tls=self.tls, access=self.write_access(shop=[shop.entry], press=[press.entry]))
        # With stubs for the Protocol Buffers of this machine.
        package = os.path.join(self.directory(), "mailstrom")
        shutil.copytree("clients/python/src/mailstrom", package, ignore=shutil.ignore_patterns("*_pb2*"))
        stubs = os.path.dirname(os.path.dirname(mailstrom_service_pb2.__file__))
        shutil.copytree(stubs, package, dirs_exist_ok=True)
        program = """
import os
import sys
import mailstrom

def client(key):
    credentials = mailstrom.tls(root_certificates=sys.argv[1], api_key=key)
    return mailstrom.Client("localhost:2626", credentials=credentials)

def refusal(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except mailstrom.MailstromError as error:
        return type(error).__name__

def email(sender):
    return mailstrom.email_request(from_=sender, to="b@receiver.test", subject="Hello", text="Hi")

_, _, shop, press, wrong = sys.argv
with client(shop) as own, client(press) as other, client(wrong) as stranger:
    email_id = own.send(email("a@shop.test")).email.email_id
    print(own.status(email_id).email_id == email_id)
    print([each.email_id for each in other.list()])
    for each in (other, stranger):
        print(refusal(each.status, email_id), refusal(each.send, email("a@shop.test")))
# Threads of gRPC 1.51 that ask for credentials may crash an interpreter that ends around them.
sys.stdout.flush()
os._exit(0)
"""
        done = subprocess.run(
            [sys.executable, "-c", program, self.authority.certificate_path, shop.text, press.text, shop.wrong()],
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "PYTHONPATH": os.path.dirname(package)},
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(
            done.stdout.splitlines(),
            [
                "True",
                "[]",
                "NotFoundError PermissionDeniedError",
                "UnauthenticatedError UnauthenticatedError",
            ],
        )

    def test_a_key_is_replaced_under_load(self):
        """First the new one beside the old one, then the callers, then without the old one: no call fails."""
        old, new = self.key(), self.key()
        self.start(access=self.write_access(shop=[old.entry]))
        request = simple_request("b@receiver.test", sender="a@shop.test")
        shown, stop = {"key": old}, threading.Event()
        sent, failures = {old: 0, new: 0}, []

        def call():
            while not stop.is_set():
                key = shown["key"]
                try:
                    metadata = [("authorization", f"Bearer {key.text}")]
                    self.server.api.SendEmail(request, timeout=30, metadata=metadata)
                except grpc.RpcError as error:
                    failures.append(error)
                else:
                    with lock:
                        sent[key] += 1

        lock = threading.Lock()
        callers = [threading.Thread(target=call) for _ in range(4)]
        for caller in callers:
            caller.start()
        try:
            processes.wait_until(lambda: sent[old] >= 200, 60, "emails with the old key")
            for _ in range(5):
                # Files that say the same in other words are read anew, too.
                self.write_access(shop=[old.entry, new.entry])
                self.reload("access file reloaded")
                self.write_access(shop=[new.entry, old.entry])
                self.reload("access file reloaded")
            shown["key"] = new
            before = sent[new]
            processes.wait_until(lambda: sent[new] >= before + 200, 60, "emails with the new key")
            self.write_access(shop=[new.entry])
            self.reload("access file reloaded")
            before = sent[new]
            processes.wait_until(lambda: sent[new] >= before + 200, 60, "emails without the old key")
        finally:
            stop.set()
            for caller in callers:
                caller.join()
        self.assertEqual(failures, [])
        with self.assertRaises(grpc.RpcError) as refusal:
            self.server.api.SendEmail(request, timeout=30, metadata=[("authorization", f"Bearer {old.text}")])
        self.assertEqual(refusal.exception.code(), grpc.StatusCode.UNAUTHENTICATED)

    def test_a_share_of_the_queue_outlives_a_crash(self):
        shop, press = self.key(), self.key()
        path = os.path.join(self.files, "access.yaml")
        access.write(
            path,
            f"""tenants:
- {{name: shop, keys: [{shop.entry}], max_queued_recipients: 3}}
- {{name: press, keys: [{press.entry}]}}
""",
        )
        self.start(access={"file": path})

        def send(key, *recipients):
            metadata = [("authorization", f"Bearer {key.text}")]
            try:
                self.server.api.SendEmail(simple_request(*recipients), timeout=30, metadata=metadata)
            except grpc.RpcError as error:
                return error.code(), error.details()
            return None

        full = (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "max_queued_recipients of the tenant is 3, and 2 are queued",
        )
        self.assertIsNone(send(shop, "a@receiver.test", "b@receiver.test"))
        self.assertEqual(send(shop, "a@receiver.test", "b@receiver.test"), full)
        self.server.kill()
        self.server.start()
        self.assertEqual(send(shop, "a@receiver.test", "b@receiver.test"), full)
        self.assertIsNone(send(press, *(f"{i}@receiver.test" for i in range(20))))
        self.assertIsNone(send(shop, "c@receiver.test"))

    def test_certificates_tell_tenants_apart(self):
        authority = certificates.Authority(self.directory())
        path = os.path.join(self.files, "access.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("tenants: [{name: shop, certificate_names: [shop.test]}]")
        self.start(tls={**self.tls, "client_ca_file": authority.certificate_path}, access={"file": path})

        def ask(name):
            certificate, key = authority.sign(self.directory(), name)
            return self.mailstrom(
                "status",
                UNKNOWN_EMAIL,
                f"--ca-file={self.authority.certificate_path}",
                f"--certificate-file={certificate}",
                f"--private-key-file={key}",
            )

        self.assertEqual(ask("shop.test").returncode, NO_SUCH_EMAIL)
        self.assertIn("UNAUTHENTICATED", ask("other.test").stderr)

    def test_whoever_is_told_to_be_open_says_so(self):
        self.start(listen_address="0.0.0.0:2626", allow_insecure_listen=True)
        (line,) = [
            line
            for line in mailstrom_server.parse_log(self.server.log())
            if line["event"].startswith("open to other machines")
        ]
        self.assertEqual(line["level"], "warning")
        self.assertEqual(self.ask(), NO_SUCH_EMAIL)

    def test_files_that_cannot_be_used_are_named_at_the_start(self):
        path = os.path.join(self.files, "wrong.yaml")
        tls = {**self.tls, "private_key_file": self.tls["certificate_file"]}
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"host_name": "mail.sender.test", "store": {"memory": {}}, "tls": tls}, file)
        ended = mailstrom_server.run_once(programs()[0], path)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("tls.private_key_file", ended.stderr)


if __name__ == "__main__":
    unittest.main()
