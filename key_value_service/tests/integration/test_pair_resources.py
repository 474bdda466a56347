"""Single pairs as resources, over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from test_support.problems import read_broken_rules, read_problem
from test_support.processes import wait_until
from test_support.tokens import TokenMaker

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
JSON = {"Content-Type": "application/json"}


def path_of(key: str, form: str = "query") -> str:
    name = quote(key, safe="")
    return f"/namespaces/default/pair?key={name}" if form == "query" else f"/namespaces/default/pairs/{name}"


def ttl_of(path: str) -> str:
    return part_of(path, "/ttl")


def counter_of(path: str) -> str:
    return part_of(path, "/increment")


def part_of(path: str, part: str) -> str:
    place, mark, query = path.partition("?")
    return place + part + mark + query


def with_ttl(path: str, ttl: object) -> str:
    return f"{path}{'&' if '?' in path else '?'}ttl={ttl}"


@pytest.fixture(params=["query", "path"])
def path(request: pytest.FixtureRequest) -> str:
    return path_of(uuid4().hex, request.param)


def put(client: httpx.Client, path: str, value: object, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): field for name, field in headers.items()}
    return client.put(path, content=json.dumps(value), headers=JSON | named)


def patch(client: httpx.Client, path: str, change: object, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): field for name, field in headers.items()}
    return client.patch(path, content=json.dumps(change), headers=MERGE_PATCH | named)


def revision_of(response: httpx.Response) -> int:
    return int(response.headers["etag"].strip('"'))


def test_pair_is_created_read_replaced_and_deleted(key_value: httpx.Client, path: str) -> None:
    made = put(key_value, path, {"a": [1, 1.0, None]})
    assert (made.status_code, made.json()) == (201, {"revision": revision_of(made)})
    read = key_value.get(path)
    assert (read.status_code, read.text) == (200, '{"a":[1,1.0,null]}')
    assert (read.headers["etag"], read.headers["content-type"]) == (made.headers["etag"], "application/json")
    replaced = put(key_value, path, "é")
    assert (replaced.status_code, revision_of(replaced)) == (200, revision_of(made) + 1)
    assert key_value.get(path).text == '"é"'
    gone = key_value.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    for response in (key_value.get(path), key_value.delete(path)):
        read_problem(response, 404, "no-such-pair")


@pytest.mark.parametrize(
    "text", ["null", "-0.0", "18446744073709551615", "100000000000000000000", "1e308", '""', "[]", "{}", '"\\u0000"', "false"]
)
def test_any_value_is_returned_as_written(key_value: httpx.Client, path: str, text: str) -> None:
    key_value.put(path, content=text, headers=JSON).raise_for_status()
    assert repr(key_value.get(path).json()) == repr(json.loads(text))


@pytest.mark.parametrize("form", ["query", "path"])
@pytest.mark.parametrize(
    "key",
    [
        "a/b",
        "a/ttl",
        "ttl",
        "a/increment",
        "/",
        "//",
        "a b",
        "a+b",
        "%2F",
        "a%",
        "ключ",
        "🔑",
        "é" * 256,
        "?x=1#y",
        '"',
        ";",
        "&k=",
    ],
)
def test_key_of_any_characters_has_an_address(key_value: httpx.Client, key: str, form: str) -> None:
    home = uuid4().hex if len(key) < 100 else ""
    value = uuid4().hex
    path = path_of(home + key, form)
    put(key_value, path, value).raise_for_status()
    assert key_value.get(path).json() == value
    assert key_value.post("/read", json={"keys": [home + key]}).json()["data"] == {home + key: value}
    ttl = key_value.put(ttl_of(path), json={"ttl": 3600})
    assert ttl.status_code == 200
    assert key_value.get(path_of(home + key)).headers["etag"] == ttl.headers["etag"]


@pytest.mark.parametrize("key", [".", "..", "../..", "../../m/pairs/v", "a/../b", "//", "x/ttl"])
def test_no_change_of_the_path_changes_the_key_in_the_query(key_value: httpx.Client, key: str) -> None:
    """Proxies decode paths, resolve their dots and join their slashes; a query they pass on as it is."""
    value = uuid4().hex
    for sent in (quote(key, safe=""), quote(key, safe="/.")):
        put(key_value, f"/namespaces/default/pair?key={sent}", value).raise_for_status()
        assert key_value.get(f"/namespaces/default/pair?key={sent}").json() == value
        assert key_value.post("/read", json={"keys": [key]}).json()["data"] == {key: value}
        key_value.put(f"/namespaces/default/pair/ttl?key={sent}", json={"ttl": 60}).raise_for_status()
        assert key_value.patch(f"/namespaces/default/pair?key={sent}", content="1", headers=MERGE_PATCH).status_code == 200
        assert key_value.post(f"/namespaces/default/pair/increment?key={sent}", json={}).json()["value"] == 2
        assert key_value.head(f"/namespaces/default/pair?key={sent}").status_code == 200
        assert key_value.delete(f"/namespaces/default/pair?key={sent}").status_code == 204
        assert key_value.post("/read", json={"keys": [key]}).json()["missing"] == [key]


@pytest.mark.parametrize(("query", "rule"), [("", "missing"), ("?key=", "length"), ("?key=a&key=b", "unique")])
def test_key_in_the_query_is_given_once(key_value: httpx.Client, query: str, rule: str) -> None:
    assert read_broken_rules(key_value.get(f"/namespaces/default/pair{query}")) == {("key", rule)}


def test_head_has_the_fields_of_get_without_the_value(key_value: httpx.Client, path: str) -> None:
    put(key_value, path, "hello")
    get, head = key_value.get(path), key_value.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-length"):
        assert head.headers[name] == get.headers[name]
    missing = key_value.head(path + "x")
    assert (missing.status_code, missing.content) == (404, b"")


def test_304_for_a_value_that_the_client_has(key_value: httpx.Client, path: str) -> None:
    tag = put(key_value, path, 1).headers["etag"]
    for known in (tag, *changed_by_proxies(tag), f'"0", "x", {tag}', "*", f",{tag} ,"):
        for response in (
            key_value.get(path, headers={"If-None-Match": known}),
            key_value.head(path, headers={"If-None-Match": known}),
        ):
            assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", tag)
            assert "content-type" not in response.headers
    for other in ('"1"', f'"x{tag[1:]}', '""', '"01"', f'{tag[:-1]}-"', f'{tag[:-1]}-x"', f'{tag[:-1]}-gzip-br"'):
        assert key_value.get(path, headers={"If-None-Match": other}).text == "1"
    read_problem(key_value.get(path + "x", headers={"If-None-Match": "*"}), 404, "no-such-pair")
    assert key_value.get(path, headers={"If-Match": tag}).status_code == 200
    read_problem(key_value.get(path, headers={"If-Match": '"1"'}), 412, "precondition-failed")


def test_pair_is_written_if_the_precondition_holds(key_value: httpx.Client, path: str) -> None:
    tag = put(key_value, path, 1, if_none_match="*").headers["etag"]
    revision = int(tag.strip('"'))
    for refused in (
        put(key_value, path, 2, if_none_match="*"),
        put(key_value, path, 2, if_match=f'"{revision + 1}"'),
        put(key_value, path, 2, if_match=f'W/"{revision + 1}", "{revision + 1}-gzip", "{revision}-x"'),
        put(key_value, path, 2, if_none_match=f"W/{tag}"),
        patch(key_value, path, 2, if_match='"1", "2"'),
        key_value.delete(path, headers={"If-Match": f'"{revision - 1}"'}),
        key_value.put(ttl_of(path), json={"ttl": 1}, headers={"If-Match": '"1"'}),
        key_value.post(counter_of(path), json={}, headers={"If-Match": '"1"'}),
    ):
        assert read_problem(refused, 412, "precondition-failed")["revision"] == revision
    assert key_value.get(path).headers["etag"] == tag
    for number, condition in enumerate(({"if_match": tag}, {"if_match": "*"}, {"if_match": f'"1", "{revision + 2}"'}), 1):
        assert revision_of(put(key_value, path, 2, **condition)) == revision + number
    assert key_value.delete(path, headers={"If-Match": f'"{revision + 3}"'}).status_code == 204
    problem = read_problem(put(key_value, path, 1, if_match="*"), 412, "precondition-failed")
    assert problem["revision"] == 0
    read_problem(patch(key_value, path, {}, if_match="*"), 404, "no-such-pair")


def changed_by_proxies(tag: str) -> list[str]:
    """Return an entity tag as proxies that compress make it."""
    appended = [f'{tag[:-1]}-{coding}"' for coding in ("gzip", "br", "zstd")]
    return [f"W/{tag}", *appended, f"W/{appended[0]}"]


def test_tag_that_a_compressing_proxy_has_changed_names_the_same_revision(key_value: httpx.Client, path: str) -> None:
    tag = put(key_value, path, 0).headers["etag"]
    for form in range(len(changed_by_proxies(tag))):
        seen = changed_by_proxies(tag)[form]
        for response in (
            put(key_value, path, {}, if_match=seen),
            patch(key_value, path, {"a": 1}, if_match=changed_by_proxies(read_tag(key_value, path))[form]),
            key_value.put(
                ttl_of(path), json={"ttl": 60}, headers={"If-Match": changed_by_proxies(read_tag(key_value, path))[form]}
            ),
        ):
            assert response.status_code == 200
        read_problem(put(key_value, path, 2, if_match=seen), 412, "precondition-failed")
        tag = read_tag(key_value, path)


def read_tag(key_value: httpx.Client, path: str) -> str:
    return key_value.get(path).headers["etag"]


@pytest.mark.parametrize(
    "field", ["", "5", '"5', '5"', "W/5", 'w/"5"', '"a b"', '"5" "6"', '*, "5"', '"5", *', '"5";', "'5'", "W/*", ",", '"é"x']
)
def test_malformed_precondition_is_reported_by_name(key_value: httpx.Client, path: str, field: str) -> None:
    put(key_value, path, 1)
    text = field.encode("latin-1")
    assert read_broken_rules(key_value.get(path, headers={b"If-None-Match": text})) == {("if-none-match", "entity_tags")}
    for name in (b"If-Match", b"If-None-Match"):
        refused = key_value.put(path, content="2", headers={b"Content-Type": b"application/json", name: text})
        assert read_broken_rules(refused) == {(name.decode().lower(), "entity_tags")}
    assert key_value.get(path).text == "1"


def test_repeated_fields_form_one_list(key_value: httpx.Client, path: str) -> None:
    tag = put(key_value, path, 1).headers["etag"]
    assert key_value.get(path, headers=[("If-None-Match", '"1"'), ("If-None-Match", tag)]).status_code == 304


def test_value_is_written_with_a_time_to_live(key_value: httpx.Client, path: str) -> None:
    put(key_value, with_ttl(path, "0.3"), 1).raise_for_status()
    wait_until(lambda: key_value.get(path).status_code == 404, "the pair expiring", 5)
    put(key_value, with_ttl(path, "3600"), 1)
    kept = key_value.put(ttl_of(path), json={"ttl": None}).json()
    assert kept == {"revision": kept["revision"], "expires_at": None}
    set_anew = key_value.put(ttl_of(path), json={"ttl": 600}).json()
    assert set_anew["revision"] > kept["revision"]
    left = datetime.fromisoformat(set_anew["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=590) < left <= timedelta(seconds=600)
    assert key_value.get(path).text == "1"
    patch(key_value, path, 2)
    assert (
        key_value.post("/read", json={"keys": [path[-32:]], "metadata": True}).json()["metadata"][path[-32:]]["expires_at"]
        == set_anew["expires_at"]
    )
    put(key_value, with_ttl(path, "null"), 1).raise_for_status()
    read_problem(key_value.put(ttl_of(path + "x"), json={"ttl": 1}), 404, "no-such-pair")


@pytest.mark.parametrize("ttl", ["0", "-1", "nan", "inf", "1e12", "", "soon"])
def test_invalid_time_to_live_of_a_write_is_reported_by_name(key_value: httpx.Client, path: str, ttl: str) -> None:
    assert {field for field, _ in read_broken_rules(put(key_value, with_ttl(path, ttl), 1))} == {"ttl"}
    read_problem(key_value.get(path), 404, "no-such-pair")


@pytest.mark.parametrize("body", [{}, {"ttl": 0}, {"ttl": "1"}, {"ttl": True}, {"ttl": -1}, {"ttl": 1e12}])
def test_invalid_time_to_live_is_reported_by_name(key_value: httpx.Client, path: str, body: object) -> None:
    put(key_value, path, 1)
    assert {field for field, _ in read_broken_rules(key_value.put(ttl_of(path), json=body))} == {"ttl"}


def test_merge_patch_changes_the_members_it_names(key_value: httpx.Client, path: str) -> None:
    put(key_value, path, {"a": 1, "b": {"c": 1.0, "d": [1]}, "big": 10**999 + 1})
    patched = patch(key_value, path, {"a": None, "b": {"d": [None]}, "e": {"f": None}})
    assert (patched.status_code, patched.json()) == (200, {"revision": revision_of(patched)})
    assert key_value.get(path).text == f'{{"b":{{"c":1.0,"d":[null]}},"big":{10**999 + 1},"e":{{}}}}'
    patch(key_value, path, [1]).raise_for_status()
    assert key_value.get(path).text == "[1]"
    read_problem(patch(key_value, path + "x", {}), 404, "no-such-pair")
    read_problem(key_value.patch(path, content=b"{}", headers={"Content-Type": "text/plain"}), 415, "unsupported-media-type")


def test_number_is_incremented(key_value: httpx.Client, path: str) -> None:
    first = key_value.post(counter_of(path), json={})
    assert (first.status_code, first.json()) == (200, {"value": 1, "revision": revision_of(first)})
    assert key_value.post(counter_of(path), json={"by": 41}).json()["value"] == 42
    assert key_value.post(counter_of(path), json={"by": -42}).text.startswith('{"value":0,')
    assert key_value.post(counter_of(path), json={"by": 0.5}).text.startswith('{"value":0.5,')
    put(key_value, path, 2**63 - 1)
    read_problem(key_value.post(counter_of(path), json={}), 409, "number-overflow")
    for beyond in (2**64, -(2**63) - 1, 10**999):
        put(key_value, path, beyond)
        for by in (-1, 0, 0.5):
            read_problem(key_value.post(counter_of(path), json={"by": by}), 409, "number-overflow")
        assert key_value.get(path).text == str(beyond)
    put(key_value, path, 1.7976931348623157e308)
    read_problem(key_value.post(counter_of(path), json={"by": 1.7976931348623157e308}), 409, "number-overflow")
    put(key_value, path, "1")
    read_problem(key_value.post(counter_of(path), json={"by": 1}), 409, "not-a-number")
    assert key_value.get(path).text == '"1"'


@pytest.mark.parametrize("by", ["1", True, None, [1], 2**64, -(2**63) - 1])
def test_invalid_increment_is_reported_by_name(key_value: httpx.Client, path: str, by: object) -> None:
    refused = key_value.post(counter_of(path), json={"by": by})
    assert {field.partition(".")[0] for field, _ in read_broken_rules(refused)} == {"by"}
    read_problem(key_value.get(path), 404, "no-such-pair")


@pytest.mark.parametrize(
    ("text", "status", "name"),
    [
        ("{", 400, "malformed-body"), ("", 400, "malformed-body"), ("1 2", 400, "malformed-body"),
        ("1" + "0" * 1000, 422, "rule-broken"), ("9" * 5000, 422, "rule-broken"),
        ("1e400", 422, "rule-broken"), ("NaN", 422, "rule-broken"),
        ("[" * 65 + "]" * 65, 422, "rule-broken"), ('"' + "x" * 1024 * 1024 + '"', 422, "rule-broken"),
    ],
)  # fmt: skip
def test_invalid_value_is_rejected(key_value: httpx.Client, path: str, text: str, status: int, name: str) -> None:
    put(key_value, path, 1)
    for refused in (key_value.put(path, content=text, headers=JSON), key_value.patch(path, content=text, headers=MERGE_PATCH)):
        problem = read_problem(refused, status, name)
        assert [error["field"] for error in problem.get("errors", [])] in ([], ["body"])
    assert key_value.get(path).text == "1"


@pytest.mark.parametrize("key", ["%00", "%0A", "a" * 513, "%C3%A9" * 257, "%FF", "%C3"])
def test_invalid_key_is_reported_by_name(key_value: httpx.Client, key: str) -> None:
    for response in (key_value.get(f"/namespaces/default/pairs/{key}"), put(key_value, f"/namespaces/default/pairs/{key}", 1)):
        assert {field for field, _ in read_broken_rules(response)} == {"key"}


def test_scope_is_checked_first(key_value: httpx.Client, tokens: TokenMaker, path: str) -> None:
    put(key_value, path, 1)
    reader = {"Authorization": f"Bearer {tokens.make(scope='read:default')}"}
    writer = {"Authorization": f"Bearer {tokens.make(scope='write:default')}"}
    for key in (path, path + "x"):
        refusals = [
            key_value.get(key, headers=writer),
            key_value.put(key, json=1, headers=reader),
            key_value.patch(key, json=1, headers=reader),
            key_value.delete(key, headers=reader),
            key_value.put(ttl_of(key), json={"ttl": 1}, headers=reader),
            key_value.post(counter_of(key), json={}, headers=reader),
            key_value.get(key.replace("default", "secret")),
            key_value.get(key.replace("default", "secret"), headers={"If-None-Match": "*"}),
        ]
        for refused in refusals:
            read_problem(refused, 403, "insufficient-scope")
    added = key_value.post(counter_of(path), json={"by": 2}, headers=writer)
    assert added.json() == {"revision": revision_of(added)}
    assert key_value.get(path, headers=reader).text == "3"
    everywhere = {"Authorization": f"Bearer {tokens.make(scope='read:* write:*')}"}
    read_problem(key_value.get(path.replace("default", "absent"), headers=everywhere), 404, "no-such-namespace")
    read_problem(key_value.get(path, headers={"Authorization": ""}), 401, "authentication-required")
    assert read_broken_rules(key_value.get(path.replace("default", "No%20Name"), headers=everywhere)) == {
        ("namespace", "namespace")
    }


def test_one_of_fifty_concurrent_creations_succeeds(key_value: httpx.Client, path: str) -> None:
    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda number: put(key_value, path, number, if_none_match="*"), range(50)))
    assert sorted(response.status_code for response in responses) == [201] + [412] * 49
    (winner,) = [number for number, response in enumerate(responses) if response.status_code == 201]
    assert key_value.get(path).json() == winner
    assert {response.json()["revision"] for response in responses} == {revision_of(responses[winner])}


def test_fifty_concurrent_patches_are_all_applied(key_value: httpx.Client, path: str) -> None:
    put(key_value, path, {})
    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda number: patch(key_value, path, {str(number): number}), range(50)))
    assert {response.status_code for response in responses} == {200}
    assert key_value.get(path).json() == {str(number): number for number in range(50)}


def test_fifty_concurrent_increments_add_up(key_value: httpx.Client, path: str) -> None:
    def add(_: int) -> None:
        with httpx.Client(base_url=key_value.base_url, headers=key_value.headers, trust_env=False, timeout=10) as client:
            for _ in range(20):
                client.post(counter_of(path), json={"by": 3}).raise_for_status()

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(add, range(50)))
    assert key_value.get(path).json() == 3000


def test_405_has_the_methods_of_the_path(key_value: httpx.Client, path: str) -> None:
    assert key_value.post(path, json=1).headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
    assert key_value.get(ttl_of(path)).headers["allow"] == "OPTIONS, PUT"
    assert key_value.get(counter_of(path)).headers["allow"] == "OPTIONS, POST"
