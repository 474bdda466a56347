"""deployment/monitoring with a real Prometheus: rules, alerts with their runbooks, and every query of every dashboard."""

import json
import math
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml  # type: ignore[import-untyped]

from key_value_client import Client
from test_support.follower import Follower, allow_replication
from test_support.processes import ROOT, Tarantool, reserve_port, wait_until
from test_support.prometheus import CONFIGURATION, Prometheus
from test_support.store import Store

from .users import ANNA, post

DASHBOARDS = sorted((ROOT / "deployment/monitoring/grafana/dashboards").glob("*.json"))
RULES = yaml.safe_load((CONFIGURATION / "alerts.rules.yml").read_text())
ALERTS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
RUNBOOKS = (ROOT / "documentation/runbooks.md").read_text()
TESTED = re.findall(r"alertname: (\w+)\n        exp_alerts", (CONFIGURATION / "alerts.test.yml").read_text())
VARIABLES = {"$__rate_interval": "10s", "$instance": ".+", "$namespace": ".+"}


class Monitored(NamedTuple):
    """Both services, of which the key-value service has a leader and a replica, and what scrapes them."""

    store: Store
    prometheus: Prometheus
    client: Client


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    folder = tmp_path_factory.mktemp("monitored")
    ports = {"authorization_service": reserve_port(), "key_value_service": reserve_port()}
    with ExitStack() as running:
        tarantools = (Tarantool("authorization", folder / "authorization"), Tarantool("key_value", folder / "leader"))
        leader = running.enter_context(tarantools[1])
        allow_replication(leader)
        follower = running.enter_context(Follower(leader, folder / "follower"))
        store = Store(
            folder,
            {"AUTHORIZATION_METRICS_PORT": str(ports["authorization_service"]), "AUTHORIZATION_NEW_USER_GRANTS": "admin:*"},
            {
                "KEY_VALUE_METRICS_PORT": str(ports["key_value_service"]),
                "KEY_VALUE_TARANTOOL_ADDRESSES": f"127.0.0.1:{leader.port},127.0.0.1:{follower.port}",
            },
            tarantools=tarantools,
        )
        for process in (tarantools[0], store.authorization, store.key_value):
            running.enter_context(process)
        store.authorization.wait_until_ready()
        store.key_value.wait_until_ready()
        prometheus = running.enter_context(Prometheus(folder / "prometheus", ports))
        prometheus.wait_until_ready()
        post(f"{store.authorization.url}/register", ANNA).raise_for_status()
        client = Client(
            store.key_value.url,
            authorization_url=store.authorization.url,
            username=ANNA["username"],
            password=ANNA["password"],
        )
        yield Monitored(store, prometheus, running.enter_context(client))


def use(monitored: Monitored) -> None:
    """Do a little of everything that is measured."""
    namespace = monitored.client.namespace("default")
    namespace.put("monitored/pair", {"number": 1})
    namespace.get("monitored/pair")
    namespace.changes(after=0)
    post(f"{monitored.store.authorization.url}/login", {name: ANNA[name] for name in ("username", "password")})


def find_queries(dashboard: Path) -> list[str]:
    panels = json.loads(dashboard.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def find_jobs(expression: str) -> list[str]:
    """Return the expression for each value that the variable `job` has."""
    jobs = ("key_value_service", "authorization_service")
    return [expression.replace("$job", job) for job in jobs] if "$job" in expression else [expression]


def has_data(prometheus: Prometheus, expression: str) -> bool:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    # What concerns replicas has data where there are some.
    series = [one for each in find_jobs(expression) for one in prometheus.query(each)]
    return any(not math.isnan(float(one["value"][1])) for one in series)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_every_query_of_a_dashboard_yields_data(monitored: Monitored, dashboard: Path) -> None:
    left = find_queries(dashboard)
    assert left

    def all_have_data() -> bool:
        use(monitored)
        left[:] = [query for query in left if not has_data(monitored.prometheus, query)]
        return not left

    try:
        wait_until(all_have_data, "data for each query")
    except AssertionError:
        pytest.fail(f"no data: {left}")


def test_dashboards_are_found_by_their_uid_and_have_titles() -> None:
    dashboards = [json.loads(path.read_text()) for path in DASHBOARDS]
    assert [dashboard["uid"] for dashboard in dashboards] == [path.stem for path in DASHBOARDS]
    assert all(panel["title"] for dashboard in dashboards for panel in dashboard["panels"])


def test_a_killed_service_is_reported(monitored: Monitored) -> None:
    wait_until(lambda: bool(monitored.prometheus.query('up{job="key_value_service"} == 1')), "the service being scraped")
    monitored.store.key_value.signal(signal.SIGKILL)
    monitored.store.key_value.wait()
    wait_until(lambda: "ServiceDown" in monitored.prometheus.find_firing(), "the alert")
    assert monitored.prometheus.find_firing()["ServiceDown"]["job"] == "key_value_service"
    monitored.store.key_value.start().wait_until_ready()
    wait_until(lambda: "ServiceDown" not in monitored.prometheus.find_firing(), "the end of the alert")


def test_alerts_fire_when_they_should() -> None:
    tested = subprocess.run(
        ["/usr/bin/promtool", "test", "rules", "alerts.test.yml"], cwd=CONFIGURATION, capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_configuration_is_valid() -> None:
    checked = subprocess.run(
        ["/usr/bin/promtool", "check", "config", "prometheus.yml"], cwd=CONFIGURATION, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_each_alert_has_a_test_and_a_runbook_that_says_what_to_do(alert: dict[str, Any]) -> None:
    name = alert["alert"]
    assert name in TESTED
    assert alert["annotations"]["runbook"] == f"documentation/runbooks.md#{name.lower()}"
    section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", RUNBOOKS, re.MULTILINE | re.DOTALL)
    assert section
    assert "**Do:**" in section[1]
