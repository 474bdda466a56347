"""Requests with an idempotency key, over HTTP: a repetition gets the first answer and changes nothing."""

import gzip
import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from test_support.frozen_thread import frozen_thread
from test_support.key_value.clients import client_of
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service, Tarantool, wait_until
from test_support.tokens import TokenMaker

JSON = {"Content-Type": "application/json"}
REPLAYED = "idempotency-replayed"
CHANGED = {"date", "x-request-id", REPLAYED}
TOO_MANY = "too-many-idempotency-keys"


class Request(NamedTuple):
    """A request on the pair `a`; `{pair}` and `{namespace}` in its path stand for their paths."""

    method: str
    path: str
    body: object = None
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed

    def send(self, client: httpx.Client, namespace: str, key: str | None = None, **changes: Any) -> httpx.Response:
        """Send it, in this namespace, with this idempotency key."""
        body = self.body | {"namespace": namespace} if isinstance(self.body, dict) and self.path.startswith("/") else self.body
        path = self.path.replace("{pair}", "{namespace}/pair").replace("{namespace}", f"/namespaces/{namespace}")
        headers = JSON | self.headers | ({} if key is None else {"Idempotency-Key": key})
        content = None if body is None else json.dumps(body)
        return client.request(self.method, path, **{"content": content, "headers": headers} | changes)


# All work on a pair that exists, the value of which is 5.
REQUESTS = {
    "write": Request("POST", "/write", {"data": {"a": 1, "new": 2}}),
    "write if absent": Request("POST", "/write", {"data": {"a": 1, "new": 2}, "if_absent": True}),
    "delete": Request("POST", "/delete", {"keys": ["a", "absent"]}),
    "put": Request("PUT", "{pair}?key=a", [1]),
    "put a new pair": Request("PUT", "{namespace}/pairs/new", [1]),
    "put if it exists": Request("PUT", "{pair}?key=a&ttl=60", [1], {"If-Match": "*"}),
    "patch": Request("PATCH", "{pair}?key=a", {"b": 1}, {"Content-Type": "application/merge-patch+json"}),
    "patch if it exists": Request("PATCH", "{namespace}/pairs/a", {"b": 1}, {"If-Match": "*"}),
    "delete and return": Request("POST", "/delete", {"keys": ["a", "absent"], "previous": True}),
    "delete one and return it": Request("DELETE", "{pair}?key=a&previous=true"),
    "delete one": Request("DELETE", "{pair}?key=a"),
    "delete if it was not": Request("DELETE", "{namespace}/pairs/a", None, {"If-None-Match": '"7777777", "8888888"'}),
    "restore": Request("PUT", "{pair}?key=a&restore={revision}"),
    "time to live": Request("PUT", "{pair}/ttl?key=a", {"ttl": 3600}),
    "time to live in a path": Request("PUT", "{namespace}/pairs/a/ttl", {"ttl": None}),
    "increment": Request("POST", "{pair}/increment?key=a", {"by": 2}),
    "increment by default": Request("POST", "{namespace}/pairs/a/increment"),
    "transaction": Request(
        "POST",
        "{namespace}/transactions",
        {
            "compare": [{"target": "value", "key": "a", "operand": 5}],
            "then": [
                {"operation": "read", "key": "a"},
                {"operation": "increment", "key": "a", "by": 1},
                {"operation": "delete", "key": "absent"},
                {"operation": "write", "key": "new", "value": {"c": 1.0}},
            ],
        },
    ),
}

