"""Measures one cell (SYSTEM, WORKLOAD, ROUND) inside the namespaces that ns.sh made; prints and
stores one JSON object. Workloads: see README.md."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from smtp_sink import Sink

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SYSTEM, WORKLOAD, ROUND = sys.argv[1], sys.argv[2], int(sys.argv[3])
RUN, OUT = os.environ["RUN"], os.environ["OUT"]
CGROUP = {name: os.path.join(os.environ["CGROUP"], name) for name in ("sys", "load")}
N = int(os.environ["MESSAGES"])
DOMAINS, SINKS = int(os.environ["DOMAINS"]), int(os.environ["SINKS"])
TIMEOUT = float(os.environ["TIMEOUT"])
# What bench/scale varies; see there. Several sites: as many domains, each with a host of its own.
SITES, WATCHERS = int(os.environ.get("SITES", "0")), int(os.environ.get("WATCHERS", "0"))
PYTHON_SINKS, TLS = bool(os.environ.get("PYTHON_SINKS")), bool(os.environ.get("TLS"))
if SITES:
    DOMAINS = SITES
    os.environ["DOMAINS"] = str(SITES)
os.environ.update(WORK=RUN + "/work", WORKLOAD=WORKLOAD)
SINK_HOSTS = [f"127.0.0.{2 + i}" for i in range(SINKS)]
MX_HOSTS = [f"127.1.{i // 250}.{i % 250 + 1}" for i in range(SITES)] or SINK_HOSTS
CERTIFICATE, KEY = RUN + "/certificate.pem", RUN + "/key.pem"


def spawn(cgroup, argv, **kw):
    def join():
        with open(CGROUP[cgroup] + "/cgroup.procs", "w") as f:
            f.write("0")
    return subprocess.Popen(argv, preexec_fn=join, **kw)


def sys_argv(function, *args):
    return ["bash", BENCH + "/lib/sys.sh", SYSTEM, function, *map(str, args)]


def call(function, *args):
    return subprocess.run(sys_argv(function, *args), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def number(function):
    return int(call(function).stdout)


def queue_len():
    try:
        return number("sys_queue_len")
    except ValueError:
        return -1


def cpu(cgroup):
    with open(CGROUP[cgroup] + "/cpu.stat") as f:
        stat = dict(line.split() for line in f)
    return [int(stat[k]) / 1e6 for k in ("usage_usec", "user_usec", "system_usec")]


def memory(pss=False):
    """MiB over all processes of the system: sum of RSS, or of PSS (shared pages counted once)."""
    total = procs = 0
    with open(CGROUP["sys"] + "/cgroup.procs") as f:
        pids = f.read().split()
    for pid in pids:
        try:
            if pss:
                with open(f"/proc/{pid}/smaps_rollup") as f:
                    total += int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1)) * 1024
            else:
                with open(f"/proc/{pid}/statm") as f:
                    total += int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            procs += 1
        except (OSError, AttributeError):
            pass
    return total / 2**20, procs


class Peak:
    """Peaks of RSS (4 samples/s) and PSS (1 sample in 2 s, it is dearer) over the system's processes."""
    def __init__(self):
        self.rss = self.pss = self.procs = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def loop(self):
        tick = 0
        while not self.stop.wait(0.25):
            rss, procs = memory()
            self.rss, self.procs = max(self.rss, rss), max(self.procs, procs)
            if tick % 8 == 2:
                self.pss = max(self.pss, memory(pss=True)[0])
            tick += 1

    def result(self):
        self.stop.set()
        self.thread.join()
        return {"peak_rss_mib": round(self.rss, 1), "peak_pss_mib": round(self.pss, 1), "peak_procs": self.procs}


def sink_count(word="mesg"):
    total = 0
    for i in range(SINKS):
        try:
            with open(f"{RUN}/sink.{i}", "rb") as f:
                f.seek(max(0, os.fstat(f.fileno()).st_size - 100))
                found = re.findall(word.encode() + rb"=(\d+)", f.read())
                total += int(found[-1]) if found else 0
        except OSError:
            pass
    return total


