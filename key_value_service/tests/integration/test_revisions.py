"""Revisions, preconditions, expiry and deletion over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.problems import read_problem
from test_support.processes import wait_until


def new_key() -> str:
    return uuid4().hex


def ask(client: httpx.Client, path: str, **body: object) -> Any:
    return client.post(path, json=body).raise_for_status().json()


def read(client: httpx.Client, key: str) -> Any:
    return ask(client, "/read", keys=[key])["data"].get(key)


def describe(client: httpx.Client, key: str) -> Any:
    return ask(client, "/read", keys=[key], metadata=True)["metadata"].get(key)


def test_metadata_has_revisions_version_and_expiry(key_value: httpx.Client) -> None:
    key, absent = new_key(), new_key()
    created = ask(key_value, "/write", data={key: 1})["revision"]
    revision = ask(key_value, "/write", data={key: 2}, ttl=3600)["revision"]
    answer = ask(key_value, "/read", keys=[key, absent], metadata=True)
    assert answer.pop("revision") >= revision  # what other tests have written may expire now
    expires_at = answer["metadata"][key].pop("expires_at")
    assert timedelta(seconds=3590) < datetime.fromisoformat(expires_at) - datetime.now(UTC) <= timedelta(seconds=3600)
    assert answer == {
        "data": {key: 2},
        "missing": [absent],
        "metadata": {key: {"revision": revision, "created_revision": created, "version": 2}},
    }


def test_compare_and_set(key_value: httpx.Client) -> None:
    key, other = new_key(), new_key()
    revision = ask(key_value, "/write", data={key: "first"}, if_revision={key: 0})["revision"]
    refused = key_value.post("/write", json={"data": {key: "second", other: 1}, "if_revision": {key: 0}})
    problem = read_problem(refused, 409, "revision-conflict")
    assert problem["conflicts"] == [{"key": key, "revision": revision}]
    assert read(key_value, key) == "first"
    assert read(key_value, other) is None
    ask(key_value, "/write", data={key: "second"}, if_revision={key: revision})
    assert read(key_value, key) == "second"


def test_if_absent_skips_and_lists_existing_pairs(key_value: httpx.Client) -> None:
    old, new = new_key(), new_key()
    ask(key_value, "/write", data={old: 1})
    answer = ask(key_value, "/write", data={old: 2, new: 2}, if_absent=True)
    assert (answer["written"], answer["skipped"]) == (1, [old])
    assert (read(key_value, old), read(key_value, new)) == (1, 2)


def test_pair_expires_unless_its_time_to_live_is_removed(key_value: httpx.Client) -> None:
    key, kept = new_key(), new_key()
    ask(key_value, "/write", data={key: 1, kept: 1}, ttl=0.5)
    ask(key_value, "/write", data={kept: 2}, ttl=None)
    assert describe(key_value, kept)["expires_at"] is None
    wait_until(lambda: read(key_value, key) is None, "the pair expiring", 5)
    assert read(key_value, kept) == 2


def test_pairs_are_deleted(key_value: httpx.Client) -> None:
    key, other, absent = new_key(), new_key(), new_key()
    revision = ask(key_value, "/write", data={key: 1, other: 1})["revision"]
    refused = key_value.post("/delete", json={"keys": [key, other], "if_revision": {other: revision - 1}})
    read_problem(refused, 409, "revision-conflict")
    deleted = ask(key_value, "/delete", keys=[absent, key])
    assert deleted.pop("revision") > revision
    assert deleted == {"deleted": 1, "missing": [absent]}
    assert (read(key_value, key), read(key_value, other)) == (None, 1)


@pytest.mark.parametrize("path", ["/read", "/write", "/delete"])
def test_namespace_must_exist_and_be_in_scope(key_value: httpx.Client, path: str) -> None:
    body: dict[str, object] = {"keys": ["a"]} if path != "/write" else {"data": {"a": 1}}
    refused = key_value.post(path, json=body | {"namespace": "elsewhere"})
    read_problem(refused, 403, "insufficient-scope")
    invalid = read_problem(key_value.post(path, json=body | {"namespace": "No Name"}), 422, "rule-broken")
    assert [(error["field"], error["rule"]) for error in invalid["errors"]] == [("namespace", "namespace")]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"ttl": 0}, "ttl"),
        ({"ttl": -1}, "ttl"),
        ({"ttl": 1e12}, "ttl"),
        ({"ttl": "60"}, "ttl"),
        ({"if_absent": 1}, "if_absent"),
        ({"if_revision": {"a": -1}}, "if_revision.a"),
        ({"if_revision": {"a": 2**53}}, "if_revision.a"),
        ({"if_revision": {"a": 1.5}}, "if_revision.a"),
        ({"if_revision": {"": 1}}, "if_revision."),
        ({"if_revision": {str(number): 1 for number in range(1001)}}, "if_revision"),
    ],
)
def test_invalid_options_are_reported_by_name_and_nothing_is_written(
    key_value: httpx.Client, terms: dict[str, object], field: str
) -> None:
    key = new_key()
    problem = read_problem(key_value.post("/write", json={"data": {key: 1}} | terms), 422, "rule-broken")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert read(key_value, key) is None
