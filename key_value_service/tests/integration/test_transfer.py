"""Exporting and importing namespaces, over HTTP and on real Tarantool."""

import gzip
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import uuid4

import httpx
import pytest
import zstandard

from test_support.problems import read_problem
from test_support.processes import Service, wait_until
from test_support.tokens import TokenMaker

NDJSON = {"Content-Type": "application/x-ndjson"}
VALUES: list[str] = ["1.0", "-0.0", "18446744073709551615", '"é\\n\\u0000"', "{}", "[]", '{"b":1,"a":[null,true]}', '""']


def write(client: httpx.Client, namespace: str, data: dict[str, object], **terms: object) -> None:
    client.post("/write", json={"namespace": namespace, "data": data, **terms}).raise_for_status()


def export(client: httpx.Client, namespace: str, **parameters: str) -> tuple[dict[str, Any], list[str]]:
    """Return the first line and the others, parsed."""
    answer = client.get(f"/namespaces/{namespace}/export", params=parameters).raise_for_status()
    assert answer.headers["content-type"] == "application/x-ndjson"
    head, *lines = answer.text.splitlines()
    return json.loads(head), lines


def send(client: httpx.Client, namespace: str, content: Any, **parameters: str) -> httpx.Response:
    return client.post(f"/namespaces/{namespace}/import", content=content, params=parameters, headers=NDJSON)


def test_exported_pairs_are_imported_unchanged(everywhere: httpx.Client, namespace: str) -> None:
    source = "\n".join(f'{{"key":"key-{number}/ключ","value":{text}}}' for number, text in enumerate(VALUES))
    answer = send(everywhere, namespace, source.encode()).raise_for_status().json()
    assert answer == {"written": 8, "skipped": 0, "expired": 0, "refused": 0, "revision": answer["revision"], "errors": []}
    head, lines = export(everywhere, namespace)
    assert head == {"namespace": namespace, "revision": answer["revision"]}
    assert "\n".join(lines) == source
    copy = f"{namespace}-copy"
    everywhere.put(f"/namespaces/{copy}", json={}).raise_for_status()
    whole = everywhere.get(f"/namespaces/{namespace}/export").content
    assert send(everywhere, copy, whole).json()["written"] == 8
    assert export(everywhere, copy)[1] == lines


def test_expiry_is_exported_and_imported(everywhere: httpx.Client, namespace: str) -> None:
    write(everywhere, namespace, {"short": 1}, ttl=3600)
    head, (line,) = export(everywhere, namespace)
    expires_at = datetime.fromisoformat(json.loads(line)["expires_at"])
    assert timedelta(minutes=59) < expires_at - datetime.now(UTC) <= timedelta(hours=1)
    past = '{"key":"gone","value":1,"expires_at":"2020-01-01T00:00:00Z"}'
    later = '{"key":"later","value":1,"expires_at":"2100-01-01T02:00:00.123+02:00"}'
    answer = send(everywhere, namespace, f"{past}\n{later}\n".encode()).json()
    assert (answer["written"], answer["expired"]) == (1, 1)
    _, (kept, _) = export(everywhere, namespace)
    assert json.loads(kept) == {"key": "later", "value": 1, "expires_at": "2100-01-01T00:00:00.123000Z"}
    assert head["revision"] < answer["revision"]


def test_existing_pairs_are_replaced_or_skipped(everywhere: httpx.Client, namespace: str) -> None:
    write(everywhere, namespace, {"a": 1, "b": 1})
    lines = b'{"key":"a","value":2}\n{"key":"c","value":2}\n'
    answer = send(everywhere, namespace, lines, mode="if_absent").json()
    assert (answer["written"], answer["skipped"]) == (1, 1)
    assert export(everywhere, namespace)[1] == ['{"key":"a","value":1}', '{"key":"b","value":1}', '{"key":"c","value":2}']
    assert send(everywhere, namespace, lines, mode="replace").json()["written"] == 2
    assert export(everywhere, namespace)[1][0] == '{"key":"a","value":2}'


