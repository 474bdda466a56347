"""Renewals of times to live, as heartbeats do: no change, no event, and as durable as any write."""

import asyncio
import json
import random
import re
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Self

import httpx
import pytest

from test_support.frozen_thread import frozen_thread
from test_support.key_value.clients import client_of
from test_support.key_value.watching import watch, write
from test_support.problems import read_problem
from test_support.processes import START_SECONDS, Service, Tarantool, wait_until
from test_support.tokens import TokenMaker

LEASES = 300
CLIENTS = 8
KILLS = 8
THREAD_THAT_WRITES_THE_LOG = "wal"


def url_of(namespace: str, key: str, form: str) -> str:
    return f"/namespaces/{namespace}/pair/ttl?key={key}" if form == "query" else f"/namespaces/{namespace}/pairs/{key}/ttl"


def renew(client: httpx.Client, namespace: str, key: str, seconds: float = 3600, form: str = "query", **headers: str) -> Any:
    answer = client.put(url_of(namespace, key, form), json={"ttl": seconds}, headers=headers)
    return answer.raise_for_status().json()


def read_metadata(client: httpx.Client, namespace: str, key: str) -> Any:
    answer = client.post("/read", json={"namespace": namespace, "keys": [key], "metadata": True})
    return answer.raise_for_status().json()["metadata"][key]


@pytest.mark.parametrize("form", ["query", "path"])
def test_renewal_is_seen_by_all_readers_and_by_no_follower(everywhere: httpx.Client, namespace: str, form: str) -> None:
    home = f"/namespaces/{namespace}"
    write(everywhere, {"a": 1}, namespace=namespace)
    revision = write(everywhere, {"a": 2}, namespace=namespace, ttl=60)
    before, statistics = read_metadata(everywhere, namespace, "a"), everywhere.get(f"{home}/stats").json()
    with watch(everywhere, f"{home}/watch?after={revision}") as events:
        assert next(events).id == revision
        answer = everywhere.put(url_of(namespace, "a", form), json={"ttl": 600}).raise_for_status()
        renewed = answer.json()
        assert (renewed["revision"], answer.headers["etag"]) == (revision, f'"{revision}"')
        after = before | {"expires_at": renewed["expires_at"]}
        assert read_metadata(everywhere, namespace, "a") == after
        assert everywhere.get(f"{home}/pairs").json()["pairs"] == [{"key": "a", "value": 2} | after]
        exported = everywhere.get(f"{home}/export").text.splitlines()
        assert [json.loads(line) for line in exported[1:]] == [{"key": "a", "value": 2, "expires_at": renewed["expires_at"]}]
        known = everywhere.get(f"{home}/pair?key=a", headers={"If-None-Match": answer.headers["etag"]})
        assert known.status_code == 304
        assert everywhere.get(f"{home}/stats").json() == statistics
        assert everywhere.get(f"{home}/changes?after={revision}").json()["changes"] == []
        assert write(everywhere, {"b": 1}, namespace=namespace) == revision + 1
        assert next(events)["key"] == "b"


@pytest.mark.parametrize("form", ["query", "path"])
def test_whatever_else_happens_to_a_time_to_live_is_a_change(everywhere: httpx.Client, namespace: str, form: str) -> None:
    revision = write(everywhere, {"a": 1}, namespace=namespace)
    for ttl in (600, 300, None, None, 60):
        renewed = everywhere.put(url_of(namespace, "a", form), json={"ttl": ttl}).raise_for_status().json()
        revision += 1
        assert renewed["revision"] == revision
        [change] = everywhere.get(f"/namespaces/{namespace}/changes?after={revision - 1}").json()["changes"]
        assert (change["kind"], change["value"], change.get("expires_at")) == ("written", 1, renewed["expires_at"])
    assert write(everywhere, {"a": 1}, namespace=namespace, ttl=600) == revision + 1


def test_repetition_with_the_same_key_renews_nothing(everywhere: httpx.Client, namespace: str) -> None:
    revision = write(everywhere, {"a": 1}, namespace=namespace, ttl=60)
    first = renew(everywhere, namespace, "a", 600, **{"Idempotency-Key": "heartbeat"})
    assert renew(everywhere, namespace, "a", 600, **{"Idempotency-Key": "heartbeat"}) == first
    assert read_metadata(everywhere, namespace, "a")["expires_at"] == first["expires_at"]
    second = renew(everywhere, namespace, "a", 600, **{"Idempotency-Key": "another"})
    assert second["revision"] == revision
    assert datetime.fromisoformat(second["expires_at"]) > datetime.fromisoformat(first["expires_at"])