# Refused as long as the value of the pair is text, or for their conditions.
REFUSED = {
    "revision conflict": (Request("POST", "/write", {"data": {"a": 1}, "if_revision": {"a": 0}}), 409, "revision-conflict"),
    "conflict of a deletion": (Request("POST", "/delete", {"keys": ["a"], "if_revision": {"b": 7}}), 409, "revision-conflict"),
    "no tag matches": (Request("PUT", "{pair}?key=a", 1, {"If-Match": '"7777777"'}), 412, "precondition-failed"),
    "none of the tags match": (
        Request("PUT", "{pair}?key=a", 1, {"If-Match": '"7777777", "8888888"'}), 412, "precondition-failed",
    ),
    "it exists": (Request("PUT", "{pair}?key=a", 1, {"If-None-Match": "*"}), 412, "precondition-failed"),
    "patch without a match": (Request("PATCH", "{pair}?key=a", 1, {"If-Match": '"7777777"'}), 412, "precondition-failed"),
    "patch of nothing": (Request("PATCH", "{pair}?key=b", 1), 404, "no-such-pair"),
    "deletion of nothing": (Request("DELETE", "{pair}?key=b"), 404, "no-such-pair"),
    "time to live of nothing": (Request("PUT", "{pair}/ttl?key=b", {"ttl": 1}, {"If-Match": "*"}), 404, "no-such-pair"),
    "no such revision": (Request("PUT", "{pair}?key=a&restore=7777777"), 404, "no-such-revision"),
    "not a number": (Request("POST", "{pair}/increment?key=a"), 409, "not-a-number"),
    "operation": (
        Request("POST", "{namespace}/transactions", {"then": [{"operation": "increment", "key": "a", "by": 1}]}),
        409, "operation-refused",
    ),
    "quota": (Request("POST", "/write", {"data": {"q1": 1, "q2": 2}}), 409, "quota-exceeded"),
}  # fmt: skip


def seen_of(response: httpx.Response) -> tuple[object, ...]:
    """Return what the client of a response sees, apart from what tells responses of the same request apart."""
    fields = {name: value for name, value in response.headers.items() if name not in CHANGED}
    if response.headers.get("content-type") != "application/problem+json":
        return response.status_code, fields, response.content
    fields.pop("content-length")
    return response.status_code, fields, {name: member for name, member in response.json().items() if name != "request_id"}


def state_of(client: httpx.Client, namespace: str) -> object:
    return client.get(f"/namespaces/{namespace}/pairs").raise_for_status().json()


@pytest.fixture
def key() -> str:
    return uuid4().hex


def test_mark_of_a_repetition_is_documented_at_the_operations_that_take_a_key(everywhere: httpx.Client) -> None:
    document = everywhere.get("/openapi.json").json()
    operations = [(path, one) for path, methods in document["paths"].items() for one in methods.values()]
    taking = {path for path, one in operations if "idempotency-key" in {field["name"] for field in one.get("parameters", ())}}
    marked = {
        path
        for path, one in operations
        for status, response in one["responses"].items()
        if status.startswith("2") and REPLAYED.title() in response["headers"]
    }
    assert taking == marked
    assert "/write" in marked


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_repetition_gets_the_first_answer_and_changes_nothing(
    everywhere: httpx.Client, namespace: str, key: str, request_: Request
) -> None:
    written = everywhere.post("/write", json={"data": {"a": 5}, "namespace": namespace}).raise_for_status()
    request_ = request_._replace(path=request_.path.replace("{revision}", str(written.json()["revision"])))
    first = request_.send(everywhere, namespace, key).raise_for_status()
    assert REPLAYED not in first.headers
    changed = state_of(everywhere, namespace)
    for _ in range(2):
        again = request_.send(everywhere, namespace, key)
        assert again.headers[REPLAYED] == "true"
        assert seen_of(again) == seen_of(first)
        assert state_of(everywhere, namespace) == changed
    everywhere.post("/write", json={"data": {"a": "x", "new": "y"}, "namespace": namespace}).raise_for_status()
    assert seen_of(request_.send(everywhere, namespace, key)) == seen_of(first)
    assert everywhere.get(f"/namespaces/{namespace}/pairs/a").json() == "x"


