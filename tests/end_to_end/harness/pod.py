"""A pod of one container as a node runs it: its own address, its mounts on a read-only root, no rights, its probes.

Everything comes from the manifests; what the image holds is taken from this machine, for it has the same packages.
"""

import os
import shlex
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

import grpc

from harness import processes

GATEWAY = "10.64.0.1"
_BRIDGE = "pods"
_SERVING = b"\x08\x01"


def make_network():
    """What the pods' addresses, 10.64.0.0/24, are on; the test itself is at GATEWAY."""
    for command in (f"add {_BRIDGE} type bridge", f"set {_BRIDGE} up"):
        processes.run(["ip", "link", *command.split()])
    processes.run(["ip", "address", "add", f"{GATEWAY}/24", "dev", _BRIDGE])


class Pod:
    """One pod from its creation to its end.

    `objects` are what the manifests make; `files` lays files of this machine into the container by their paths there;
    `volume` is the folder that its claim is bound to. `on_ready` is called with its address when it becomes ready, and
    with None when it no longer is.
    """

    def __init__(self, objects, files, volume, address, on_ready):
        (stateful_set,) = [thing for thing in objects if thing["kind"] == "StatefulSet"]
        self._config_maps = {
            thing["metadata"]["name"]: thing["data"] for thing in objects if thing["kind"] == "ConfigMap"
        }
        self._spec = stateful_set["spec"]["template"]["spec"]
        (self._container,) = self._spec["containers"]
        self._claims = [claim["metadata"]["name"] for claim in stateful_set["spec"]["volumeClaimTemplates"]]
        self.address = address
        self._files = files
        self._volume = volume
        self._on_ready = on_ready
        self._directory = os.path.join(os.environ["TEST_SCRATCH"], f"pod-{address}")
        self.log_path = os.path.join(os.environ["TEST_TMPDIR"], f"pod-{address}.log")
        self._root = os.path.join(self._directory, "root")
        self._sandbox = None
        self._process = None
        self._prober = None
        self._ended = threading.Event()
        # What went wrong with the probes, for the test to look at.
        self.complaints = []

    def start(self):
        os.makedirs(self._root)
        self._join_network()
        self._mount()
        self._run()

    def _join_network(self):
        self._sandbox = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        host_side = "veth" + self.address.rpartition(".")[2]
        inside = f"/proc/{self._sandbox.pid}/ns/net"
        own = os.stat("/proc/self/ns/net").st_ino
        processes.wait_until(lambda: os.stat(inside).st_ino != own, what="the pod's network namespace")
        for command in (
            f"ip link add {host_side} type veth peer name eth0 netns {self._sandbox.pid}",
            f"ip link set {host_side} master {_BRIDGE} up",
            f"nsenter --net={inside} ip link set lo up",
            f"nsenter --net={inside} ip address add {self.address}/24 dev eth0",
            f"nsenter --net={inside} ip link set eth0 up",
        ):
            processes.run(command.split())

    def _mount(self):
        image = os.path.join(self._directory, "image")
        for path, source in self._files.items():
            os.makedirs(image + os.path.dirname(path), exist_ok=True)
            # Not copied: it may be large. Bound, since it may be on another file system.
            open(image + path, "wb").close()
        mounts = self._container["volumeMounts"]
        for mount in mounts:
            os.makedirs(image + mount["mountPath"])
        # Two lower layers and none to write to.
        if not self._container["securityContext"]["readOnlyRootFilesystem"]:
            raise RuntimeError("this node runs only containers whose root is read-only")
        processes.run(["mount", "-t", "overlay", "-o", f"ro,lowerdir={image}:/", "overlay", self._root])
        for path, source in self._files.items():
            processes.run(["mount", "--bind", source, self._root + path])
        for path in ("/proc", "/dev"):
            processes.run(["mount", "--rbind", path, self._root + path])
        for mount in mounts:
            path = self._root + mount["mountPath"]
            processes.run(["mount", "--bind", self._source(mount["name"]), path])
            if mount.get("readOnly"):
                processes.run(["mount", "-o", "remount,bind,ro", path])

    def _source(self, name):
        """The folder behind a volume."""
        group = self._spec["securityContext"]["fsGroup"]
        if name in self._claims:
            processes.run(["chown", "-R", f":{group}", self._volume])
            processes.run(["chmod", "-R", "g+rwX", self._volume])
            return self._volume
        folder = os.path.join(self._directory, "volume-" + name)
        os.mkdir(folder)
        (volume,) = [volume for volume in self._spec["volumes"] if volume["name"] == name]
        if "configMap" in volume:
            for file_name, text in self._config_maps[volume["configMap"]["name"]].items():
                with open(os.path.join(folder, file_name), "w", encoding="utf-8") as file:
                    file.write(text)
        elif not volume["secret"]["optional"]:
            raise RuntimeError(f"there is no secret for {name}")
        return folder

    def _run(self):
        user = self._spec["securityContext"]
        command = [
            *shlex.split(f"nsenter --net=/proc/{self._sandbox.pid}/ns/net chroot {self._root}"),
            *shlex.split(f"setpriv --reuid {user['runAsUser']} --regid {user['runAsGroup']}"),
            *shlex.split(f"--groups {user['fsGroup']} --no-new-privs --inh-caps=-all --bounding-set=-all"),
            # The image's entry point.
            "/usr/bin/mailstromd",
            *self._container["args"],
        ]
        self._process = processes.spawn(command, self.log_path)
        self._ended = threading.Event()
        self._prober = threading.Thread(target=self._probe, args=(self._process, self._ended), daemon=True)
        self._prober.start()

    def _probe(self, process, ended):
        """What the kubelet does as long as the container runs."""
        container = self._container
        if not self._await_start(container["startupProbe"], ended):
            return
        checks = [
            _Check(container["readinessProbe"], lambda: self._on_ready(self.address), lambda: self._on_ready(None)),
            _Check(container["livenessProbe"], None, lambda: self._not_alive(process)),
        ]
        while not ended.is_set():
            now = time.monotonic()
            for check in checks:
                if check.due <= now:
                    check.take(self._ask(check.probe), now)
            ended.wait(max(min(check.due for check in checks) - time.monotonic(), 0.01))

    def _await_start(self, probe, ended):
        for _ in range(probe["failureThreshold"]):
            if self._ask(probe):
                return True
            if ended.wait(probe.get("periodSeconds", 10)):
                return False
        self.complaints.append("the startup probe failed")
        return False

    def _not_alive(self, process):
        self.complaints.append("the liveness probe failed")
        process.kill()

    def _ask(self, probe):
        """Whether the pod answers as it should."""
        timeout = probe.get("timeoutSeconds", 1)
        if "grpc" in probe:
            service = probe["grpc"].get("service", "").encode()
            # HealthCheckRequest, which has but this field.
            request = b"\x0a" + bytes([len(service)]) + service if service else b""
            with grpc.insecure_channel(
                f"{self.address}:{probe['grpc']['port']}", [("grpc.use_local_subchannel_pool", 1)]
            ) as channel:
                try:
                    return channel.unary_unary("/grpc.health.v1.Health/Check")(request, timeout=timeout) == _SERVING
                except grpc.RpcError:
                    return False
        page = probe["httpGet"]
        ports = {port["name"]: port["containerPort"] for port in self._container["ports"]}
        try:
            with urllib.request.urlopen(
                f"http://{self.address}:{ports.get(page['port'], page['port'])}{page['path']}", timeout=timeout
            ) as response:
                return response.status < 400
        except (urllib.error.URLError, OSError):
            return False

    def crash(self):
        """kill -9, upon which the kubelet starts the container anew in the same pod."""
        self._process.kill()
        self._process.wait()
        self._stop_probing()
        self._on_ready(None)
        self._run()

    def delete(self):
        """As when a node is drained or the image changes. Returns the exit code and the seconds that it took."""
        begin = time.monotonic()
        # The Service forgets it at once, whatever its probes say.
        self._stop_probing()
        self._on_ready(None)
        hook = self._container.get("lifecycle", {}).get("preStop", {})
        if hook:
            time.sleep(hook["sleep"]["seconds"])
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(self._spec["terminationGracePeriodSeconds"] - (time.monotonic() - begin))
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._sandbox.kill()
        self._sandbox.wait()
        return code, time.monotonic() - begin

    def _stop_probing(self):
        self._ended.set()
        if self._prober is not None:
            self._prober.join()

    def stop(self):
        """Ends it without ado, as the loss of its node does, if it still runs."""
        for process in (self._process, self._sandbox):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        self._stop_probing()
        self._on_ready(None)


class _Check:
    """When a probe is due, and what its answers amount to."""

    def __init__(self, probe, on_success, on_failure):
        self.probe = probe
        self.due = 0
        self._on_success = on_success
        self._on_failure = on_failure
        self._failures = 0
        self._is_good = None

    def take(self, success, now):
        self.due = now + self.probe.get("periodSeconds", 10)
        self._failures = 0 if success else self._failures + 1
        if success and self._is_good is not True:
            self._is_good = True
            if self._on_success:
                self._on_success()
        elif self._failures >= self.probe.get("failureThreshold", 3) and self._is_good is not False:
            self._is_good = False
            self._on_failure()
