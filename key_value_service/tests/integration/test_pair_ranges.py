"""Listing and deleting ranges of pairs over HTTP."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service, Tarantool
from test_support.tokens import TokenMaker

PAIRS = "/namespaces/default/pairs"


@pytest.fixture
def home(key_value: httpx.Client) -> str:
    """The prefix of ten pairs' keys."""
    home = uuid4().hex + "/é&="
    key_value.post("/write", json={"data": {f"{home}{number}": [number, 1.0] for number in range(10)}}).raise_for_status()
    return home


def ask(client: httpx.Client, **query: Any) -> Any:
    return client.get(PAIRS, params=query).raise_for_status().json()


def follow(client: httpx.Client, **query: Any) -> Iterator[list[str]]:
    """Yield the keys of each page, following the links."""
    response = client.get(PAIRS, params=query).raise_for_status()
    while True:
        yield [pair["key"] for pair in response.json()["pairs"]]
        if "next" not in response.links:
            assert response.json()["next_cursor"] is None
            return
        assert response.json()["next_cursor"] in response.links["next"]["url"]
        response = client.get(response.links["next"]["url"]).raise_for_status()


def test_pairs_are_listed_with_values_and_metadata(key_value: httpx.Client, home: str) -> None:
    revision = key_value.post("/write", json={"data": {home: None}, "ttl": 3600}).json()["revision"]
    key_value.put("/namespaces/default/pair/ttl", params={"key": home + "0"}, json={"ttl": None})
    answer = ask(key_value, prefix=home, limit=2)
    first, second = answer["pairs"]
    metadata = key_value.post("/read", json={"keys": [home, home + "0"], "metadata": True}).json()["metadata"]
    assert first == {"key": home, "value": None, **metadata[home]}
    assert second == {"key": home + "0", "value": [0, 1.0], **metadata[home + "0"]}
    assert second["version"] == 2
    assert answer["revision"] > revision
    assert answer["next_cursor"]


@pytest.mark.parametrize("limit", [1, 3, 5, 9, 10, 11])
@pytest.mark.parametrize("reverse", [False, True])
def test_links_lead_to_the_next_page(key_value: httpx.Client, home: str, limit: int, reverse: bool) -> None:
    keys = [f"{home}{number}" for number in range(10)]
    pages = list(follow(key_value, prefix=home, limit=limit, reverse=reverse))
    assert [key for page in pages for key in page] == (keys[::-1] if reverse else keys)
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_range_is_between_start_and_end(key_value: httpx.Client, home: str) -> None:
    for query, numbers in [
        ({"start": home + "3", "end": home + "6"}, "345"),
        ({"prefix": home, "start": home + "8"}, "89"),
        ({"prefix": home, "end": home + "2"}, "01"),
        ({"start": home + "6", "end": home + "3"}, ""),
        ({"prefix": home + "4"}, "4"),
        ({"prefix": home + "44"}, ""),
    ]:
        for limit in (2, 100):
            listed = [key for page in follow(key_value, limit=limit, **query) for key in page]
            assert listed == [home + number for number in numbers]
            backwards = [key for page in follow(key_value, limit=limit, reverse=True, **query) for key in page]
            assert backwards == listed[::-1]


def test_keys_only_omits_values(key_value: httpx.Client, home: str) -> None:
    answer = ask(key_value, prefix=home, keys_only=True)
    assert len(answer["pairs"]) == 10
    assert all(set(pair) == {"key", "revision", "created_revision", "version", "expires_at"} for pair in answer["pairs"])
    assert answer["next_cursor"] is None


def test_search_finds_the_keys_that_contain_a_text(key_value: httpx.Client, home: str) -> None:
    key_value.post("/write", json={"data": {f"{home}3/config": 1, f"{home}7/config": 2, f"{home}7/CONFIG": 3}})
    for query, found in [
        ({"contains": "/config"}, ["3/config", "7/config"]), ({"contains": "/config", "start": home + "4"}, ["7/config"]),
        ({"contains": "7/"}, ["7/CONFIG", "7/config"]), ({"contains": home + "3"}, ["3", "3/config"]),
        ({"contains": "&=5"}, ["5"]), ({"contains": "%"}, []), ({"contains": ".*"}, []), ({"contains": "x" * 512}, []),
    ]:  # fmt: skip
        for limit in (1, 100):
            listed = [key for page in follow(key_value, prefix=home, limit=limit, **query) for key in page]
            assert listed == [home + name for name in found], query
            backwards = [key for page in follow(key_value, prefix=home, limit=limit, reverse=True, **query) for key in page]
            assert backwards == listed[::-1], query
    pair = ask(key_value, prefix=home, contains="7/config")["pairs"]
    assert pair == [one for one in ask(key_value, prefix=home + "7")["pairs"] if one["key"] == home + "7/config"]
    [only_key] = ask(key_value, prefix=home, contains="7/config", keys_only=True)["pairs"]
    assert only_key == {name: value for name, value in pair[0].items() if name != "value"}