@pytest.mark.parametrize(("request_", "status", "name"), REFUSED.values(), ids=REFUSED)
def test_repetition_gets_the_first_refusal(
    everywhere: httpx.Client, namespace: str, key: str, request_: Request, status: int, name: str
) -> None:
    everywhere.put(f"/namespaces/{namespace}", json={"quota_pairs": 2}).raise_for_status()
    everywhere.post("/write", json={"data": {"a": "text"}, "namespace": namespace}).raise_for_status()
    first = request_.send(everywhere, namespace, key)
    read_problem(first, status, name)
    assert REPLAYED not in first.headers
    everywhere.post("/delete", json={"keys": ["a"], "namespace": namespace}).raise_for_status()
    everywhere.post("/write", json={"data": {"b": 1}, "namespace": namespace}).raise_for_status()
    everywhere.put(f"/namespaces/{namespace}", json={}).raise_for_status()
    kept = state_of(everywhere, namespace)
    again = request_.send(everywhere, namespace, key)
    assert again.headers[REPLAYED] == "true"
    assert seen_of(again) == seen_of(first)
    assert state_of(everywhere, namespace) == kept


def test_repetition_may_be_compressed(everywhere: httpx.Client, namespace: str, key: str) -> None:
    request = REQUESTS["write"]
    first = request.send(everywhere, namespace, key).raise_for_status()
    body = json.dumps({"data": {"a": 1, "new": 2}, "namespace": namespace}).encode()
    headers = JSON | {"Idempotency-Key": key, "Content-Encoding": "gzip"}
    for time in (0, 1):
        again = everywhere.post("/write", content=gzip.compress(body, mtime=time), headers=headers)
        assert (again.content, again.headers[REPLAYED]) == (first.content, "true")


OTHERS = {
    "body": ("POST", "{pair}/increment?key=a", {"content": b'{"by":2}'}),
    "spelling of the body": ("POST", "{pair}/increment?key=a", {"content": b'{ "by":1}'}),
    "key of the pair": ("POST", "{pair}/increment?key=b", {}),
    "form of the path": ("POST", "{namespace}/pairs/a/increment", {}),
    "condition": ("POST", "{pair}/increment?key=a", {"headers": {"If-Match": "*"}}),
    "other condition": ("POST", "{pair}/increment?key=a", {"headers": {"If-None-Match": '"7"'}}),
    "method": ("PUT", "{pair}?key=a", {"content": b'{"by":1}'}),
    "path": ("POST", "{namespace}/transactions", {"content": b"{}"}),
}


@pytest.mark.parametrize(("method", "path", "changes"), OTHERS.values(), ids=OTHERS)
def test_key_of_another_request_is_refused(
    everywhere: httpx.Client, namespace: str, key: str, method: str, path: str, changes: dict[str, Any]
) -> None:
    headers = JSON | {"Idempotency-Key": key}
    sent: dict[str, Any] = {"content": b'{"by":1}'}
    everywhere.post(f"/namespaces/{namespace}/pair/increment?key=a", content=sent["content"], headers=headers).raise_for_status()
    before = state_of(everywhere, namespace)
    changes = sent | changes | {"headers": headers | changes.get("headers", {})}
    refused = Request(method, path).send(everywhere, namespace, **changes)
    assert REPLAYED not in refused.headers
    problem = read_problem(refused, 422, "idempotency-key-reused")
    assert [(error["field"], error["rule"]) for error in problem["errors"]] == [("idempotency-key", "reused")]
    assert state_of(everywhere, namespace) == before


def test_keys_of_other_callers_and_namespaces_are_others(
    everywhere: httpx.Client, key_value_service: Service, tokens: TokenMaker, namespace: str, key: str
) -> None:
    request = REQUESTS["increment by default"]
    other = f"n-{uuid4().hex}"
    everywhere.put(f"/namespaces/{other}", json={}).raise_for_status()
    with client_of(key_value_service, tokens.make(scope="admin:*", sub=uuid4().hex)) as somebody:
        sums = [
            request.send(client, name, key).json()["value"]
            for client, name in [(everywhere, namespace), (somebody, namespace), (everywhere, other), (somebody, namespace)]
        ]
    assert sums == [1, 2, 1, 2]


