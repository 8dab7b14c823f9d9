"""Draws docs/images/dashboard.png: what the dashboard's queries show of two busy minutes. Run by deploy/grafana/plot."""

import json
import math
import os
import random
import sys
import threading
import time
import unittest

import grpc
import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402

from harness import mail_world, prometheus  # noqa: E402
from harness.mail_world import simple_request  # noqa: E402
from mailstrom.v1 import mailstrom_service_pb2  # noqa: E402

_ENDPOINT = "127.0.0.1:9464"
_ALERTS, _DASHBOARD = (os.path.abspath(path) for path in sys.argv[3:5])
_SECONDS = 120
# Over which Prometheus takes its rates.
_INTERVAL = "10s"
_COLUMNS = 4
_MOST_IN_A_LEGEND = 7


def _recipients(serial):
    """Mostly good ones, and all kinds of trouble."""
    draw = random.random()
    if draw < 0.86:
        return [f"plain{serial}@{random.choice(('one', 'clear', 'backup', 'implicit'))}.test"]
    if draw < 0.90:
        return [f"grey{serial}@clear.test"]
    if draw < 0.93:
        return [f"refused{serial}@one.test"]
    if draw < 0.97:
        return [f"late{serial}@{random.choice(('dead', 'broken'))}.test"]
    if draw < 0.99:
        return [f"none{serial}@{random.choice(('nowhere', 'null'))}.test"]
    return ["not an address"]


class _Rules(dict):
    """What the receivers do, by the recipient's name."""

    def get(self, recipient, default=None):
        if recipient.startswith("refused"):
            return lambda count: "550 5.1.1 nobody here"
        if recipient.startswith("grey"):
            return lambda count: "450 4.2.0 greylisted" if count == 1 else "DUNNO"
        return default


class DashboardPlot(mail_world.MailTestCase):
    configuration = {
        "metrics": {"listen_address": _ENDPOINT},
        "delivery": {"retry": {"initial_delay": "3s", "multiplier": 2, "max_retries": 1000}},
    }

    def test_draw(self):
        for host in (self.world.one, self.world.clear):
            host.policy.rules = _Rules()
        watcher = prometheus.Prometheus(_ENDPOINT, _ALERTS)
        self.addCleanup(watcher.stop)
        watcher.start()
        self.addCleanup(self.watch_all().cancel)
        start = time.time()
        self.send_for_a_while(start)
        path = os.path.join(os.environ["TEST_UNDECLARED_OUTPUTS_DIR"], "dashboard.png")
        draw(watcher, start, time.time(), path)

    def watch_all(self):
        call = self.server.api.WatchStatus(mailstrom_service_pb2.WatchStatusRequest())

        def follow():
            try:
                for _ in call:
                    pass
            except grpc.RpcError:
                pass

        threading.Thread(target=follow, daemon=True).start()
        return call

    def send_for_a_while(self, start):
        """Now more, now less: 5 to 45 emails a second."""
        serial = 0
        while (passed := time.time() - start) < _SECONDS:
            try:
                self.server.api.SendEmail(simple_request(*_recipients(serial)), timeout=20)
            except grpc.RpcError as error:
                self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
            serial += 1
            time.sleep(1 / (25 + 20 * math.sin(2 * math.pi * passed / 60)))


def _label(panel_target, series):
    text = panel_target.get("legendFormat", "")
    for name, value in series["metric"].items():
        text = text.replace("{{" + name + "}}", value)
    return text if len(text) < 40 else text[:37] + "…"


def _unit(value, unit):
    if unit == "s":
        return f"{value * 1000:.3g} ms" if 0 < value < 1 else f"{value:.3g} s"
    if unit == "bytes":
        return f"{value / 2**20:.3g} MiB"
    if unit == "percentunit":
        return f"{value:.2%}"
    return f"{value:.3g}"


def draw(watcher, start, end, path):
    with open(_DASHBOARD, encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    rows = math.ceil(len(panels) / _COLUMNS)
    figure, axes = pyplot.subplots(rows, _COLUMNS, figsize=(5.2 * _COLUMNS, 2.9 * rows))
    for axis in axes.flat[len(panels) :]:
        axis.axis("off")
    for axis, panel in zip(axes.flat, panels):
        unit = panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            query = target["expr"].replace("$instance", ".*").replace("$__rate_interval", _INTERVAL)
            found = watcher.query_range(query, start, end, 1)
            if not found:
                raise AssertionError(f"no data: {query}")
            for series in found:
                points = [(float(at) - start, float(value)) for at, value in series["values"]]
                axis.plot(*zip(*points), label=_label(target, series), linewidth=1.2)
        axis.set_title(panel["title"], fontsize=10, loc="left")
        axis.set_xlim(0, end - start)
        axis.set_ylim(bottom=0)
        axis.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _, unit=unit: _unit(value, unit)))
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.3)
        handles, labels = axis.get_legend_handles_labels()
        axis.legend(handles[:_MOST_IN_A_LEGEND], labels[:_MOST_IN_A_LEGEND], fontsize=6, loc="upper left")
    figure.tight_layout()
    figure.savefig(path, dpi=80)


if __name__ == "__main__":
    unittest.main()
