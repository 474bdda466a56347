"""Reads that may be stale: a real replica answers them, and says how far behind it may be."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from test_support.follower import Follower, allow_replication
from test_support.key_value.clients import client_of
from test_support.metrics import scrape
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service, Tarantool, reserve_port, wait_until
from test_support.tokens import TokenMaker

STALE = {"consistency": "stale"}
PAIRS = "/namespaces/default/pairs"

Read = Callable[[httpx.Client, str, dict[str, str]], httpx.Response]

READS: dict[str, Read] = {
    "pair": lambda client, key, how: client.get(f"{PAIRS}/{key}", params=how),
    "batch": lambda client, key, how: client.post("/read", json={"keys": [key, "absent"]}, params=how),
    "metadata": lambda client, key, how: client.post("/read", json={"keys": [key], "metadata": True}, params=how),
    "range": lambda client, key, how: client.get(PAIRS, params={"prefix": key} | how),
    "children": lambda client, key, how: client.get("/namespaces/default/children", params={"prefix": key} | how),
    "history": lambda client, key, how: client.get("/namespaces/default/pair/history", params={"key": key} | how),
    "export": lambda client, key, how: client.get("/namespaces/default/export", params={"prefix": key} | how),
}


class Replicated:
    """A leader, a replica of it, and a service that has both."""

    def __init__(self, folder: Path, jwks_url: str, running: ExitStack, stale_seconds: float = 60) -> None:
        self.leader = running.enter_context(Tarantool("key_value", folder / "leader"))
        allow_replication(self.leader)
        self.follower = running.enter_context(Follower(self.leader, folder / "follower"))
        self._metrics_port = reserve_port()
        self.service = running.enter_context(
            Service(
                "key_value",
                folder / "service",
                self.leader,
                KEY_VALUE_TARANTOOL_ADDRESSES=f"127.0.0.1:{self.leader.port},127.0.0.1:{self.follower.port}",
                KEY_VALUE_METRICS_PORT=str(self._metrics_port),
                KEY_VALUE_JWKS_URL=jwks_url,
                KEY_VALUE_STALE_SECONDS=str(stale_seconds),
            )
        )
        self.service.wait_until_ready()

    def count_reads(self) -> float:
        """Return how many reads the replica has answered."""
        return scrape(self._metrics_port)["tarantool_replica_reads_total", frozenset()]

    def wait_until_replicated(self, client: httpx.Client, revision: int) -> None:
        """Return when the replica has this revision."""

        def has_it() -> bool:
            answer = client.post("/read", json={"keys": ["absent"]}, params=STALE).raise_for_status()
            return int(answer.headers["stale-revision"]) >= revision

        wait_until(has_it, "the replica catching up")


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory, jwks_url: str) -> Iterator[Replicated]:
    with ExitStack() as running:
        yield Replicated(tmp_path_factory.mktemp("replicated"), jwks_url, running)


@pytest.fixture
def client(replicated: Replicated, tokens: TokenMaker) -> Iterator[httpx.Client]:
    with client_of(replicated.service, tokens.make(), timeout=30) as client:
        yield client


@pytest.fixture
def key(replicated: Replicated, client: httpx.Client) -> str:
    """A pair that the replica has."""
    key = uuid4().hex
    revision = client.post("/write", json={"data": {key: 1}}).raise_for_status().json()["revision"]
    replicated.wait_until_replicated(client, revision)
    return key


@pytest.mark.parametrize("name", READS)
def test_replica_answers_what_the_leader_does(replicated: Replicated, client: httpx.Client, key: str, name: str) -> None:
    read = READS[name]
    expected = read(client, key, {}).raise_for_status()
    assert not {"stale-age", "stale-revision"} & {field.lower() for field in expected.headers}
    before = replicated.count_reads()
    answer = read(client, key, STALE).raise_for_status()
    assert answer.content == expected.content
    assert answer.headers.get("etag") == expected.headers.get("etag")
    assert 0 <= float(answer.headers["stale-age"]) <= 60
    assert int(answer.headers["stale-revision"]) >= 1
    assert replicated.count_reads() == before + 1


def test_header_field_says_it_too(replicated: Replicated, client: httpx.Client, key: str) -> None:
    before = replicated.count_reads()
    answer = client.post("/read", json={"keys": [key]}, headers={"Read-Consistency": "stale"}).raise_for_status()
    assert float(answer.headers["stale-age"]) >= 0
    client.post("/read", json={"keys": [key]}, headers={"Read-Consistency": "linearizable"}).raise_for_status()
    both = client.post(
        "/read", json={"keys": [key]}, params={"consistency": "linearizable"}, headers={"Read-Consistency": "stale"}
    )
    assert "stale-age" not in both.raise_for_status().headers
    assert replicated.count_reads() == before + 1


def test_next_page_is_stale_as_the_first_one(client: httpx.Client, key: str) -> None:
    client.post("/write", json={"data": {f"{key} 2": 2}}).raise_for_status()
    page = client.get(PAIRS, params={"prefix": key, "limit": "1"}).raise_for_status()
    assert "consistency" not in page.headers["link"]
    wait_until(lambda: "next" in client.get(PAIRS, params={"prefix": key, "limit": "1"} | STALE).links, "the replica having both")
    page = client.get(PAIRS, params={"prefix": key, "limit": "1"} | STALE)
    rest = client.get(page.links["next"]["url"]).raise_for_status()
    assert "stale-age" in rest.headers
    assert [pair["value"] for pair in rest.json()["pairs"]] == [2]


def test_known_pair_is_not_sent_again(client: httpx.Client, key: str) -> None:
    tag = client.get(f"{PAIRS}/{key}").headers["etag"]
    answer = client.get(f"{PAIRS}/{key}", params=STALE, headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert "stale-age" in answer.headers


def test_unknown_consistency_is_refused(client: httpx.Client) -> None:
    answer = client.post("/read", json={"keys": ["a"]}, params={"consistency": "fast"})
    assert read_broken_rules(answer) == {("consistency", "literal_error")}
    answer = client.post("/read", json={"keys": ["a"]}, headers={"Read-Consistency": "fast"})
    assert read_broken_rules(answer) == {("read-consistency", "literal_error")}
    answer = client.post("/read?consistency=stale", json={"keys": ["a"]}, headers={"Read-Consistency": "fast"})
    assert read_broken_rules(answer) == {("read-consistency", "literal_error")}
    answer = client.post("/read?consistency=stale&consistency=stale", json={"keys": ["a"]})
    assert read_broken_rules(answer) == {("consistency", "unique")}
    answer = client.post("/write", json={"data": {"a": 1}}, params=STALE)
    assert read_broken_rules(answer) == {("consistency", "extra_forbidden")}


def test_replica_answers_while_the_leader_does_not(replicated: Replicated, client: httpx.Client, key: str) -> None:
    replicated.leader.signal(signal.SIGSTOP)
    try:
        read_problem(client.post("/read", json={"keys": [key]}), 503, "store-unavailable")
        for read in READS.values():
            read(client, key, STALE).raise_for_status()
    finally:
        replicated.leader.signal(signal.SIGCONT)
    wait_until(lambda: client.post("/read", json={"keys": [key]}).is_success, "the leader answering again")


def test_leader_answers_where_the_replica_is_too_far_behind(
    replicated: Replicated, key: str, tmp_path: Path, jwks_url: str, tokens: TokenMaker
) -> None:
    with (
        Service(
            "key_value",
            tmp_path,
            replicated.leader,
            KEY_VALUE_TARANTOOL_ADDRESSES=f"127.0.0.1:{replicated.leader.port},127.0.0.1:{replicated.follower.port}",
            KEY_VALUE_JWKS_URL=jwks_url,
            KEY_VALUE_STALE_SECONDS="0.0000001",
        ) as strict,
        client_of(strict.wait_until_ready(), tokens.make(), timeout=30) as other,
    ):
        before = replicated.count_reads()
        answer = other.post("/read", json={"keys": [key]}, params=STALE).raise_for_status()
        assert (answer.json()["data"], answer.headers["stale-age"]) == ({key: 1}, "0.000")
    assert replicated.count_reads() == before


def test_watch_and_changes_are_those_of_the_replica(replicated: Replicated, client: httpx.Client, key: str) -> None:
    after = client.post("/read", json={"keys": [key]}).json()["revision"]
    before = replicated.count_reads()
    with client.stream("GET", "/namespaces/default/watch", params={"after": str(after), "prefix": key} | STALE) as watch:
        lines = watch.iter_lines()
        for number in (1, 2):
            client.post("/write", json={"data": {key: number}}).raise_for_status()
            data = next(line for line in lines if line.startswith("data:"))
            assert json.loads(data.removeprefix("data:"))["value"] == number
    assert replicated.count_reads() > before
    page = client.get("/namespaces/default/changes", params={"after": str(after), "wait": "20", "prefix": key} | STALE)
    assert [change["value"] for change in page.raise_for_status().json()["changes"]][:1] == [1]


def test_position_that_the_replica_has_not_come_to_is_not_gone(client: httpx.Client) -> None:
    for number in range(20):
        after = client.post("/write", json={"data": {"ahead": number}}).raise_for_status().json()["revision"]
        page = client.get("/namespaces/default/changes", params={"after": str(after)} | STALE)
        assert page.raise_for_status().json()["changes"] == []


def test_promoted_replica_has_what_it_was_told_and_a_watch_goes_on(tmp_path: Path, jwks_url: str, tokens: TokenMaker) -> None:
    with ExitStack() as running:
        store = Replicated(tmp_path, jwks_url, running)
        client = running.enter_context(client_of(store.service, tokens.make(), timeout=30))
        revision = client.post("/write", json={"data": {"a": 1}}).raise_for_status().json()["revision"]
        store.wait_until_replicated(client, revision)
        with client.stream("GET", "/namespaces/default/watch", params={"after": str(revision)}) as watch:
            store.leader.kill()
            left = client.post("/read", json={"keys": ["a"]}, params=STALE).raise_for_status()
            assert (left.json()["data"], left.headers["stale-revision"]) == ({"a": 1}, str(revision))
            store.follower.promote()
            client.post("/write", json={"data": {"b": 2}}).raise_for_status()
            data = next(line for line in watch.iter_lines() if line.startswith("data:"))
            assert json.loads(data.removeprefix("data:"))["value"] == 2
        answer = client.post("/read", json={"keys": ["a", "b"]}).raise_for_status()
        assert (answer.json()["data"], answer.json()["revision"]) == ({"a": 1, "b": 2}, revision + 1)
        # Nobody but the leader is left to answer.
        assert client.post("/read", json={"keys": ["a"]}, params=STALE).headers["stale-age"] == "0.000"