KEYS_OF_SLICES = [f"{number:05}" for number in range(22_000)]
"""More than a search looks at before it lets others have their turn."""


@pytest.fixture(scope="module")
def searched_namespace(key_value_service: Service, tokens: TokenMaker) -> str:
    """A namespace with these keys."""
    name = f"n-{uuid4().hex}"
    lines = "\n".join(f'{{"key":"{key}","value":1}}' for key in KEYS_OF_SLICES)
    with client_of(key_value_service, tokens.make(scope="admin:*"), timeout=30) as client:
        client.put(f"/namespaces/{name}", json={}).raise_for_status()
        client.post(
            f"/namespaces/{name}/import", content=lines, headers={"Content-Type": "application/x-ndjson"}
        ).raise_for_status()
    return name


@pytest.mark.parametrize("reverse", [False, True])
def test_search_looks_at_every_key_once(everywhere: httpx.Client, searched_namespace: str, reverse: bool) -> None:
    path = f"/namespaces/{searched_namespace}/pairs"
    for text, limit in (("100", 1000), ("1", 200), ("absent", 1000)):
        response = everywhere.get(path, params={"contains": text, "limit": limit, "reverse": reverse})
        found, searched = [], 0
        while True:
            page = response.raise_for_status().json()
            found += [pair["key"] for pair in page["pairs"]]
            assert len(page["pairs"]) <= limit
            assert page["searched"] > 0
            searched += page["searched"]
            assert (page["next_cursor"] is None) == ("next" not in response.links)
            if page["next_cursor"] is None:
                break
            response = everywhere.get(response.links["next"]["url"])
        assert found == sorted((key for key in KEYS_OF_SLICES if text in key), reverse=reverse)
        assert searched == len(KEYS_OF_SLICES)
    assert "searched" not in everywhere.get(path).json()


def test_page_of_a_search_shows_one_revision(everywhere: httpx.Client, searched_namespace: str) -> None:
    """Two pairs are written together, with thousands of keys between them that others change meanwhile."""
    path = f"/namespaces/{searched_namespace}/pairs"
    first, last = "00000-twin", "99999-twin"
    is_over = threading.Event()

    def write_twins() -> None:
        with httpx.Client(base_url=everywhere.base_url, headers=everywhere.headers, trust_env=False, timeout=30) as client:
            number = 0
            while not is_over.is_set():
                number += 1
                data = {first: number, last: number}
                client.post("/write", json={"namespace": searched_namespace, "data": data}).raise_for_status()

    with ThreadPoolExecutor(1) as others:
        writing = others.submit(write_twins)
        try:
            for _ in range(50):
                page = everywhere.get(path, params={"contains": "twin"}).raise_for_status().json()
                twins = {pair["key"]: pair["value"] for pair in page["pairs"]}
                assert len(set(twins.values())) <= 1
                assert all(pair["revision"] <= page["revision"] for pair in page["pairs"])
                assert (page["next_cursor"] is None) or page["searched"] > 0
        finally:
            is_over.set()
        writing.result()
        everywhere.request("POST", "/delete", json={"namespace": searched_namespace, "keys": [first, last]}).raise_for_status()


def test_cursor_is_valid_only_for_its_query(key_value: httpx.Client, tokens: TokenMaker, home: str) -> None:
    query = {"prefix": home, "limit": "2"}
    cursor = ask(key_value, **query)["next_cursor"]
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for other in (
        {"prefix": home + "1"}, {"prefix": ""}, {"start": home}, {"end": home + "9"}, {"reverse": "true"}, {"keys_only": "true"},
        {"contains": home},
        {"cursor": changed}, {"cursor": "A" * 40}, {"cursor": cursor + "A"}, {"cursor": cursor + "AAAA"}, {"cursor": cursor[4:]},
    ):  # fmt: skip
        refused = key_value.get(PAIRS, params=query | {"cursor": cursor} | other)
        assert read_broken_rules(refused) == {("cursor", "cursor")}, other
    everywhere = {"Authorization": f"Bearer {tokens.make(scope='read:*')}"}
    elsewhere = key_value.get("/namespaces/other/pairs", params=query | {"cursor": cursor}, headers=everywhere)
    assert read_broken_rules(elsewhere) == {("cursor", "cursor")}
    assert len(ask(key_value, **query | {"cursor": cursor, "limit": "5"})["pairs"]) == 5, "another limit is the same listing"
    sought = ask(key_value, contains=home, **query)["next_cursor"]
    for other in ({"contains": home[1:]}, {}):
        refused = key_value.get(PAIRS, params=query | {"cursor": sought} | other)
        assert read_broken_rules(refused) == {("cursor", "cursor")}, other


