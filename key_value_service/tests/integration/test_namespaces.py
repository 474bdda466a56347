"""Namespaces over HTTP: visibility, settings, quotas and deletion."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service, wait_until
from test_support.tokens import TokenMaker

STANDARD = {
    "description": "", "quota_pairs": None, "quota_bytes": None, "default_ttl": None, "changes_kept": 10_000, "history_kept": 0,
}  # fmt: skip


def new_name() -> str:
    return f"n{uuid4().hex}"


def client_with(service: Service, tokens: TokenMaker, scope: str) -> httpx.Client:
    return client_of(service, tokens.make(scope=scope))


@pytest.fixture
def administrator(key_value_service: Service, tokens: TokenMaker) -> Iterator[httpx.Client]:
    with client_with(key_value_service, tokens, "admin:*") as client:
        yield client


@pytest.fixture
def name(administrator: httpx.Client) -> str:
    """The name of a new namespace."""
    name = new_name()
    assert administrator.put(f"/namespaces/{name}", json={}).status_code == 201
    return name


def write(client: httpx.Client, namespace: str, data: Mapping[str, object], **terms: object) -> httpx.Response:
    return client.post("/write", json={"namespace": namespace, "data": data} | terms)


def read(client: httpx.Client, namespace: str, *keys: str) -> Any:
    answer = client.post("/read", json={"namespace": namespace, "keys": keys, "metadata": True})
    return answer.raise_for_status().json()


def measure(client: httpx.Client, namespace: str) -> Any:
    return client.get(f"/namespaces/{namespace}/stats").raise_for_status().json()


def test_namespace_is_created_shown_changed_and_deleted(administrator: httpx.Client) -> None:
    name = new_name()
    settings = {"description": "é", "quota_pairs": 5, "quota_bytes": 1000, "default_ttl": 0.25, "changes_kept": 7}
    settings |= {"history_kept": 3}
    made = administrator.put(f"/namespaces/{name}", json=settings)
    created_at = made.json()["created_at"]
    assert datetime.fromisoformat(created_at).tzinfo is not None
    assert (made.status_code, made.json()) == (201, {"name": name, "created_at": created_at} | settings)
    assert administrator.get(f"/namespaces/{name}").json() == made.json()
    replaced = administrator.put(f"/namespaces/{name}", json={"description": "new"})
    assert replaced.status_code == 200, "what is not given gets its default"
    assert replaced.json() == {"name": name, "created_at": created_at} | STANDARD | {"description": "new"}
    deleted = administrator.delete(f"/namespaces/{name}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    for path in (f"/namespaces/{name}", f"/namespaces/{name}/stats"):
        read_problem(administrator.get(path), 404, "no-such-namespace")
    read_problem(administrator.delete(f"/namespaces/{name}"), 404, "no-such-namespace")


def test_namespaces_are_isolated_from_each_other(administrator: httpx.Client, name: str) -> None:
    other = new_name()
    administrator.put(f"/namespaces/{other}", json={}).raise_for_status()
    revision = measure(administrator, name)["revision"]
    assert write(administrator, name, {"a": 1, "b": 2}).json()["revision"] == revision + 2
    assert write(administrator, other, {"a": "other"}).json()["revision"] == revision + 1
    assert read(administrator, name, "a", "b")["data"] == {"a": 1, "b": 2}
    assert read(administrator, other, "a", "b")["data"] == {"a": "other"}
    administrator.post("/delete", json={"namespace": other, "keys": ["a"]}).raise_for_status()
    assert read(administrator, name, "a")["data"] == {"a": 1}


def test_statistics_have_pairs_bytes_and_revisions(administrator: httpx.Client, name: str) -> None:
    start = measure(administrator, name)["revision"]
    assert measure(administrator, name) == {"pairs": 0, "bytes": 0, "revision": start, "oldest_change": start + 1}
    write(administrator, name, {"a": 1, "b": 2})
    write(administrator, name, {"b": "longer"})
    held = measure(administrator, name)
    assert held == {"pairs": 2, "bytes": held["bytes"], "revision": start + 3, "oldest_change": start + 1}
    administrator.post("/delete", json={"namespace": name, "keys": ["a", "b"]}).raise_for_status()
    assert measure(administrator, name) == {"pairs": 0, "bytes": 0, "revision": start + 5, "oldest_change": start + 1}


def test_change_log_is_trimmed_to_a_lowered_number_of_changes(administrator: httpx.Client, name: str) -> None:
    for number in range(1, 31):
        write(administrator, name, {"a": number}).raise_for_status()
    revision = measure(administrator, name)["revision"]
    assert measure(administrator, name)["oldest_change"] == revision - 29
    administrator.put(f"/namespaces/{name}", json={"changes_kept": 5}).raise_for_status()
    wait_until(lambda: measure(administrator, name)["oldest_change"] == revision - 4, "the log being trimmed")
    assert measure(administrator, name)["revision"] == revision
    write(administrator, name, {"a": 0}).raise_for_status()
    assert measure(administrator, name)["oldest_change"] == revision - 3


def test_one_of_fifty_concurrent_creations_gets_201(administrator: httpx.Client) -> None:
    name = new_name()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda number: administrator.put(f"/namespaces/{name}", json={"quota_pairs": number}), range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert {answer.json()["created_at"] for answer in answers} == {administrator.get(f"/namespaces/{name}").json()["created_at"]}


def test_listing_by_pages_has_the_namespaces_matched_by_any_scope(
    administrator: httpx.Client, key_value_service: Service, tokens: TokenMaker
) -> None:
    start = new_name()[:30]
    names = [f"{start}{end}" for end in ("-1", "-2", "-3", "-4", "x")]
    for name in names:
        administrator.put(f"/namespaces/{name}", json={}).raise_for_status()
    with client_with(key_value_service, tokens, f"read:{start}-* write:{start}-2 admin:{start}x read:absent") as client:
        first = client.get("/namespaces", params={"limit": 3}).json()
        assert first["namespaces"][0] == administrator.get(f"/namespaces/{names[0]}").json()
        assert [namespace["name"] for namespace in first["namespaces"]] == names[:3]
        second = client.get("/namespaces", params={"limit": 3, "cursor": first["next_cursor"]}).json()
        assert [namespace["name"] for namespace in second["namespaces"]] == names[3:]
        assert second["next_cursor"] is None
    with client_with(key_value_service, tokens, "revocations") as client:
        assert client.get("/namespaces").json() == {"namespaces": [], "next_cursor": None}
    with client_with(key_value_service, tokens, "admin:*") as client:
        found = [namespace["name"] for namespace in client.get("/namespaces", params={"limit": 1000}).json()["namespaces"]]
        assert found == sorted(found)
        assert {"default", *names} <= set(found)


QUESTIONS: dict[str, dict[str, Any]] = {
    "PUT /namespaces/{}": {"json": {"quota_pairs": 1}},
    "PUT /namespaces/{} ": {"json": {"quota_pairs": -1}},
    "GET /namespaces/{}": {},
    "GET /namespaces/{}/stats": {},
    "DELETE /namespaces/{}": {},
    "DELETE /namespaces/{}?force=true": {},
    "POST /write": {"json": {"data": {"a": 1}}},
    "POST /read": {"json": {"keys": ["a"]}},
    "POST /delete": {"json": {"keys": ["a"]}},
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_without_scope_the_response_does_not_reveal_whether_the_namespace_exists(
    administrator: httpx.Client, key_value_service: Service, tokens: TokenMaker, name: str, question: str
) -> None:
    write(administrator, name, {"a": 1}).raise_for_status()
    absent = new_name()
    method, path = question.split()

    def ask(client: httpx.Client, namespace: str) -> tuple[int, dict[str, str], str]:
        body = QUESTIONS[question]
        if method == "POST":
            body = {"json": body["json"] | {"namespace": namespace}}
        answer = client.request(method, path.format(namespace), headers={"X-Request-ID": "the-same"}, **body)
        headers = {header: value for header, value in answer.headers.items() if header != "date"}
        return answer.status_code, {k: v.replace(namespace, "*") for k, v in headers.items()}, answer.text.replace(namespace, "*")

    for scope in ("", f"read:{name[:-1]} write:other-* revocations admin:{name}-x"):
        with client_with(key_value_service, tokens, scope) as client:
            response = ask(client, name)
            assert response == ask(client, absent)
            assert response[0] in (403, 422)
            assert name not in client.get("/namespaces").text


def test_full_quota_of_pairs_rejects_only_new_pairs(administrator: httpx.Client, name: str) -> None:
    administrator.put(f"/namespaces/{name}", json={"quota_pairs": 3}).raise_for_status()
    assert write(administrator, name, {"a": 1, "b": 1, "c": 1}).is_success, "exactly at the bound"
    before = measure(administrator, name)
    problem = read_problem(write(administrator, name, {"a": 2, "d": 1}), 409, "quota-exceeded")
    assert "3 pairs" in problem["detail"]
    assert measure(administrator, name) == before
    assert read(administrator, name, "a", "d")["data"] == {"a": 1}
    assert write(administrator, name, {"a": "much longer than before", "b": 2}).is_success
    assert write(administrator, name, {"a": 1, "d": 1}, if_absent=True).status_code == 409
    assert write(administrator, name, {"a": 1}, if_absent=True).is_success
    administrator.post("/delete", json={"namespace": name, "keys": ["c"]}).raise_for_status()
    assert write(administrator, name, {"d": 1}).is_success
    administrator.put(f"/namespaces/{name}", json={"quota_pairs": 1}).raise_for_status()
    assert write(administrator, name, {"a": 3}).is_success, "what is there stays and can be replaced"
    assert write(administrator, name, {"e": 1}).status_code == 409
    assert administrator.post("/delete", json={"namespace": name, "keys": ["a", "b", "d"]}).json()["deleted"] == 3
    assert write(administrator, name, {"e": 1}).is_success


def test_full_quota_of_bytes_rejects_only_what_grows(administrator: httpx.Client, name: str) -> None:
    # Small revisions take one byte, larger ones more: these are past the small ones.
    passing = {str(number): number for number in range(300)}
    write(administrator, name, passing).raise_for_status()
    administrator.post("/delete", json={"namespace": name, "keys": list(passing)}).raise_for_status()
    write(administrator, name, {"a": "x" * 100, "b": 1}).raise_for_status()
    held = measure(administrator, name)["bytes"]
    administrator.put(f"/namespaces/{name}", json={"quota_bytes": held}).raise_for_status()
    before = measure(administrator, name)
    problem = read_problem(write(administrator, name, {"a": "x" * 101}), 409, "quota-exceeded")
    assert f"{held} bytes" in problem["detail"]
    read_problem(write(administrator, name, {"c": 1}), 409, "quota-exceeded")
    assert measure(administrator, name) == before
    assert write(administrator, name, {"a": "y" * 100}).is_success, "exactly at the bound"
    assert write(administrator, name, {"a": "y" * 99, "b": 9}).is_success
    assert administrator.post("/delete", json={"namespace": name, "keys": ["a"]}).is_success
    assert write(administrator, name, {"c": "z" * 50}).is_success


@pytest.mark.parametrize("quota", ["quota_pairs", "quota_bytes"])
def test_quota_of_0_rejects_all_pairs(administrator: httpx.Client, name: str, quota: str) -> None:
    administrator.put(f"/namespaces/{name}", json={quota: 0}).raise_for_status()
    read_problem(write(administrator, name, {"a": 1}), 409, "quota-exceeded")
    assert administrator.post("/delete", json={"namespace": name, "keys": ["a"]}).json()["missing"] == ["a"]


def test_default_time_to_live_applies_to_writes_without_one(administrator: httpx.Client, name: str) -> None:
    administrator.put(f"/namespaces/{name}", json={"default_ttl": 0.3}).raise_for_status()
    write(administrator, name, {"kept": 1}, ttl=None).raise_for_status()
    write(administrator, name, {"longer": 1}, ttl=60).raise_for_status()
    write(administrator, name, {"usual": 1}).raise_for_status()
    assert read(administrator, name, "kept")["metadata"]["kept"]["expires_at"] is None
    wait_until(lambda: read(administrator, name, "usual")["missing"] == ["usual"], "the pair expiring", 5)
    assert read(administrator, name, "kept", "longer")["data"] == {"kept": 1, "longer": 1}
    wait_until(lambda: measure(administrator, name)["pairs"] == 2, "the pair being swept", 5)


def test_namespace_with_only_expired_pairs_is_empty(administrator: httpx.Client, name: str) -> None:
    write(administrator, name, {"a": 1}, ttl=0.2).raise_for_status()
    read_problem(administrator.delete(f"/namespaces/{name}"), 409, "namespace-not-empty")
    wait_until(lambda: read(administrator, name, "a")["missing"] == ["a"], "the pair expiring", 5)
    assert administrator.delete(f"/namespaces/{name}").status_code == 204


def test_namespace_with_pairs_is_deleted_by_force_and_recreated_empty(administrator: httpx.Client, name: str) -> None:
    last = write(administrator, name, {str(number): number for number in range(1000)}).json()["revision"]
    read_problem(administrator.delete(f"/namespaces/{name}"), 409, "namespace-not-empty")
    read_problem(administrator.delete(f"/namespaces/{name}?force=false"), 409, "namespace-not-empty")
    assert administrator.delete(f"/namespaces/{name}?force=true").status_code == 204
    for path, body in (("/write", {"data": {"a": 1}}), ("/read", {"keys": ["1"]}), ("/delete", {"keys": ["1"]})):
        read_problem(administrator.post(path, json={"namespace": name} | body), 404, "no-such-namespace")
    assert administrator.put(f"/namespaces/{name}", json={}).status_code == 201
    assert read(administrator, name, "1", "2")["data"] == {}
    revision = measure(administrator, name)["revision"]
    assert revision >= last
    assert write(administrator, name, {"1": "new"}).json()["revision"] == revision + 1


@pytest.mark.parametrize("query", ["", "?force=true"])
def test_default_namespace_cannot_be_deleted(administrator: httpx.Client, query: str) -> None:
    read_problem(administrator.delete(f"/namespaces/default{query}"), 409, "default-namespace")
    assert administrator.get("/namespaces/default").is_success


@pytest.mark.parametrize(
    ("settings", "broken"),
    [
        ({"description": "x" * 257}, ("description", "length")),
        ({"description": None}, ("description", "string_type")),
        ({"quota_pairs": -1}, ("quota_pairs", "range")),
        ({"quota_pairs": 1.5}, ("quota_pairs", "int_type")),
        ({"quota_bytes": 10**12 + 1}, ("quota_bytes", "range")),
        ({"quota_bytes": "5"}, ("quota_bytes", "int_type")),
        ({"default_ttl": 0}, ("default_ttl", "range")),
        ({"changes_kept": 0}, ("changes_kept", "range")),
        ({"changes_kept": None}, ("changes_kept", "int_type")),
        ({"history_kept": -1}, ("history_kept", "range")),
        ({"history_kept": 1001}, ("history_kept", "range")),
        ({"history_kept": "1"}, ("history_kept", "int_type")),
        ({"name": "other"}, ("name", "extra_forbidden")),
    ],
)
def test_invalid_settings_are_reported_by_name_and_change_nothing(
    administrator: httpx.Client, name: str, settings: dict[str, object], broken: tuple[str, str]
) -> None:
    before = administrator.get(f"/namespaces/{name}").json()
    assert read_broken_rules(administrator.put(f"/namespaces/{name}", json=settings)) == {broken}
    assert administrator.get(f"/namespaces/{name}").json() == before


@pytest.mark.parametrize("name", ["A", "a%20b", "a%2Fb", ".a", "a" * 65, "%C3%A9", "a*", "a%0A"])
def test_invalid_name_is_rejected(administrator: httpx.Client, name: str) -> None:
    for method, body in (("GET", None), ("DELETE", None), ("PUT", {})):
        answer = administrator.request(method, f"/namespaces/{name}", json=body)
        assert read_broken_rules(answer) == {("namespace", "namespace")}


@pytest.mark.parametrize(("query", "field"), [("limit=0", "limit"), ("limit=1001", "limit"), ("cursor=A", "cursor")])
def test_invalid_page_parameters_are_rejected(administrator: httpx.Client, query: str, field: str) -> None:
    assert {broken for broken, _ in read_broken_rules(administrator.get(f"/namespaces?{query}"))} == {field}


def test_request_without_token_is_rejected(key_value_service: Service) -> None:
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=key_value_service.url, trust_env=False))
        for method, path in (("GET", "/namespaces"), ("PUT", "/namespaces/a"), ("GET", "/namespaces/a/stats")):
            read_problem(client.request(method, path), 401, "authentication-required")
