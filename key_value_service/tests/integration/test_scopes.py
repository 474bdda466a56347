"""The scope that each operation requires; without it, a response does not reveal whether the namespace exists."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.problems import read_problem
from test_support.processes import Service
from test_support.tokens import TokenMaker
from verification.malicious_requests import VALID_BODIES

PAIR, PAIRS = "/namespaces/{namespace}/pair", "/namespaces/{namespace}/pairs"
# The key in the query, and in the path.
OF_A_PAIR = (PAIR, PAIRS + "/{key}")

NEEDS = {
    "read": [
        ("POST", "/read"), *(("GET", pair) for pair in OF_A_PAIR), ("GET", PAIRS), ("GET", "/namespaces/{namespace}/children"),
        ("GET", "/namespaces/{namespace}/watch"),
        ("POST", "/namespaces/{namespace}/watch-tickets"),
        *(("GET", pair + "/history") for pair in OF_A_PAIR),
        ("GET", "/namespaces/{namespace}/changes"), ("GET", "/namespaces/{namespace}/export"), ("GET", "/namespaces/{name}"),
        ("GET", "/namespaces/{name}/stats"),
    ],
    "write": [
        ("POST", "/write"), ("POST", "/delete"), ("DELETE", PAIRS), ("POST", "/namespaces/{namespace}/transactions"),
        ("POST", "/namespaces/{namespace}/import"),
        *((method, pair) for pair in OF_A_PAIR for method in ("PUT", "PATCH", "DELETE")),
        *((method, pair + part) for pair in OF_A_PAIR for method, part in (("PUT", "/ttl"), ("POST", "/increment"))),
    ],
    "admin": [("PUT", "/namespaces/{name}"), ("DELETE", "/namespaces/{name}")],
}  # fmt: skip
CASES = [(scope, method, path) for scope, operations in NEEDS.items() for method, path in operations]
IN_ALL_NAMESPACES = {("GET", "/statistics")}  # test_statistics.py
OPEN_TO_ALL = {("GET", "/namespaces"), ("GET", "/health/live"), ("GET", "/health/ready")}


@pytest.fixture
def namespace(key_value_service: Service, tokens: TokenMaker) -> Iterator[str]:
    """A namespace that exists."""
    name = f"n-{uuid4().hex}"
    with client_of(key_value_service, tokens.make(scope="admin:*")) as administrator:
        administrator.put(f"/namespaces/{name}", json={}).raise_for_status()
        administrator.put(f"/namespaces/{name}/pair?key=a", json=1).raise_for_status()
        yield name
        assert administrator.get(f"/namespaces/{name}/pair?key=a").text == "1"


def send(client: httpx.Client, method: str, path: str, namespace: str, token: str) -> httpx.Response:
    sound: Any = VALID_BODIES.get((method, path))
    content: bytes | None = sound if isinstance(sound, bytes) or sound is None else json.dumps(sound).encode()
    if isinstance(sound, dict) and "namespace" in sound:
        content = json.dumps(sound | {"namespace": namespace}).encode()
    target = path.replace("{namespace}", namespace).replace("{name}", namespace).replace("{key}", "a")
    media_type = "application/x-ndjson" if path.endswith("/import") else "application/json"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media_type, "X-Request-ID": "the-same"}
    query = {"key": "a"} if path.startswith(PAIR) and not path.startswith(PAIRS) else {}
    return client.request(method, target, params=query, content=content, headers=headers)


def test_every_operation_is_covered(key_value: httpx.Client) -> None:
    paths = key_value.get("/openapi.json").json()["paths"]
    documented = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    assert documented == {(method, path) for _, method, path in CASES} | IN_ALL_NAMESPACES | OPEN_TO_ALL


@pytest.mark.parametrize(("scope", "method", "path"), CASES)
def test_without_scope_an_operation_reveals_nothing(
    key_value: httpx.Client, tokens: TokenMaker, namespace: str, scope: str, method: str, path: str
) -> None:
    absent = f"n-{uuid4().hex}"
    others = [other for other in ("read", "write") if other != scope]
    answers = []
    for name in (namespace, absent):
        token = tokens.make(scope=" ".join([f"admin:{name}-2", f"admin:{name[:-1]}", *(f"{other}:{name}" for other in others)]))
        answer = send(key_value, method, path, name, token)
        read_problem(answer, 403, "insufficient-scope")
        assert f'scope="{scope}:{name}"' in answer.headers["www-authenticate"]
        # Whether the connection is kept depends on how much of the body has arrived by then.
        fields = {field: value for field, value in answer.headers.items() if field not in {"date", "connection"}}
        answers.append((answer.text.replace(name, ""), {field: value.replace(name, "") for field, value in fields.items()}))
    assert answers[0] == answers[1]


def test_only_namespaces_with_some_scope_are_listed(key_value: httpx.Client, tokens: TokenMaker, namespace: str) -> None:
    for scope, listed in ((f"read:{namespace}-2", []), ("", []), (f"write:{namespace[:10]}*", [namespace])):
        headers = {"Authorization": f"Bearer {tokens.make(scope=scope)}"}
        found = key_value.get("/namespaces", params={"limit": 1000}, headers=headers).json()["namespaces"]
        assert [one["name"] for one in found] == listed


def test_cursor_is_valid_only_in_its_namespace_and_grants_nothing(
    key_value: httpx.Client, tokens: TokenMaker, namespace: str
) -> None:
    administrator = {"Authorization": f"Bearer {tokens.make(scope='admin:*')}"}
    for name in (namespace, "default"):
        key_value.put(f"/namespaces/{name}/pair?key=b", json=1, headers=administrator).raise_for_status()
    page = key_value.get(f"/namespaces/{namespace}/pairs", params={"limit": 1}, headers=administrator).json()
    asked = {"cursor": page["next_cursor"]}
    read_problem(key_value.get("/namespaces/default/pairs", params=asked), 422, "rule-broken")
    read_problem(key_value.get(f"/namespaces/{namespace}/pairs", params=asked), 403, "insufficient-scope")
    (pair,) = key_value.get(f"/namespaces/{namespace}/pairs", params=asked, headers=administrator).json()["pairs"]
    assert pair["key"] == "b"