def test_bytes_stay_as_they_are(everywhere: httpx.Client, namespace: str) -> None:
    home, content = f"/namespaces/{namespace}", bytes(range(256)) * 100
    made = everywhere.put(f"{home}/pair?key=a&ttl=60", content=content, headers={"Content-Type": "image/png"})
    tag = made.raise_for_status().headers["etag"]
    for seconds in range(600, 610):
        renew(everywhere, namespace, "a", seconds, **{"If-Match": tag})
    found = everywhere.get(f"{home}/pair?key=a")
    assert (found.content, found.headers["content-type"], found.headers["etag"]) == (content, "image/png", tag)


@pytest.mark.parametrize("form", ["query", "path"])
def test_holder_renews_with_the_same_tag_until_another_has_the_pair(everywhere: httpx.Client, namespace: str, form: str) -> None:
    revision = write(everywhere, {"lock": "anna"}, namespace=namespace, ttl=60)
    conditions = [f'"{revision}"', "*", f'"{revision + 7}", "{revision}"', f'W/"{revision}"'] * 3
    for number, condition in enumerate(conditions):
        assert renew(everywhere, namespace, "lock", 60 + number, form, **{"If-Match": condition})["revision"] == revision
    expires_at = read_metadata(everywhere, namespace, "lock")["expires_at"]
    for headers in ({"If-Match": f'"{revision + 1}"'}, {"If-None-Match": "*"}, {"If-None-Match": f'"{revision}"'}):
        refused = everywhere.put(url_of(namespace, "lock", form), json={"ttl": 3600}, headers=headers)
        assert read_problem(refused, 412, "precondition-failed")["revision"] == revision
    assert read_metadata(everywhere, namespace, "lock")["expires_at"] == expires_at
    taken = write(everywhere, {"lock": "berta"}, namespace=namespace, ttl=60)
    refused = everywhere.put(url_of(namespace, "lock", form), json={"ttl": 3600}, headers={"If-Match": f'"{revision}"'})
    assert read_problem(refused, 412, "precondition-failed")["revision"] == taken


def test_lease_passes_to_another_once_its_holder_is_silent(everywhere: httpx.Client, namespace: str) -> None:
    """The recipe of the documentation."""
    home = f"/namespaces/{namespace}"

    def take(name: str) -> httpx.Response:
        return everywhere.put(f"{home}/pair?key=leader&ttl=2", json=name, headers={"If-None-Match": "*"})

    def write_as(revision: int) -> bool:
        """Write another pair, fenced by the revision of the lease, and return whether that was done."""
        compare = [{"target": "revision", "key": "leader", "operand": revision}]
        then = [{"operation": "write", "key": "protected", "value": revision}]
        answer = everywhere.post(f"{home}/transactions", json={"compare": compare, "then": then}).raise_for_status()
        done: bool = answer.json()["succeeded"]
        return done

    first: int = take("anna").raise_for_status().json()["revision"]
    for _ in range(10):  # for longer than the time to live
        assert renew(everywhere, namespace, "leader", 2, **{"If-Match": f'"{first}"'})["revision"] == first
        read_problem(take("berta"), 412, "precondition-failed")
        time.sleep(0.25)
    assert write_as(first)
    with watch(everywhere, f"{home}/watch?prefix=leader") as events:
        next(events)
        assert next(events).name == "expired"
    second: int = take("berta").raise_for_status().json()["revision"]
    assert second > first
    late = everywhere.put(url_of(namespace, "leader", "query"), json={"ttl": 1}, headers={"If-Match": f'"{first}"'})
    assert read_problem(late, 412, "precondition-failed")["revision"] == second
    assert not write_as(first)
    assert write_as(second)


