"""What the server shows of itself: probes, metrics, and the rules and the dashboard made of them."""

import json
import os
import re
import sys
import unittest
import urllib.error
import urllib.request

import grpc
import yaml

from harness import mail_world, processes, prometheus
from harness.mail_world import send, simple_request
from mailstrom.admin.v1 import admin_service_pb2, order_pb2

_ENDPOINT = "127.0.0.1:9464"
_ALERTS, _DASHBOARD = (os.path.abspath(path) for path in sys.argv[3:5])


def get(path):
    """Status, content type and text of a page."""
    try:
        with urllib.request.urlopen(f"http://{_ENDPOINT}{path}", timeout=10) as response:
            return response.status, response.headers["Content-Type"], response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def samples():
    """Each series, such as `name{label="value"}`, and its value."""
    lines = get("/metrics")[2].splitlines()
    return {
        series: float(value)
        for series, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))
    }


class MetricsTest(mail_world.MailTestCase):
    configuration = {
        "metrics": {"listen_address": _ENDPOINT},
        "delivery": {"retry": {"initial_delay": "1s", "multiplier": 1, "max_retries": 1000}},
    }

    def send_all_kinds(self, serial, server=None):
        """A delivery, a deferral that stays, two failures and a refusal."""
        server = server or self.server
        delivered = send(server, simple_request(f"solo{serial}@clear.test"))
        send(server, simple_request(f"x{serial}@dead.test"))
        failed = send(server, simple_request(f"x{serial}@nowhere.test", f"y{serial}@null.test"))
        with self.assertRaises(grpc.RpcError):
            server.api.SendEmail(simple_request("a@b.test", "not an address"), timeout=20)
        for email in (delivered, failed):
            server.wait_settled(email.email_id)

    def grown(self, before, series):
        return samples()[series] - before.get(series, 0)

    def test_metrics_tell_what_happened(self):
        # One that does not yet know that a site is dead.
        server = self.new_server(self.configuration)
        before = samples()
        self.send_all_kinds("a", server)
        deferred = 'mailstrom_attempts_total{bounce_class="connection",outcome="deferred"}'
        processes.wait_until(lambda: self.grown(before, deferred) >= 1, what="a deferral")
        for series, growth in {
            "mailstrom_emails_accepted_total": 3,
            "mailstrom_recipients_accepted_total": 4,
            "mailstrom_accept_duration_seconds_count": 3,
            'mailstrom_emails_refused_total{reason="field_invalid"}': 1,
            'mailstrom_recipients_refused_total{reason="field_invalid"}': 2,
            'mailstrom_attempts_total{bounce_class="none",outcome="delivered"}': 1,
            'mailstrom_attempts_total{bounce_class="bad_domain",outcome="failed"}': 2,
            "mailstrom_recipients_delivered_total": 1,
            'mailstrom_recipients_failed_total{cause="bad_domain"}': 2,
            "mailstrom_delivery_latency_seconds_count": 1,
        }.items():
            self.assertEqual(self.grown(before, series), growth, series)
        now = samples()
        self.assertEqual(now["mailstrom_queue_emails"], before["mailstrom_queue_emails"] + 1)
        self.assertGreater(now["mailstrom_queue_bytes"], before["mailstrom_queue_bytes"])
        self.assertEqual((now["mailstrom_ready"], now["mailstrom_store_healthy"]), (1, 1))
        resident = server.resident_bytes()
        self.assertAlmostEqual(now["process_resident_memory_bytes"], resident, delta=resident / 2)

    def test_metrics_of_what_delivery_leans_on(self):
        server = self.new_server(self.configuration)
        server.wait_settled(send(server, simple_request("solo@one.test")).email_id)
        send(server, simple_request("x1@dead.test", "x2@dead.test", "x3@dead.test"))
        self.assertRaises(grpc.RpcError, send, server, simple_request("not an address"))
        suspended = 'mailstrom_sites{state="suspended"}'
        processes.wait_until(lambda: samples()[suspended] == 1, what="the dead site's suspension")
        now = samples()
        tls = [
            now[f'mailstrom_tls_handshakes_total{{result="{result}",version="{version}"}}']
            for result, version in (("ok", "TLSv1.3"), ("ok", "TLSv1.2"), ("failed", "none"), ("broken", "none"))
        ]
        self.assertEqual(tls, [1, 0, 0, 0])
        self.assertGreaterEqual(now['mailstrom_dns_lookups_total{result="records",type="MX"}'], 2)
        self.assertEqual(now['mailstrom_dns_lookups_total{result="failed",type="MX"}'], 0)
        self.assertGreaterEqual(now["mailstrom_dns_lookup_duration_seconds_count"], 4)
        self.assertGreaterEqual(now["mailstrom_store_sync_duration_seconds_count"], 3)
        commits = "mailstrom_store_commit_duration_seconds"
        self.assertGreater(now[f"{commits}_sum"], now["mailstrom_store_sync_duration_seconds_sum"])
        self.assertGreater(now["mailstrom_queue_oldest_age_seconds"], 0)
        self.assertLess(now["mailstrom_queue_oldest_age_seconds"], 60)
        self.assertEqual(now['mailstrom_site_suspended{site="mx.dead.test"}'], 1)
        self.assertEqual(now['mailstrom_site_attempt_limit{site="mx.dead.test"}'], 0)
        self.assertEqual(now['mailstrom_sites{state="known"}'], 2)
        self.assertGreater(now['mailstrom_store_memory_bytes{kind="memtables"}'], 0)

    def test_suspensions_are_counted(self):
        suspend = self.server.channel.unary_unary("/mailstrom.admin.v1.AdminService/SuspendDelivery")
        before = samples()
        scope = order_pb2.Scope(domain="resting.test")
        suspend(admin_service_pb2.SuspendDeliveryRequest(scope=scope).SerializeToString(), timeout=20)
        self.assertEqual(self.grown(before, 'mailstrom_suspensions{scope="domain"}'), 1)
        self.assertEqual(samples()['mailstrom_suspensions{scope="tag"}'], 0)
        age = 'mailstrom_suspension_oldest_age_seconds{scope="domain"}'
        processes.wait_until(lambda: 0 < samples()[age] < 60, what="an age")
        resume = self.server.channel.unary_unary("/mailstrom.admin.v1.AdminService/ResumeDelivery")
        resume(admin_service_pb2.ResumeDeliveryRequest(scope=scope).SerializeToString(), timeout=20)
        self.assertEqual(self.grown(before, 'mailstrom_suspensions{scope="domain"}'), 0)

    def test_sites_do_not_multiply_series(self):
        """However many a peer's names, those with series of their own are few."""
        sites = {series for series in samples() if series.startswith("mailstrom_site_attempts{")}
        self.assertLessEqual(len(sites), 21)
        self.assertIn('mailstrom_site_attempts{site="other"}', sites)

    def test_promtool_likes_metrics_and_rules(self):
        self.send_all_kinds("b")
        status, content_type, text = get("/metrics")
        self.assertEqual((status, content_type), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertEqual(prometheus.promtool("check", "metrics", text=text), "")
        self.assertIn("SUCCESS", prometheus.promtool("check", "rules", _ALERTS))

    def test_no_page_tells_an_address(self):
        self.send_all_kinds("secret")
        self.assertNotIn("secret", get("/metrics")[2])

    def test_probes_tell_what_health_tells(self):
        scratch = os.path.join(os.environ["TEST_SCRATCH"], "probes")
        os.mkdir(scratch)
        processes.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", scratch])
        store = {"store": {"rocksdb": {"path": os.path.join(scratch, "db")}}}
        server = self.new_server({**self.configuration, **store})
        self.assertEqual(get("/healthz")[::2], (200, "alive\n"))
        self.assertEqual(get("/readyz")[::2], (200, "ready\n"))

        with open(os.path.join(scratch, "ballast"), "wb", buffering=0) as ballast:
            with self.assertRaises(OSError):
                while True:
                    ballast.write(b"b" * 4096)
        with self.assertRaises(grpc.RpcError):
            for serial in range(1000):
                send(server, simple_request(f"x{serial}@dead.test", text="x" * 4000))
        processes.wait_until(lambda: get("/readyz")[0] == 503, what="/readyz not ready")
        self.assertEqual(get("/healthz")[0], 200)
        self.assertEqual(samples()["mailstrom_store_healthy"], 0)
        self.assertGreater(samples()['mailstrom_store_failures_total{operation="write"}'], 0)
        os.remove(os.path.join(scratch, "ballast"))
        processes.wait_until(lambda: get("/readyz")[0] == 200, what="/readyz ready again")

    def test_a_drained_server_is_alive_and_not_ready(self):
        server = self.new_server(self.configuration)
        drain = server.channel.unary_unary("/mailstrom.admin.v1.AdminService/DrainDelivery")
        for wanted, ready in ((True, 503), (False, 200)):
            drain(admin_service_pb2.DrainDeliveryRequest(drain=wanted).SerializeToString(), timeout=20)
            processes.wait_until(lambda ready=ready: get("/readyz")[0] == ready, what=f"/readyz {ready}")
            self.assertEqual(get("/healthz")[0], 200)
            self.assertEqual(samples()["mailstrom_ready"], ready == 200)

    def test_every_query_has_data(self):
        """The dashboard's, and the rules', whose comparisons give 0 or 1 here instead of nothing."""
        watcher = prometheus.Prometheus(_ENDPOINT, _ALERTS)
        self.addCleanup(watcher.stop)
        watcher.start()
        scraped = "count_over_time(mailstrom_ready[1m]) > 4"
        self.send_all_kinds("c")
        processes.wait_until(lambda: watcher.query(scraped), 30, "five scrapes")
        self.send_all_kinds("d")
        again = "count_over_time(mailstrom_ready[1m]) > 9"
        processes.wait_until(lambda: watcher.query(again), 30, "ten scrapes")

        with open(_DASHBOARD, encoding="utf-8") as file:
            panels = json.load(file)["panels"]
        queries = [target["expr"] for panel in panels for target in panel["targets"]]
        queries = [query.replace("$instance", ".*").replace("$__rate_interval", "1m") for query in queries]
        with open(_ALERTS, encoding="utf-8") as file:
            alerts = [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]
        rules = [re.sub(r"(==|>) ", r"\1 bool ", alert["expr"]) for alert in alerts]
        self.assertGreater(len(queries), 20)
        self.assertGreater(len(rules), 8)
        for query in queries + rules:
            with self.subTest(query):
                self.assertNotEqual(watcher.query(query), [])

        evaluated = processes.wait_until(
            lambda: (rules := watcher.rules()) and all(r["health"] != "unknown" for r in rules) and rules,
            what="the rules' evaluation",
        )
        self.assertEqual({rule["health"] for rule in evaluated}, {"ok"})
        self.assertEqual({rule["name"] for rule in evaluated}, {alert["alert"] for alert in alerts})
        self.assertNotIn("firing", {rule["state"] for rule in evaluated})


if __name__ == "__main__":
    unittest.main()
