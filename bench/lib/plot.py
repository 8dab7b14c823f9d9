"""plot.py OUT FOLDER: draws what the tables of report.py say, medians over the rounds, as PNG files."""
import glob
import json
import os
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (the backend comes first)

ORDER = ["ceiling-kept", "ceiling", "bare", "mailstrom", "postfix", "opensmtpd", "haraka", "exim"]
OURS, OTHERS, LIMITS = "#c0392b", "#5d6d7e", "#bdc3c7"


def load(out):
    """Medians: workload, system and key to value."""
    cells = {}
    for name in glob.glob(out + "/?-*.json"):
        with open(name) as f:
            cell = json.load(f)
        if "error" not in cell:
            cells.setdefault((cell["workload"], cell["system"]), []).append(cell)

    def median(workload, system, key):
        values = [c[key] for c in cells.get((workload, system), []) if c.get(key) is not None]
        return statistics.median(values) if values else None
    return median


def color(system):
    return OURS if system == "mailstrom" else LIMITS if system in ("ceiling", "ceiling-kept", "bare") else OTHERS


def bars(axes, median, workload, key, title, systems):
    rows = [(s, median(workload, s, key)) for s in systems]
    rows = [(s, v) for s, v in rows if v]
    names, values = [s for s, _ in rows], [v for _, v in rows]
    drawn = axes.barh(names, values, color=[color(s) for s in names])
    axes.bar_label(drawn, fmt="%.4g", padding=3, fontsize=8)
    axes.set_title(title, fontsize=10)
    axes.invert_yaxis()
    axes.margins(x=0.18)
    axes.spines[["top", "right"]].set_visible(False)


def figure(folder, name, panels, median):
    drawn, axes = pyplot.subplots(1, len(panels), figsize=(5 * len(panels), 3.2), layout="constrained")
    for ax, (workload, key, title, systems) in zip(axes if len(panels) > 1 else [axes], panels):
        bars(ax, median, workload, key, title, systems)
    drawn.savefig(os.path.join(folder, name + ".png"), dpi=110)
    pyplot.close(drawn)


def main(out, folder):
    median = load(out)
    os.makedirs(folder, exist_ok=True)
    servers = [s for s in ORDER if s not in ("ceiling", "ceiling-kept", "bare")]
    figure(folder, "throughput", [
        ("A", "msgs_per_s", "emails/s, one recipient each", ORDER),
        ("B", "rcpts_per_s", "recipients/s, 50 an email", ORDER)], median)
    figure(folder, "cost", [
        ("A", "cpu_us_per_msg", "server CPU, µs an email", servers),
        ("D", "idle_pss_mib", "memory with all deferred, MiB (PSS)", servers)], median)
    figure(folder, "latency", [
        ("C", "accept_p50_ms", "accept, median ms", servers),
        ("C", "accept_to_sink_p50_ms", "accepted to arrived, median ms", servers)], median)
    figure(folder, "accept", [
        ("P", f"callers_{name}_per_s", title, ["bare", "mailstrom"])
        for name, title in (("1", "accepted/s, 1 caller"), ("20", "20 callers"), ("100", "100 callers"),
                            ("stream", "one stream"))], median)


main(*sys.argv[1:])