def test_authorization_comes_first(
    everywhere: httpx.Client, key_value_service: Service, tokens: TokenMaker, namespace: str, key: str
) -> None:
    increment, transaction = REQUESTS["increment"], REQUESTS["transaction"]
    everywhere.post("/write", json={"data": {"a": 5}, "namespace": namespace}).raise_for_status()
    assert transaction.send(everywhere, namespace, key + "t").json()["results"][0]["pair"]["value"] == 5
    assert increment.send(everywhere, namespace, key).json()["value"] == 8
    with client_of(key_value_service, tokens.make(scope=f"write:{namespace}")) as writer:
        again = increment.send(writer, namespace, key).raise_for_status()
        assert again.headers[REPLAYED] == "true"
        assert "value" not in again.json()
        refused = transaction.send(writer, namespace, key + "t")
        read_problem(refused, 403, "insufficient-scope")
        assert REPLAYED not in refused.headers
    with client_of(key_value_service, tokens.make(scope=f"read:{namespace}")) as reader:
        read_problem(increment.send(reader, namespace, key), 403, "insufficient-scope")


MALFORMED = {
    "empty": "", "quotation marks": '""', "too long": "k" * 256, "too long string": f'"{"k" * 256}"', "space": "a b",
    "comma": "a,b", "half a string": '"a', "quotation mark": 'a"b', "parameter": '"a";b=1', "unknown escape": r'"\a"',
    "two": '"a", "b"', "tab": '"a\tb"', "beyond ASCII": '"é"',
}  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("request_", [REQUESTS["write"], REQUESTS["delete one"]], ids=["write", "delete"])
def test_malformed_key_is_refused(everywhere: httpx.Client, namespace: str, text: str, request_: Request) -> None:
    everywhere.post("/write", json={"data": {"a": 5}, "namespace": namespace}).raise_for_status()
    before = state_of(everywhere, namespace)
    headers = [(b"Content-Type", b"application/json"), (b"Idempotency-Key", text.encode("latin-1"))]
    assert read_broken_rules(request_.send(everywhere, namespace, headers=headers)) == {("idempotency-key", "idempotency_key")}
    assert state_of(everywhere, namespace) == before


@pytest.mark.parametrize("texts", [("a", "a"), ('"a', 'b"'), ("a", "b")], ids=["the same", "halves", "two"])
def test_repeated_field_is_refused(everywhere: httpx.Client, namespace: str, texts: tuple[str, str]) -> None:
    headers = [("Content-Type", "application/json"), *(("Idempotency-Key", text) for text in texts)]
    refused = REQUESTS["increment"].send(everywhere, namespace, headers=headers)
    assert read_broken_rules(refused) == {("idempotency-key", "idempotency_key")}


@pytest.mark.parametrize(
    ("one", "other"),
    [("{}", '"{}"'), ("{}" + "k" * 223, '"{}' + "k" * 223 + '"'), (r'"{}\"\\ ,;"', r'"{}\"\\ ,;"')],
    ids=["token", "longest", "escapes"],
)
def test_key_is_a_string_with_or_without_quotation_marks(
    everywhere: httpx.Client, namespace: str, key: str, one: str, other: str
) -> None:
    first = REQUESTS["increment"].send(everywhere, namespace, one.format(key)).raise_for_status()
    again = REQUESTS["increment"].send(everywhere, namespace, other.format(key))
    assert (again.content, again.headers[REPLAYED]) == (first.content, "true")


def test_requests_that_were_not_answered_by_the_database_may_be_corrected(
    everywhere: httpx.Client, key_value_service: Service, tokens: TokenMaker, namespace: str, key: str
) -> None:
    increment = REQUESTS["increment"]
    with client_of(key_value_service, tokens.make(scope=f"read:{namespace}")) as reader:
        read_problem(increment.send(reader, namespace, key), 403, "insufficient-scope")
    refused = increment.send(everywhere, namespace, key, content='{"by":1e999}')
    assert REPLAYED not in refused.headers
    assert {field for field, _ in read_broken_rules(refused)} == {"by"}
    read_problem(increment.send(everywhere, f"n-{uuid4().hex}", key), 404, "no-such-namespace")
    assert increment.send(everywhere, namespace, key).json()["value"] == 2


