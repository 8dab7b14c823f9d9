"""Whether the manifests are what Kubernetes takes, and fit the server that they start."""

import copy
import os
import subprocess
import sys
import unittest

import rendering
from rendering import chart, container, kustomize, pod, the, yaml

_MAILSTROMD = sys.argv[1]
_TLS = {
    "certificate_file": "/run/secrets/mailstrom/tls.crt",
    "private_key_file": "/run/secrets/mailstrom/tls.key",
    "client_ca_file": "/run/secrets/mailstrom/ca.crt",
    "require_client_certificate": True,
}
# Of the server after the drain, for calls that are under way; and time to close the store.
_AFTER_DRAIN_SECONDS = 2 + 5


def _check_config(text):
    path = os.path.join(os.environ["TEST_TMPDIR"], "mailstromd.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = subprocess.run(
        [_MAILSTROMD, "--config", path, "--check-config"], capture_output=True, text=True, timeout=60
    )
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return yaml.safe_load(done.stdout)


class ManifestCase(unittest.TestCase):
    def check(self, objects):
        self.assertTrue(objects)
        # Of the Prometheus operator, whose schemas are not Kubernetes' own.
        own = [thing for thing in objects if thing["kind"] != "ServiceMonitor"]
        for version in rendering.KUBERNETES_VERSIONS:
            for thing in own:
                with self.subTest(version=version, kind=thing["kind"], name=thing["metadata"]["name"]):
                    rendering.check_schema(thing, version)


class SchemaTest(ManifestCase):
    def test_kustomization(self):
        self.check(kustomize())

    def test_kustomization_with_components(self):
        self.check(rendering.kustomize_with("service_monitor", "http_probes"))

    def test_chart(self):
        self.check(chart())

    def test_chart_with_everything_set(self):
        rule = {"to": [{"ipBlock": {"cidr": "10.0.0.25/32"}}], "ports": [{"protocol": "TCP", "port": 587}]}
        objects = chart(
            {
                "image": {"repository": "registry.example/mailstrom", "digest": "sha256:" + "0" * 64},
                "imagePullSecrets": [{"name": "registry"}],
                "store": {"volume": {"size": "1Ti", "storageClassName": "fast", "accessMode": "ReadWriteOnce"}},
                "existingSecret": "mail-keys",
                "networkPolicy": {"extraEgress": [rule]},
                "podAnnotations": {"example.com/a": "b"},
                "podLabels": {"team": "mail"},
                "nodeSelector": {"mail": "yes"},
                "tolerations": [{"key": "mail", "operator": "Exists"}],
                "affinity": {"nodeAffinity": {}},
                "priorityClassName": "high",
                "metrics": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}},
                "config": {"tls": _TLS},
            },
            name="other",
        )
        self.check(objects)
        self.assertEqual(the(objects, "StatefulSet")["metadata"]["name"], "other-mailstrom")
        self.assertEqual(
            container(objects)["image"], "registry.example/mailstrom@sha256:" + "0" * 64
        )
        self.assertIn(rule, the(objects, "NetworkPolicy")["spec"]["egress"])
        secret = [volume["secret"] for volume in pod(objects)["volumes"] if "secret" in volume]
        self.assertEqual([(each["secretName"], each["optional"]) for each in secret], [("mail-keys", False)])
        (claim,) = the(objects, "StatefulSet")["spec"]["volumeClaimTemplates"]
        self.assertEqual(claim["spec"]["storageClassName"], "fast")

    def test_schemas_see_what_is_wrong(self):
        wrong = copy.deepcopy(the(kustomize(), "StatefulSet"))
        wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
        with self.assertRaises(rendering.kubernetes_validate.ValidationError):
            rendering.check_schema(wrong, rendering.KUBERNETES_VERSIONS[-1])


