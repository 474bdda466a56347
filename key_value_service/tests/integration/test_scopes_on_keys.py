"""Scopes on keys: what they allow in each operation, and that a response without them does not reveal whether a pair exists."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from test_support.problems import read_problem
from test_support.tokens import TokenMaker

PAIR, PAIRS = "/namespaces/{namespace}/pair", "/namespaces/{namespace}/pairs"
OF_A_PAIR = (PAIR, PAIRS + "/{key}")
IN_ALL_NAMESPACES = {("GET", "/statistics")}
OPEN_TO_ALL = {("GET", "/namespaces"), ("GET", "/health/live"), ("GET", "/health/ready")}

# Operations that scopes on some keys are not enough for, and those that any such scope is enough for.
OF_NAMESPACES = {
    ("GET", "/namespaces/{name}/stats"): "read", ("PUT", "/namespaces/{name}"): "admin",
    ("DELETE", "/namespaces/{name}"): "admin",
}  # fmt: skip
OF_SOME_KEYS = {("GET", "/namespaces/{name}"), ("POST", "/namespaces/{namespace}/watch-tickets")}
TRANSACTIONS = "/namespaces/{namespace}/transactions"
OF_RANGES = {
    ("GET", PAIRS): "read", ("DELETE", PAIRS): "write", ("GET", "/namespaces/{namespace}/watch"): "read",
    ("GET", "/namespaces/{namespace}/changes"): "read", ("GET", "/namespaces/{namespace}/export"): "read",
    ("GET", "/namespaces/{namespace}/children"): "read",
}  # fmt: skip


def exists(key: str) -> dict[str, Any]:
    return {"target": "exists", "key": key, "operand": True}


# Bodies by which the other operations name a key, in each of the places where they can, with the scopes that they need.
OF_KEYS: Mapping[tuple[str, str], list[tuple[str, Callable[[str], Any]]]] = {
    ("POST", "/read"): [("read", lambda key: {"keys": ["in/b", key]}), ("read", lambda key: {"keys": [key], "metadata": True})],
    ("POST", "/write"): [
        ("write", lambda key: {"data": {"in/b": 2, key: 2}}),
        ("write", lambda key: {"data": {key: 2}, "if_absent": True}),
        ("write", lambda key: {"data": {"in/b": 2}, "if_revision": {key: 2}}),
        ("write", lambda key: {"data": {"in/b": 2}, "binary": {key: {"media_type": "image/png", "base64": "AAAA"}}}),
    ],
    ("POST", "/delete"): [
        ("write", lambda key: {"keys": ["in/b", key]}),
        ("write", lambda key: {"keys": ["in/b"], "if_revision": {key: 2}}),
    ],
    ("POST", TRANSACTIONS): [
        ("read", lambda key: {"compare": [exists(key)]}),
        ("read", lambda key: {"compare": [{"target": "value", "key": key, "operand": 1}], "then": [written("in/b")]}),
        ("read", lambda key: {"compare": [exists(key)], "then": [written("in/b")]}),
        ("read", lambda key: {"then": [{"operation": "read", "key": key}]}),
        ("read", lambda key: {"then": [written("in/b")], "else": [{"operation": "read", "key": key}]}),
        ("write", lambda key: {"then": [written("in/b"), written(key)]}),
        ("write", lambda key: {"then": [written("in/b")], "else": [{"operation": "delete", "key": key}]}),
        ("write", lambda key: {"then": [{"operation": "increment", "key": key, "by": 1}]}),
    ],
}  # fmt: skip
OF_ONE_KEY: Mapping[tuple[str, str], tuple[str, Any]] = {
    (method, pair + part): (scope, body)
    for pair in OF_A_PAIR
    for scope, method, part, body in (
        ("read", "GET", "", None), ("write", "PUT", "", 2), ("write", "PATCH", "", {"a": 1}), ("write", "DELETE", "", None),
        ("read", "GET", "/history", None), ("write", "PUT", "/ttl", {"ttl": 60}), ("write", "POST", "/increment", {"by": 1}),
    )
}  # fmt: skip
IMPORT = ("POST", "/namespaces/{namespace}/import")


def written(key: str) -> dict[str, Any]:
    return {"operation": "write", "key": key, "value": 2}


@pytest.fixture
def divided(everywhere: httpx.Client, namespace: str) -> Iterator[str]:
    """A namespace with pairs beside those with the prefix `in/`, which stay as they are."""
    pairs = {"in/a": 1, "in/b": 1, "out/a": 1, "out/é b*": 1, "in": 1}
    everywhere.post("/write", json={"namespace": namespace, "data": pairs}).raise_for_status()
    yield namespace
    found = everywhere.get(f"/namespaces/{namespace}/export").text.splitlines()[1:]
    assert {(pair["key"], pair["value"]) for pair in map(json.loads, found) if not pair["key"].startswith("in/")} == {
        ("in", 1), ("out/a", 1), ("out/é b*", 1)
    }  # fmt: skip


def limited_to(tokens: TokenMaker, namespace: str, *scopes: str) -> dict[str, str]:
    scope = " ".join(f"{one}:{namespace}/in/*" for one in scopes or ("read", "write"))
    return {"Authorization": f"Bearer {tokens.make(scope=scope)}", "X-Request-ID": "the-same"}


def request_for(
    operation: tuple[str, str], namespace: str, key: str, body: Any = None, **query: str
) -> tuple[str, str, dict[str, Any]]:
    method, path = operation
    if path.startswith(PAIR) and not path.startswith(PAIRS):
        query["key"] = key
    target = path.replace("{namespace}", namespace).replace("{name}", namespace).replace("{key}", quote(key, safe=""))
    if isinstance(body, dict) and path in {"/read", "/write", "/delete"}:
        body = body | {"namespace": namespace}
    return method, target, {"params": query} if body is None else {"params": query, "json": body}


def without_scope(answer: httpx.Response, scope: str) -> str:
    fields = {name: value for name, value in answer.headers.items() if name not in {"date", "connection", "content-length"}}
    return f"{answer.text} {fields}".replace(scope, "SCOPE")


CASES: list[tuple[tuple[str, str], str, Callable[[str], Any]]] = [
    *((operation, scope, lambda _, body=body: body) for operation, (scope, body) in OF_ONE_KEY.items()),
    *((operation, scope, body) for operation, several in OF_KEYS.items() for scope, body in several),
]


def test_every_operation_is_tried_with_scopes_on_keys(key_value: httpx.Client) -> None:
    paths = key_value.get("/openapi.json").json()["paths"]
    documented = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    tried = {operation for operation, _, _ in CASES} | OF_RANGES.keys() | OF_NAMESPACES.keys() | OF_SOME_KEYS | {IMPORT}
    assert documented == tried | IN_ALL_NAMESPACES | OPEN_TO_ALL


@pytest.mark.parametrize(("operation", "scope", "body"), CASES)
def test_scope_on_keys_allows_the_operation_on_these_alone(
    key_value: httpx.Client, tokens: TokenMaker, divided: str, operation: tuple[str, str], scope: str, body: Callable[[str], Any]
) -> None:
    headers = limited_to(tokens, divided)
    answers = []
    for key in ("out/a", "out/b", "in", "inner", "out/é b*", "out/é c*"):
        method, target, content = request_for(operation, divided, key, body(key))
        answer = key_value.request(method, target, headers=headers, **content)
        read_problem(answer, 403, "insufficient-scope")
        missing = f"{scope}:{divided}/{quote(key)}"
        assert f'scope="{missing}"' in answer.headers["www-authenticate"]
        answers.append(without_scope(answer, missing))
    assert len(set(answers)) == 1
    method, target, content = request_for(operation, divided, "in/a", body("in/a"))
    assert key_value.request(method, target, headers=headers, **content).status_code in {200, 201, 204, 409}


@pytest.mark.parametrize(("operation", "scope"), OF_RANGES.items())
def test_scope_on_keys_allows_ranges_within_its_prefix_alone(
    key_value: httpx.Client, tokens: TokenMaker, divided: str, operation: tuple[str, str], scope: str
) -> None:
    headers = limited_to(tokens, divided)
    answers = []
    for prefix in ("out/", "nothing/", "in", "i", "io"):
        method, target, content = request_for(operation, divided, "", prefix=prefix)
        answer = key_value.request(method, target, headers=headers, **content)
        read_problem(answer, 403, "insufficient-scope")
        missing = f"{scope}:{divided}/{prefix}*"
        assert f'scope="{missing}"' in answer.headers["www-authenticate"]
        answers.append(without_scope(answer, missing))
    assert len(set(answers)) == 1
    for prefix in ("in/", "in/a"):
        method, target, content = request_for(operation, divided, "", prefix=prefix)
        with key_value.stream(method, target, headers=headers, **content) as answer:
            assert answer.status_code == 200
    for query in ({}, {"all": "true"} if operation[0] == "DELETE" else {"prefix": ""}):
        method, target, content = request_for(operation, divided, "", **query)
        answer = key_value.request(method, target, headers=headers, **content)
        read_problem(answer, 403, "insufficient-scope")
        assert f'scope="{scope}:{divided}"' in answer.headers["www-authenticate"]


def test_search_finds_only_keys_of_a_range_within_the_prefix(key_value: httpx.Client, tokens: TokenMaker, divided: str) -> None:
    headers, path = limited_to(tokens, divided, "read"), f"/namespaces/{divided}/pairs"
    read_problem(key_value.get(path, params={"contains": "in/a"}, headers=headers), 403, "insufficient-scope")
    found = key_value.get(path, params={"contains": "a", "prefix": "in/"}, headers=headers).raise_for_status().json()
    assert ([pair["key"] for pair in found["pairs"]], found["next_cursor"]) == (["in/a"], None)


def test_page_must_lie_within_a_prefix_by_its_ends_or_its_prefix(
    key_value: httpx.Client, tokens: TokenMaker, divided: str
) -> None:
    headers, pairs = limited_to(tokens, divided), f"/namespaces/{divided}/pairs"
    for query in ({"start": "in/", "end": "in0"}, {"start": "in/a", "end": "in/b"}, {"prefix": "in/", "start": "a", "end": "z"}):
        found = key_value.get(pairs, params=query, headers=headers).raise_for_status().json()["pairs"]
        assert {pair["key"] for pair in found} <= {"in/a", "in/b"}
        assert found
    for query in ({"start": "in/"}, {"end": "in0"}, {"start": "in", "end": "in0"}, {"start": "in/", "end": "in1"}):
        answer = key_value.get(pairs, params=query, headers=headers)
        read_problem(answer, 403, "insufficient-scope")
        assert f'scope="read:{divided}"' in answer.headers["www-authenticate"]


def test_pages_of_a_prefix_go_on_and_their_cursor_grants_nothing(
    key_value: httpx.Client, tokens: TokenMaker, divided: str
) -> None:
    pairs = f"/namespaces/{divided}/pairs"
    query = {"prefix": "in/", "limit": "1"}
    page = key_value.get(pairs, params=query, headers=limited_to(tokens, divided)).json()
    assert [pair["key"] for pair in page["pairs"]] == ["in/a"]
    query["cursor"] = page["next_cursor"]
    page = key_value.get(pairs, params=query, headers=limited_to(tokens, divided)).json()
    assert ([pair["key"] for pair in page["pairs"]], page["next_cursor"]) == (["in/b"], None)
    other = {"Authorization": f"Bearer {tokens.make(scope=f'read:{divided}/in/a')}"}
    read_problem(key_value.get(pairs, params=query, headers=other), 403, "insufficient-scope")


@pytest.mark.parametrize(("operation", "scope"), OF_NAMESPACES.items())
def test_scope_on_keys_is_not_enough_for_the_whole_namespace(
    key_value: httpx.Client, tokens: TokenMaker, divided: str, operation: tuple[str, str], scope: str
) -> None:
    method, target, content = request_for(operation, divided, "", {} if operation[0] == "PUT" else None)
    answer = key_value.request(method, target, headers=limited_to(tokens, divided), **content)
    read_problem(answer, 403, "insufficient-scope")
    assert f'scope="{scope}:{divided}"' in answer.headers["www-authenticate"]


def test_namespace_is_shown_and_listed_to_those_with_a_scope_on_some_keys(
    key_value: httpx.Client, tokens: TokenMaker, divided: str
) -> None:
    assert key_value.get(f"/namespaces/{divided}", headers=limited_to(tokens, divided)).json()["name"] == divided
    writer = limited_to(tokens, divided, "write")
    read_problem(key_value.get(f"/namespaces/{divided}", headers=writer), 403, "insufficient-scope")
    listed = key_value.get("/namespaces", params={"limit": 1000}, headers=writer).json()["namespaces"]
    assert [one["name"] for one in listed] == [divided]


def test_import_refuses_lines_with_keys_that_the_scope_does_not_name(
    key_value: httpx.Client, tokens: TokenMaker, divided: str
) -> None:
    target, media_type = f"/namespaces/{divided}/import", {"Content-Type": "application/x-ndjson"}
    headers = limited_to(tokens, divided) | media_type
    lines = "".join(f'{{"key":"{key}","value":3}}\n' for key in ("in/a", "out/a", "out/b", "in/c"))
    summary = key_value.post(target, content=lines.encode(), headers=headers).raise_for_status().json()
    assert (summary["written"], summary["refused"]) == (2, 2)
    for error, (line, key) in zip(summary["errors"], ((2, "out/a"), (3, "out/b")), strict=True):
        message = f"This key requires an access token with the scope write:{divided}/{key}."
        assert error == {"line": line, "field": "key", "rule": "scope", "message": message}
    answers = []
    for key in ("out/a", "out/b"):
        answer = key_value.post(
            target, params={"strict": "true"}, content=f'{{"key":"{key}","value":3}}'.encode(), headers=headers
        )
        read_problem(answer, 422, "import-refused")
        answers.append(without_scope(answer, f"write:{divided}/{key}"))
    assert answers[0] == answers[1]
    refused = key_value.post(target, content=lines.encode(), headers=limited_to(tokens, divided, "read") | media_type)
    read_problem(refused, 403, "insufficient-scope")


def test_sum_is_returned_only_with_read_scope_on_its_key(key_value: httpx.Client, tokens: TokenMaker, divided: str) -> None:
    scope = f"write:{divided} read:{divided}/in/*"
    headers = {"Authorization": f"Bearer {tokens.make(scope=scope)}"}
    transaction = {"then": [{"operation": "increment", "key": key, "by": by} for key in ("in/a", "out/a") for by in (1, -1)]}
    answer = key_value.post(f"/namespaces/{divided}/transactions", json=transaction, headers=headers).raise_for_status()
    assert [result.get("value") for result in answer.json()["results"]] == [2, 1, None, None]
    for key, sums in (("in/a", [2, 1]), ("out/a", [None, None])):
        answers = [
            key_value.post(f"/namespaces/{divided}/pair/increment", params={"key": key}, json={"by": by}, headers=headers)
            for by in (1, -1)
        ]
        assert [answer.raise_for_status().json().get("value") for answer in answers] == sums


def test_previous_value_is_returned_only_with_read_scope_on_its_key(
    key_value: httpx.Client, tokens: TokenMaker, divided: str
) -> None:
    headers = {"Authorization": f"Bearer {tokens.make(scope=f'write:{divided} read:{divided}/in/*')}"}
    for key in ("out/a", "out/b"):
        body = {"namespace": divided, "keys": ["in/a", key], "previous": True}
        query = {"key": key, "previous": "true"}
        for answer in (
            key_value.post("/delete", json=body, headers=headers),
            key_value.delete(f"/namespaces/{divided}/pair", params=query, headers=headers),
        ):
            read_problem(answer, 403, "insufficient-scope")
            assert f'scope="read:{divided}/{key}"' in answer.headers["www-authenticate"]
    query = {"key": "in/a", "previous": "true"}
    answer = key_value.delete(f"/namespaces/{divided}/pair", params=query, headers=headers).raise_for_status()
    assert answer.json()["previous"] == {"value": 1}


def test_pairs_that_may_only_be_read_are_compared_where_others_are_written(
    key_value: httpx.Client, tokens: TokenMaker, divided: str
) -> None:
    scope = f"write:{divided}/in/* read:{divided}/out/a"
    headers = {"Authorization": f"Bearer {tokens.make(scope=scope)}"}
    for key, status in (("out/a", 200), ("in/a", 200), ("out/b", 403)):
        transaction = {"compare": [exists(key)], "then": [written("in/b")]}
        answer = key_value.post(f"/namespaces/{divided}/transactions", json=transaction, headers=headers)
        assert answer.status_code == status


def test_one_key_of_any_spelling_is_granted_and_no_other(key_value: httpx.Client, tokens: TokenMaker, divided: str) -> None:
    headers = {"Authorization": f"Bearer {tokens.make(scope=f'read:{divided}/out/%C3%A9%20b%2A')}"}
    for pair in (f"/namespaces/{divided}/pair?key=out/%C3%A9%20b%2A", f"/namespaces/{divided}/pairs/out%2f%c3%a9%20b*"):
        assert key_value.get(pair, headers=headers).text == "1"
    for pair in (f"/namespaces/{divided}/pairs/out%2F%25C3%25A9%2520b%252A", f"/namespaces/{divided}/pairs/out%2F%C3%A9%20b"):
        read_problem(key_value.get(pair, headers=headers), 403, "insufficient-scope")
    # A range would have other keys, too.
    read_problem(
        key_value.get(f"/namespaces/{divided}/pairs", params={"prefix": "out/é b*"}, headers=headers), 403, "insufficient-scope"
    )


@pytest.mark.parametrize(
    "scope",
    [
        "read:NS/%2e%2e", "read:NS/*/x", "read:NS/*", "read:NS/", "read:NS/%6Fut/*", "read:NS/o%75t/*", "read:NS/out%2F*",
        "read:NS/out%2f*", "read:NS/out%252F*", "read:NS/%C1%AFut/*", "read:NS/out/**", "read:NS*/out/*", "read:*/out/*",
        "admin:NS/out/*", "READ:NS/out/*", "read:NS//out/*", "read:NS/../NS/out/*", "read:NS/out",
        "read:NS/out/a/", "read:/out/*",        "read:NS\\/out/*", "read:NS/out/\u0000*", "read:NS/out/a\u200b",
    ],
)  # fmt: skip
def test_malicious_scope_allows_nothing(key_value: httpx.Client, tokens: TokenMaker, divided: str, scope: str) -> None:
    headers = {"Authorization": f"Bearer {tokens.make(scope=scope.replace('NS', divided))}"}
    for target in ("pairs/out%2Fa", "pair?key=out/a", "pairs?prefix=out/", "stats", "export?prefix=out/", "changes?after=0"):
        read_problem(key_value.get(f"/namespaces/{divided}/{target}", headers=headers), 403, "insufficient-scope")
    read = {"namespace": divided, "keys": ["out/a"]}
    read_problem(key_value.post("/read", json=read, headers=headers), 403, "insufficient-scope")


def test_scope_on_a_key_is_none_on_a_namespace_of_that_name(key_value: httpx.Client, tokens: TokenMaker, divided: str) -> None:
    headers = {"Authorization": f"Bearer {tokens.make(scope=f'read:{divided}/out/a')}"}
    answer = key_value.post("/read", json={"namespace": f"{divided}/out/a", "keys": ["a"]}, headers=headers)
    assert answer.status_code in {404, 422}


def test_keys_that_cannot_be_are_refused_as_such(key_value: httpx.Client, tokens: TokenMaker, divided: str) -> None:
    for key, rule in (("k" * 100_000, "length"), ("out/\n", "control_characters"), ("", "length")):
        answer = key_value.post("/read", json={"namespace": divided, "keys": [key]}, headers=limited_to(tokens, divided))
        problem = read_problem(answer, 422, "rule-broken")
        assert [(error["field"], error["rule"]) for error in problem["errors"]] == [("key", rule)]
