"""What the configuration says about where and how to deliver, and what `--explain` says of it."""

import unittest

from harness import mail_world, mailstrom_server
from harness.mail_world import send, simple_request
from mailstrom.v1 import email_pb2

Recipient = email_pb2.Recipient

_RELAY = {
    "name": "smarthost",
    "hosts": ["mx.one.test"],
    "port": 2525,
    "sender_domains": ["relayed.test"],
    "tls": "TLS_MODE_REQUIRE",
}


_SITES = [
    {"domains": ["clear.test"], "tls": "TLS_MODE_REQUIRE", "policy": {"initial_delay": "1h"}},
    {"name": "quick", "hosts": ["mx.one.test"], "policy": {"max_connections": 3, "messages_per_second": 50}},
]


class PolicyTest(mail_world.MailTestCase):
    configuration = {"delivery": {"relays": [_RELAY], "sites": _SITES}}

    def explain(self, recipient, *options):
        done = mailstrom_server.run_once(
            mail_world.programs()[0], self.server.configuration_path, "--explain", recipient, *options
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_hosts_addresses_and_policy_are_explained(self):
        text = self.explain("backup.test")
        self.assertRegex(text, r"to the MX hosts")
        dane = r"\s+DANE: not looked for, because DNSSEC does not prove the MX records\s+"
        self.assertRegex(
            text, rf"10 dead\.backup\.test{dane}127\.0\.0\.9\s+20 mx\.one\.test{dane}127\.0\.0\.2"
        )
        self.assertIn("MTA-STS: no policy", text)
        self.assertIn("source: as the system chooses", text)
        self.assertIn("policy: default", text)
        self.assertIn("port: 25", text)

    def test_relay_is_explained_to_the_sender_it_is_for(self):
        text = self.explain("anywhere.test", "--sender", "ann@relayed.test")
        self.assertIn("by relay", text)
        self.assertIn("policy: smarthost", text)
        self.assertIn("port: 2525", text)
        self.assertIn("TLS: always, unverified", text)
        self.assertIn("route: none", self.explain("anywhere.test", "--sender", "other.test"))

    def test_no_way_is_explained(self):
        self.assertRegex(self.explain("someone@null.test"), r"route: none: 5\.1\.10")
        self.assertRegex(self.explain("nowhere.test"), r"route: none: 5\.1\.2")
        self.assertRegex(self.explain("broken.test"), r"route: none: 4\.4\.3")
        # Unicode is looked up in A-labels.
        self.assertIn("domain: xn--bcher-kva.test", self.explain("bücher.test"))

    def test_malformed_domain_is_an_error(self):
        done = mailstrom_server.run_once(
            mail_world.programs()[0], self.server.configuration_path, "--explain", "a b"
        )
        self.assertEqual(done.returncode, 1)
        self.assertNotEqual(done.stderr, "")

    def test_site_is_explained(self):
        text = self.explain("clear.test")
        self.assertIn("policy: clear.test", text)
        self.assertIn("TLS: always, unverified", text)
        text = self.explain("implicit.test")
        self.assertIn("policy: default", text)
        text = self.explain("one.test")
        self.assertIn("policy: quick", text)
        self.assertIn("3 at most", text)
        self.assertIn("rate 50 per second", text)

    def test_site_is_treated_by_its_rule(self):
        email = send(self.server, simple_request("policy@clear.test", "policy@one.test"))
        waiting = self.server.wait_for_state(email.email_id, "policy@clear.test", Recipient.STATE_DEFERRED)
        self.assertEqual(waiting.last_attempt.phase, email_pb2.Attempt.PHASE_TLS, waiting)
        self.world.one.wait_for_mail("policy@one.test")
        self.assertEqual(self.world.clear.mail("policy@clear.test"), [])

    def test_sighup_puts_new_policies_into_force(self):
        server = self.new_server({})
        email = send(server, simple_request("before@clear.test"))
        (recipient,) = server.wait_settled(email.email_id).recipients
        self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)

        self.assertEqual(server.reload({"delivery": {"sites": _SITES}}), "policies reloaded")
        email = send(server, simple_request("after@clear.test"))
        waiting = server.wait_for_state(email.email_id, "after@clear.test", Recipient.STATE_DEFERRED)
        self.assertEqual(waiting.last_attempt.phase, email_pb2.Attempt.PHASE_TLS, waiting)

        # A wrong file changes nothing.
        self.assertEqual(server.reload({"delivery": {"sites": [{}]}}), "policies not reloaded")
        self.assertIn("delivery.sites[0]", server.log())
        email = send(server, simple_request("still@clear.test"))
        server.wait_for_state(email.email_id, "still@clear.test", Recipient.STATE_DEFERRED)

    def test_sighup_interrupts_no_session(self):
        server = self.new_server({})
        addresses = [f"busy{i}@one.test" for i in range(200)]
        emails = [send(server, simple_request(address)) for address in addresses]
        for _ in range(3):
            self.assertEqual(server.reload({"delivery": {"sites": _SITES}}), "policies reloaded")
        for email in emails:
            (recipient,) = server.wait_settled(email.email_id).recipients
            self.assertEqual(recipient.state, Recipient.STATE_DELIVERED, recipient)
            self.assertEqual(recipient.attempt_count, 1)


if __name__ == "__main__":
    unittest.main()
