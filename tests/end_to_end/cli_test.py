"""The command line, as people and scripts use it."""

import json
import os
import pty
import re
import subprocess
import unittest

from harness import mail_world, processes
from harness.mail_world import programs
from mailstrom.v1 import email_pb2


def _greylist(count):
    return "450 4.2.0 greylisted" if count == 1 else "DUNNO"


class CliTest(mail_world.MailTestCase):
    configuration = {"delivery": {"retry": {"initial_delay": "2s", "jitter": 0}}}

    def mailstrom(self, *words, input=""):
        return subprocess.run(
            [programs()[1], *words], input=input, capture_output=True, text=True, timeout=60
        )

    def send(self, *words, to):
        return self.mailstrom("send", "--from=Ann <ann@sender.test>", f"--to={to}", *words)

    def test_send_prints_the_id_and_status_shows_the_email(self):
        sent = self.send("--subject=Grüße", "--text=Hi", to="Bob <bob@one.test>")
        self.assertEqual(sent.returncode, 0, sent.stderr)
        email_id = sent.stdout.strip()
        self.server.wait_settled(email_id)
        status = self.mailstrom("status", email_id)
        self.assertEqual(status.returncode, 0, status.stderr)
        self.assertRegex(status.stdout, r"bob@one\.test\n +DELIVERED after 1 attempt\n +250 .*\(mx\.one\.test \[")
        parsed = json.loads(self.mailstrom("status", email_id, "--json").stdout)
        self.assertEqual(parsed["recipients"][0]["state"], "STATE_DELIVERED")
        (mail,) = self.world.one.wait_for_mail("bob@one.test")
        self.assertEqual(str(mail.message["From"]), "Ann <ann@sender.test>")

    def test_wait_ends_with_the_outcome(self):
        self.assertEqual(self.send("--text=x", "--wait", to="w1@one.test").returncode, 0)
        self.world.one.policy.rules["w2@one.test"] = lambda count: "550 5.1.1 nobody here"
        refused = self.send("--text=x", "--wait", to="w2@one.test")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("w2@one.test FAILED (rejected) after 1 attempt", refused.stdout)
        self.assertIn("nobody here", refused.stdout)

    def test_timeout_leaves_unsettled(self):
        self.world.one.policy.rules["t@one.test"] = _greylist
        sent = self.send("--text=x", "--wait", "--timeout=1s", to="t@one.test")
        self.assertEqual(sent.returncode, 5, sent.stderr)

    def test_refusal_names_every_field(self):
        sent = self.send("--subject=a\r\nb", "--text=x", "--to=second@", to="first")
        self.assertEqual(sent.returncode, 3)
        for field in ("content.subject: ", "content.to[0].mailbox.address: ", "content.to[1].mailbox.address: "):
            self.assertIn(f"  {field}", sent.stderr)
        self.assertEqual(sent.stdout, "")

    def test_raw_message_from_standard_input(self):
        raw = "From: ann@sender.test\nTo: shown@one.test\nSubject: raw\n\nbody\n"
        sent = self.mailstrom(
            "send",
            "--raw=-",
            "--envelope-from=",
            "--envelope-to=raw@one.test",
            "--wait",
            input=raw,
        )
        self.assertEqual(sent.returncode, 0, sent.stderr)
        (mail,) = self.world.one.wait_for_mail("raw@one.test")
        self.assertEqual(mail.reverse_path, "")
        self.assertEqual(mail.message["To"], "shown@one.test")

    def test_attachment(self):
        path = os.path.join(os.environ["TEST_TMPDIR"], "Übersicht.pdf")
        with open(path, "wb") as file:
            file.write(b"%PDF\x00\xff")
        sent = self.send("--text=x", f"--attach={path}", "--wait", to="file@one.test")
        self.assertEqual(sent.returncode, 0, sent.stderr)
        (mail,) = self.world.one.wait_for_mail("file@one.test")
        (attachment,) = mail.message.iter_attachments()
        self.assertEqual(attachment.get_filename(), "Übersicht.pdf")
        self.assertEqual(attachment.get_content_type(), "application/pdf")
        self.assertEqual(attachment.get_content(), b"%PDF\x00\xff")

    def test_unknown_email_and_unreachable_server(self):
        self.assertEqual(self.mailstrom("status", "01ARZ3NDEKTSV4RRFFQ69G5FAV").returncode, 6)
        away = self.mailstrom("status", "x", "--server=127.0.0.1:9")
        self.assertEqual(away.returncode, 4)
        self.assertIn("127.0.0.1:9", away.stderr)

    def test_json_watch_goes_on_after_a_restart(self):
        self.world.one.policy.rules["restart@one.test"] = _greylist
        email_id = self.send("--text=x", to="restart@one.test").stdout.strip()
        watch = subprocess.Popen(
            [programs()[1], "watch", "--json", email_id], stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(processes.end, watch)
        lines = [json.loads(watch.stdout.readline())]
        self.server.wait_for_state(email_id, "restart@one.test", email_pb2.Recipient.STATE_DEFERRED)
        self.server.kill()
        self.server.start()
        lines += [json.loads(line) for line in watch.stdout]
        self.assertEqual(watch.wait(30), 0)
        self.assertTrue(all(line["cursor"] for line in lines))
        self.assertEqual(sum("snapshot" in line for line in lines), 1)
        states = [line["event"]["recipient"]["state"] for line in lines if "event" in line]
        self.assertIn(states, (["STATE_DEFERRED", "STATE_DELIVERED"], ["STATE_DELIVERED"]))
        # From a cursor in the middle, only the rest.
        again = self.mailstrom("watch", "--json", "--cursor", lines[-2]["cursor"], email_id)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual([json.loads(line) for line in again.stdout.splitlines()], lines[-1:])

    def test_terminal_gets_a_table(self):
        self.world.one.policy.rules["table@one.test"] = _greylist
        email_id = self.send("--text=x", to="table@one.test").stdout.strip()
        master, slave = pty.openpty()
        watch = subprocess.Popen(
            [programs()[1], "watch", email_id], stdout=slave, env=dict(os.environ, TERM="xterm")
        )
        os.close(slave)
        shown = b""
        while True:
            try:
                shown += os.read(master, 65536)
            except OSError:
                break
        os.close(master)
        self.assertEqual(watch.wait(30), 0)
        screen = shown.decode()
        self.assertRegex(screen, r"table@one\.test .*DEFERRED.* next in \ds; 450 4\.2\.0")
        self.assertRegex(screen, re.compile(r"\x1b\[2A\r.*1 of 1 settled", re.S))


if __name__ == "__main__":
    unittest.main()
