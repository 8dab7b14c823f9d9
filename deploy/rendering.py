"""The manifests as their tools render them, and what the checks need to know about them."""

import os
import re
import subprocess
import sys
import tempfile

_HERE = os.path.dirname(os.path.realpath(__file__))
CHART = os.path.join(_HERE, "helm/mailstrom")
KUSTOMIZATION = os.path.join(_HERE, "kubernetes/base")
_COMPONENTS = os.path.join(_HERE, "kubernetes/components")


def _deps():
    done = subprocess.run(
        ["bash", "-c", '. "$1/tools/deps.sh" && deploy_deps', "bash", _HERE],
        check=True,
        capture_output=True,
        text=True,
    )
    folder = done.stdout.strip()
    if not os.path.isdir(folder):
        raise RuntimeError("The tools are missing; deploy/tools/fetch downloads them.")
    return folder


DEPS = _deps()
sys.path.insert(0, os.path.join(DEPS, "packages"))

# What fetch downloaded.
import helm_python.chart as helm  # noqa: E402
import kubernetes_validate  # noqa: E402
import yaml  # noqa: E402

# From the oldest that the chart allows on.
KUBERNETES_VERSIONS = ("1.30.0", "1.31.0", "1.33.0", "1.35.0", "1.37.0")


def kustomize(folder=KUSTOMIZATION):
    """The objects of a kustomization."""
    done = subprocess.run(
        [os.path.join(DEPS, "bin/kustomize"), "build", folder], capture_output=True, text=True, timeout=60
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return _objects([done.stdout])


def kustomize_with(*components):
    """As kustomize(), with some of the components."""
    with tempfile.TemporaryDirectory() as folder:
        # Resources of an overlay have relative paths.
        overlay = {
            "resources": [os.path.relpath(KUSTOMIZATION, folder)],
            "components": [os.path.relpath(os.path.join(_COMPONENTS, name), folder) for name in components],
        }
        with open(os.path.join(folder, "kustomization.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump(overlay, file)
        return kustomize(folder)


def chart(values=None, name="mailstrom"):
    """The objects of the chart."""
    with helm.Chart.load(CHART) as loaded:
        rendered = loaded.render({"hostName": "mail.example.com", **(values or {})}, name=name, namespace="mail")
    return _objects(text for path, text in rendered.items() if not path.endswith(".txt"))


def lint(values):
    """What helm lint has to say, severities and texts."""
    report = helm.lint(CHART, values, strict=True)
    return [(message["severity"], message["error"]) for message in report["messages"]]


def _objects(texts):
    return [thing for text in texts for thing in yaml.safe_load_all(text) if thing is not None]


def the(objects, kind, name=None):
    """The only object of a kind (and a name)."""
    (found,) = [
        thing for thing in objects if thing["kind"] == kind and name in (None, thing["metadata"]["name"])
    ]
    return found


def pod(objects):
    (workload,) = [thing for thing in objects if thing["kind"] in ("StatefulSet", "Deployment")]
    return workload["spec"]["template"]["spec"]


def container(objects):
    (only,) = pod(objects)["containers"]
    return only


def check_schema(thing, version):
    """Raises what is wrong with an object for a version of Kubernetes."""
    kubernetes_validate.validate(thing, version, strict=True)


def seconds(text):
    """Of a duration such as 1m30s, as the configuration has it."""
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)(ms|[smhd])", text))
