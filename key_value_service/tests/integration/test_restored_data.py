"""A copy of the data's folder is put back under a running service: what clients know of the lost past is recognised."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.key_value.watching import CHANGES, WATCH, Event, watch
from test_support.processes import Service, Tarantool
from test_support.restoring import copy_data, put_back
from test_support.tokens import TokenMaker

PAIR = "/namespaces/default/pair"
HISTORY_KEPT = 10


class Restored(NamedTuple):
    """A service whose data were put back, and what a client knows from before."""

    client: httpx.Client
    kept: int
    """The last revision in the copy."""
    lost: int
    """The last one of all."""
    ahead: Iterator[Event]
    """A watch that was opened in the lost past, at its last revision."""
    beside: Iterator[Event]
    """One of the namespace `quiet`, in which nothing was lost."""


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory, tokens: TokenMaker, jwks_url: str) -> Iterator[Restored]:
    folder = tmp_path_factory.mktemp("restored")
    with ExitStack() as stack:
        database = stack.enter_context(Tarantool("key_value", folder / "tarantool"))
        service = stack.enter_context(Service("key_value", folder / "service", database, KEY_VALUE_JWKS_URL=jwks_url))
        client = stack.enter_context(client_of(service.wait_until_ready(), tokens.make(scope="admin:*"), timeout=30))
        client.put("/namespaces/default", json={"history_kept": HISTORY_KEPT}).raise_for_status()
        client.put("/namespaces/quiet", json={}).raise_for_status()
        for value in range(3):
            _put(client, "a", value)
        _put(client, "removed", 1)
        client.delete(PAIR, params={"key": "removed"}).raise_for_status()
        kept = _increment(client, "kept")
        copy = copy_data(database, folder / "copy")
        _put(client, "a", "lost")
        _increment(client, "lost")
        client.put("/namespaces/created", json={}).raise_for_status()
        client.put("/namespaces/created/pair?key=a", json="lost").raise_for_status()
        lost = _put(client, "c", 1)
        ahead = stack.enter_context(watch(client, f"{WATCH}?after={lost}"))
        beside = stack.enter_context(watch(client, "/namespaces/quiet/watch"))
        assert [next(ahead).id, next(beside).id] == [lost, 0]
        put_back(database, copy)
        yield Restored(client, kept, lost, ahead, beside)


def _put(client: httpx.Client, key: str, value: Any, **headers: str) -> int:
    revision: int = client.put(PAIR, params={"key": key}, json=value, headers=headers).raise_for_status().json()["revision"]
    return revision


def _increment(client: httpx.Client, idempotency_key: str) -> int:
    headers = {"Idempotency-Key": idempotency_key}
    answer = client.post(f"{PAIR}/increment?key=n", json={}, headers=headers).raise_for_status().json()
    revision: int = answer["revision"]
    return revision


def _problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit(":")[-1]


def _revision(client: httpx.Client) -> int:
    revision: int = client.get("/namespaces/default/stats").raise_for_status().json()["revision"]
    return revision


def test_data_are_those_of_the_copy_and_revisions_go_on_beyond_all_that_were_lost(restored: Restored) -> None:
    answer = restored.client.get(PAIR, params={"key": "a"})
    assert (answer.json(), int(answer.headers["etag"].strip('"'))) == (2, 3)
    assert restored.lost < 20 < 2**48 < _revision(restored.client) < 2**53
    before = _revision(restored.client)
    assert [_put(restored.client, "new", value) for value in range(3)] == [before + 1, before + 2, before + 3]


def test_tags_and_revisions_of_the_lost_past_match_nothing(restored: Restored) -> None:
    client, lost = restored.client, restored.lost
    for _ in range(lost):  # today's counter would come to the revision again
        tag = f'"{_put(client, "c", "new")}"'
    assert client.get(PAIR, params={"key": "c"}, headers={"If-None-Match": f'"{lost}"'}).status_code == 200
    assert client.get(PAIR, params={"key": "c"}, headers={"If-None-Match": tag}).status_code == 304
    assert client.put(PAIR, params={"key": "c"}, json=1, headers={"If-Match": f'"{lost}"'}).status_code == 412
    assert client.put(PAIR, params={"key": "c"}, json=1, headers={"If-Match": tag}).status_code == 200
    conflict = client.post("/write", json={"data": {"c": 1}, "if_revision": {"c": lost}})
    assert _problem(conflict) == (409, "revision-conflict")
    compare = {"compare": [{"target": "revision", "key": "c", "operand": lost}], "then": [{"operation": "delete", "key": "c"}]}
    assert client.post("/namespaces/default/transactions", json=compare).raise_for_status().json()["succeeded"] is False
    assert client.put(f"{PAIR}?key=c&restore={lost}").status_code == 404


@pytest.mark.parametrize("with_changes", [False, True])
def test_positions_of_the_lost_past_are_gone(restored: Restored, with_changes: bool) -> None:
    if with_changes:
        _put(restored.client, "new", "again")
    for lost in range(restored.kept + 1, restored.lost + 1):
        for path in (f"{CHANGES}?after={lost}", f"{WATCH}?after={lost}"):
            assert _problem(restored.client.get(path)) == (410, "revision-gone")
        assert restored.client.get(WATCH, headers={"Last-Event-ID": str(lost)}).status_code == 410


def test_positions_up_to_the_copy_go_on(restored: Restored) -> None:
    new = _put(restored.client, "resumed", 1)
    for after in (0, restored.kept - 1, restored.kept):
        page = restored.client.get(f"{CHANGES}?after={after}").raise_for_status().json()
        revisions = [change["revision"] for change in page["changes"]]
        assert revisions[: restored.kept - after] == [*range(after + 1, restored.kept + 1)]
        assert (revisions[-1], page["last"]) == (new, new)
        assert revisions[restored.kept - after] > restored.lost
        with watch(restored.client, f"{WATCH}?after={after}") as events:
            next(events)
            assert [next(events).id for _ in revisions] == revisions
    present = _revision(restored.client)
    assert restored.client.get(f"{CHANGES}?after={present}").json()["changes"] == []


def test_a_watch_from_the_lost_past_ends_and_one_that_has_lost_nothing_goes_on(restored: Restored) -> None:
    assert next(event for event in restored.ahead if event.name)["reason"] == "revision-gone"
    written = restored.client.put("/namespaces/quiet/pair?key=a", json=1).raise_for_status().json()["revision"]
    event = next(event for event in restored.beside if event.name)
    assert (event.name, event.id) == ("written", written)


def test_requests_with_an_idempotency_key_are_done_once_in_what_is_left(restored: Restored) -> None:
    assert _increment(restored.client, "kept") == restored.kept  # the answer in the copy
    again = _increment(restored.client, "lost")  # what was done is lost: it is done
    assert again > restored.lost
    assert _increment(restored.client, "lost") == again
    assert restored.client.get(PAIR, params={"key": "n"}).json() == 2


def test_a_namespace_of_the_lost_past_begins_beyond_it(restored: Restored) -> None:
    assert restored.client.get("/namespaces/created").status_code == 404
    restored.client.put("/namespaces/created", json={}).raise_for_status()
    revision = restored.client.put("/namespaces/created/pair?key=a", json="new").json()["revision"]
    assert revision > 2**48
    assert restored.client.get("/namespaces/created/changes?after=1").status_code == 410


def test_the_history_is_kept_and_seen_across_the_gap(restored: Restored) -> None:
    client = restored.client
    new = _put(client, "a", "new")
    found = client.get(f"{PAIR}/history?key=a").raise_for_status().json()
    assert [change["revision"] for change in found["changes"]] == [new, 3, 2, 1]
    first = client.get(f"{PAIR}/history?key=a&limit=1").json()
    rest = client.get(f"{PAIR}/history", params={"key": "a", "cursor": first["next_cursor"]}).json()
    assert [change["revision"] for change in rest["changes"]] == [3, 2, 1]
    assert [change["kind"] for change in client.get(f"{PAIR}/history?key=removed").json()["changes"]] == ["deleted", "written"]
    assert client.put(f"{PAIR}?key=a&restore=1").status_code == 200
    assert client.get(PAIR, params={"key": "a"}).json() == 0


def test_a_list_of_the_lost_past_can_be_finished_and_says_what_it_is_as_of(restored: Restored) -> None:
    answer = restored.client.get("/namespaces/default/pairs?limit=1").raise_for_status().json()
    page = restored.client.get("/namespaces/default/pairs", params={"limit": 1, "cursor": answer["next_cursor"]}).json()
    assert page["revision"] >= answer["revision"] > restored.lost