@pytest.mark.parametrize(
    "request_",
    [
        Request("DELETE", "{namespace}/pairs?prefix=a"),
        Request("POST", "{namespace}/import", None, {"Content-Type": "application/x-ndjson"}),
    ],
    ids=["delete by prefix", "import"],
)
def test_operations_in_slices_take_no_key(everywhere: httpx.Client, namespace: str, key: str, request_: Request) -> None:
    everywhere.post("/write", json={"data": {"a": 5}, "namespace": namespace}).raise_for_status()
    refused = request_.send(everywhere, namespace, key, content=b'{"key":"a","value":1}\n')
    assert read_broken_rules(refused) == {("idempotency-key", "not_supported")}
    assert everywhere.get(f"/namespaces/{namespace}/pairs/a").json() == 5


def test_reading_ignores_the_field(everywhere: httpx.Client, namespace: str, key: str) -> None:
    read = Request("POST", "/read", {"keys": ["a"]})
    for value in (1, 2):
        everywhere.post("/write", json={"data": {"a": value}, "namespace": namespace}).raise_for_status()
        answer = read.send(everywhere, namespace, key).raise_for_status()
        assert (answer.json()["data"], REPLAYED in answer.headers) == ({"a": value}, False)


def test_large_answer_is_refused_and_nothing_done(everywhere: httpx.Client, namespace: str, key: str) -> None:
    everywhere.post("/write", json={"data": {"a": "x" * 65536}, "namespace": namespace}).raise_for_status()
    operations = [{"operation": "write", "key": "b", "value": 1}, {"operation": "read", "key": "a"}]
    request = Request("POST", "{namespace}/transactions", {"then": operations})
    assert read_broken_rules(request.send(everywhere, namespace, key)) == {("idempotency-key", "answer_size")}
    assert everywhere.get(f"/namespaces/{namespace}/pairs/b").status_code == 404
    request.send(everywhere, namespace).raise_for_status()


@pytest.mark.parametrize("name", ["write", "put", "patch", "delete one", "time to live", "increment", "transaction"])
def test_concurrent_repetitions_get_one_answer(everywhere: httpx.Client, namespace: str, key: str, name: str) -> None:
    everywhere.post("/write", json={"data": {"a": 5}, "namespace": namespace}).raise_for_status()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: REQUESTS[name].send(everywhere, namespace, key), range(20)))
    assert len({answer.content for answer in answers}) == 1
    assert {answer.is_success for answer in answers} == {True}
    assert sum(REPLAYED not in answer.headers for answer in answers) == 1


def test_pages_may_send_the_field_and_see_that_an_answer_is_repeated(
    tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str
) -> None:
    origin = "https://example.org"
    service = Service("key_value", tmp_path, key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url, KEY_VALUE_ALLOWED_ORIGINS=origin)
    with service:
        service.wait_until_ready()
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
        allowed = httpx.options(f"{service.url}/write", headers=headers, trust_env=False).headers
    assert "idempotency-key" in allowed["access-control-allow-headers"].split(", ")
    assert "Idempotency-Replayed" in allowed["access-control-expose-headers"].split(", ")


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path, jwks_url: str, tokens: TokenMaker) -> Iterator[httpx.Client]:
    with Tarantool("key_value", tmp_path / "tarantool", TARANTOOL_MEMTX_MEMORY=str(64 * 1024 * 1024)) as tarantool:
        service = Service(
            "key_value", tmp_path / "service", tarantool,
            KEY_VALUE_JWKS_URL=jwks_url, KEY_VALUE_IDEMPOTENCY_SECONDS=str(request.param),
        )  # fmt: skip
        with service, client_of(service.wait_until_ready(), tokens.make(scope="admin:*"), timeout=30) as client:
            yield client


def fill(client: httpx.Client, namespace: str) -> int:
    """Send requests with answers of 58 KiB until no more are kept; return how many were."""
    keys = [f"{number:0512}" for number in range(116)]
    for count in range(1000):
        answer = Request("POST", "/delete", {"keys": keys}).send(client, namespace, uuid4().hex)
        if answer.status_code != 200:
            read_problem(answer, 503, TOO_MANY)
            assert answer.headers["retry-after"] == "1"
            return count
    raise AssertionError("no bound was reached")


