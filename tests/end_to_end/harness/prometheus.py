"""A Prometheus that scrapes the server under test, and its promtool."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

from harness import processes, unpacked

_ADDRESS = "127.0.0.1:9090"


def promtool(*arguments, text=""):
    """Runs promtool on `text`; raises with what it says when it is not content."""
    path = unpacked.path("prometheus", "usr/bin/promtool")
    return processes.run_with_input([path, *arguments], text)


class Prometheus:
    """Scrapes `target` each half second as the job `mailstrom` and evaluates the rules of a file."""

    def __init__(self, target, rules_path):
        directory = os.path.join(os.environ["TEST_SCRATCH"], "prometheus")
        os.mkdir(directory)
        self._log_path = os.path.join(os.environ["TEST_TMPDIR"], "prometheus.log")
        self._configuration_path = os.path.join(directory, "prometheus.yml")
        self._data_path = os.path.join(directory, "data")
        configuration = {
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "1s"},
            "rule_files": [rules_path],
            "scrape_configs": [{"job_name": "mailstrom", "static_configs": [{"targets": [target]}]}],
        }
        with open(self._configuration_path, "w", encoding="utf-8") as file:
            json.dump(configuration, file)
        self._process = None

    def start(self):
        self._process = processes.spawn(
            [
                unpacked.path("prometheus", "usr/bin/prometheus"),
                f"--config.file={self._configuration_path}",
                f"--storage.tsdb.path={self._data_path}",
                f"--web.listen-address={_ADDRESS}",
            ],
            self._log_path,
        )
        host, _, port = _ADDRESS.partition(":")
        processes.wait_for_listener(host, int(port), self._process, self._log_path)

    def stop(self):
        processes.end(self._process)

    def query(self, expression):
        """The series that an expression gives now."""
        query = urllib.parse.urlencode({"query": expression})
        return self._get(f"/api/v1/query?{query}")["result"]

    def query_range(self, expression, start, end, step):
        """The series that an expression gave between two times since 1970, every `step` seconds."""
        query = urllib.parse.urlencode({"query": expression, "start": start, "end": end, "step": step})
        return self._get(f"/api/v1/query_range?{query}")["result"]

    def rules(self):
        return [rule for group in self._get("/api/v1/rules")["groups"] for rule in group["rules"]]

    def _get(self, path):
        try:
            with urllib.request.urlopen(f"http://{_ADDRESS}{path}", timeout=10) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()}") from error
