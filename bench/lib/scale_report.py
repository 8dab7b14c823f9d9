"""scale_report.py OUT [FOLDER]: prints what bench/scale measured, medians over the rounds, as Markdown
tables, and draws it into FOLDER/scale.png"""
import glob
import json
import os
import statistics
import sys

SERIES = {
    "queued": "emails that wait for tomorrow",
    "sites": "sites, each with one host; an email each, in turn",
    "watchers": "watchers, each of its own share of the emails",
    "watchers-of-all": "watchers, each of all emails",
    "body": "bytes of text",
    "tls": "TLS with the caller and with the sinks (both times sinks in Python)",
}
COLUMNS = [("CPU µs/email", "cpu_us_per_msg"), ("emails/s", "msgs_per_s"), ("accepted/s", "accept_per_s"),
           ("peak PSS MiB", "peak_pss_mib"), ("events watched", "watched_events"), ("emails", "messages")]


def load(out):
    """Series to value to its cells, in the order in which they were measured."""
    cells = {}
    for name in sorted(glob.glob(out + "/scale-*.json"), key=os.path.getmtime):
        with open(name) as f:
            cell = json.load(f)
        series, value = os.path.basename(name)[len("scale-"):-len(".json")].rsplit("-", 2)[:2]
        cells.setdefault(series, {}).setdefault(value, []).append(cell)
    return cells


def median(cells, key):
    values = [c[key] for c in cells if c.get(key) is not None and "error" not in c]
    return statistics.median(values) if values else None


def text(value):
    return "–" if value is None else f"{value:.0f}" if value >= 100 else f"{value:g}"


def table(cells):
    for series, title in SERIES.items():
        if series not in cells:
            continue
        print(f"\n### {title}\n\n| | " + " | ".join(c[0] for c in COLUMNS) + " | notes |")
        print("|---" * (len(COLUMNS) + 2) + "|")
        for value, rounds in cells[series].items():
            notes = {c["error"] for c in rounds if "error" in c}
            notes |= {f"timed out ({c['queue_left']} left)" for c in rounds if c.get("timed_out")}
            line = [text(median(rounds, key)) for _, key in COLUMNS]
            print(f"| {value} | " + " | ".join(line) + f" | {'; '.join(sorted(notes))} |")


def draw(cells, folder):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    os.makedirs(folder, exist_ok=True)
    shown = [s for s in SERIES if s in cells]
    drawn, axes = pyplot.subplots(2, -(-len(shown) // 2), figsize=(12, 6), layout="constrained", squeeze=False)
    for ax in axes.flat[len(shown):]:
        ax.set_visible(False)
    for ax, series in zip(axes.flat, shown):
        values = [(v, median(rounds, "cpu_us_per_msg")) for v, rounds in cells[series].items()]
        values = [(v, cost) for v, cost in values if cost is not None]
        bars = ax.bar([v for v, _ in values], [cost for _, cost in values], color="#c0392b", width=0.6)
        ax.bar_label(bars, fmt="%.4g", padding=2, fontsize=8)
        ax.set_title(series.replace("-", " ") + ": server CPU, µs an email", fontsize=10)
        ax.margins(y=0.15)
        ax.spines[["top", "right"]].set_visible(False)
    drawn.savefig(os.path.join(folder, "scale.png"), dpi=110)


measured = load(sys.argv[1])
table(measured)
if len(sys.argv) > 2:
    draw(measured, sys.argv[2])
