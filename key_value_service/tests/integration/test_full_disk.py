"""The disk of Tarantool's write-ahead log is full: writes are rejected and say so, reads work, and it recovers by itself."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.problems import read_problem
from test_support.processes import Service, wait_until
from test_support.small_disk import SIZES, TarantoolOnSmallDisk, filling
from test_support.tokens import TokenMaker

PAIR, PAIRS = "/namespaces/default/pair", "/namespaces/default/pairs"
KEPT = {"number": 1, "object": {"a": 1}, "text": "kept"}

Ask = Callable[[httpx.Client], httpx.Response]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[TarantoolOnSmallDisk]:
    with TarantoolOnSmallDisk("key_value", tmp_path / "tarantool") as tarantool:
        yield tarantool


@pytest.fixture
def store(tmp_path: Path, disk: TarantoolOnSmallDisk, jwks_url: str) -> Iterator[Service]:
    with Service("key_value", tmp_path / "service", disk, KEY_VALUE_JWKS_URL=jwks_url, KEY_VALUE_WORKERS="2") as service:
        yield service.wait_until_ready()


@pytest.fixture
def client(store: Service, tokens: TokenMaker) -> Iterator[httpx.Client]:
    with client_of(store, tokens.make(scope="admin:*"), timeout=30) as client:
        yield client


def write_until_refused(client: httpx.Client) -> dict[str, Any]:
    """Use up what the log has reserved, to the last bytes, and return what was accepted."""
    accepted: dict[str, Any] = {}
    for size in SIZES:
        while True:
            data = {f"filling-{len(accepted)}": filling(size)}
            answer = client.post("/write", json={"data": data})
            if not answer.is_success:
                read_problem(answer, 507, "disk-full")
                break
            accepted |= data
    while client.put("/namespaces/default", json={}).is_success:  # the smallest write
        pass
    return accepted


def find_missing(client: httpx.Client) -> list[str]:
    """Return what readiness reports as missing, although the service works: here it has no revocations, either."""
    answer = client.get("/health/ready").raise_for_status().json()
    assert answer["status"] == "degraded"
    missing: list[str] = answer["missing"]
    return missing


def renew(client: httpx.Client) -> httpx.Response:
    return client.put(f"{PAIR}/ttl?key=lease", json={"ttl": 7200})


def read_lease(client: httpx.Client) -> Any:
    return client.post("/read", json={"keys": ["lease"], "metadata": True}).raise_for_status().json()["metadata"]


WRITES: dict[str, Ask] = {
    "write": lambda client: client.post("/write", json={"data": {"text": filling(5_000)}}),
    "delete": lambda client: client.post("/delete", json={"keys": ["text"]}),
    "put": lambda client: client.put(f"{PAIR}?key=text", json="other"),
    "patch": lambda client: client.patch(
        f"{PAIR}?key=object", content='{"a":2}', headers={"Content-Type": "application/merge-patch+json"}
    ),
    "delete one": lambda client: client.delete(f"{PAIR}?key=text"),
    "increment": lambda client: client.post(f"{PAIR}/increment?key=number", json={}),
    "set the time to live": lambda client: client.put(f"{PAIR}/ttl?key=text", json={"ttl": 60}),
    "renew": renew,
    "delete a range": lambda client: client.delete(PAIRS, params={"prefix": "t"}),
    "transaction": lambda client: client.post(
        "/namespaces/default/transactions", json={"then": [{"operation": "delete", "key": "text"}]}
    ),
    "import": lambda client: client.post(
        "/namespaces/default/import", content='{"key":"text","value":2}\n', headers={"Content-Type": "application/x-ndjson"}
    ),
    "make a namespace": lambda client: client.put("/namespaces/new", json={"description": filling(256)}),
    "delete a namespace": lambda client: client.delete("/namespaces/other", params={"force": True}),
}


def test_full_disk_is_named_and_left_behind(client: httpx.Client, disk: TarantoolOnSmallDisk) -> None:
    client.put("/namespaces/other", json={}).raise_for_status()
    client.post("/write", json={"data": KEPT}).raise_for_status()
    client.post("/write", json={"data": {"lease": 1}, "ttl": 3600}).raise_for_status()
    disk.fill_disk()
    accepted = write_until_refused(client)
    while renew(client).is_success:
        pass
    lease = read_lease(client)

    for name, ask in WRITES.items():
        problem = read_problem(ask(client), 507, "disk-full")
        assert "disk" in problem["detail"], name
        assert "nothing was written" in problem["detail"], name
    with ThreadPoolExecutor(20) as pool:
        for answer in pool.map(lambda number: (WRITES["write"], renew)[number % 2](client), range(100)):
            read_problem(answer, 507, "disk-full")

    assert read_lease(client) == lease
    listed = {
        pair["key"]: pair["expires_at"]
        for pair in client.get(PAIRS, params={"prefix": "lease"}).raise_for_status().json()["pairs"]
    }
    assert listed["lease"] == lease["lease"]["expires_at"]  # it does not wait for renewals that have failed
    assert client.post("/read", json={"keys": list(KEPT)}).json()["data"] == KEPT
    assert {one["name"] for one in client.get("/namespaces").json()["namespaces"]} == {"default", "other"}
    ticket = client.post("/namespaces/default/watch-tickets").raise_for_status().json()["ticket"]
    with httpx.stream("GET", f"{client.base_url}/namespaces/default/watch?ticket={ticket}", trust_env=False) as watching:
        assert watching.status_code == 200
    for _ in range(4):  # each worker knows
        wait_until(lambda: "disk" in find_missing(client), "the warning", 5)

    disk.free_disk()
    wait_until(lambda: client.post("/write", json={"data": {"new": 1}}).is_success, "the recovery", 10)
    wait_until(lambda: "disk" not in find_missing(client), "the end of the warning", 10)
    expected = KEPT | accepted | {"new": 1}
    assert client.post("/read", json={"keys": list(expected)}).json()["data"] == expected


def test_deletion_that_meets_a_full_disk_says_so(client: httpx.Client, disk: TarantoolOnSmallDisk) -> None:
    client.post("/write", json={"data": KEPT}).raise_for_status()
    disk.fill_disk()
    write_until_refused(client)
    problem = read_problem(client.delete(PAIRS, params={"all": True}), 507, "disk-full")
    assert "disk" in problem["detail"]
    assert client.post("/read", json={"keys": list(KEPT)}).json()["data"] == KEPT


def test_request_that_met_a_full_disk_is_done_once_when_it_is_repeated(client: httpx.Client, disk: TarantoolOnSmallDisk) -> None:
    client.post("/write", json={"data": KEPT}).raise_for_status()
    disk.fill_disk()
    write_until_refused(client)

    def increment() -> httpx.Response:
        return client.post(f"{PAIR}/increment?key=number", json={}, headers={"Idempotency-Key": "one"})

    with ThreadPoolExecutor(5) as pool:
        for answer in pool.map(lambda _: increment(), range(10)):
            read_problem(answer, 507, "disk-full")
            assert "idempotency-replayed" not in answer.headers
    disk.free_disk()
    wait_until(lambda: increment().is_success, "the recovery", 10)
    again = increment()
    assert (again.json()["value"], again.headers["idempotency-replayed"]) == (2, "true")
    assert client.get(f"{PAIR}?key=number").json() == 2