class SharedStoreTest(ManifestCase):
    """The chart's other shape: many pods, and their queue somewhere else."""

    def setUp(self):
        self.objects = chart(
            {
                "store": {
                    "kind": "shared",
                    "shared": {"urlSecret": {"name": "queue"}, "autoscaling": {"minReplicas": 3, "maxReplicas": 7}},
                }
            }
        )

    def test_schemas(self):
        self.check(self.objects)

    def test_pods_come_and_go_with_the_work(self):
        deployment = the(self.objects, "Deployment")
        self.assertNotIn("replicas", deployment["spec"])
        self.assertEqual(deployment["spec"]["strategy"]["rollingUpdate"], {"maxUnavailable": 0, "maxSurge": 1})
        scaler = the(self.objects, "HorizontalPodAutoscaler")["spec"]
        self.assertEqual(scaler["scaleTargetRef"]["kind"], "Deployment")
        self.assertEqual(scaler["scaleTargetRef"]["name"], deployment["metadata"]["name"])
        self.assertEqual((scaler["minReplicas"], scaler["maxReplicas"]), (3, 7))
        # It is a share of what is requested.
        self.assertIn("cpu", container(self.objects)["resources"]["requests"])

    def test_the_url_comes_from_the_secret_and_nothing_else_is_a_store(self):
        config = rendering.yaml.safe_load(the(self.objects, "ConfigMap")["data"]["mailstromd.yaml"])
        mounts = {mount["name"]: mount["mountPath"] for mount in container(self.objects)["volumeMounts"]}
        self.assertEqual(config["store"], {"shared": {"url_file": mounts["store"] + "/url"}})
        secrets = {volume["name"]: volume.get("secret") for volume in pod(self.objects)["volumes"]}
        self.assertEqual(secrets["store"]["secretName"], "queue")
        self.assertEqual(secrets["store"]["items"], [{"key": "url", "path": "url"}])
        self.assertNotIn("StatefulSet", [thing["kind"] for thing in self.objects])
        self.assertNotIn("data", mounts)

    def test_the_pod_is_otherwise_that_of_the_other_shape(self):
        ours, other = container(self.objects), container(chart())
        for shape in (ours, other):
            shape.pop("volumeMounts")
        self.assertEqual(ours, other)


class ChartTest(unittest.TestCase):
    def test_lint_finds_nothing(self):
        # 2 is a warning, 3 an error.
        found = [message for message in rendering.lint({"hostName": "mail.example.com"}) if message[0] >= 2]
        self.assertEqual(found, [])

    def test_what_cannot_work_is_refused(self):
        for values, word in (
            ({"hostName": ""}, "hostName is required"),
            ({"store": {"kind": "network"}}, "store/kind"),
            ({"store": {"kind": "shared"}}, "store.shared.urlSecret.name is required"),
            ({"hostname": "mail.example.com"}, "hostname"),
            ({"podDisruptionBudget": {"maxUnavailable": 2}}, "maxUnavailable"),
            ({"store": {"volume": {"accessMode": "ReadWriteMany"}}}, "accessMode"),
            ({"metrics": {"enabled": False}, "config": {"tls": _TLS}}, "probes could not ask anything"),
            ({"metrics": {"enabled": False, "serviceMonitor": {"enabled": True}}}, "nothing to read"),
        ):
            with self.subTest(values=values):
                with self.assertRaises(Exception) as refusal:
                    chart(values)
                self.assertIn(word, str(refusal.exception))

    def test_is_the_kustomization(self):
        """Two ways to the same objects: what one of them has, the other has."""

        def essence(objects):
            result = {}
            for thing in copy.deepcopy(objects):
                name = thing["metadata"]["name"]
                if thing["kind"] == "ConfigMap":
                    result[thing["kind"]] = _check_config(thing["data"]["mailstromd.yaml"])
                    continue
                spec = thing.get("spec", {})
                for labels in (spec.get("selector"), spec.get("podSelector")):
                    # The kustomization knows no releases.
                    (labels or {}).pop("app.kubernetes.io/instance", None)
                    (labels or {}).get("matchLabels", {}).pop("app.kubernetes.io/instance", None)
                if thing["kind"] == "StatefulSet":
                    spec["template"].pop("metadata")
                    # The default of its own accord.
                    spec["template"]["spec"]["containers"][0].pop("imagePullPolicy", None)
                    for volume in spec["template"]["spec"]["volumes"]:
                        # Behind it a hash of the content.
                        volume.get("configMap", {}).pop("name", None)
                    for claim in spec["volumeClaimTemplates"]:
                        claim["metadata"].pop("labels", None)
                result[thing["kind"], name] = spec
            return result

        self.maxDiff = None
        self.assertEqual(essence(chart()), essence(kustomize()))

    def test_another_configuration_is_rolled_out(self):
        def annotations(**config):
            return the(chart({"config": config}), "StatefulSet")["spec"]["template"]["metadata"]["annotations"]

        self.assertEqual(annotations(log={"level": "info"}), annotations(log={"level": "info"}))
        self.assertNotEqual(annotations(log={"level": "info"}), annotations(log={"level": "debug"}))

    def test_the_access_file_is_one_of_the_secret(self):
        objects = chart({"accessFile": "access.yaml"})
        (mount,) = [each for each in container(objects)["volumeMounts"] if each["name"] == "secrets"]
        in_force = _check_config(the(objects, "ConfigMap")["data"]["mailstromd.yaml"])
        self.assertEqual(in_force["access"], {"file": mount["mountPath"] + "/access.yaml"})
        # A part of the Secret would be mounted once, and never follow it.
        self.assertNotIn("subPath", mount)
        (secret,) = [volume["secret"] for volume in pod(objects)["volumes"] if "secret" in volume]
        self.assertIs(secret["optional"], False, "without it nobody could call")
        with self.assertRaises(Exception) as refusal:
            chart({"accessFile": "../access.yaml"})
        self.assertIn("accessFile", str(refusal.exception))

    def test_configuration_of_the_values_arrives(self):
        objects = chart({"config": {"delivery": {"relay": "smtp.example.com:587"}}})
        in_force = _check_config(the(objects, "ConfigMap")["data"]["mailstromd.yaml"])
        self.assertEqual(in_force["delivery"]["relay"], "smtp.example.com:587")
        self.assertEqual(in_force["dns"]["trust_anchor_file"], "/usr/share/dns/root.key")