def test_invalid_lines_are_reported_by_number_and_skipped(everywhere: httpx.Client, namespace: str) -> None:
    lines = [
        b'{"key":"good","value":1}',
        b"",
        b'{"key":"","value":1}',
        b"nonsense",
        b'{"key":"a"}',
        b'{"key":"a","value":1' + b"0" * 1000 + b"}",
        b'{"key":"a","value":1,"lease":1}',
        b'{"key":"a","value":1,"expires_at":"2100-01-01T00:00:00"}',
        b'{"key":"a","value":"' + b"x" * 9_000_000 + b'"}',
        b'{"key":"a","value":"' + b"x" * 1_048_576 + b'"}',
        b'{"key":"also good","value":2}',
        b'{"key":"a","value":1,"expires_at":"9999-12-31T23:59:59-00:01"}',
        b'{"key":"a","value":1,"expires_at":"0001-01-01T00:00:00+00:01"}',
    ]
    answer = send(everywhere, namespace, b"\r\n".join(lines)).raise_for_status().json()
    assert (answer["written"], answer["refused"]) == (2, 10)
    assert [(error["line"], error["field"], error["rule"]) for error in answer["errors"]] == [
        (3, "key", "length"),
        (4, "line", "json"),
        (5, "value", "missing"),
        (6, "value", "integer_range"),
        (7, "lease", "extra_forbidden"),
        (8, "expires_at", "timezone_aware"),
        (9, "line", "length"),
        (10, "value", "size"),
        (12, "expires_at", "range"),
        (13, "expires_at", "range"),
    ]


def test_import_of_nothing_but_invalid_lines_is_rejected(everywhere: httpx.Client, namespace: str) -> None:
    problem = read_problem(send(everywhere, namespace, b'nonsense\n\n{"key":"","value":1}\n'), 422, "import-refused")
    assert problem["detail"].startswith(
        "No pair was written; 2 lines were refused, the first is line 1: line: The line is not JSON"
    )
    assert [problem[name] for name in ("written", "skipped", "expired", "refused")] == [0, 0, 0, 2]
    assert [(error["line"], error["field"], error["rule"]) for error in problem["errors"]] == [
        (1, "line", "json"),
        (3, "key", "length"),
    ]


@pytest.mark.parametrize("before", [0, 3, 1200])
def test_strict_import_ends_at_the_first_invalid_line(everywhere: httpx.Client, namespace: str, before: int) -> None:
    pair = '{"key":"%05d","value":1}\n'
    lines = "".join(pair % number for number in range(before)) + '{"key":"a","valeu":1}\n' + pair % 99999 + "nonsense\n"
    problem = read_problem(send(everywhere, namespace, lines.encode(), strict="true"), 422, "import-refused")
    assert (problem["written"], problem["refused"]) == (before, 1)
    assert {(error["line"], error["field"], error["rule"]) for error in problem["errors"]} == {
        (before + 1, "value", "missing"),
        (before + 1, "valeu", "extra_forbidden"),
    }
    assert problem["detail"].startswith(f"Line {before + 1} was refused: ")
    stats = everywhere.get(f"/namespaces/{namespace}/stats").json()
    assert (stats["pairs"], stats["revision"]) == (before, problem["revision"]), "all lines before it are written, none behind it"


def test_strict_import_without_invalid_lines_is_as_any(everywhere: httpx.Client, namespace: str) -> None:
    answer = send(everywhere, namespace, b'{"key":"a","value":1}\n', strict="true").raise_for_status().json()
    assert (answer["written"], answer["errors"]) == (1, [])


LINES = b'{"key":"a","value":1}\n{"key":"b","value":2}\n'


@pytest.mark.parametrize("strict", ["true", "false"])
@pytest.mark.parametrize(
    ("body", "rule", "words"),
    [
        (gzip.compress(LINES, mtime=0), "content_encoding", "Content-Encoding: gzip"),
        (zstandard.compress(LINES), "content_encoding", "Content-Encoding: zstd"),
        (b'[{"key":"a","value":1},{"key":"b","value":2}]', "ndjson", "JSON array"),
        (b'\r\n [\n{"key":"a","value":1},\n{"key":"b","value":2}\n]\n', "ndjson", "JSON array"),
        (b"[" + b" " * 9_000_000 + b"]", "ndjson", "JSON array"),
        (b'\xef\xbb\xbf[{"key":"a","value":1}]', "ndjson", "JSON array"),
    ],
    ids=["gzip", "zstd", "array", "array on lines", "long array", "array behind a mark"],
)
def test_body_of_another_format_is_rejected_with_what_it_is(
    everywhere: httpx.Client, namespace: str, body: bytes, rule: str, words: str, strict: str
) -> None:
    parts = (body[at : at + 1] for at in range(len(body)))
    for content in (body, parts) if len(body) < 1000 else (body,):
        problem = read_problem(send(everywhere, namespace, content, strict=strict), 422, "rule-broken")
        (error,) = problem["errors"]
        assert (error["field"], error["rule"]) == ("body", rule)
        assert words in error["message"]
    assert export(everywhere, namespace)[1] == []


