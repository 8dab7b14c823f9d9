"""From which addresses of this host mail is sent, as real servers see it."""

import collections
import os
import re
import unittest

from harness import dns_server, mail_world, mailstrom_server, postfix, postgrey
from harness.mail_world import send, simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient

_FIRST, _SECOND, _BULK = "127.0.60.1", "127.0.60.2", "127.0.60.3"
_OPEN, _GREY = "127.0.61.1", "127.0.61.2"
_POOLS = [
    {
        "name": "pair",
        "addresses": [
            {"address": _FIRST, "weight": 1, "host_name": "one.sender.test"},
            {"address": _SECOND, "weight": 3},
        ],
    },
    {"name": "bulk", "addresses": [{"address": _BULK}]},
]


def _delivery(**more):
    return {
        "source_pools": _POOLS,
        "source_pool": "pair",
        "senders": [{"sender_domains": ["*.news.test"], "source_pool": "bulk"}],
        "retry": {"max_retries": 5, "initial_delay": "1s", "multiplier": 2, "jitter": 0},
        **more,
    }


class SourceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = os.environ["TEST_SCRATCH"]
        gate = postgrey.Postgrey(directory, "127.0.61.3", 10023, 3)
        gate.start()
        cls.open = postfix.Postfix(directory, _OPEN, "mx.open.test", ["open.test"])
        cls.grey = postfix.Postfix(
            directory, _GREY, "mx.grey.test", ["grey.test"], policy_endpoint=gate.endpoint
        )
        cls.open.start()
        cls.grey.start()
        records = []
        for name, address in (("open", _OPEN), ("grey", _GREY)):
            records.append(f"{name}.test. 60 IN MX 10 mx.{name}.test.")
            records.append(f"mx.{name}.test. 60 IN A {address}")
            # Nobody listens there, and without an IPv6 source nobody is to try.
            records.append(f"mx.{name}.test. 60 IN AAAA ::1")
        dns_server.DnsServer(directory, records).start()
        cls.server = mailstrom_server.MailstromServer(
            mail_world.programs()[0], {"delivery": _delivery()}
        )
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def _settled(self, email):
        (recipient,) = self.server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
        return recipient

    def test_addresses_share_the_mail_by_weight(self):
        addresses = [f"user{i}@open.test" for i in range(200)]
        emails = [send(self.server, simple_request(address)) for address in addresses]
        counts = collections.Counter()
        for address, email in zip(addresses, emails):
            recipient = self._settled(email)
            self.assertEqual(recipient.last_attempt.mx_address, _OPEN)
            source = recipient.last_attempt.source_address
            counts[source] += 1
            (mail,) = self.open.wait_for_mail(address)
            self.assertIn(f"[{source}]", mail.received)
            self.assertEqual("from one.sender.test " in mail.received, source == _FIRST)
        self.assertEqual(set(counts), {_FIRST, _SECOND})
        # 50 are expected; more than four standard deviations away is no accident.
        self.assertGreater(counts[_FIRST], 22, counts)
        self.assertLess(counts[_FIRST], 78, counts)

    def test_retries_come_from_the_same_address(self):
        addresses = [f"user{i}@grey.test" for i in range(16)]
        emails = [send(self.server, simple_request(address)) for address in addresses]
        sources = set()
        for address, email in zip(addresses, emails):
            recipient = self._settled(email)
            self.assertGreater(recipient.attempt_count, 1)
            source = recipient.last_attempt.source_address
            sources.add(source)
            log = self.grey.log()
            refusals = re.findall(rf"reject: RCPT from \S+\[(\S+)\]: 450 .* to=<{address}>", log)
            self.assertEqual(refusals, [source] * (recipient.attempt_count - 1))
            (mail,) = self.grey.wait_for_mail(address)
            self.assertIn(f"[{source}]", mail.received)
        self.assertEqual(sources, {_FIRST, _SECOND})

    def test_senders_have_pools_of_their_own(self):
        request = simple_request("subscriber@open.test", sender="list@daily.news.test")
        self.assertEqual(self._settled(send(self.server, request)).last_attempt.source_address, _BULK)
        (mail,) = self.open.wait_for_mail("subscriber@open.test")
        self.assertIn(f"[{_BULK}]", mail.received)

    def test_choice_is_explained(self):
        done = mailstrom_server.run_once(
            mail_world.programs()[0], self.server.configuration_path, "--explain", "open.test"
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("source: pool pair, because of ", done.stdout)
        self.assertIn(f"{_FIRST} 25 % of IPv4, EHLO one.sender.test", done.stdout)
        self.assertIn(f"{_SECOND} 75 % of IPv4", done.stdout)
        self.assertIn("no source address of its family", done.stdout)
        self.assertIn("MTA-STS: no policy", done.stdout)
        self.assertIn("DANE: not looked for", done.stdout)

    def test_address_of_another_host_is_an_error(self):
        foreign = [{"name": "far", "addresses": [{"address": "192.0.2.1"}]}]
        wrong = {"source_pools": foreign, "source_pool": "far", "senders": []}
        error = r"delivery\.source_pools\[0\]\.addresses\[0\]\.address: 192\.0\.2\.1 cannot be sent from"
        server = mailstrom_server.MailstromServer(
            mail_world.programs()[0], {"delivery": wrong}, "mailstromd-foreign"
        )
        done = mailstrom_server.run_once(mail_world.programs()[0], server.configuration_path)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, error)

        self.addCleanup(self.server.reload, {"delivery": _delivery()})
        self.assertEqual(self.server.reload({"delivery": wrong}), "policies not reloaded")
        self.assertRegex(self.server.log(), error)
        request = simple_request("still@open.test")
        self.assertIn(
            self._settled(send(self.server, request)).last_attempt.source_address, (_FIRST, _SECOND)
        )


if __name__ == "__main__":
    unittest.main()
