"""`previous=true`: what a pair was when it was removed, over HTTP, on real Tarantool."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.key_value.watching import new_prefix, watch, write
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service, Tarantool, wait_until
from test_support.tokens import TokenMaker

MIB = 1024 * 1024


def read_changes(client: httpx.Client, namespace: str, **query: Any) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = (
        client.get(f"/namespaces/{namespace}/changes", params=query).raise_for_status().json()["changes"]
    )
    return changes


def test_removals_have_their_last_value_in_the_stream_and_on_pages(everywhere: httpx.Client, namespace: str) -> None:
    first = write(everywhere, {"a": {"b": 1.0}}, namespace=namespace) - 1
    write(everywhere, {"a": [1, 1.0, None], "null": None}, namespace=namespace)
    everywhere.post("/delete", json={"namespace": namespace, "keys": ["a", "null"]}).raise_for_status()
    last = write(everywhere, {"fleeting": "é" * 1000}, namespace=namespace, ttl=0.001) + 1
    expected = [("deleted", "a", [1, 1.0, None]), ("deleted", "null", None), ("expired", "fleeting", "é" * 1000)]
    path = f"/namespaces/{namespace}/watch?after={first}"
    with watch(everywhere, f"{path}&previous=true") as events:
        next(events)
        received = [next(events) for _ in range(last - first)]
    removed = [event for event in received if event.name != "written"]
    assert [json.dumps((event.name, event["key"], event["previous"]["value"])) for event in removed] == [
        *map(json.dumps, expected)
    ]
    assert all(event.keys() == {"revision", "kind", "key", "previous"} for event in removed)
    assert all("previous" not in event for event in received if event.name == "written")
    assert read_changes(everywhere, namespace, after=first, previous=True) == [*received]
    without = [{name: value for name, value in event.items() if name != "previous"} for event in received]
    assert read_changes(everywhere, namespace, after=first) == without
    with watch(everywhere, path) as events:
        next(events)
        assert [next(events) for _ in received] == without


def test_deletions_by_prefix_in_transactions_and_of_expired_pairs_keep_the_value(
    everywhere: httpx.Client, namespace: str
) -> None:
    first = write(everywhere, {"range/1": 1, "range/2": 2, "transaction": 3}, namespace=namespace)
    everywhere.delete(f"/namespaces/{namespace}/pairs", params={"prefix": "range/"}).raise_for_status()
    everywhere.post(
        f"/namespaces/{namespace}/transactions", json={"then": [{"operation": "delete", "key": "transaction"}]}
    ).raise_for_status()
    write(everywhere, {"replaced": 4}, namespace=namespace, ttl=0.001)
    wait_until(lambda: everywhere.get(f"/namespaces/{namespace}/pair?key=replaced").status_code == 404, "the expiry")
    write(everywhere, {"replaced": 5}, namespace=namespace)  # which removes the expired pair, if the sweeper has not
    changes = read_changes(everywhere, namespace, after=first, previous=True)
    removed = [(change["kind"], change["previous"]["value"]) for change in changes if change["kind"] != "written"]
    assert removed == [("deleted", 1), ("deleted", 2), ("deleted", 3), ("expired", 4)]


@pytest.mark.parametrize("form", ["pair?key=a", "pairs/a"])
def test_deleted_pair_is_returned(everywhere: httpx.Client, namespace: str, form: str) -> None:
    path = f"/namespaces/{namespace}/{form}"
    revision = everywhere.put(path, json={"a": 1}).json()["revision"]
    answer = everywhere.delete(path, params={**httpx.QueryParams(path.partition("?")[2]), "previous": "true"})
    assert (answer.status_code, answer.text) == (200, f'{{"revision":{revision + 1},"previous":{{"value":{{"a":1}}}}}}')
    read_problem(
        everywhere.delete(path, params={**httpx.QueryParams(path.partition("?")[2]), "previous": "true"}), 404, "no-such-pair"
    )
    everywhere.put(path, json=2).raise_for_status()
    answer = everywhere.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")


def test_deleted_pairs_are_returned(everywhere: httpx.Client, namespace: str) -> None:
    revision = write(everywhere, {"a": 1.0, "b": None, "c": "x" * 20_000}, namespace=namespace)
    body = {"namespace": namespace, "keys": ["c", "absent", "b", "a"], "previous": True}
    answer = everywhere.post("/delete", json=body).json()
    previous = {"data": {"c": "x" * 20_000, "b": None, "a": 1.0}}
    assert answer == {"deleted": 3, "missing": ["absent"], "revision": revision + 3, "previous": previous}
    answer = everywhere.post("/delete", json=body).json()
    missing = ["c", "absent", "b", "a"]
    assert answer == {"deleted": 0, "missing": missing, "revision": revision + 3, "previous": {"data": {}}}
    answer = everywhere.post("/delete", json={**body, "previous": False}).json()
    assert answer == {"deleted": 0, "missing": missing, "revision": revision + 3}


def test_deletion_that_would_return_too_much_deletes_nothing(everywhere: httpx.Client, namespace: str) -> None:
    keys = [str(number) for number in range(33)]
    for key in keys:
        everywhere.put(f"/namespaces/{namespace}/pair?key={key}", json="x" * (MIB - 2)).raise_for_status()
    answer = everywhere.post("/delete", json={"namespace": namespace, "keys": keys, "previous": True})
    assert read_broken_rules(answer) == {("keys", "answer_size")}
    deleted = everywhere.post("/delete", json={"namespace": namespace, "keys": keys}).json()["deleted"]
    assert deleted == 33


def test_previous_value_requires_the_scope_to_read(key_value_service: Service, tokens: TokenMaker, namespace: str) -> None:
    with client_of(key_value_service, tokens.make(scope=f"write:{namespace}")) as writer:
        writer.put(f"/namespaces/{namespace}/pair?key=a", json=1).raise_for_status()
        for answer in (
            writer.delete(f"/namespaces/{namespace}/pair?key=a&previous=true"),
            writer.post("/delete", json={"namespace": namespace, "keys": ["a"], "previous": True}),
        ):
            read_problem(answer, 403, "insufficient-scope")
            assert f'scope="read:{namespace}"' in answer.headers["www-authenticate"]
        assert writer.delete(f"/namespaces/{namespace}/pair?key=a&previous=false").status_code == 204


@pytest.fixture
def small_store(tmp_path: Path, tokens: TokenMaker, jwks_url: str) -> Iterator[httpx.Client]:
    """A client of a store with the least memory that Tarantool may have."""
    with (
        Tarantool("key_value", tmp_path / "tarantool", TARANTOOL_MEMTX_MEMORY=str(64 * MIB)) as tarantool,
        Service("key_value", tmp_path, tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service,
        client_of(service.wait_until_ready(), tokens.make(scope="admin:*"), timeout=30) as client,
    ):
        yield client


def fill(client: httpx.Client) -> list[str]:
    keys: list[str] = []
    while client.put(f"/namespaces/default/pair?key={(key := uuid4().hex)}", json="x" * 100_000).is_success:
        keys.append(key)
    return keys


def test_deletions_in_a_full_store_free_memory_and_leave_the_value_out(small_store: httpx.Client) -> None:
    client = small_store
    client.put("/namespaces/default", json={"changes_kept": 1}).raise_for_status()
    fill(client)
    first = client.get("/namespaces/default/stats").json()["revision"]
    *_, early, late = [pair["key"] for pair in client.get("/namespaces/default/pairs?keys_only=true").json()["pairs"]]
    answer = client.delete(f"/namespaces/default/pair?key={early}&previous=true")
    assert answer.json()["previous"] == {"value": "x" * 100_000}  # it is still there to be returned
    (change,) = read_changes(client, "default", after=first, previous=True)
    assert (change["key"], change["previous"]) == (early, None)
    client.delete("/namespaces/default/pairs?all=true").raise_for_status()
    wait_until(lambda: client.put(f"/namespaces/default/pair?key={late}", json=1).is_success, "room")
    client.delete(f"/namespaces/default/pair?key={late}").raise_for_status()
    last = client.get("/namespaces/default/stats").json()["revision"]
    (change,) = read_changes(client, "default", after=last - 1, previous=True)
    assert (change["key"], change["previous"]) == (late, {"value": 1})


def test_large_pairs_are_deleted_and_expire_in_little_more_memory_than_they_have(small_store: httpx.Client) -> None:
    """The log keeps what was removed up to a quarter of the memory, so slices must not hold back much more."""
    client, prefix = small_store, new_prefix()
    for ttl in ("null", "3"):
        for number in range(40):
            client.put(f"/namespaces/default/pair?key={prefix}{number}&ttl={ttl}", json="x" * (MIB - 2)).raise_for_status()
        if ttl == "null":
            assert client.delete(f"/namespaces/default/pairs?prefix={prefix}").json()["deleted"] == 40
    wait_until(lambda: client.get("/namespaces/default/stats").json()["pairs"] == 0, "the expiry")
    last = client.get("/namespaces/default/stats").json()["revision"]
    (change,) = read_changes(client, "default", after=last - 1, previous=True)
    assert (change["kind"], change["previous"]) == ("expired", {"value": "x" * (MIB - 2)})