def test_lines_may_be_split_anywhere(everywhere: httpx.Client, namespace: str) -> None:
    lines = b'{"key":"a","value":1}\n\n{"key":"b","value":2}\r\n{"key":"c","value":3}'
    answer = send(everywhere, namespace, (bytes([byte]) for byte in lines)).raise_for_status().json()
    assert (answer["written"], answer["errors"]) == (3, [])
    assert len(export(everywhere, namespace)[1]) == 3


def test_latest_possible_expiry_is_exported_and_imported(everywhere: httpx.Client, namespace: str) -> None:
    pair = '{"key":"a","value":1,"expires_at":"9999-12-31T23:59:59.999000Z"}'
    answer = send(everywhere, namespace, pair.replace("Z", "-00:00").encode()).raise_for_status().json()
    assert answer["written"] == 1
    assert export(everywhere, namespace)[1] == [pair]
    (change,) = everywhere.get(f"/namespaces/{namespace}/changes", params={"after": answer["revision"] - 1}).json()["changes"]
    assert change["expires_at"] == "9999-12-31T23:59:59.999000Z"


def test_ten_thousand_lines_are_exported_and_imported_in_gzip(everywhere: httpx.Client, namespace: str) -> None:
    lines = [f'{{"key":"key-{number:05}","value":{{"number":{number}}}}}' for number in range(10_000)]
    body = gzip.compress("\n".join(lines).encode())
    url = f"/namespaces/{namespace}/import"
    answer = everywhere.post(url, content=body, headers=NDJSON | {"Content-Encoding": "gzip"}).raise_for_status().json()
    assert answer["written"] == 10_000
    exported = everywhere.get(f"/namespaces/{namespace}/export", headers={"Accept-Encoding": "gzip"})
    assert exported.headers["content-encoding"] == "gzip"
    assert exported.text.splitlines()[1:] == lines
    assert export(everywhere, namespace, prefix="key-0012")[1] == lines[120:130]


def test_byte_order_mark_at_the_beginning_is_ignored(everywhere: httpx.Client, namespace: str) -> None:
    first = '{"namespace":"n","revision":1}'
    lines = '{"key":"a","value":1}\n{"key":"b","value":2}'
    marked = f"\ufeff{lines}".encode()
    cut = (bytes([byte]) for byte in marked)
    for body in (marked, cut, f"\ufeff{first}\n{lines}".encode(), f"{lines}\n\ufeff".encode() + lines.encode()):
        answer = send(everywhere, namespace, body).raise_for_status().json()
        assert (answer["written"] % 2, answer["errors"]) == (0, [])
    assert send(everywhere, namespace, "\ufeff".encode()).json()["refused"] == 0
    assert len(export(everywhere, namespace)[1]) == 2


def test_lines_have_their_numbers_whatever_is_empty_between_them(everywhere: httpx.Client, namespace: str) -> None:
    lines = b"\n \n\r\n\t1\r\n\n  2  \n\n\n3"
    for body in (lines, (lines[start : start + 2] for start in range(0, len(lines), 2)), (bytes([byte]) for byte in lines)):
        answer = send(everywhere, namespace, body).json()
        assert [error["line"] for error in answer["errors"]] == [4, 6, 9]


def test_import_of_refused_lines_ends(everywhere: httpx.Client, namespace: str) -> None:
    body = b'{"key":"a","value":1}\n' + b"1\n" * 1_000_000
    answer = send(everywhere, namespace, body)
    read_problem(answer, 422, "rule-broken")
    assert answer.json()["errors"][0]["message"].endswith("the import has ended with line 100001.")


class Disturbance:
    """Three threads that write, delete and let pairs expire while the context lasts."""

    def __init__(self, client: httpx.Client, namespace: str) -> None:
        self._client, self._namespace = client, namespace
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._disturb, args=(number,)) for number in range(3)]
        self.rounds = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self) -> None:
        enough = self.rounds + 5
        wait_until(lambda: self.rounds > enough, "changes while pairs are read")

    def _disturb(self, number: int) -> None:
        with httpx.Client(base_url=self._client.base_url, headers=self._client.headers, trust_env=False, timeout=30) as client:
            while not self._is_over.is_set():
                number = (number + 1237) % 5000
                write(client, self._namespace, {f"key-{number:04}": number, f"new-{number:04}": number})
                write(client, self._namespace, {f"key-{number:04}-brief": number}, ttl=0.01 * (number % 20) + 0.01)
                write(client, self._namespace, {f"key-{(number + 300) % 5000:04}": number}, ttl=3600)
                body = {"namespace": self._namespace, "keys": [f"key-{(number + 600) % 5000:04}"]}
                client.post("/delete", json=body).raise_for_status()
                self.rounds += 1