def test_lock_that_is_renewed_conditionally_is_never_renewed_for_another(everywhere: httpx.Client, namespace: str) -> None:
    """Two contenders write alternately; each renews by its own revision meanwhile, for a time that tells who it was."""

    def contend(number: int) -> None:
        for _ in range(40):
            revision = write(everywhere, {"lock": number}, namespace=namespace, ttl=50)
            tag = {"If-Match": f'"{revision}"'}
            answer = everywhere.put(url_of(namespace, "lock", "query"), json={"ttl": 1000 * (number + 1)}, headers=tag)
            if not answer.is_success:
                read_problem(answer, 412, "precondition-failed")
            assert find_renewer() in (None, True)

    def find_renewer() -> bool | None:
        """Return whether the pair was renewed by its holder; None if it was not renewed."""
        listed = everywhere.get(f"/namespaces/{namespace}/pairs").json()["pairs"][0]
        left = datetime.fromisoformat(listed["expires_at"]) - datetime.now(UTC)
        renewer = round(left.total_seconds() / 1000) - 1
        return None if renewer < 0 else renewer == listed["value"]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(contend, range(3)))


def test_heartbeats_of_300_leases_leave_the_log_of_100_changes_to_others(everywhere: httpx.Client, namespace: str) -> None:
    home = f"/namespaces/{namespace}"
    everywhere.put(home, json={"changes_kept": 100}).raise_for_status()
    write(everywhere, {f"lease-{number}": "x" * 1000 for number in range(LEASES)}, namespace=namespace, ttl=60)
    revision = write(everywhere, dict.fromkeys(map(str, range(100)), 1), namespace=namespace)
    oldest = everywhere.get(f"{home}/stats").json()["oldest_change"]

    def beat(number: int) -> None:
        renew(everywhere, namespace, f"lease-{number % LEASES}", 60)

    with watch(everywhere, f"{home}/watch?after={revision - 100}") as events, ThreadPoolExecutor(CLIENTS) as pool:
        assert next(events).id == revision - 100
        list(pool.map(beat, range(5 * LEASES)))
        assert [next(events)["key"] for _ in range(100)] == [str(number) for number in range(100)]
        assert everywhere.get(f"{home}/changes?after={revision - 100}").raise_for_status().json()["last"] == revision
        assert write(everywhere, {"after them": 1}, namespace=namespace) == revision + 1
        assert next(events)["key"] == "after them"
    statistics = everywhere.get(f"{home}/stats").json()
    assert statistics["revision"] == revision + 1
    assert oldest <= statistics["oldest_change"] <= oldest + 1
    assert statistics["pairs"] == LEASES + 101


class Follower:
    """A copy of a namespace, made of an export and the changes after it alone: it lets nothing expire by itself."""

    def __init__(self, client: httpx.Client, namespace: str) -> None:
        self._client, self._home = client, f"/namespaces/{namespace}"
        head, *pairs = map(json.loads, client.get(f"{self._home}/export").raise_for_status().text.splitlines())
        self.revision = head["revision"]
        self.copy: dict[str, Any] = {pair["key"]: pair for pair in pairs}
        self.expired = 0

    def follow(self) -> None:
        """Apply the changes that there are."""
        query = {"after": self.revision, "wait": 0.2}
        page = self._client.get(f"{self._home}/changes", params=query).raise_for_status().json()
        for change in page["changes"]:
            self.copy.pop(change["key"], None)
            self.expired += change["kind"] == "expired"
            if change["kind"] == "written":
                self.copy[change["key"]] = change
        self.revision = page["last"]


def _read_expiry(pair: dict[str, Any]) -> datetime:
    text = pair.get("expires_at")
    return datetime.max.replace(tzinfo=UTC) if text is None else datetime.fromisoformat(text)


