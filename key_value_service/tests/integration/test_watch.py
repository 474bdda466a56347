"""Following changes over HTTP: the stream of events and the pages, on real Tarantool."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from uuid import uuid4

import httpx
import pytest

from key_value_service.application.changes.follow_changes import FollowChangesRequest, WatchChanges
from key_value_service.domain.value_objects.batch import WriteBatch
from key_value_service.domain.value_objects.value import JsonText
from key_value_service.infrastructure.db.change_tail import ChangeTail
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import TarantoolPairRepository
from shared_kernel.application.authentication import Caller
from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.key_value.clients import client_of
from test_support.key_value.watching import CHANGES, WATCH, new_prefix, watch, write
from test_support.problems import read_problem
from test_support.processes import Service
from test_support.tokens import TokenMaker


def test_every_change_is_sent_once_and_in_order(everywhere: httpx.Client, namespace: str) -> None:
    prefix = new_prefix()
    with watch(everywhere, f"/namespaces/{namespace}/watch?prefix={prefix}") as events:
        begin = next(events).id
        assert begin is not None
        revision = write(everywhere, {f"{prefix}a": {"b": 1.0}, f"{prefix}b": "é", f"other{prefix}": 1}, namespace=namespace)
        everywhere.post("/delete", json={"namespace": namespace, "keys": [f"{prefix}a"]}).raise_for_status()
        write(everywhere, {f"{prefix}c": 1}, namespace=namespace, ttl=0.3)
        received = [next(events) for _ in range(5)]
    expires_at = received[3].pop("expires_at")
    assert [(event.name, event.id, event) for event in received] == [
        (kind, number, {"revision": number, "kind": kind, **data})
        for kind, number, data in (
            ("written", revision - 2, {"key": f"{prefix}a", "value": {"b": 1.0}}),
            ("written", revision - 1, {"key": f"{prefix}b", "value": "é"}),
            ("deleted", revision + 1, {"key": f"{prefix}a"}),
            ("written", revision + 2, {"key": f"{prefix}c", "value": 1}),
            ("expired", revision + 3, {"key": f"{prefix}c"}),
        )
    ]
    assert expires_at.endswith("Z")


@pytest.mark.parametrize("way", ["query", "header", "header over query"])
def test_stream_resumes_after_the_last_event_id(key_value: httpx.Client, way: str) -> None:
    prefix = new_prefix()
    revision = write(key_value, {f"{prefix}{number}": number for number in range(5)})
    after = revision - 2
    path = WATCH if way == "header" else f"{WATCH}?after={after if way == 'query' else revision - 4}"
    headers = {"Last-Event-ID": str(after)} if "header" in way else {}
    with watch(key_value, path, **headers) as events:
        assert next(events).id == after
        assert [next(events)["key"] for _ in range(2)] == [f"{prefix}3", f"{prefix}4"]
        write(key_value, {f"{prefix}5": 5})
        assert next(events)["key"] == f"{prefix}5"


def test_pages_have_the_same_changes_and_wait_for_new_ones(everywhere: httpx.Client, namespace: str) -> None:
    prefix, changes = new_prefix(), f"/namespaces/{namespace}/changes"
    revision = write(everywhere, {f"{prefix}a": 1, f"{prefix}b": 2}, namespace=namespace)
    page = everywhere.get(changes, params={"after": revision - 2}).raise_for_status()
    assert page.headers["cache-control"] == "no-store"
    assert page.json()["changes"] == [
        {"revision": revision - 1, "kind": "written", "key": f"{prefix}a", "value": 1},
        {"revision": revision, "kind": "written", "key": f"{prefix}b", "value": 2},
    ]
    assert page.json()["last"] == revision
    assert everywhere.get(changes, params={"after": revision, "prefix": prefix}).json()["changes"] == []
    writer = threading.Timer(0.3, write, (everywhere, {f"{prefix}c": 3}), {"namespace": namespace})
    writer.start()
    answer = everywhere.get(changes, params={"after": revision, "wait": 20}).json()
    writer.join()
    assert [change["key"] for change in answer["changes"]] == [f"{prefix}c"]


@contextmanager
def other_changes(client: httpx.Client, namespace: str) -> Iterator[None]:
    """Change another key all the while."""
    ended = threading.Event()

    def change() -> None:
        with httpx.Client(base_url=client.base_url, headers=client.headers, trust_env=False) as other:
            while not ended.wait(0.02):
                write(other, {"other": 1}, namespace=namespace)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        yield
    finally:
        ended.set()
        changing.join()


def test_page_of_a_prefix_waits_while_only_other_keys_change(everywhere: httpx.Client, namespace: str) -> None:
    changes = f"/namespaces/{namespace}/changes"
    begin = write(everywhere, {"other": 1}, namespace=namespace)
    with other_changes(everywhere, namespace):
        asked = time.monotonic()
        nothing = everywhere.get(changes, params={"after": begin, "prefix": "p/", "wait": 1}).json()
        assert time.monotonic() - asked >= 1
        assert nothing["changes"] == []
        assert nothing["last"] > begin + 5, "the next request passes over the changes of other keys"
        writer = threading.Timer(1, write, (everywhere, {"p/a": 1}), {"namespace": namespace})
        writer.start()
        found = everywhere.get(changes, params={"after": nothing["last"], "prefix": "p/", "wait": 20}).json()
        writer.join()
    assert [change["key"] for change in found["changes"]] == ["p/a"]
    assert found["last"] >= found["changes"][0]["revision"]


def test_page_of_a_prefix_passes_over_a_long_history_of_other_keys(everywhere: httpx.Client, namespace: str) -> None:
    begin = write(everywhere, {"other": 1}, namespace=namespace)
    for _ in range(3):
        write(everywhere, {f"other{number}": number for number in range(1000)}, namespace=namespace)
    revision = write(everywhere, {"p/a": 1}, namespace=namespace)
    query: dict[str, str | int] = {"after": begin, "prefix": "p/", "wait": 20}
    page = everywhere.get(f"/namespaces/{namespace}/changes", params=query).json()
    assert ([change["revision"] for change in page["changes"]], page["last"]) == ([revision], revision)


async def test_heartbeats_come_while_only_other_keys_change(connection: TarantoolConnection) -> None:
    tail, pairs = ChangeTail(connection), TarantoolPairRepository(connection)

    async def change_other_key() -> None:
        while True:
            await pairs.write("default", WriteBatch([("other", JsonText("1"))]))
            await asyncio.sleep(0.01)

    async with in_background(tail.run(), change_other_key()), asyncio.timeout(20):
        watching = WatchChanges(tail, heartbeat=0.3)
        caller = Caller("anna", frozenset({"read:default"}))
        pages = await watching(caller, FollowChangesRequest("default", prefix=new_prefix()))
        async with aclosing(pages):
            heartbeats = [await anext(pages) for _ in range(4)]
    assert [page.changes for page in heartbeats] == [()] * 4
    assert len({page.last for page in heartbeats}) == 4, "a client that reconnects need not read these changes again"


def test_long_history_is_read_page_by_page(key_value: httpx.Client) -> None:
    prefix = new_prefix()
    begin = key_value.get(CHANGES).json()["last"]
    for batch in range(5):
        write(key_value, {f"{prefix}{batch}.{number}": "x" * 100 for number in range(1000)})
    keys: list[str] = []
    after = begin
    while len(keys) < 5000:
        page = key_value.get(CHANGES, params={"after": after}).raise_for_status().json()
        assert [change["revision"] for change in page["changes"]] == list(range(after + 1, page["last"] + 1))
        keys += [change["key"] for change in page["changes"]]
        after = page["last"]
    assert keys == [f"{prefix}{batch}.{number}" for batch in range(5) for number in range(1000)]


def test_page_has_no_more_changes_than_its_limit(key_value: httpx.Client) -> None:
    prefix = new_prefix()
    after = key_value.get(CHANGES).json()["last"]
    for number in range(3):
        write(key_value, {f"{prefix}{number}": number, f"other{prefix}{number}": 0})
    keys: list[str] = []
    for _ in range(4):
        params = {"after": after, "prefix": prefix, "limit": 1}
        page = key_value.get(CHANGES, params=params).raise_for_status().json()
        keys += [change["key"] for change in page["changes"]]
        after = page["last"]
    assert keys == [f"{prefix}{number}" for number in range(3)]
    assert after == key_value.get(CHANGES).json()["last"]


def test_revision_of_a_deleted_namespace_is_gone_in_its_successor(key_value_service: Service, tokens: TokenMaker) -> None:
    name = f"n-{uuid4().hex}"
    with client_of(key_value_service, tokens.make(scope=f"admin:{name}")) as client:
        client.put(f"/namespaces/{name}", json={}).raise_for_status()
        last = write(client, {"a": 1}, namespace=name)
        client.delete(f"/namespaces/{name}", params={"force": True}).raise_for_status()
        client.put(f"/namespaces/{name}", json={}).raise_for_status()
        for operation in ("watch", "changes"):
            answer = client.get(f"/namespaces/{name}/{operation}", params={"after": last})
            assert read_problem(answer, 410, "revision-gone")["revision"] > last


def test_revision_that_does_not_exist_yet_is_gone(key_value: httpx.Client) -> None:
    revision = write(key_value, {new_prefix(): 1})
    for path in (WATCH, CHANGES):
        problem = read_problem(key_value.get(path, params={"after": revision + 1_000_000}), 410, "revision-gone")
        assert problem["revision"] >= revision
        assert problem["oldest"] >= 1


@pytest.mark.parametrize("path", [WATCH, CHANGES])
def test_without_read_scope_nothing_is_revealed(
    key_value: httpx.Client, key_value_service: Service, tokens: TokenMaker, path: str
) -> None:
    url = f"{key_value_service.url}{path}"
    read_problem(httpx.get(url, trust_env=False), 401, "authentication-required")
    writer = {"Authorization": f"Bearer {tokens.make(scope='write:default')}"}
    read_problem(httpx.get(url, headers=writer, trust_env=False), 403, "insufficient-scope")
    read_problem(key_value.get(path.replace("default", "elsewhere")), 403, "insufficient-scope")
    everywhere = {"Authorization": f"Bearer {tokens.make(scope='read:*')}"}
    absent = httpx.get(url.replace("default", "absent"), headers=everywhere, trust_env=False)
    read_problem(absent, 404, "no-such-namespace")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"{WATCH}?after=-1", {}),
        (f"{WATCH}?after=x", {}),
        (WATCH, {"Last-Event-ID": "x"}),
        (f"{CHANGES}?wait=26", {}),
        (f"{CHANGES}?after={2**53}", {}),
    ],
)
def test_invalid_revision_or_wait_is_rejected(key_value: httpx.Client, path: str, headers: dict[str, str]) -> None:
    read_problem(key_value.get(path, headers=headers), 422, "rule-broken")
