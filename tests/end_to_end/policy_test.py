"""What the configuration says about where and how to deliver, and what `--explain` says of it."""

import unittest

from harness import mail_world, mailstrom_server

_RELAY = {
    "name": "smarthost",
    "hosts": ["mx.one.test"],
    "port": 2525,
    "sender_domains": ["relayed.test"],
    "tls": "TLS_MODE_REQUIRE",
}


class PolicyTest(mail_world.MailTestCase):
    configuration = {"delivery": {"relays": [_RELAY]}}

    def explain(self, recipient, *options):
        done = mailstrom_server.run_once(
            mail_world.programs()[0], self.server.configuration_path, "--explain", recipient, *options
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_hosts_addresses_and_policy_are_explained(self):
        text = self.explain("backup.test")
        self.assertRegex(text, r"to the MX hosts")
        self.assertRegex(text, r"(?s)10 dead\.backup\.test\s+127\.0\.0\.9.*20 mx\.one\.test\s+127\.0\.0\.2")
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


if __name__ == "__main__":
    unittest.main()
