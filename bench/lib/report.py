"""report.py machine OUT DISK VERSIONS: notes the machine and its fsync rate in OUT/machine.json
report.py table OUT: prints medians over the rounds as markdown tables"""
import glob
import json
import mmap
import os
import statistics
import sys
import tempfile
import threading
import time


def fsync_rate(directory, threads, seconds=2.0):
    done, end = [0] * threads, time.monotonic() + seconds
    with tempfile.TemporaryDirectory(dir=directory) as d:
        def work(k):
            while time.monotonic() < end:
                fd = os.open(f"{d}/{k}-{done[k]}", os.O_CREAT | os.O_WRONLY)
                os.write(fd, b"x" * 4096)
                os.fsync(fd)
                os.close(fd)
                done[k] += 1
        workers = [threading.Thread(target=work, args=(k,)) for k in range(threads)]
        for w in workers:
            w.start()
        for w in workers:
            w.join()
    return round(sum(done) / seconds)


def costs():
    """What this (virtual) machine charges for what the peers' designs lean on: forks, execs, page faults."""
    n = 200
    t = time.perf_counter()
    for _ in range(n):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    fork = (time.perf_counter() - t) / n
    t = time.perf_counter()
    for _ in range(n):
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    spawn = (time.perf_counter() - t) / n
    pages = 8192
    with mmap.mmap(-1, pages * 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as m:
        m.madvise(mmap.MADV_NOHUGEPAGE)
        t = time.perf_counter()
        for i in range(0, pages * 4096, 4096):
            m[i] = 1
        fault = (time.perf_counter() - t) / pages
    t = time.perf_counter()
    for _ in range(100000):
        os.getppid()
    call = (time.perf_counter() - t) / 100000
    return {"fork_exit_wait_us": round(fork * 1e6), "spawn_bin_true_us": round(spawn * 1e6),
            "page_fault_us": round(fault * 1e6, 2), "getppid_us": round(call * 1e6, 2)}


def machine(out, disk, versions):
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "?")
    with open(versions) as f:
        peers = f.read().splitlines()
    info = {"cpu": model, "cores": os.cpu_count(), "kernel": os.uname().release,
            "memory_mib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
            "new_4k_file_fsync_per_s_1_thread": fsync_rate(disk, 1),
            "new_4k_file_fsync_per_s_20_threads": fsync_rate(disk, 20), "peers": peers, **costs(),
            "messages": int(os.environ["MESSAGES"]), "timeout_s": float(os.environ["TIMEOUT"])}
    with open(out + "/machine.json", "w") as f:
        json.dump(info, f, indent=1)


COLUMNS = {
    "A": ("A: N messages, 1 recipient each, 100 domains", [
        ("msgs/s", "msgs_per_s"), ("accepted/s", "accept_per_s"), ("end to end s", "e2e_s"), ("CPU s", "cpu_s"),
        ("user", "cpu_user_s"), ("sys", "cpu_sys_s"), ("CPU µs/msg", "cpu_us_per_msg"),
        ("peak RSS MiB", "peak_rss_mib"), ("peak PSS MiB", "peak_pss_mib"), ("procs", "peak_procs"),
        ("load CPU s", "load_cpu_s"), ("messages", "messages"), ("at sink", "sink_transactions")]),
    "B": ("B: N/10 messages, 50 recipients each in 5 domains", [
        ("rcpts/s", "rcpts_per_s"), ("msgs/s", "msgs_per_s"), ("accepted msgs/s", "accept_per_s"),
        ("end to end s", "e2e_s"), ("CPU s", "cpu_s"), ("CPU µs/msg", "cpu_us_per_msg"),
        ("peak RSS MiB", "peak_rss_mib"), ("peak PSS MiB", "peak_pss_mib"), ("messages", "messages"),
        ("sink transactions", "sink_transactions")]),
    "C": ("C: one message at a time (ms)", [
        ("accept p50", "accept_p50_ms"), ("accept p99", "accept_p99_ms"),
        ("accept to sink p50", "accept_to_sink_p50_ms"), ("p99", "accept_to_sink_p99_ms"),
        ("total p50", "total_p50_ms"), ("total p99", "total_p99_ms"),
        ("append + fdatasync p50", "append_sync_p50_ms"), ("messages", "messages"), ("lost", "lost")]),
    "E": ("E: as C, with a sink that acknowledges each segment at once (ms)", [
        ("accept p50", "accept_p50_ms"), ("accept p99", "accept_p99_ms"),
        ("accept to sink p50", "accept_to_sink_p50_ms"), ("p99", "accept_to_sink_p99_ms"),
        ("total p50", "total_p50_ms"), ("total p99", "total_p99_ms"),
        ("append + fdatasync p50", "append_sync_p50_ms"), ("messages", "messages"), ("lost", "lost")]),
    "D": ("D: deferral storm (every RCPT gets 450)", [
        ("accepted/s", "accept_per_s"), ("all tried after s", "settled_s"), ("storm CPU µs/msg", "cpu_us_per_msg"),
        ("peak RSS MiB", "peak_rss_mib"), ("peak PSS MiB", "peak_pss_mib"), ("idle RSS MiB", "idle_rss_mib"),
        ("idle PSS MiB", "idle_pss_mib"), ("idle CPU %", "idle_cpu_percent"), ("procs", "idle_procs"),
        ("sessions at sink", "sink_sessions"), ("queued", "queued"), ("disk MiB", "queue_disk_mib")]),
    "P": ("P: accepting alone, by callers at a time, and over one stream", [
        (f"{title} {name}", f"callers_{name}_{key}")
        for name in ("1", "20", "100", "stream")
        for title, key in (("emails/s", "per_s"), ("p99 ms", "p99_ms"), ("server CPU µs", "cpu_us"))]),
    "Q": ("Q: as A, with emails that wait for a later time", [
        ("waiting", "queued_before"), ("msgs/s", "msgs_per_s"), ("accepted/s", "accept_per_s"),
        ("CPU µs/msg", "cpu_us_per_msg"), ("peak RSS MiB", "peak_rss_mib"), ("messages", "messages")]),
    "F": ("F: syncs, 500 messages of 1 recipient under strace", [
        ("syncs/msg", "syncs_per_msg"), ("kinds", "syncs"), ("recipients arrived", "rcpts_arrived"),
        ("wanted", "rcpts_wanted"), ("transactions/msg", "transactions_per_msg")]),
    "G": ("G: syncs, 40 messages of 50 recipients under strace", [
        ("syncs/msg", "syncs_per_msg"), ("kinds", "syncs"), ("recipients arrived", "rcpts_arrived"),
        ("wanted", "rcpts_wanted"), ("transactions/msg", "transactions_per_msg")]),
}