@pytest.mark.parametrize("store", [12], indirect=True)  # longer than filling takes on a busy machine
def test_answers_are_bounded_and_removed_after_their_time(store: httpx.Client, key: str) -> None:
    increment = REQUESTS["increment"]
    first = increment.send(store, "default", key).raise_for_status()
    assert 16 * 1024 * 1024 // (60 * 1024) - 20 < fill(store, "default") < 16 * 1024 * 1024 // (59 * 1024) + 20
    read_problem(increment.send(store, "default", key + "x"), 503, TOO_MANY)
    increment.send(store, "default").raise_for_status()
    wait_until(lambda: increment.send(store, "default", uuid4().hex).status_code == 200, "answers being removed", 40)
    wait_until(lambda: REPLAYED not in increment.send(store, "default", key).headers, "an answer being kept no longer", 40)
    assert increment.send(store, "default", key).json()["value"] > first.json()["value"]


@pytest.mark.parametrize("store", [3600], indirect=True)
def test_answers_are_removed_with_their_namespace(store: httpx.Client, key: str) -> None:
    increment = REQUESTS["increment"]
    store.put("/namespaces/full", json={}).raise_for_status()
    increment.send(store, "default", key).raise_for_status()
    increment.send(store, "full", key).raise_for_status()
    fill(store, "full")
    assert increment.send(store, "default", key).headers[REPLAYED] == "true"
    store.delete("/namespaces/full", params={"force": True}).raise_for_status()
    wait_until(lambda: increment.send(store, "default", uuid4().hex).status_code == 200, "answers being removed", 40)
    store.put("/namespaces/full", json={}).raise_for_status()
    anew = increment.send(store, "full", key)
    assert (anew.json()["value"], REPLAYED in anew.headers) == (2, False)


def test_another_process_gives_the_first_answer_after_a_crash_and_a_restart(
    tmp_path: Path, database: Tarantool, service: Service, jwks_url: str, tokens: TokenMaker, key: str
) -> None:
    increment, put = REQUESTS["increment"], Request("PUT", "{pair}?key=b", 1, {"If-Match": "*"})
    token = tokens.make(scope="admin:*")
    with client_of(service, token) as client:
        first, refused = increment.send(client, "default", key), put.send(client, "default", key + "p")
        read_problem(refused, 412, "precondition-failed")
        client.put("/namespaces/default/pairs/b", json=1).raise_for_status()
    other = Service("key_value", tmp_path / "other", database, KEY_VALUE_JWKS_URL=jwks_url)
    with other, client_of(other.wait_until_ready(), token, timeout=30) as client:
        for end in (None, database.kill, database.stop):
            if end is not None:
                end()
                database.start()
                other.wait_until_ready()
            for request_, once, expected in ((increment, key, first), (put, key + "p", refused)):
                again = request_.send(client, "default", once)
                assert again.headers[REPLAYED] == "true"
                assert seen_of(again) == seen_of(expected)
        assert client.get("/namespaces/default/pairs/a").json() == 2


@pytest.mark.parametrize(
    "request_", [REQUESTS["increment"], Request("PUT", "{pair}?key=b", 1, {"If-Match": "*"})], ids=["done", "refused"]
)
def test_repetition_is_answered_only_with_what_is_on_disk(
    database: Tarantool, service: Service, tokens: TokenMaker, key: str, request_: Request
) -> None:
    with client_of(service, tokens.make(scope="admin:*"), timeout=30) as client, ThreadPoolExecutor(5) as pool:
        request_.send(client, "default", uuid4().hex)
        with frozen_thread(database.pid, "wal"):
            answers = list(pool.map(lambda _: request_.send(client, "default", key), range(5)))
            for answer in answers:
                read_problem(answer, 503, "store-unavailable")
            database.signal(signal.SIGKILL)
        database.wait()
        database.start()
        answer = request_.send(client, "default", key)
        assert REPLAYED not in answer.headers
        assert answer.status_code in (200, 412)
        if answer.status_code == 200:
            assert answer.json()["value"] == 4
