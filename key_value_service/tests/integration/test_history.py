"""The history of pairs over HTTP, on real Tarantool: in the log of changes, and beyond it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.key_value.watching import write
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service, Tarantool, wait_until
from test_support.tokens import TokenMaker

MIB = 1024 * 1024


def configure(client: httpx.Client, namespace: str, **settings: object) -> None:
    client.put(f"/namespaces/{namespace}", json=settings).raise_for_status()


def put(client: httpx.Client, namespace: str, key: str, value: object, **query: Any) -> int:
    answer = client.put(f"/namespaces/{namespace}/pair", params={"key": key, **query}, content=json.dumps(value), headers=JSON)
    revision: int = answer.raise_for_status().json()["revision"]
    return revision


def restore(client: httpx.Client, namespace: str, key: str, revision: Any, **query: Any) -> httpx.Response:
    return client.put(f"/namespaces/{namespace}/pair", params={"key": key, "restore": revision, **query})


def read_history(client: httpx.Client, namespace: str, key: str, limit: int = 100) -> list[dict[str, Any]]:
    """Return all pages, together."""
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"key": key, "limit": limit}
    while True:
        page = client.get(f"/namespaces/{namespace}/pair/history", params=query).raise_for_status().json()
        assert len(page["changes"]) <= limit
        found += page["changes"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def values_of(history: list[dict[str, Any]]) -> list[Any]:
    return [change.get("value", change["kind"]) for change in history]


def measure(client: httpx.Client, namespace: str) -> int:
    size: int = client.get(f"/namespaces/{namespace}/stats").raise_for_status().json()["bytes"]
    return size


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("form", ["pair/history?key=a%2Fb", "pairs/a%2Fb/history"])
def test_history_has_revision_kind_value_and_expiry(everywhere: httpx.Client, namespace: str, form: str) -> None:
    path = f"/namespaces/{namespace}/pair?key=a%2Fb"
    first = everywhere.put(path, json={"a": 1.0}).json()["revision"]
    everywhere.put(path, content=b"\x00\xff", headers={"Content-Type": "image/png"}).raise_for_status()
    everywhere.delete(path).raise_for_status()
    put(everywhere, namespace, "a/b", None, ttl=3600)
    answer = everywhere.get(f"/namespaces/{namespace}/{form}").raise_for_status()
    expires_at = everywhere.post("/read", json={"namespace": namespace, "keys": ["a/b"], "metadata": True}).json()["metadata"]
    assert answer.text == (
        f'{{"changes":[{{"revision":{first + 3},"kind":"written","value":null,"expires_at":"{expires_at["a/b"]["expires_at"]}"}},'
        f'{{"revision":{first + 2},"kind":"deleted"}},'
        f'{{"revision":{first + 1},"kind":"written","binary":{{"media_type":"image/png","base64":"AP8="}}}},'
        f'{{"revision":{first},"kind":"written","value":{{"a":1.0}}}}],"revision":{first + 3},"next_cursor":null}}'
    )


def test_pair_that_never_existed_has_an_empty_history(everywhere: httpx.Client, namespace: str) -> None:
    assert everywhere.get(f"/namespaces/{namespace}/pair/history?key=a").json() == {
        "changes": [], "revision": 0, "next_cursor": None,
    }  # fmt: skip
    read_problem(everywhere.get("/namespaces/absent/pair/history?key=a"), 404, "no-such-namespace")


@pytest.mark.parametrize(
    ("query", "broken"),
    [
        ({"limit": 0}, ("limit", "greater_than_equal")),
        ({"limit": 1001}, ("limit", "less_than_equal")),
        ({"cursor": "made-up"}, ("cursor", "cursor")),
        ({"after": 1}, ("after", "extra_forbidden")),
        ({"key": ""}, ("key", "length")),
    ],
)
def test_invalid_parameter_is_reported_by_name(
    everywhere: httpx.Client, namespace: str, query: dict[str, Any], broken: tuple[str, str]
) -> None:
    answer = everywhere.get(f"/namespaces/{namespace}/pair/history", params={"key": "a", **query})
    assert read_broken_rules(answer) == {broken}


def test_cursor_is_valid_for_its_pair_alone(everywhere: httpx.Client, namespace: str) -> None:
    for number in range(3):
        put(everywhere, namespace, "a", number)
    cursor = everywhere.get(f"/namespaces/{namespace}/pair/history?key=a&limit=1").json()["next_cursor"]
    page = everywhere.get(f"/namespaces/{namespace}/pair/history?key=a&cursor={cursor}").json()
    assert values_of(page["changes"]) == [1, 0]
    answer = everywhere.get(f"/namespaces/{namespace}/pair/history?key=b&cursor={cursor}")
    assert read_broken_rules(answer) == {("cursor", "cursor")}


def test_changes_beyond_the_log_are_gone_except_for_the_present_one(everywhere: httpx.Client, namespace: str) -> None:
    configure(everywhere, namespace, changes_kept=1)
    revisions = [put(everywhere, namespace, "a", number) for number in range(5)]
    put(everywhere, namespace, "b", 1)
    assert values_of(read_history(everywhere, namespace, "a")) == [4]
    assert restore(everywhere, namespace, "a", revisions[-1]).json() == {"revision": revisions[-1] + 2}
    read_problem(restore(everywhere, namespace, "a", revisions[0]), 404, "no-such-revision")


def test_earlier_values_are_kept_beyond_the_log(everywhere: httpx.Client, namespace: str) -> None:
    configure(everywhere, namespace, changes_kept=1, history_kept=3)
    revisions = [put(everywhere, namespace, "a", number) for number in range(10)]
    put(everywhere, namespace, "b", 1)
    for limit in (1, 2, 3, 4, 100):
        history = read_history(everywhere, namespace, "a", limit)
        assert [(change["revision"], change["value"]) for change in history] == list(zip(revisions, range(10), strict=True))[
            :5:-1
        ]
    assert values_of(read_history(everywhere, namespace, "b")) == [1]
    read_problem(restore(everywhere, namespace, "a", revisions[5]), 404, "no-such-revision")
    answer = restore(everywhere, namespace, "a", revisions[6])
    assert (answer.status_code, everywhere.get(f"/namespaces/{namespace}/pair?key=a").json()) == (200, 6)
    assert values_of(read_history(everywhere, namespace, "a")) == [6, 9, 8, 7]


def test_log_and_history_are_listed_once_each(everywhere: httpx.Client, namespace: str) -> None:
    configure(everywhere, namespace, changes_kept=7, history_kept=5)
    for number in range(20):
        write(everywhere, {"a": number, "b": number}, namespace=namespace)
    stats = everywhere.get(f"/namespaces/{namespace}/stats").json()
    history = read_history(everywhere, namespace, "a", 2)
    assert stats["revision"] - 40 < stats["oldest_change"]
    assert values_of(history) == list(range(19, 19 - len(history), -1))
    assert len(history) >= 6
    revisions = [change["revision"] for change in history]
    assert revisions == sorted(set(revisions), reverse=True)


def test_history_of_a_removed_pair_is_kept_as_long_as_its_removal(everywhere: httpx.Client, namespace: str) -> None:
    configure(everywhere, namespace, changes_kept=4, history_kept=10)
    put(everywhere, namespace, "other", 0)
    empty = measure(everywhere, namespace)
    first, *_ = [put(everywhere, namespace, "a", number) for number in range(6)]
    everywhere.delete(f"/namespaces/{namespace}/pair?key=a").raise_for_status()
    put(everywhere, namespace, "fleeting", "x", ttl=0.001)
    wait_until(lambda: "expired" in values_of(read_history(everywhere, namespace, "fleeting")), "the expiry")
    assert values_of(read_history(everywhere, namespace, "a")) == ["deleted", 5, 4, 3, 2, 1, 0]
    assert restore(everywhere, namespace, "a", first).status_code == 201
    everywhere.delete(f"/namespaces/{namespace}/pair?key=a").raise_for_status()
    for _ in range(5):
        put(everywhere, namespace, "other", 0)
    for key in ("a", "fleeting"):
        wait_until(lambda key=key: read_history(everywhere, namespace, key) == [], "the end of the history")  # type: ignore[misc]
    read_problem(restore(everywhere, namespace, "a", first), 404, "no-such-revision")
    configure(everywhere, namespace, changes_kept=4, history_kept=0)
    wait_until(lambda: measure(everywhere, namespace) == empty, "the space of the history")


def test_values_from_before_a_removal_go_with_it_and_later_ones_stay(everywhere: httpx.Client, namespace: str) -> None:
    configure(everywhere, namespace, changes_kept=1, history_kept=10)
    for number in range(3):
        put(everywhere, namespace, "a", number)
    everywhere.delete(f"/namespaces/{namespace}/pair?key=a").raise_for_status()
    for number in range(3, 6):
        put(everywhere, namespace, "a", number)
    wait_until(lambda: values_of(read_history(everywhere, namespace, "a")) == [5, 4, 3], "the end of what was before")


def test_lowered_setting_is_reached_in_the_background(everywhere: httpx.Client, namespace: str) -> None:
    configure(everywhere, namespace, changes_kept=1, history_kept=9)
    data: dict[str, object] = {f"key-{number:03}": 0 for number in range(150)}
    write(everywhere, data, namespace=namespace)
    alone = measure(everywhere, namespace)
    for number in range(1, 10):
        write(everywhere, {**dict.fromkeys(data, number)}, namespace=namespace)
    everywhere.delete(f"/namespaces/{namespace}/pair?key=key-000").raise_for_status()
    assert values_of(read_history(everywhere, namespace, "key-149")) == list(range(9, -1, -1))
    full = measure(everywhere, namespace)
    configure(everywhere, namespace, changes_kept=1, history_kept=2)
    wait_until(lambda: values_of(read_history(everywhere, namespace, "key-149")) == [9, 8, 7], "the lower number")
    assert values_of(read_history(everywhere, namespace, "key-001")) == [9, 8, 7]
    assert alone < measure(everywhere, namespace) < full
    configure(everywhere, namespace, changes_kept=1)
    wait_until(lambda: values_of(read_history(everywhere, namespace, "key-149")) == [9], "no history")
    larger_revisions = 4 * len(data)
    wait_until(lambda: measure(everywhere, namespace) <= alone + larger_revisions, "the space of the history")
    everywhere.delete(f"/namespaces/{namespace}/pairs?all=true").raise_for_status()
    assert measure(everywhere, namespace) == 0


def test_history_counts_towards_the_quota_and_keeps_nothing_from_being_deleted(everywhere: httpx.Client, namespace: str) -> None:
    configure(everywhere, namespace, changes_kept=1, history_kept=2, quota_bytes=3500)
    for letter in "abc":
        put(everywhere, namespace, "a", letter * 1000)
    full = measure(everywhere, namespace)
    assert 3000 < full < 3500
    put(everywhere, namespace, "a", "d" * 1000)  # which drops the oldest
    assert measure(everywhere, namespace) == full
    answer = everywhere.put(f"/namespaces/{namespace}/pair?key=b", json="e" * 1000)
    read_problem(answer, 409, "quota-exceeded")
    answer = everywhere.put(f"/namespaces/{namespace}/pair?key=a", json="e" * 1500)
    read_problem(answer, 409, "quota-exceeded")
    assert values_of(read_history(everywhere, namespace, "a")) == ["d" * 1000, "c" * 1000, "b" * 1000]
    configure(everywhere, namespace, changes_kept=1, history_kept=2, quota_bytes=0)
    assert everywhere.delete(f"/namespaces/{namespace}/pair?key=a").status_code == 204
    configure(everywhere, namespace, changes_kept=1)
    wait_until(lambda: measure(everywhere, namespace) == 0, "the space of the history")


def test_history_of_a_deleted_namespace_is_not_that_of_the_next(everywhere: httpx.Client, namespace: str) -> None:
    configure(everywhere, namespace, history_kept=5)
    revisions = [put(everywhere, namespace, "a", number) for number in range(4)]
    everywhere.delete(f"/namespaces/{namespace}?force=true").raise_for_status()
    configure(everywhere, namespace, history_kept=5)
    assert read_history(everywhere, namespace, "a") == []
    read_problem(restore(everywhere, namespace, "a", revisions[0]), 404, "no-such-revision")


def test_history_is_not_part_of_an_export(everywhere: httpx.Client, namespace: str) -> None:
    configure(everywhere, namespace, changes_kept=1, history_kept=5)
    for number in range(4):
        put(everywhere, namespace, "a", number)
    exported = everywhere.get(f"/namespaces/{namespace}/export").text
    assert exported.splitlines()[1:] == ['{"key":"a","value":3}']


def test_page_looks_through_a_bounded_part_of_the_log(everywhere: httpx.Client, namespace: str) -> None:
    first = put(everywhere, namespace, "a", 1)
    everywhere.delete(f"/namespaces/{namespace}/pair?key=a").raise_for_status()
    configure(everywhere, namespace, changes_kept=1_000_000)
    for batch in range(25):
        write(everywhere, {f"{batch}/{number}": 0 for number in range(1000)}, namespace=namespace)
    path = f"/namespaces/{namespace}/pair/history"
    page = everywhere.get(path, params={"key": "a"}).json()
    assert page["changes"] == []
    pages = 1
    while page["next_cursor"] is not None:
        page = everywhere.get(path, params={"key": "a", "cursor": page["next_cursor"]}).json()
        pages += 1
    assert pages == 3
    assert [change["revision"] for change in page["changes"]] == [first + 1, first]
    # A pair that exists is looked for from its last change on.
    first_of_all = everywhere.get(path, params={"key": "0/0"}).json()
    assert (len(first_of_all["changes"]), first_of_all["next_cursor"]) == (1, None)


@pytest.mark.parametrize("form", ["pair?key=a&", "pairs/a?"])
def test_restored_value_is_a_new_change(everywhere: httpx.Client, namespace: str, form: str) -> None:
    path = f"/namespaces/{namespace}/{form}"
    image = {"Content-Type": "image/png"}
    first = everywhere.put(path, content=b"\x00\xff", headers=image).json()["revision"]
    put(everywhere, namespace, "a", 2)
    answer = everywhere.put(f"{path}restore={first}&ttl=3600")
    assert (answer.status_code, answer.json(), answer.headers["etag"]) == (200, {"revision": first + 2}, f'"{first + 2}"')
    found = everywhere.get(path)
    assert (found.content, found.headers["content-type"]) == (b"\x00\xff", "image/png")
    changes = everywhere.get(f"/namespaces/{namespace}/changes", params={"after": first + 1}).json()["changes"]
    assert [(change["kind"], change["binary"]["base64"]) for change in changes] == [("written", "AP8=")]
    assert changes[0]["expires_at"]
    everywhere.delete(path).raise_for_status()
    answer = everywhere.put(f"{path}restore={first + 1}", headers=JSON)  # a media type of no body
    assert (answer.status_code, everywhere.get(path).json()) == (201, 2)


def test_restoration_takes_conditions(everywhere: httpx.Client, namespace: str) -> None:
    first = put(everywhere, namespace, "a", 1)
    put(everywhere, namespace, "a", 2)
    path = f"/namespaces/{namespace}/pair?key=a&restore={first}"
    for field, tag in (("If-Match", f'"{first}"'), ("If-None-Match", "*"), ("If-Match", f'"{first}", "{first + 5}"')):
        problem = read_problem(everywhere.put(path, headers={field: tag}), 412, "precondition-failed")
        assert problem["revision"] == first + 1
    assert everywhere.put(path, headers={"If-Match": f'"{first + 1}"'}).json() == {"revision": first + 2}
    assert everywhere.get(f"/namespaces/{namespace}/pair?key=a").json() == 1


def test_invalid_restoration_is_rejected_and_changes_nothing(everywhere: httpx.Client, namespace: str) -> None:
    first = put(everywhere, namespace, "a", 1)
    other = put(everywhere, namespace, "b", 2)
    everywhere.delete(f"/namespaces/{namespace}/pair?key=b").raise_for_status()
    for revision in (other, other + 1, other + 2, 2**53 - 1):  # of another pair, of its removal, and none
        read_problem(restore(everywhere, namespace, "a", revision), 404, "no-such-revision")
    wrong: list[tuple[object, str]] = [
        (0, "greater_than_equal"),
        (2**53, "less_than_equal"),
        ("x", "int_parsing"),
        ("", "int_parsing"),
    ]
    for broken, rule in wrong:
        assert read_broken_rules(restore(everywhere, namespace, "a", broken)) == {("restore", rule)}
    path = f"/namespaces/{namespace}/pair?key=a&restore={first}"
    for content, media_type in ((b"2", "application/json"), (b"nonsense", "application/json"), (b"2", "image/png")):
        answer = everywhere.put(path, content=content, headers={"Content-Type": media_type})
        assert read_broken_rules(answer) == {("body", "replaced")}
    assert read_broken_rules(everywhere.put(f"{path}&restore=2")) == {("restore", "unique")}
    assert read_broken_rules(everywhere.put(f"{path}&ttl=0")) == {("ttl", "range")}
    read_problem(everywhere.put(f"/namespaces/{namespace}/pair?key=a"), 415, "unsupported-media-type")
    read_problem(everywhere.put(f"/namespaces/{namespace}/pair?key=a", headers=JSON), 400, "malformed-body")
    read_problem(restore(everywhere, "absent", "a", 1), 404, "no-such-namespace")
    assert everywhere.get(f"/namespaces/{namespace}/stats").json()["revision"] == other + 1
    assert everywhere.get(f"/namespaces/{namespace}/pair?key=a").json() == 1


def test_history_is_read_and_restored_within_scopes(
    key_value_service: Service, tokens: TokenMaker, everywhere: httpx.Client, namespace: str
) -> None:
    first = put(everywhere, namespace, "a/1", 1)
    put(everywhere, namespace, "b/1", 1)
    with client_of(key_value_service, tokens.make(scope=f"read:{namespace}/a/*")) as reader:
        assert len(read_history(reader, namespace, "a/1")) == 1
        read_problem(reader.get(f"/namespaces/{namespace}/pair/history?key=b/1"), 403, "insufficient-scope")
        read_problem(restore(reader, namespace, "a/1", first), 403, "insufficient-scope")
    with client_of(key_value_service, tokens.make(scope=f"write:{namespace}/a/*")) as writer:
        read_problem(writer.get(f"/namespaces/{namespace}/pair/history?key=a/1"), 403, "insufficient-scope")
        assert restore(writer, namespace, "a/1", first).is_success
        read_problem(restore(writer, namespace, "b/1", first + 1), 403, "insufficient-scope")


def test_history_survives_a_crash(database: Tarantool, service: Service, tokens: TokenMaker) -> None:
    with client_of(service, tokens.make(scope="admin:*"), timeout=30) as client:
        configure(client, "kept", changes_kept=1, history_kept=3)
        for number in range(6):
            put(client, "kept", "a", number)
        before, size = read_history(client, "kept", "a"), measure(client, "kept")
        assert values_of(before) == [5, 4, 3, 2]
        database.kill()
        database.start()
        service.wait_until_ready()
        wait_until(lambda: client.get("/namespaces/kept/stats").is_success, "the connection")
        assert (read_history(client, "kept", "a"), measure(client, "kept")) == (before, size)


@pytest.fixture
def small_store(tmp_path: Path, tokens: TokenMaker, jwks_url: str) -> Iterator[httpx.Client]:
    """A client of a store with the least memory that Tarantool may have."""
    with (
        Tarantool("key_value", tmp_path / "tarantool", TARANTOOL_MEMTX_MEMORY=str(64 * MIB)) as tarantool,
        Service("key_value", tmp_path, tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service,
        client_of(service.wait_until_ready(), tokens.make(scope="admin:*"), timeout=30) as client,
    ):
        yield client


def test_history_that_fills_the_store_makes_room_again(small_store: httpx.Client) -> None:
    client = small_store
    configure(client, "default", changes_kept=1, history_kept=1000)
    written = 0
    while client.put("/namespaces/default/pair?key=a", json=f"{written}" + "x" * 100_000).is_success:
        written += 1
    assert written > 300
    history = read_history(client, "default", "a")
    assert len(history) == written
    assert client.delete("/namespaces/default/pair?key=a").status_code == 204
    client.delete("/namespaces/default/pair?key=b")
    configure(client, "default", changes_kept=1)
    wait_until(lambda: client.put("/namespaces/default/pair?key=b", json="x" * 100_000).is_success, "room")
    wait_until(lambda: measure(client, "default") < 200_000, "the space of the history")
