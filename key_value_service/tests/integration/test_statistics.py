"""What the service tells of itself to those that may administer all namespaces."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool, wait_until
from test_support.tokens import TokenMaker


def read(client: httpx.Client) -> dict[str, Any]:
    statistics: dict[str, Any] = client.get("/statistics").raise_for_status().json()
    return statistics


def count(statistics: dict[str, Any], method: str, route: str, status: str) -> int:
    found = [
        operation["count"]
        for operation in statistics["requests"]["operations"]
        if (operation["method"], operation["route"], operation["status"]) == (method, route, status)
    ]
    return sum(found)


@pytest.mark.parametrize("scope", ["", "admin:default", "admin:a*", "read:* write:*"])
def test_statistics_require_the_scope_of_all_namespaces(key_value: httpx.Client, tokens: TokenMaker, scope: str) -> None:
    answer = key_value.get("/statistics", headers={"Authorization": f"Bearer {tokens.make(scope=scope)}"})
    read_problem(answer, 403, "insufficient-scope")
    assert 'scope="admin:*"' in answer.headers["www-authenticate"]


def test_all_workers_are_counted_whichever_answers_and_without_metrics(
    tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str, tokens: TokenMaker
) -> None:
    with Service(
        "key_value", tmp_path, key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url, KEY_VALUE_WORKERS="2", KEY_VALUE_METRICS_PORT="0"
    ) as service:
        service.wait_until_ready()
        token = tokens.make(scope="admin:*")
        for _ in range(20):  # each on a connection of its own, so that any worker may get it
            with client_of(service, token) as client:
                client.post("/read", json={"keys": ["a"]}).raise_for_status()
                client.post("/read", json={"keys": []})
        with client_of(service, token, timeout=30) as client:
            wait_until(lambda: count(read(client), "POST", "/read", "2xx") == 20, "all requests counted")
            wait_until(lambda: read(client)["workers"] == 2, "both workers seen")
            statistics = read(client)
    assert count(statistics, "POST", "/read", "4xx") == 20
    requests = statistics["requests"]
    assert requests["bounds"] == sorted(requests["bounds"])
    for operation in requests["operations"]:
        assert len(operation["buckets"]) == len(requests["bounds"]) + 1
        assert sum(operation["buckets"]) == operation["count"]
    assert statistics["cpu_seconds"] > 0


def test_changes_and_pairs_of_all_namespaces_are_counted(everywhere: httpx.Client, namespace: str) -> None:
    wait_until(lambda: read(everywhere)["store"] is not None, "the first answer of the database")
    before = read(everywhere)["store"]
    for number in range(3):
        everywhere.put(f"/namespaces/{namespace}/pair?key={number}", json=1).raise_for_status()
    wait_until(lambda: read(everywhere)["store"]["measured_at"] > before["measured_at"], "the next answer of the database")
    wait_until(lambda: read(everywhere)["store"]["revisions"] >= before["revisions"] + 3, "the changes counted")
    (instance,) = read(everywhere)["instances"]
    assert instance["role"] == "leader"
    assert 0 < instance["memory_used_bytes"] < instance["memory_limit_bytes"]
    assert 0 < instance["disk_free_bytes"] <= instance["disk_size_bytes"]