class Mixture:
    """Clients that write, renew, delete and let expire some pairs while the context lasts."""

    def __init__(self, service: Service, token: str, namespace: str) -> None:
        self._service, self._token, self._namespace = service, token, namespace
        self._is_over = threading.Event()
        self._pool = ThreadPoolExecutor(CLIENTS)
        self._running: list[Future[None]] = []
        self.renewals = 0

    def __enter__(self) -> Self:
        self._running = [self._pool.submit(self._disturb, seed) for seed in range(CLIENTS)]
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        for one in self._running:
            one.result()
        self._pool.shutdown()

    def _disturb(self, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311
        with client_of(self._service, self._token, timeout=30) as client:
            while not self._is_over.wait(0.01):
                key = f"key-{dice.randrange(200)}"
                match dice.choice(["write", "write", "write for ever", "renew", "renew", "renew", "shorten", "delete"]):
                    case "write":
                        write(client, {key: dice.random()}, namespace=self._namespace, ttl=dice.choice([0.1, 0.3, 0.9]))
                    case "write for ever":
                        write(client, {key: dice.random()}, namespace=self._namespace)
                    case "delete":
                        client.post("/delete", json={"namespace": self._namespace, "keys": [key]}).raise_for_status()
                    case what:
                        ttl = 1 if what == "renew" else 0.05
                        answer = client.put(url_of(self._namespace, key, "query"), json={"ttl": ttl})
                        assert answer.status_code in (200, 404), answer.text
                        self.renewals += answer.is_success and ttl == 1


def test_follower_that_goes_by_changes_alone_has_an_exact_copy(
    key_value_service: Service, tokens: TokenMaker, everywhere: httpx.Client, namespace: str
) -> None:
    home = f"/namespaces/{namespace}"
    write(everywhere, {"kept alive": 1}, namespace=namespace, ttl=4)
    follower = Follower(everywhere, namespace)
    with Mixture(key_value_service, tokens.make(scope="admin:*"), namespace) as mixture:
        deadline = time.monotonic() + 6
        while time.monotonic() < deadline:
            renew(everywhere, namespace, "kept alive", 4)
            follower.follow()
    assert follower.expired > 0
    assert mixture.renewals > 0
    # All that a follower knows is when the pair would have expired at the latest change.
    assert datetime.fromisoformat(follower.copy["kept alive"]["expires_at"]) < datetime.now(UTC)
    renew(everywhere, namespace, "kept alive", 600)

    def has_same_pairs() -> bool:
        present = everywhere.get(f"{home}/pairs?limit=1000").raise_for_status().json()
        while follower.revision < present["revision"]:
            follower.follow()
        if follower.revision > present["revision"]:
            return False
        found = {pair["key"]: pair for pair in present["pairs"]}
        assert follower.copy.keys() >= found.keys()
        for key, pair in found.items():
            assert follower.copy[key]["value"] == pair["value"]
            assert _read_expiry(follower.copy[key]) <= _read_expiry(pair)
        return follower.copy.keys() == found.keys()  # those that expire are removed a moment later

    wait_until(has_same_pairs, "the copy having the same pairs", 15)


def make_client(service: Service, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=service.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=20)


async def ask(service: Service, token: str, method: str, path: str, body: Any = None) -> httpx.Response:
    async with make_client(service, token) as client:
        return await client.request(method, path, json=body)


READS: dict[str, tuple[str, str, Any]] = {
    "a pair": ("GET", "/namespaces/default/pair?key=lease", None),
    "a batch": ("POST", "/read", {"keys": ["other", "lease"]}),
    "metadata": ("POST", "/read", {"keys": ["lease"], "metadata": True}),
    "a list": ("GET", "/namespaces/default/pairs", None),
    "a transaction": ("POST", "/namespaces/default/transactions", {"then": [{"operation": "read", "key": "lease"}]}),
    "a write of what is absent": ("POST", "/write", {"data": {"lease": "new"}, "if_absent": True}),
    "a condition": ("POST", "/write", {"data": {"other": 2}, "if_revision": {"lease": 0}}),
    "a renewal": ("PUT", "/namespaces/default/pair/ttl?key=lease", {"ttl": 3600}),
}


def without_expiry(answer: httpx.Response) -> str:
    return re.sub(r'"expires_at":"[^"]+"', "", answer.text)


@pytest.mark.parametrize("is_killed", [True, False], ids=["killed", "recovered"])
async def test_what_only_a_renewal_keeps_alive_is_not_shown_before_that_is_durable(
    service: Service, database: Tarantool, tokens: TokenMaker, is_killed: bool
) -> None:
    token = tokens.make()
    assert (await ask(service, token, "POST", "/write", {"data": {"other": 1}})).is_success
    assert (await ask(service, token, "POST", "/write", {"data": {"lease": 1}, "ttl": 2})).is_success
    asked: dict[str, asyncio.Task[httpx.Response]] = {}

    def find_answered() -> list[str]:
        """Return who got an answer other than 503 `store-unavailable`, which the service gives after 1.5 seconds."""
        return [name for name, one in asked.items() if one.done() and one.result().status_code != 503]

    with frozen_thread(database.pid, THREAD_THAT_WRITES_THE_LOG):
        asked["the renewal"] = asyncio.create_task(ask(service, token, *READS["a renewal"]))
        await asyncio.sleep(0.3)
        asked["the new expiry"] = asyncio.create_task(ask(service, token, *READS["metadata"]))
        await asyncio.sleep(2)  # until the pair would have expired
        assert find_answered() == []
        asked |= {name: asyncio.create_task(ask(service, token, *request)) for name, request in READS.items()}
        for _ in range(5):  # what is durable is shown meanwhile
            assert (await ask(service, token, "POST", "/read", {"keys": ["other"]})).json()["data"] == {"other": 1}
        await asyncio.sleep(0.5)
        assert find_answered() == []
        if is_killed:
            database.signal(signal.SIGKILL)
    if is_killed:
        database.wait()
        database.start()
        await asyncio.gather(*asked.values())
        assert find_answered() == []
    await asyncio.to_thread(service.wait_until_ready)
    found = await ask(service, token, *READS["a pair"])
    assert found.status_code == (404 if is_killed else 200)
    if not is_killed:
        answers = {name: (await asked[name], await ask(service, token, *request)) for name, request in READS.items()}
        for name, (waited, fresh) in answers.items():
            assert fresh.status_code == (409 if name == "a condition" else 200), name
            assert waited.status_code in (503, fresh.status_code), name
            if waited.is_success:
                assert without_expiry(waited) == without_expiry(fresh), name


class Heartbeats:
    """Clients that renew a pair each, as often as they can, for longer each time, and one that reads, until the store fails."""

    def __init__(self, service: Service, token: str, keys: list[str]) -> None:
        self._keys = keys
        self._service, self._token = service, token
        self.latest = dict.fromkeys(keys, datetime.min.replace(tzinfo=UTC))
        """The latest expiry of each pair that any response had."""
        self.acknowledged = 0
        self._seconds = 1000

    async def beat_until_killed(self, database: Tarantool, count: int) -> None:
        """Return once the store was killed, after so many acknowledged renewals, and nothing is under way any more."""
        enough = asyncio.Event()
        async with make_client(self._service, self._token) as client, asyncio.TaskGroup() as group:
            for key in self._keys:
                group.create_task(self._beat(client, key, enough, self.acknowledged + count))
            group.create_task(self._look(client))
            await asyncio.wait_for(enough.wait(), START_SECONDS)
            await asyncio.sleep(random.uniform(0, 0.05))  # noqa: S311
            await asyncio.to_thread(database.kill)

    async def read(self) -> Any:
        """Return all pairs' metadata."""
        async with make_client(self._service, self._token) as client:
            answer = await client.post("/read", json={"keys": self._keys, "metadata": True})
            return answer.raise_for_status().json()["metadata"]

    async def _beat(self, client: httpx.AsyncClient, key: str, enough: asyncio.Event, count: int) -> None:
        while True:
            self._seconds += 1
            body = {"ttl": self._seconds}
            answer = await client.put("/namespaces/default/pair/ttl", params={"key": key}, json=body)
            if not answer.is_success:
                assert answer.status_code == 503, answer.text
                return
            self._see(key, answer.json())
            self.acknowledged += 1
            if self.acknowledged == count:
                enough.set()

    async def _look(self, client: httpx.AsyncClient) -> None:
        while True:
            answer = await client.post("/read", json={"keys": self._keys, "metadata": True})
            if not answer.is_success:
                return
            for key, metadata in answer.json()["metadata"].items():
                self._see(key, metadata)

    def _see(self, key: str, metadata: dict[str, Any]) -> None:
        self.latest[key] = max(self.latest[key], datetime.fromisoformat(metadata["expires_at"]))


async def test_renewals_that_a_client_has_seen_survive_kills(service: Service, database: Tarantool, tokens: TokenMaker) -> None:
    keys, token = [f"lease-{number}" for number in range(CLIENTS)], tokens.make()
    assert (await ask(service, token, "POST", "/write", {"data": dict.fromkeys(keys, "x" * 2000), "ttl": 1000})).is_success
    heartbeats = Heartbeats(service, token, keys)
    before = await heartbeats.read()
    for _ in range(KILLS):
        await heartbeats.beat_until_killed(database, 100)
        await asyncio.to_thread(database.start)
        await asyncio.to_thread(service.wait_until_ready)
        found = await heartbeats.read()
        lost = [key for key in keys if datetime.fromisoformat(found[key]["expires_at"]) < heartbeats.latest[key]]
        assert lost == []
        assert {key: found[key] | {"expires_at": None} for key in keys} == {
            key: before[key] | {"expires_at": None} for key in keys
        }
    assert heartbeats.acknowledged >= 100 * KILLS
