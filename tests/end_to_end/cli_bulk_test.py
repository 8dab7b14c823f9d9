"""`mailstrom send --from-file`, against a real server."""

import collections
import json
import os
import pty
import re
import subprocess
import unittest

from harness import mail_world, processes
from harness.mail_world import programs
from mailstrom.v1 import mailstrom_service_pb2


class CliBulkTest(mail_world.MailTestCase):
    def write(self, name, text):
        path = os.path.join(os.environ["TEST_TMPDIR"], name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def send(self, path, *words):
        command = [programs()[1], "send", f"--from-file={path}", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    def test_records_become_emails(self):
        path = self.write(
            "people.csv",
            "to,name,tag.list\r\n"
            '"Bob <csv-bob@one.test>","Bob ""B"" Bär",spring\r\n'
            "csv-cleo@one.test,Cleo,\r\n",
        )
        letter = self.write("letter.html", "<style>p { color: red }</style><p>Dear {name}")
        words = ("--from=Ann <ann@sender.test>", "--subject=Hi {name}", "--text=Dear {name}", f"--html-file={letter}")
        sent = self.send(path, *words, "--json")
        self.assertEqual(sent.returncode, 0, sent.stderr)
        *emails, summary = [json.loads(line) for line in sent.stdout.splitlines()]
        self.assertEqual(sorted(email["line"] for email in emails), [2, 3])
        self.assertEqual(summary["summary"]["accepted"], 2)
        (mail,) = self.world.one.wait_for_mail("csv-bob@one.test")
        self.assertEqual(mail.message["Subject"], 'Hi Bob "B" Bär')
        html = mail.message.get_body(("html",)).get_content()
        self.assertIn("p { color: red }", html)
        self.assertIn("Dear Bob &quot;B&quot; Bär", html)
        # The same again makes no second email.
        again = self.send(path, *words)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("2 of 2 handed over (2 of them before)", again.stderr)
        ids = {line.split()[0] for line in again.stdout.splitlines()}
        self.assertEqual(ids, {email["email_id"] for email in emails})
        for email in emails:
            self.server.wait_settled(email["email_id"])
        self.assertEqual(len(self.world.one.wait_for_mail("csv-bob@one.test")), 1)

    def test_messages_of_a_mailbox_go_as_they_are(self):
        path = self.write(
            "out.mbox",
            "From ann Thu Nov 19 10:00:00 2026\n"
            "From: ann@sender.test\nTo: mbox-bob@one.test\nSubject: first\n\n>From now on\n>>From then\n\n"
            "From ann Thu Nov 19 10:00:01 2026\n"
            "From: ann@sender.test\nTo: mbox-cleo@one.test\nSubject: second\n\nHo\n",
        )
        sent = self.send(path)
        self.assertEqual(sent.returncode, 0, sent.stderr)
        (first,) = self.world.one.wait_for_mail("mbox-bob@one.test")
        self.assertEqual(first.message["Subject"], "first")
        self.assertEqual(first.message.get_content().splitlines(), ["From now on", ">From then"])
        (second,) = self.world.one.wait_for_mail("mbox-cleo@one.test")
        self.assertEqual(second.message.get_content().strip(), "Ho")
        # Others than those of the header.
        sent = self.send(path, "--envelope-from=", "--envelope-to=mbox-eve@one.test", "--json")
        self.assertEqual(sent.returncode, 0, sent.stderr)
        for line in sent.stdout.splitlines()[:-1]:
            self.server.wait_settled(json.loads(line)["email_id"])
        mails = self.world.one.wait_for_mail("mbox-eve@one.test", 2)
        self.assertEqual({mail.reverse_path for mail in mails}, {""})

    def test_nothing_of_a_bad_file_is_sent(self):
        path = self.write("bad.csv", "to\nfine@one.test\nno address\n")
        written = self.list_recipient("fine@one.test")
        sent = self.send(path, "--from=ann@sender.test", "--text=x")
        self.assertEqual(sent.returncode, 2)
        self.assertRegex(sent.stderr, r"bad\.csv:3: to: ")
        self.assertEqual(self.list_recipient("fine@one.test"), written)
        sent = self.send(path, "--from=ann@sender.test", "--text=x", "--skip-bad")
        self.assertEqual(sent.returncode, 3)
        self.assertEqual(len(self.list_recipient("fine@one.test")), len(written) + 1)

    def list_recipient(self, address):
        request = mailstrom_service_pb2.ListEmailsRequest(recipient=address)
        return [email.email_id for email in self.server.api.ListEmails(request, timeout=20).emails]

    def test_a_run_that_is_killed_goes_on(self):
        """kill -9 of the command line and of the server; nobody gets the mailing twice."""
        count = 20_000
        addresses = "".join(f"many@dead.test,{i}\n" for i in range(count))
        path = self.write("many.csv", "to,number\n" + addresses)
        words = [f"--from-file={path}", "--from=ann@sender.test", "--subject=n {number}", "--text=x",
                 "--tag=mailing=many", "--json"]
        first = subprocess.Popen([programs()[1], "send", *words], stdout=subprocess.PIPE, text=True)
        self.addCleanup(processes.end, first)
        seen = [json.loads(first.stdout.readline()) for _ in range(500)]
        self.server.kill()
        first.kill()
        first.wait()
        self.server.start()
        second = subprocess.Popen([programs()[1], "send", *words], stdout=subprocess.PIPE, text=True)
        self.addCleanup(processes.end, second)
        most = 0
        lines = []
        for line in second.stdout:
            lines.append(json.loads(line))
            if len(lines) % 1000 == 0:
                with open(f"/proc/{second.pid}/statm", encoding="ascii") as file:
                    most = max(most, int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        self.assertEqual(second.wait(60), 0)
        *emails, summary = lines
        self.assertEqual(summary["summary"]["accepted"], count)
        self.assertGreaterEqual(summary["summary"]["accepted_before"], len(seen))
        ids = {email["number"]: email["email_id"] for email in emails}
        self.assertEqual(len(set(ids.values())), count)
        for email in seen:
            self.assertEqual(ids[email["number"]], email["email_id"])
        print(f"memory of the command line: {most / 1e6:.0f} MB", flush=True)
        self.assertLess(most, 100e6)
        stored = self.count_tag("many")
        self.assertEqual(stored, count)

    def count_tag(self, value):
        request = mailstrom_service_pb2.ListEmailsRequest(tags={"mailing": value}, page_size=1000)
        numbers = collections.Counter()
        while True:
            page = self.server.api.ListEmails(request, timeout=60)
            numbers.update(email.email_id for email in page.emails)
            request.page_token = page.next_page_token
            if not request.page_token:
                return len(numbers)

    def test_a_terminal_gets_a_bar(self):
        path = self.write("bar.csv", "to\n" + "bar@one.test\n" * 300)
        master, slave = pty.openpty()
        command = [programs()[1], "send", f"--from-file={path}", "--from=ann@sender.test", "--text=x"]
        sending = subprocess.Popen(command, stdout=slave, stderr=slave, env=dict(os.environ, TERM="xterm"))
        os.close(slave)
        shown = b""
        while True:
            try:
                shown += os.read(master, 65536)
            except OSError:
                break
        os.close(master)
        self.assertEqual(sending.wait(30), 0)
        self.assertRegex(shown.decode(), r"\[#+\] 300 of 300, \d+/s")
        self.assertRegex(shown.decode(), re.compile(r"mailstrom: 300 of 300 handed over in \S+, \d+/s\s*$"))


if __name__ == "__main__":
    unittest.main()