class FitTest(unittest.TestCase):
    """The manifests and the configuration that they bring say the same."""

    def setUp(self):
        self.objects = kustomize()
        self.pod = pod(self.objects)
        self.container = container(self.objects)
        self.config_map = the(self.objects, "ConfigMap")
        self.config = _check_config(self.config_map["data"]["mailstromd.yaml"])
        self.mounts = {mount["name"]: mount["mountPath"] for mount in self.container["volumeMounts"]}
        self.ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}

    def test_arguments_name_the_file_that_is_mounted(self):
        self.assertEqual(self.container["args"], ["--config", self.mounts["config"] + "/mailstromd.yaml"])
        (source,) = [volume["configMap"] for volume in self.pod["volumes"] if volume["name"] == "config"]
        self.assertEqual(source["name"], self.config_map["metadata"]["name"])
        self.assertNotIn("command", self.container, "the image's own entry point")

    def test_ports(self):
        self.assertEqual(
            self.ports,
            {
                "grpc": int(self.config["listen_address"].removeprefix("[::]:")),
                "metrics": int(self.config["metrics"]["listen_address"].removeprefix("0.0.0.0:")),
            },
        )
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.assertEqual(self.container[kind]["grpc"]["port"], self.ports["grpc"], kind)
        for thing in self.objects:
            if thing["kind"] == "Service":
                self.assertLessEqual({port["targetPort"] for port in thing["spec"]["ports"]}, set(self.ports))
        rules = the(self.objects, "NetworkPolicy")["spec"]["ingress"]
        self.assertEqual([port["port"] for rule in rules for port in rule["ports"]], ["grpc", "metrics"])

    def test_namespaces_that_are_named_are_the_only_ones(self):
        shop, watchers = {"kubernetes.io/metadata.name": "shop"}, {"team": "watch"}
        values = {"networkPolicy": {"clientNamespaceLabels": shop}, "metrics": {"namespaceLabels": watchers}}
        rules = the(chart(values), "NetworkPolicy")["spec"]["ingress"]
        labels = [source["namespaceSelector"]["matchLabels"] for rule in rules for source in rule["from"]]
        self.assertEqual(labels, [shop, watchers])

    def test_without_metrics_nothing_of_them_is_left(self):
        objects = chart({"metrics": {"enabled": False}})
        self.assertNotIn("metrics", rendering.yaml.safe_dump_all(objects))

    def test_probes_of_an_encrypted_server(self):
        """The kubelet's gRPC probe speaks no TLS."""
        for objects in (chart({"config": {"tls": _TLS}}), rendering.kustomize_with("http_probes")):
            probed = container(objects)
            for kind, path in (
                ("startupProbe", "/healthz"),
                ("livenessProbe", "/healthz"),
                ("readinessProbe", "/readyz"),
            ):
                self.assertEqual(probed[kind].pop("httpGet"), {"port": "metrics", "path": path})
                self.assertNotIn("grpc", probed[kind])
                plain = dict(self.container[kind])
                plain.pop("grpc")
                self.assertEqual(probed[kind], plain)
            for thing in objects:
                if thing["kind"] == "Service":
                    self.assertEqual(thing["spec"]["ports"][0]["appProtocol"], "https")
        in_force = the(chart({"config": {"tls": _TLS}}), "ConfigMap")["data"]["mailstromd.yaml"]
        self.assertNotIn("allow_insecure_listen", rendering.yaml.safe_load(in_force))
        self.assertEqual(_check_config(in_force)["tls"]["certificate_file"], _TLS["certificate_file"])

    def test_the_service_monitor_finds_one_port(self):
        for objects in (
            chart({"metrics": {"serviceMonitor": {"enabled": True}}}),
            rendering.kustomize_with("service_monitor"),
        ):
            monitor = the(objects, "ServiceMonitor")["spec"]
            (endpoint,) = monitor["endpoints"]
            found = [
                (thing, port)
                for thing in objects
                if thing["kind"] == "Service"
                and monitor["selector"]["matchLabels"].items() <= thing["metadata"]["labels"].items()
                for port in thing["spec"]["ports"]
                if port["name"] == endpoint["port"]
            ]
            ((service, port),) = found
            self.assertEqual(self.ports[port["targetPort"]], port["port"])
            # What the rules of the alerts go by.
            self.assertEqual(service["metadata"]["labels"][monitor["jobLabel"]], "mailstrom")

    def test_only_readiness_follows_the_drain(self):
        self.assertEqual(self.container["startupProbe"]["grpc"]["service"], "liveness")
        self.assertEqual(self.container["livenessProbe"]["grpc"]["service"], "liveness")
        self.assertNotIn("service", self.container["readinessProbe"]["grpc"])

    def test_all_that_is_written_goes_to_the_volume(self):
        self.assertTrue(self.config["store"]["rocksdb"]["path"].startswith(self.mounts["data"] + "/"))
        (claim,) = the(self.objects, "StatefulSet")["spec"]["volumeClaimTemplates"]
        self.assertEqual(claim["metadata"]["name"], "data")
        self.assertTrue(self.container["securityContext"]["readOnlyRootFilesystem"])

    def test_the_queue_is_full_before_the_volume(self):
        (claim,) = the(self.objects, "StatefulSet")["spec"]["volumeClaimTemplates"]
        size = claim["spec"]["resources"]["requests"]["storage"]
        self.assertTrue(size.endswith("Gi"))
        self.assertLessEqual(self.config["limits"]["max_queued_bytes"], int(size[:-2]) << 30 >> 1)
        self.assertTrue(self.config["store"]["rocksdb"]["backup_directory"].startswith(self.mounts["data"] + "/"))

    def test_the_drain_fits_into_the_grace_period(self):
        drain = rendering.seconds(self.config["shutdown"]["drain_deadline"])
        self.assertGreater(drain, 0)
        hook = self.container["lifecycle"]["preStop"]["sleep"]["seconds"]
        self.assertGreaterEqual(self.pod["terminationGracePeriodSeconds"], hook + drain + _AFTER_DRAIN_SECONDS)

    def test_selectors_find_the_pod(self):
        stateful_set = the(self.objects, "StatefulSet")["spec"]
        labels = stateful_set["template"]["metadata"]["labels"].items()
        selectors = [stateful_set["selector"]["matchLabels"]]
        for thing in self.objects:
            if thing["kind"] == "Service":
                selectors.append(thing["spec"]["selector"])
            elif thing["kind"] == "PodDisruptionBudget":
                selectors.append(thing["spec"]["selector"]["matchLabels"])
            elif thing["kind"] == "NetworkPolicy":
                selectors.append(thing["spec"]["podSelector"]["matchLabels"])
        self.assertEqual(len(selectors), 5)
        for selector in selectors:
            self.assertTrue(selector)
            self.assertLessEqual(selector.items(), labels)
        the(self.objects, "Service", stateful_set["serviceName"])

    def test_restricted_pod_security(self):
        """The rules of the Pod Security Standard `restricted`."""
        context = self.pod["securityContext"]
        self.assertTrue(context["runAsNonRoot"])
        self.assertNotEqual(context["runAsUser"], 0)
        self.assertEqual(context["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertIs(self.container["securityContext"]["allowPrivilegeEscalation"], False)
        self.assertEqual(self.container["securityContext"]["capabilities"], {"drop": ["ALL"]})
        for name in ("hostNetwork", "hostPID", "hostIPC"):
            self.assertNotIn(name, self.pod)
        kinds = {kind for volume in self.pod["volumes"] for kind in volume if kind != "name"}
        self.assertLessEqual(kinds, {"configMap", "secret", "projected", "emptyDir"})

    def test_mail_leaves_and_calls_come_in_and_nothing_else(self):
        policy = the(self.objects, "NetworkPolicy")["spec"]
        self.assertEqual(sorted(policy["policyTypes"]), ["Egress", "Ingress"])
        out = sorted({port["port"] for rule in policy["egress"] for port in rule["ports"]})
        self.assertEqual(out, [25, 53, 443])


if __name__ == "__main__":
    unittest.main()