def wait_for(what, condition, seconds, step=0.05):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"cell: {what}: not within {seconds} s")
        time.sleep(step)


def start_dns():
    with open(RUN + "/unbound.conf", "w") as f:
        f.write('server:\n interface: 127.0.0.1\n port: 53\n num-threads: 1\n do-daemonize: no\n chroot: ""\n'
                f' username: ""\n pidfile: ""\n directory: "{RUN}"\n use-syslog: no\n logfile: "{RUN}/unbound.log"\n'
                ' access-control: 127.0.0.0/8 allow\n module-config: "iterator"\n'
                ' local-zone: "." static\n local-zone: "test." static\n')
        f.write(' local-data: "bench.test. A 127.0.0.1"\n local-data: "localhost. A 127.0.0.1"\n')
        for i, host in enumerate(MX_HOSTS):
            f.write(f' local-data: "mx{i}.test. 3600 A {host}"\n')
        for d in range(DOMAINS):
            f.write(f' local-data: "d{d:03d}.test. 3600 MX 10 mx{d % len(MX_HOSTS)}.test."\n')
        f.write("remote-control:\n control-enable: no\n")
    dns = spawn("load", ["unbound", "-c", RUN + "/unbound.conf"])
    wait_for("dns", lambda: dns_answers() and dns.poll() is None, 10)


def dns_answers():
    query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04d000\x04test\x00\x00\x0f\x00\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.3)
        try:
            s.sendto(query, ("127.0.0.1", 53))
            return int.from_bytes(s.recv(512)[6:8], "big") == 1
        except OSError:
            return False


def start_sinks(*options):
    # With many sites one sink listens on all addresses.
    for i, host in enumerate([""] if SITES else SINK_HOSTS):
        argv = ["smtp-sink", "-4", "-c", "-u", "nobody", "-h", f"mx{i}.test", "-m", "20000",
                *[o.replace("%SINK%", str(i)) for o in options], f"{host}:25", "1000"]
        if PYTHON_SINKS:
            argv = ["python3", BENCH + "/lib/smtp_sink.py", host, *([CERTIFICATE, KEY] if TLS else [])]
        with open(f"{RUN}/sink.{i}", "wb") as out:
            spawn("load", argv, stdout=out)
    for host in SINK_HOSTS:
        def up():
            with socket.socket() as s:
                return s.connect_ex((host, 25)) == 0
        wait_for("sink", up, 10)


def make_certificate():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "2", "-subj", "/CN=bench.test", "-addext",
                    "subjectAltName=IP:127.0.0.1,DNS:bench.test", "-keyout", KEY, "-out", CERTIFICATE],
                   stderr=subprocess.DEVNULL, check=True)