def table(out):
    rows, order = {}, []
    for name in sorted(glob.glob(out + "/?-*.json"), key=os.path.getmtime):
        with open(name) as f:
            cell = json.load(f)
        rows.setdefault((cell["workload"], cell["system"]), []).append(cell)
        if cell["system"] not in order:
            order.append(cell["system"])
    known = ["ceiling", "ceiling-kept", "bare", "mailstrom", "postfix", "exim", "opensmtpd", "haraka"]
    order.sort(key=lambda s: known.index(s) if s in known else len(known))
    with open(out + "/machine.json") as f:
        info = json.load(f)
    print(f"{info['cores']} cores ({info['cpu']}), {info['memory_mib']} MiB, Linux {info['kernel']}; new 4 KiB file + "
          f"fsync: {info['new_4k_file_fsync_per_s_1_thread']}/s on 1 thread, "
          f"{info['new_4k_file_fsync_per_s_20_threads']}/s on 20; one fork + exit {info['fork_exit_wait_us']} µs, spawning "
          f"/bin/true {info['spawn_bin_true_us']} µs, a page fault {info['page_fault_us']} µs, getppid {info['getppid_us']} µs. "
          f"Medians over the rounds.")
    print("Peers: " + ", ".join(info["peers"]) + ".")
    for workload, (title, columns) in COLUMNS.items():
        systems = [s for s in order if (workload, s) in rows]
        if not systems:
            continue
        lead = columns[0][1]
        spread = workload in "AB"
        print(f"\n### {title}\n\n| system | " + " | ".join(c[0] for c in columns)
              + (" | min–max | vs postfix" if spread else "") + " | rounds | notes |")
        print("|---" * (len(columns) + 3 + 2 * spread) + "|")
        for system in systems:
            cells = rows[workload, system]
            good = [c for c in cells if "error" not in c]
            line = [system]
            for _, key in columns:
                values = [c[key] for c in good if c.get(key) is not None]
                if values and isinstance(values[0], dict):
                    line.append(", ".join(f"{v} {k}" for k, v in values[0].items()) or "none")
                else:
                    middle = statistics.median(values) if values else None
                    line.append("–" if middle is None else f"{middle:.0f}" if abs(middle) >= 100 else f"{middle:g}")
            if spread:
                values = [c[lead] for c in good]
                line.append(f"{min(values):.0f}–{max(values):.0f}" if values else "–")
                base = {c["round"]: c[lead] for c in rows.get((workload, "postfix"), []) if "error" not in c}
                ratios = [c[lead] / base[c["round"]] for c in good if base.get(c["round"])]
                line.append(f"{statistics.median(ratios):.2f}" if ratios else "–")
            notes = {c["error"] for c in cells if "error" in c}
            notes |= {f"timed out ({c.get('queue_left', c.get('queued'))} left)" for c in good if c.get("timed_out")}
            notes |= {f"injector failed ({c['inject_rc']})" for c in good if c.get("inject_rc") not in (0, None)}
            print("| " + " | ".join(line) + f" | {len(good)} | {'; '.join(sorted(notes))} |")


if sys.argv[1] == "machine":
    machine(*sys.argv[2:])
else:
    table(sys.argv[2])