def test_cursors_are_valid_in_all_processes(
    key_value: httpx.Client, tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str, home: str
) -> None:
    first = ask(key_value, prefix=home, limit=4)
    with Service("key_value", tmp_path, key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service:
        service.wait_until_ready()
        url = f"{service.url}{PAIRS}"
        query = {"prefix": home, "limit": 4, "cursor": first["next_cursor"]}
        response = httpx.get(url, params=query, headers=key_value.headers, trust_env=False).raise_for_status()
    assert [pair["key"] for pair in response.json()["pairs"]] == [f"{home}{number}" for number in range(4, 8)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"), ({"limit": "1001"}, "limit"), ({"limit": "x"}, "limit"), ({"reverse": "maybe"}, "reverse"),
        ({"keys_only": "2"}, "keys_only"), ({"prefix": "é" * 257}, "prefix"), ({"start": "é" * 257}, "start"),
        ({"end": "é" * 257}, "end"), ({"contains": ""}, "contains"), ({"contains": "a" * 513}, "contains"),
        ({"contains": "é" * 257}, "contains"), ({"cursor": "short"}, "cursor"), ({"cursor": "é" * 30}, "cursor"),
    ],
)  # fmt: skip
def test_invalid_parameter_is_reported_by_name(key_value: httpx.Client, query: dict[str, str], field: str) -> None:
    assert {name for name, _ in read_broken_rules(key_value.get(PAIRS, params=query))} == {field}


def test_text_to_search_for_is_utf_8_and_given_once(key_value: httpx.Client) -> None:
    assert read_broken_rules(key_value.get(f"{PAIRS}?contains=%ff")) == {("query", "utf_8")}
    assert read_broken_rules(key_value.get(f"{PAIRS}?contains=%ed%a0%80")) == {("query", "utf_8")}
    assert read_broken_rules(key_value.get(f"{PAIRS}?contains=a&contains=b")) == {("contains", "unique")}
    assert read_broken_rules(key_value.delete(f"{PAIRS}?prefix=a&contains=b")) == {("contains", "extra_forbidden")}


def test_pairs_with_a_prefix_are_deleted(key_value: httpx.Client, home: str) -> None:
    key_value.post("/write", json={"data": {f"{home}1/{number}": 1 for number in range(900)}})
    revision = ask(key_value, prefix=home)["revision"]
    deleted = key_value.delete(PAIRS, params={"prefix": home + "1"}).raise_for_status().json()
    assert deleted.pop("revision") >= revision + 901
    assert deleted == {"deleted": 901}
    assert [key for page in follow(key_value, prefix=home) for key in page] == [f"{home}{number}" for number in "023456789"]
    assert key_value.delete(PAIRS, params={"prefix": home + "1"}).json()["deleted"] == 0


def test_all_pairs_are_deleted_only_on_explicit_request(tmp_path: Path, jwks_url: str, key_value: httpx.Client) -> None:
    with (
        Tarantool("key_value", tmp_path / "tarantool") as tarantool,
        Service("key_value", tmp_path / "service", tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service,
        httpx.Client(base_url=service.wait_until_ready().url, headers=key_value.headers, trust_env=False) as client,
    ):
        client.post("/write", json={"data": {f"{number}": 1 for number in range(700)}}).raise_for_status()
        for query in ({}, {"prefix": ""}, {"all": "false"}, {"prefix": "1", "all": "true"}):
            assert read_broken_rules(client.delete(PAIRS, params=query)) == {("prefix", "required")}
        assert len(list(follow(client, limit=100))) == 7
        assert client.delete(PAIRS, params={"all": "true"}).json() == {"deleted": 700, "revision": 1400}
        assert ask(client) == {"pairs": [], "revision": 1400, "next_cursor": None}


def test_ranges_require_their_scopes(key_value: httpx.Client, tokens: TokenMaker, home: str) -> None:
    reader = {"Authorization": f"Bearer {tokens.make(scope='read:default')}"}
    writer = {"Authorization": f"Bearer {tokens.make(scope='write:default')}"}
    read_problem(key_value.get(PAIRS, headers=writer), 403, "insufficient-scope")
    read_problem(key_value.delete(PAIRS, params={"prefix": home}, headers=reader), 403, "insufficient-scope")
    read_problem(key_value.get("/namespaces/secret/pairs"), 403, "insufficient-scope")
    everywhere = {"Authorization": f"Bearer {tokens.make(scope='read:* write:*')}"}
    read_problem(key_value.get("/namespaces/absent/pairs", headers=everywhere), 404, "no-such-namespace")
    absent = key_value.delete("/namespaces/absent/pairs", params={"prefix": "a"}, headers=everywhere)
    read_problem(absent, 404, "no-such-namespace")
    assert len(ask(key_value, prefix=home)["pairs"]) == 10