def start_watchers():
    """Each watches one of as many groups of emails as there are watchers, or all watch everything."""
    watchers = spawn("load", sys_argv("sys_watch", WATCHERS), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if not watchers.stdout.readline():
        raise SystemExit("cell: the watchers ended")
    time.sleep(2)                       # until the last of them is heard
    return watchers


def start_system(prefix=()):
    with open(RUN + "/start.log", "w") as log:
        started = spawn("sys", [*prefix, *sys_argv("sys_start")], stdout=log, stderr=log)
    wait_for(f"{SYSTEM} ready", lambda: call("sys_ready").returncode == 0, 20, 0.1)
    time.sleep(1)
    return started


def workload_throughput(messages, rcpts, prepare=lambda: None, waiting=0):
    if TLS:
        make_certificate()
    start_dns()
    start_sinks()
    start_system()
    prepare()
    watchers = start_watchers() if WATCHERS else None
    sink0 = sink_count()
    # What the sinks must see: with many recipients a message, each system makes its own number of
    # transactions, so then the end is an empty queue.
    want = sink0 + messages if rcpts == 1 else None
    peak, cpu0, load0 = Peak(), cpu("sys"), cpu("load")
    start = time.monotonic()
    inject = spawn("load", sys_argv("sys_inject", messages, rcpts), stdout=subprocess.DEVNULL)
    accepted = last = None
    seen, next_queue_look, timed_out = sink0, 0, False
    while True:
        now = time.monotonic()
        count = sink_count()
        if count != seen:
            seen, last = count, now
        if accepted is None and inject.poll() is not None:
            accepted = now
        if accepted is not None:
            if want is not None and seen >= want:
                break
            if now > next_queue_look and (want is None or now - (last or now) > 3):
                if queue_len() == waiting and sink_count() == seen:
                    break
                next_queue_look = time.monotonic() + 1
        if now - start > TIMEOUT:
            timed_out = True
            break
        time.sleep(0.02)
    left = 0
    for _ in range(1 if timed_out else 60):   # let it finish its books: that CPU counts too
        left = queue_len() - waiting
        if left == 0:
            break
        time.sleep(0.25)
    cpu1, load1 = cpu("sys"), cpu("load")
    e2e = (last or now) - start
    events = int(watchers.communicate()[0] or -1) if watchers else None
    done = seen - sink0
    handled = min(1, done / messages) * messages if rcpts == 1 else messages
    return {
        "messages": messages, "rcpts": rcpts, "inject_rc": inject.poll(), "timed_out": timed_out,
        "watched_events": events, "accept_s": round(accepted - start, 3) if accepted else None,
        "accept_per_s": round(messages / (accepted - start), 1) if accepted else None,
        "e2e_s": round(e2e, 3), "sink_transactions": done, "msgs_per_s": round(handled / e2e, 1),
        "rcpts_per_s": round(handled * rcpts / e2e, 1), "queue_left": left,
        "cpu_s": round(cpu1[0] - cpu0[0], 2), "cpu_user_s": round(cpu1[1] - cpu0[1], 2),
        "cpu_sys_s": round(cpu1[2] - cpu0[2], 2), "load_cpu_s": round(load1[0] - load0[0], 2),
        "cpu_us_per_msg": round((cpu1[0] - cpu0[0]) / max(1, handled) * 1e6), **peak.result(),
    }


arrivals, arrival = {}, threading.Condition()


def arrived(rcpts):
    now = time.monotonic()
    with arrival:
        for rcpt in rcpts:
            arrivals[rcpt] = now
        arrival.notify_all()


def append_and_sync(times):
    """Milliseconds that appending 4 KiB to a file and fdatasync take: what the disk allows."""
    values = []
    descriptor = os.open(os.path.join(os.environ["WORK"], "append"), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for _ in range(times):
        start = time.monotonic()
        os.write(descriptor, b"x" * 4096)
        os.fdatasync(descriptor)
        values.append((time.monotonic() - start) * 1000)
    os.close(descriptor)
    return values


def workload_latency(messages, quick):
    start_dns()
    for host in SINK_HOSTS:
        Sink(host, arrived, quick).start()
    start_system()
    inject = spawn("load", sys_argv("sys_inject_one"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    rows, lost, disk = [], 0, []
    began = time.monotonic()
    for n in range(-10, messages):       # 10 to warm up
        disk += append_and_sync(1)       # in turn with the messages, so that both see the same noise
        rcpt = f"lat{n + 10}@d{(n * 7) % DOMAINS:03d}.test"
        start = time.monotonic()
        inject.stdin.write(rcpt.encode() + b"\n")
        inject.stdin.flush()
        if not inject.stdout.readline():
            raise SystemExit("cell: the injector ended")
        accepted = time.monotonic()
        with arrival:
            arrival.wait_for(lambda: rcpt in arrivals, timeout=30)
        if n < 0:
            continue
        if rcpt in arrivals:
            rows.append((accepted - start, arrivals[rcpt] - accepted, arrivals[rcpt] - start))
        else:
            lost += 1
        if time.monotonic() - began > TIMEOUT:
            break
    inject.stdin.close()
    inject.wait(10)
    disk.sort()
    result = {"messages": len(rows), "lost": lost, "append_sync_p50_ms": round(disk[len(disk) // 2], 2),
              "append_sync_p99_ms": round(disk[len(disk) * 99 // 100], 2)}
    for i, name in enumerate(("accept", "accept_to_sink", "total")):
        values = sorted(r[i] * 1000 for r in rows)
        for p in (50, 99):
            result[f"{name}_p{p}_ms"] = round(values[min(len(values) - 1, len(values) * p // 100)], 2)
    return result


def sys_is_quiet(seconds):
    """Whether the system takes under 5 % of a core for as long."""
    used, since = cpu("sys")[0], time.monotonic()
    time.sleep(seconds)
    return (cpu("sys")[0] - used) / (time.monotonic() - since) < 0.05


def workload_deferral(messages, idle=20):
    start_dns()
    start_sinks("-r", "rcpt")
    start_system()
    peak, cpu0 = Peak(), cpu("sys")
    start = time.monotonic()
    inject = spawn("load", sys_argv("sys_inject", messages, 1), stdout=subprocess.DEVNULL)
    accepted, timed_out = None, False
    history = [(start, cpu0[0])]
    while True:                          # settled: accepted all, then under 5 % of a core for 3 s
        time.sleep(0.1)
        now, used = time.monotonic(), cpu("sys")[0]
        history.append((now, used))
        if accepted is None:
            accepted = now if inject.poll() is not None else None
        elif now - accepted > 3:
            then = next(h for h in history if h[0] >= now - 3)
            if (used - then[1]) / (now - then[0]) < 0.05:
                break
        if now - start > TIMEOUT:
            timed_out = True
            break
    settled, storm = now - start, cpu("sys")
    sessions, mem_rss, mem_pss = sink_count("sess"), memory(), memory(pss=True)
    queued = queue_len()
    disk = sum(int(line.split()[0]) for line in subprocess.run(
        ["du", "-sk", RUN + "/work", RUN + "/spool-smtpd"], stdout=subprocess.PIPE, text=True).stdout.splitlines()) / 1024
    idle0, t0 = cpu("sys")[0], time.monotonic()
    time.sleep(idle)
    idle1, t1 = cpu("sys")[0], time.monotonic()
    return {
        "messages": messages, "inject_rc": inject.poll(), "timed_out": timed_out,
        "accept_s": round(accepted - start, 2) if accepted else None,
        "accept_per_s": round(messages / (accepted - start), 1) if accepted else None,
        "settled_s": round(settled - (0 if timed_out else 3), 2), "storm_cpu_s": round(storm[0] - cpu0[0], 2),
        "cpu_us_per_msg": round((storm[0] - cpu0[0]) / messages * 1e6),
        "sink_sessions": sessions, "queued": queued, "queue_disk_mib": round(disk, 1),
        "idle_rss_mib": round(mem_rss[0], 1), "idle_pss_mib": round(mem_pss[0], 1), "idle_procs": mem_rss[1],
        "idle_cpu_percent": round((idle1 - idle0) / (t1 - t0) * 100, 2),
        "idle_new_sessions": sink_count("sess") - sessions, **peak.result(),
    }


def workload_syscalls(messages, rcpts):
    """A short run under strace: syncs a message, and which recipients the sinks really got."""
    start_dns()
    os.makedirs(RUN + "/dump", mode=0o777)
    os.chmod(RUN + "/dump", 0o777)
    start_sinks("-D", RUN + "/dump/%SINK%")
    trace = RUN + "/strace.txt"
    started = start_system(["strace", "-f", "-qq", "-o", trace,
                            "-e", "trace=fsync,fdatasync,sync_file_range,syncfs,sync,msync"])
    begin = os.path.getsize(trace)       # what starting and stopping cost is not the emails'
    inject = spawn("load", sys_argv("sys_inject", messages, rcpts), stdout=subprocess.DEVNULL)
    end = time.monotonic() + min(TIMEOUT, 120)
    while (inject.poll() is None or queue_len() != 0) and time.monotonic() < end:
        time.sleep(0.5)
    time.sleep(1)
    end = os.path.getsize(trace)
    call("sys_stop")
    try:
        started.wait(5)
    except subprocess.TimeoutExpired:
        started.send_signal(signal.SIGTERM)
        time.sleep(1)
    syncs = {}
    with open(trace, "rb") as f:
        f.seek(begin)
        for line in f.read(end - begin).decode(errors="replace").splitlines():
            name = re.match(r"\d+ +(\w+)\(", line)
            if name:
                syncs[name.group(1)] = syncs.get(name.group(1), 0) + 1
    got = set()
    transactions = 0
    for name in os.listdir(RUN + "/dump"):
        with open(f"{RUN}/dump/{name}", errors="replace") as f:
            for line in f:
                if line.startswith("X-Rcpt-Args:"):
                    got.add(line.split("<")[1].split(">")[0].lower())
                transactions += line.startswith("X-Mail-Args:")
    return {"messages": messages, "rcpts": rcpts, "inject_rc": inject.poll(), "syncs": syncs,
            "syncs_per_msg": round(sum(syncs.values()) / messages, 2), "rcpts_arrived": len(got),
            "rcpts_wanted": messages * rcpts, "transactions_per_msg": round(transactions / messages, 2)}


def workload_accept(messages):
    """Accepting alone: nothing is due before the run is over."""
    start_system()
    result = {"messages": messages}
    for name, args in (("1", ["--concurrency=1"]), ("20", ["--concurrency=20"]), ("100", ["--concurrency=100"]),
                       ("stream", ["--concurrency=1000", "--stream"])):
        count = messages // 10 if name == "1" else messages
        cpu0 = cpu("sys")[0]
        load = spawn("load", sys_argv("sys_load", f"--messages={count}", f"--body={os.environ['BODY']}",
                                      "--send_in=1h", f"--run={name}", *args), stdout=subprocess.PIPE)
        report = json.loads(load.communicate(timeout=TIMEOUT)[0])
        result[f"callers_{name}_per_s"] = report["per_s"]
        result[f"callers_{name}_p50_ms"] = report["p50_ms"]
        result[f"callers_{name}_p99_ms"] = report["p99_ms"]
        result[f"callers_{name}_failed"] = report["failed"]
        result[f"callers_{name}_cpu_us"] = round((cpu("sys")[0] - cpu0) / count * 1e6)
        result[f"callers_{name}_client_cpu_us"] = report["client_cpu_us_per_email"]
    return result


def workload_depth(messages):
    """A, with as many emails waiting for a later time as QUEUED says."""
    waiting = int(os.environ["QUEUED"])

    def fill():
        if waiting == 0:
            return
        load = spawn("load", sys_argv("sys_load", f"--messages={waiting}", f"--body={os.environ['BODY']}",
                                      "--send_in=24h", "--run=waiting", "--concurrency=1000", "--stream"),
                     stdout=subprocess.DEVNULL)
        if load.wait() != 0:
            raise SystemExit("cell: the queue could not be filled")
        # What filling left to be done in the background is not the cost of the emails that follow.
        wait_for("quiet", lambda: sys_is_quiet(3), TIMEOUT)

    return {"queued_before": waiting, **workload_throughput(messages, 1, fill, waiting)}


WORKLOADS = {
    "A": lambda: workload_throughput(N, 1),
    "B": lambda: workload_throughput(max(1, N // 10), 50),
    "C": lambda: workload_latency(200, quick=False),
    "E": lambda: workload_latency(200, quick=True),
    "D": lambda: workload_deferral(N),
    "F": lambda: workload_syscalls(500, 1),
    "G": lambda: workload_syscalls(40, 50),
    "P": lambda: workload_accept(N),
    "Q": lambda: workload_depth(N),
}
result = {"system": SYSTEM, "workload": WORKLOAD, "round": ROUND, "load1": os.getloadavg()[0]}
try:
    N = min(N, number("sys_max_messages"))
    result.update(WORKLOADS[WORKLOAD]())
except SystemExit as e:
    result["error"] = str(e)
if os.environ.get("KEEP"):
    keep = f"{OUT}/keep-{SYSTEM}-{WORKLOAD}-{ROUND}"
    os.makedirs(keep)
    subprocess.run(["cp", "-r", RUN + "/start.log", RUN + "/work", keep])
call("sys_stop")
with open(f"{OUT}/{os.environ['CELL']}.json", "w") as f:
    json.dump(result, f)
print(json.dumps(result))
