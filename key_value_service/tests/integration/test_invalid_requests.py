"""Requests that are invalid by mistake or malice: a 4xx that says why, and the service stays available."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service
from test_support.tokens import TokenMaker

JSON = {"Content-Type": "application/json"}
LIMIT = 8 * 1024 * 1024


@pytest.fixture(autouse=True)
def _service_stays_available(key_value_service: Service) -> Iterator[None]:
    before = key_value_service.pid
    yield
    assert key_value_service.is_running()
    assert key_value_service.pid == before
    assert httpx.get(f"{key_value_service.url}/health/ready", trust_env=False).is_success


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"data":{"a":', b'{"data":{"a":1}}x', b'{"data":{"a":"\xff"}}', b"data=1",
     b'{"data":{"a":"\\ud800"}}', b"{'data':{}}", b'{"data":{"a":01}}', b"\x00"],
)  # fmt: skip
def test_body_other_than_json_is_rejected(key_value: httpx.Client, body: bytes) -> None:
    read_problem(key_value.post("/write", content=body, headers=JSON), 400, "malformed-body")


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"data":' + b'{"a":' * 100_000, b'{"data":{"a":' + b"[" * 100_000])
def test_too_deeply_nested_body_is_rejected(key_value: httpx.Client, body: bytes) -> None:
    assert read_broken_rules(key_value.post("/write", content=body, headers=JSON)) == {("body", "levels")}


def test_integer_of_thousands_of_digits_is_rejected(key_value: httpx.Client) -> None:
    body = b'{"data":{"a":' + b"9" * 5000 + b"}}"
    assert read_broken_rules(key_value.post("/write", content=body, headers=JSON)) == {("body", "integer_range")}


@pytest.mark.parametrize(
    ("path", "body", "broken"),
    [
        ("/write", [], {("body", "model_type")}),
        ("/write", {}, {("data", "missing")}),
        ("/write", {"data": []}, {("data", "dict_type")}),
        ("/write", {"data": {"a": 1}, "lease": 5}, {("lease", "extra_forbidden")}),
        ("/read", {}, {("keys", "missing")}),
        ("/read", {"keys": "a"}, {("keys", "list_type")}),
        ("/read", {"keys": ["a", 1, None]}, {("keys.1", "string_type")}),
    ],
)
def test_body_with_another_schema_is_rejected_field_by_field(
    key_value: httpx.Client, path: str, body: object, broken: set[tuple[str, str]]
) -> None:
    assert read_broken_rules(key_value.post(path, json=body)) == broken


def test_long_lists_of_violations_and_long_names_are_truncated(key_value: httpx.Client) -> None:
    errors = key_value.post("/write", json={"data": {"k" * 600 + str(n): n for n in range(100)}}).json()["errors"]
    assert len(errors) == 20
    assert all(len(error["field"]) <= 101 for error in errors)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-16"},
     {"Content-Type": "application/json", "Content-Encoding": "br"}, {"Content-Type": "application/jsonx"}],
)  # fmt: skip
def test_body_with_another_media_type_is_rejected(key_value: httpx.Client, headers: dict[str, str]) -> None:
    read_problem(key_value.post("/read", content=b'{"keys":["a"]}', headers=headers), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "content_type", ["Application/JSON", "application/json; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_other_spellings_of_json_are_accepted(key_value: httpx.Client, content_type: str) -> None:
    assert key_value.post("/read", content=b'{"keys":["a"]}', headers={"Content-Type": content_type}).is_success


def test_body_announced_as_too_large_is_rejected_before_it_is_sent(key_value_service: Service, tokens: TokenMaker) -> None:
    head = f"POST /write HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {tokens.make()}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", key_value_service.port), timeout=5) as connection:
        connection.sendall(f"{head}Content-Length: {LIMIT + 1}\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_chunked_body_is_rejected_as_soon_as_it_is_too_large(key_value: httpx.Client) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'{"data":{"a":"'
        while sent < 4 * LIMIT:
            sent += 65536
            yield b"x" * 65536

    read_problem(key_value.post("/write", content=endless(), headers=JSON), 413, "body-too-large")


def test_body_of_maximum_size_is_accepted(key_value: httpx.Client) -> None:
    body = json.dumps({"data": {f"large-{n}": "x" * (LIMIT // 10) for n in range(9)}}).encode()
    padded = body + b" " * (LIMIT - len(body))
    assert key_value.post("/write", content=padded, headers=JSON).json()["written"] == 9
    read_problem(key_value.post("/write", content=padded + b" ", headers=JSON), 413, "body-too-large")


@pytest.mark.parametrize(
    ("target", "headers", "broken"),
    [
        ("pairs?end=%s", {}, {("end", "too_long")}),
        ("pairs?cursor=%s", {}, {("cursor", "cursor")}),
        ("pair/history?key=a&cursor=%s", {}, {("cursor", "cursor")}),
        ("changes?after=%s", {}, {("after", "int_parsing")}),
        ("changes?after=-1", {}, {("after", "greater_than_equal")}),
        ("watch", {"Last-Event-ID": "x"}, {("last-event-id", "string_pattern_mismatch")}),
    ],
)
def test_optional_parameter_is_rejected_by_the_rule_of_its_own_type_alone(
    key_value: httpx.Client, target: str, headers: dict[str, str], broken: set[tuple[str, str]]
) -> None:
    answer = key_value.get("/namespaces/default/" + target.replace("%s", "x" * 600), headers=headers)
    assert read_broken_rules(answer) == broken


def test_unknown_paths_and_methods_are_answered_with_problems(key_value: httpx.Client) -> None:
    read_problem(key_value.post("/nothing"), 404, "no-such-path")
    answer = key_value.get("/read")
    read_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "OPTIONS, POST"


def test_valid_request_id_is_kept_and_any_other_replaced(key_value: httpx.Client) -> None:
    assert key_value.get("/health/live", headers={"X-Request-ID": "abc-1.2:3"}).headers["x-request-id"] == "abc-1.2:3"
    for bad in ("", "two words", "x" * 129, 'quo"te', "nicht-ä"):
        headers = {b"X-Request-ID": bad.encode()}
        made = key_value.get("/nothing", headers=headers)
        assert len(made.headers["x-request-id"]) == 32
        assert made.json()["request_id"] == made.headers["x-request-id"]
