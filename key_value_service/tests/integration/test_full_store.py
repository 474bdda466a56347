"""Tarantool's memory is full: writes are rejected atomically, everything else works, and deletions make room."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool, wait_until
from test_support.tokens import TokenMaker

MIN_MEMORY = str(64 * 1024 * 1024)
TOGETHER = 10
SIZES = (100_000, 5_000, 10)
PAIR, PAIRS = "/namespaces/default/pair", "/namespaces/default/pairs"
KEPT = {"number": 1, "object": {"a": 1}, "text": "kept"}

Ask = Callable[[httpx.Client], httpx.Response]


@pytest.fixture(scope="module")
def small_tarantool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tarantool]:
    folder = tmp_path_factory.mktemp("small") / "tarantool"
    with Tarantool("key_value", folder, TARANTOOL_MEMTX_MEMORY=MIN_MEMORY) as tarantool:
        yield tarantool


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, small_tarantool: Tarantool, jwks_url: str) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with Service("key_value", folder, small_tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service:
        yield service.wait_until_ready()


@pytest.fixture
def client(store: Service, tokens: TokenMaker) -> Iterator[httpx.Client]:
    with client_of(store, tokens.make(scope="admin:*"), timeout=30) as client:
        client.put("/namespaces/default", json={}).raise_for_status()
        client.delete(PAIRS, params={"all": True}).raise_for_status()
        wait_until(lambda: write(client, KEPT).is_success, "the store having room again")
        yield client


def write(client: httpx.Client, data: dict[str, Any], **terms: object) -> httpx.Response:
    return client.post("/write", json={"data": data, **terms})


def fill(client: httpx.Client, namespace: str = "default") -> dict[str, str]:
    """Write until nothing more is accepted, and return what was."""
    accepted: dict[str, str] = {}
    refused = 0
    for size in cycle(SIZES):
        answer = write(client, data := make_pairs(size), namespace=namespace)
        if answer.is_success:
            accepted |= data
            refused = 0
            continue
        read_problem(answer, 507, "store-full")
        refused += 1
        if refused == len(SIZES):
            break
    return accepted


def make_pairs(size: int) -> dict[str, str]:
    return {f"filling-{uuid4().hex}": "x" * size for _ in range(TOGETHER)}


def ask_when_full(client: httpx.Client, ask: Ask) -> httpx.Response:
    """Return the response of a full store. Tarantool frees deleted tuples a little later, which may make room: fill it again."""
    for _ in range(10):
        fill(client)
        before = describe(client)
        answer = ask(client)
        if not answer.is_success:
            assert describe(client) == before
            break
    return answer


def describe(client: httpx.Client) -> tuple[Any, Any, Any]:
    stats = client.get("/namespaces/default/stats").raise_for_status().json()
    kept = client.post("/read", json={"keys": [*KEPT, "new"], "metadata": True}).raise_for_status().json()
    return stats, kept, client.get("/namespaces").raise_for_status().json()


WRITES: dict[str, Ask] = {
    "write": lambda client: write(client, {"new": 1}),
    "write many": lambda client: write(client, dict.fromkeys(["text", "new", *map(str, range(900))], "x" * 1000)),
    "put a new one": lambda client: client.put(f"{PAIR}?key=new", json=1),
    "put": lambda client: client.put(f"{PAIR}?key=text", json="other"),
    "patch": lambda client: client.patch(
        f"{PAIR}?key=object", content='{"a":2}', headers={"Content-Type": "application/merge-patch+json"}
    ),
    "increment": lambda client: client.post(f"{PAIR}/increment?key=number", json={}),
    "increment a new one": lambda client: client.post(f"{PAIR}/increment?key=new", json={}),
    "set the time to live": lambda client: client.put(f"{PAIR}/ttl?key=text", json={"ttl": 60}),
    "a transaction that deletes and writes": lambda client: client.post(
        "/namespaces/default/transactions",
        json={"then": [{"operation": "delete", "key": "text"}, {"operation": "write", "key": "new", "value": 1}]},
    ),
    "import": lambda client: client.post(
        "/namespaces/default/import",
        content='{"key":"new","value":1}\n{"key":"text","value":2}\n',
        headers={"Content-Type": "application/x-ndjson"},
    ),
    "make a namespace": lambda client: client.put(f"/namespaces/n-{uuid4().hex}", json={}),
    "delete with an answer to keep": lambda client: client.delete(f"{PAIR}?key=text", headers={"Idempotency-Key": uuid4().hex}),
    "create a ticket": lambda client: client.post("/namespaces/default/watch-tickets"),
}


@pytest.mark.parametrize("ask", WRITES.values(), ids=WRITES)
def test_full_store_rejects_writes_atomically(client: httpx.Client, ask: Ask) -> None:
    problem = read_problem(ask_when_full(client, ask), 507, "store-full")
    assert problem["detail"] == "The database has no memory left for this; nothing was written."


def test_full_store_serves_reads(client: httpx.Client) -> None:
    accepted = fill(client)
    revision = client.get("/namespaces/default/stats").json()["revision"]
    assert client.get(f"{PAIR}?key=object").json() == KEPT["object"]
    assert client.get("/namespaces/default/changes", params={"after": revision - 1}).json()["last"] == revision
    page = client.get(PAIRS, params={"prefix": "filling-"}).json()["pairs"]
    assert {pair["key"] for pair in page} == set(sorted(accepted)[: len(page)])
    lines = client.get("/namespaces/default/export").raise_for_status().text.splitlines()[1:]
    exported = {pair["key"]: pair["value"] for pair in map(json.loads, lines)}
    assert exported == KEPT | accepted


DELETIONS: dict[str, Ask] = {
    "one": lambda client: client.delete(f"{PAIR}?key=text"),
    "some": lambda client: client.post("/delete", json={"keys": list(KEPT)}),
    "a transaction": lambda client: client.post(
        "/namespaces/default/transactions", json={"then": [{"operation": "delete", "key": key} for key in KEPT]}
    ),
    "all": lambda client: client.delete(PAIRS, params={"all": True}),
}


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_full_store_accepts_deletions_and_reports_them(client: httpx.Client, delete: Ask) -> None:
    fill(client)
    revision = client.get("/namespaces/default/stats").json()["revision"]
    assert delete(client).is_success
    assert client.get(f"{PAIR}?key=text").status_code == 404
    last = client.get("/namespaces/default/stats").json()["revision"]
    changes = client.get("/namespaces/default/changes", params={"after": last - 1}).json()["changes"]
    assert last > revision
    assert [change["kind"] for change in changes] == ["deleted"]


def test_repeated_deletions_make_room_for_writes(client: httpx.Client) -> None:
    keys = list(fill(client))

    def delete_and_write() -> bool:
        assert client.delete(f"{PAIR}?key={keys.pop()}").status_code == 204
        return write(client, {"new": "x" * 1000}).is_success

    wait_until(delete_and_write, "room")


def test_change_log_is_trimmed_to_make_room_for_deletions(client: httpx.Client) -> None:
    client.put("/namespaces/default", json={"changes_kept": 1_000_000}).raise_for_status()
    fill(client)
    before = client.get("/namespaces/default/stats").json()["oldest_change"]
    assert client.delete(f"{PAIR}?key=text").status_code == 204
    after = client.get("/namespaces/default/stats").json()
    assert before < after["oldest_change"] <= after["revision"]


def write_briefly(client: httpx.Client, seconds: int) -> bool:
    return write(client, {"short": 1}, ttl=seconds).is_success


def test_full_store_lets_pairs_expire(client: httpx.Client) -> None:
    filled: list[str] = []
    for seconds in (2**power for power in count(1)):
        for key in filled[:10]:  # filling took longer than the pair lived
            client.delete(f"{PAIR}?key={key}").raise_for_status()
        wait_until(partial(write_briefly, client, seconds), "room for the pair")
        filled = list(fill(client))
        revision = client.get("/namespaces/default/stats").json()["revision"]
        if client.get(f"{PAIR}?key=short").is_success:
            break
    query = {"after": revision, "prefix": "short", "wait": 1}

    def has_expired() -> bool:
        changes = client.get("/namespaces/default/changes", params=query).raise_for_status().json()["changes"]
        return [change["kind"] for change in changes] == ["expired"]

    wait_until(has_expired, "the expiry", seconds + 30)


@pytest.mark.parametrize("size", [10, 100_000])
def test_full_store_renews_times_to_live(client: httpx.Client, size: int) -> None:
    leases = [f"lease-{number}" for number in range(50)]
    wait_until(lambda: write(client, dict.fromkeys(leases, "x" * size), ttl=3600).is_success, "room for the leases")
    fill(client)
    before = client.get("/namespaces/default/stats").json()
    with ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(lambda number: client.put(f"{PAIR}/ttl?key={leases[number % 50]}", json={"ttl": 7200}), range(2000))
        )
    assert {answer.status_code for answer in answers} == {200}
    after = client.get("/namespaces/default/stats").json()
    assert after == before
    # What is no renewal is refused as ever.
    read_problem(
        ask_when_full(client, lambda client: client.put(f"{PAIR}/ttl?key={leases[0]}", json={"ttl": 60})), 507, "store-full"
    )


def test_deleting_a_namespace_makes_room(client: httpx.Client) -> None:
    name = f"n-{uuid4().hex}"
    client.put(f"/namespaces/{name}", json={}).raise_for_status()
    fill(client, name)
    assert client.delete(f"/namespaces/{name}", params={"force": True}).status_code == 204
    wait_until(lambda: write(client, dict.fromkeys(map(str, range(9)), "x" * 100_000)).is_success, "room")


def test_full_store_accepts_settings_that_keep_fewer_changes(client: httpx.Client) -> None:
    fill(client)
    assert client.put("/namespaces/default", json={"changes_kept": 1}).status_code == 200
    wait_until(lambda: write(client, {"new": "x" * 1000}).is_success, "room")


def test_full_store_restarts_with_all_acknowledged_writes(client: httpx.Client, small_tarantool: Tarantool) -> None:
    accepted = fill(client)
    stats = client.get("/namespaces/default/stats").json()
    small_tarantool.kill()
    small_tarantool.start()
    assert client.get("/namespaces/default/stats").json() == stats
    lines = client.get("/namespaces/default/export").raise_for_status().text.splitlines()[1:]
    assert {pair["key"]: pair["value"] for pair in map(json.loads, lines)} == KEPT | accepted
    fill(client)
    assert client.delete(f"{PAIR}?key=text").status_code == 204


def test_values_of_all_sizes_use_the_whole_memory(tmp_path: Path, tokens: TokenMaker, jwks_url: str) -> None:
    """Tarantool has slabs for each size of tuple: those of large tuples must not use up the memory for small ones."""
    sizes = [int(1.15**power) for power in range(20, 97)]  # from 16 bytes to 670 kB
    with (
        Tarantool("key_value", tmp_path / "tarantool", TARANTOOL_MEMTX_MEMORY=MIN_MEMORY) as tarantool,
        Service("key_value", tmp_path, tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service,
        client_of(service.wait_until_ready(), tokens.make(scope="admin:*"), timeout=30) as client,
    ):
        client.put("/namespaces/default", json={"changes_kept": 1}).raise_for_status()
        for size in sizes * 5:
            client.put(f"{PAIR}?key={uuid4().hex}", json="x" * size).raise_for_status()