def test_export_with_the_changes_after_it_is_an_exact_copy(everywhere: httpx.Client, namespace: str) -> None:
    for start in range(0, 5000, 1000):
        write(everywhere, namespace, {f"key-{number:04}": "x" * 4000 for number in range(start, start + 1000)})
        write(everywhere, namespace, {f"key-{number:04}-brief": 0 for number in range(start, start + 1000, 5)}, ttl=1)
    copy: dict[str, dict[str, Any]] = {}
    with (
        Disturbance(everywhere, namespace) as disturbance,
        everywhere.stream("GET", f"/namespaces/{namespace}/export", headers={"Accept-Encoding": "identity"}) as answer,
    ):
        lines = answer.iter_lines()
        after = json.loads(next(lines))["revision"]
        for pair in map(json.loads, lines):
            copy[pair.pop("key")] = pair
            if len(copy) % 500 == 0:  # more pairs than fit into the buffers on the way
                disturbance.wait_for_more()
    stands = f"/namespaces/{namespace}/stats"
    wait_until(lambda: everywhere.get(stands).json()["pairs"] == len(export(everywhere, namespace)[1]), "the last expiry")
    assert after < everywhere.get(stands).json()["revision"]
    while True:
        page = everywhere.get(f"/namespaces/{namespace}/changes", params={"after": after}).raise_for_status().json()
        for change in page["changes"]:
            if change["kind"] == "written":
                copy[change["key"]] = {name: change[name] for name in ("value", "expires_at") if name in change}
            else:
                copy.pop(change["key"], None)
        if page["last"] == after:
            break
        after = page["last"]
    assert copy == {pair.pop("key"): pair for pair in map(json.loads, export(everywhere, namespace)[1])}


def test_empty_namespace_and_empty_body(everywhere: httpx.Client, namespace: str) -> None:
    assert export(everywhere, namespace)[1] == []
    assert send(everywhere, namespace, b"").json()["written"] == 0


def test_exceeded_quota_ends_an_import_and_written_pairs_remain(everywhere: httpx.Client) -> None:
    name = f"n-{uuid4().hex}"
    everywhere.put(f"/namespaces/{name}", json={"quota_pairs": 600}).raise_for_status()
    lines = "\n".join(f'{{"key":"{number:04}","value":1}}' for number in range(1000))
    read_problem(send(everywhere, name, lines.encode()), 409, "quota-exceeded")
    assert len(export(everywhere, name)[1]) == 500


def test_scope_is_checked_before_the_body_is_read(key_value_service: Service, tokens: TokenMaker, namespace: str) -> None:
    url = f"{key_value_service.url}/namespaces/{namespace}"
    reader = {"Authorization": f"Bearer {tokens.make(scope=f'read:{namespace}')}"}
    writer = {"Authorization": f"Bearer {tokens.make(scope=f'write:{namespace}')}"}
    line = b'{"key":"a","value":1}'
    with httpx.Client(trust_env=False) as client:
        read_problem(client.post(f"{url}/import", content=line, headers=reader | NDJSON), 403, "insufficient-scope")
        read_problem(client.get(f"{url}/export", headers=writer), 403, "insufficient-scope")
        read_problem(client.get(f"{url}/export"), 401, "authentication-required")
        read_problem(client.post(f"{url}/import", content=line, headers=NDJSON), 401, "authentication-required")
        read_problem(client.post(f"{url}/import", content=line, headers=writer), 415, "unsupported-media-type")
        answer = client.post(f"{url}/import", params={"mode": "merge"}, content=line, headers=writer | NDJSON)
        read_problem(answer, 422, "rule-broken")


def test_namespace_must_exist(everywhere: httpx.Client) -> None:
    read_problem(everywhere.get("/namespaces/absent/export"), 404, "no-such-namespace")
    read_problem(send(everywhere, "absent", b'{"key":"a","value":1}'), 404, "no-such-namespace")
    read_problem(send(everywhere, "absent", b""), 404, "no-such-namespace")
