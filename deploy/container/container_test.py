"""The image, built and run: without rights, its root read-only, it takes an email and delivers it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import unittest

from harness import processes, smtp_receiver

_PROGRAMS = sys.argv[1:]
_HERE = os.path.dirname(os.path.realpath(__file__))
_USER = 10001
# In memory, and of this test only.
_SCRATCH = os.environ["TEST_SCRATCH"]
_RELAY = "127.0.0.25"
_CONFIGURATION = {
    "host_name": "mail.sender.test",
    "store": {"rocksdb": {"path": "/var/lib/mailstrom/db"}},
    "dns": {"servers": ["127.0.0.1@9"], "trust_anchor_file": "/usr/share/dns/root.key"},
    "delivery": {
        "relay": f"{_RELAY}:25",
        "allow_private_destinations": True,
        "allowed_destinations": ["127.0.0.0/8"],
    },
}


def _base():
    done = subprocess.run(
        ["bash", "-c", '. "$1/deps.sh" && container_base', "bash", _HERE], check=True, capture_output=True, text=True
    )
    path = done.stdout.strip()
    if not os.path.isfile(path):
        raise RuntimeError("The base of the image is missing; deploy/container/fetch makes it.")
    return path


class Image:
    """The image in a folder of its own, and its file system unpacked."""

    def __init__(self, directory):
        programs = os.path.join(directory, "programs")
        os.mkdir(programs)
        for program in _PROGRAMS:
            shutil.copy(program, programs)
        self._layout = os.path.join(directory, "image")
        processes.run(
            [os.path.join(_HERE, "build.sh"), "--base", _base(), "--programs", programs, self._layout],
            env={**os.environ, "TMPDIR": directory},
        )
        (entry,) = self._read("index.json")["manifests"]
        manifest = self._blob(entry["digest"])
        self.settings = self._blob(manifest["config"]["digest"])
        self.root = os.path.join(directory, "root")
        os.mkdir(self.root)
        self.compressed_bytes = 0
        for layer in manifest["layers"]:
            path = self._blob_path(layer["digest"])
            self.compressed_bytes += os.path.getsize(path)
            with tarfile.open(path) as tar:
                tar.extractall(self.root)

    def _read(self, name):
        with open(os.path.join(self._layout, name), encoding="utf-8") as file:
            return json.load(file)

    def _blob_path(self, digest):
        return os.path.join(self._layout, "blobs", *digest.split(":"))

    def _blob(self, digest):
        return self._read(os.path.relpath(self._blob_path(digest), self._layout))


def _mount(source, target, *options):
    return {"source": source, "destination": target, "type": "bind", "options": ["bind", "nosuid", "nodev", *options]}


class Container:
    """The image's server as the pod of deploy/kubernetes has it, in the test's own network."""

    def __init__(self, image, directory):
        self._bundle = directory
        self.volume = os.path.join(directory, "volume")
        os.mkdir(self.volume)
        os.chown(self.volume, _USER, _USER)
        os.mkdir(os.path.join(directory, "config"))
        with open(os.path.join(directory, "config/mailstromd.yaml"), "w", encoding="utf-8") as file:
            json.dump(_CONFIGURATION, file)
        config = image.settings["config"]
        user, group = (int(number) for number in config["User"].split(":"))
        self.command = config["Entrypoint"] + config["Cmd"]
        specification = {
            "ociVersion": "1.0.0",
            "process": {
                "user": {"uid": user, "gid": group},
                "args": self.command,
                "env": config["Env"],
                "cwd": "/",
                "noNewPrivileges": True,
                "capabilities": {},
            },
            "root": {"path": image.root, "readonly": True},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
                _mount(self.volume, "/var/lib/mailstrom"),
                _mount(os.path.join(directory, "config"), "/etc/mailstrom", "ro"),
            ],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
        }
        with open(os.path.join(directory, "config.json"), "w", encoding="utf-8") as file:
            json.dump(specification, file)
        self._log = os.path.join(directory, "log")
        self._process = None

    def _runc(self, *arguments):
        return ["runc", "--root", os.path.join(self._bundle, "state"), *arguments]

    def start(self):
        seen = len(self.log())
        self._process = processes.spawn(self._runc("run", "--bundle", self._bundle, "mailstrom"), self._log)

        def is_serving():
            if self._process.poll() is not None:
                raise RuntimeError(f"the container ended with {self._process.returncode}: {self.log()}")
            return '"serving"' in self.log()[seen:]

        processes.wait_until(is_serving, 60, "mailstromd serving")

    def execute(self, *command):
        """Runs a program of the image beside the server; returns what it prints."""
        return processes.run(self._runc("exec", "mailstrom", *command), timeout=60)

    def stop(self):
        """As a kubelet does; returns the exit code."""
        processes.run(self._runc("kill", "mailstrom", "TERM"))
        return self._process.wait(60)

    def log(self):
        try:
            with open(self._log, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""


class ContainerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.image = Image(_SCRATCH)

    def test_email_is_delivered_from_a_read_only_container_without_rights(self):
        bundle = os.path.join(_SCRATCH, "bundle")
        os.mkdir(bundle)
        receiver = smtp_receiver.SmtpReceiver(_RELAY)
        container = Container(self.image, bundle)
        container.start()
        self.addCleanup(lambda: container._process.poll() is None and container.stop())
        send = ["/usr/bin/mailstrom", "send", "--from", "ann@sender.test", "--subject", "Hello", "--text", "It works."]
        container.execute(*send, "--to", "bob@receiver.test", "--wait")
        (message,) = receiver.messages("bob@receiver.test")
        self.assertIn(b"\r\nSubject: Hello\r\n", message)

        # Whatever was written is on the volume, and its owner is the pod's user.
        written = [os.path.join(folder, name) for folder, _, names in os.walk(container.volume) for name in names]
        self.assertTrue(written)
        self.assertEqual({os.stat(path).st_uid for path in written}, {_USER})

        self.assertEqual(container.stop(), 0)
        self.assertIn('"stopped"', container.log())
        # The next container takes the volume over.
        container.start()
        container.execute(*send, "--to", "eve@receiver.test", "--wait")
        self.assertEqual(container.execute("/usr/bin/mailstrom", "list").count(" DELIVERED\n"), 2)
        self.assertEqual(container.stop(), 0)

    def test_settings(self):
        config = self.image.settings["config"]
        self.assertEqual(config["User"], f"{_USER}:{_USER}")
        self.assertEqual(config["Entrypoint"], ["/usr/bin/mailstromd"])
        self.assertEqual(config["Cmd"], ["--config", "/etc/mailstrom/mailstromd.yaml"])
        self.assertEqual(list(config["Volumes"]), ["/var/lib/mailstrom"])

    def test_nothing_else_can_be_run(self):
        programs = {
            os.path.relpath(os.path.join(folder, name), self.image.root)
            for folder, _, names in os.walk(self.image.root)
            for name in names
            if os.path.basename(folder) in ("bin", "sbin")
        }
        self.assertEqual(programs, {"usr/bin/mailstromd", "usr/bin/mailstrom", "usr/bin/mailstrom-store"})

    def test_no_file_gives_rights(self):
        for folder, _, names in os.walk(self.image.root):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    self.assertFalse(os.stat(path).st_mode & 0o6002, path)

    def test_is_small(self):
        self.assertLess(self.image.compressed_bytes, 60 << 20)

    def test_scanners_find_out_the_distribution(self):
        with open(os.path.join(self.image.root, "usr/lib/os-release"), encoding="utf-8") as file:
            self.assertIn('VERSION_ID="12"', file.read())

    def test_every_library_is_there(self):
        for name in ("mailstromd", "mailstrom", "mailstrom-store"):
            done = subprocess.run(
                ["chroot", self.image.root, "/usr/bin/" + name, "--help"], capture_output=True, text=True, timeout=60
            )
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_bill_of_materials(self):
        with open(os.path.join(self.image.root, "usr/share/mailstrom/sbom.spdx.json"), encoding="utf-8") as file:
            sbom = json.load(file)
        self.assertEqual(sbom["spdxVersion"], "SPDX-2.3")
        packages = {package["name"]: package for package in sbom["packages"]}
        linked = {"android-platform-external-boringssl", "libasio-dev"}
        for name in ("mailstrom", "libc6", "libssl3", "libgrpc29", "librocksdb7.8", "libunbound8", *linked):
            self.assertIn(name, packages)
            self.assertTrue(packages[name]["versionInfo"])
        identifiers = [thing["SPDXID"] for thing in sbom["packages"] + sbom["files"]]
        self.assertEqual(len(identifiers), len(set(identifiers)))
        related = {relation["relatedSpdxElement"] for relation in sbom["relationships"]}
        self.assertEqual(set(identifiers), related)
        for entry in sbom["files"]:
            with open(os.path.join(self.image.root, entry["fileName"]), "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            self.assertIn({"algorithm": "SHA256", "checksumValue": digest}, entry["checksums"])
        inside = {packages[name]["SPDXID"] for name in linked}
        self.assertEqual(
            {
                relation["relatedSpdxElement"]
                for relation in sbom["relationships"]
                if relation["relationshipType"] == "STATIC_LINK"
            },
            inside,
        )
        # No other library came from anywhere else: each of Debian's has its terms in the image.
        for name in packages.keys() - {"mailstrom"} - linked:
            self.assertTrue(os.path.exists(os.path.join(self.image.root, "usr/share/doc", name)), name)


if __name__ == "__main__":
    unittest.main()
