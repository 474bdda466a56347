"""Values of bytes, over HTTP and on real Tarantool."""

import gzip
import json
from base64 import b64encode
from typing import Any

import httpx
import pytest
import zstandard

from test_support.key_value.clients import client_of
from test_support.key_value.watching import watch
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool
from test_support.tokens import TokenMaker

PNG = b"\x89PNG\r\n\x1a\n\x00\xff"
PNG_DOCUMENT = {"media_type": "image/png", "base64": b64encode(PNG).decode()}
MAX_BYTES = 1024 * 1024


def path_of(namespace: str, key: str = "logo") -> str:
    return f"/namespaces/{namespace}/pair?key={key}"


def put(client: httpx.Client, path: str, content: bytes, media_type: str = "image/png", **headers: str) -> httpx.Response:
    return client.put(path, content=content, headers={"Content-Type": media_type, **headers})


def document_of(media_type: str, content: bytes) -> dict[str, str]:
    return {"media_type": media_type, "base64": b64encode(content).decode()}


def read(client: httpx.Client, namespace: str, *keys: str, **options: object) -> dict[str, Any]:
    answer: dict[str, Any] = (
        client.post("/read", json={"namespace": namespace, "keys": keys, **options}).raise_for_status().json()
    )
    return answer


@pytest.mark.parametrize(
    "media_type",
    [
        "image/png", "application/octet-stream", "text/plain; charset=utf-8", "text/plain;charset=ISO-8859-1", "TEXT/HTML",
        "text/json", "application/merge-patch+json", "application/problem+json", 'a/b; c="d;\\"e/f"', "application/x-ndjson",
        "!#$%&'*+.^_`|~-/1", "a/" + "b" * 253,
    ],
)  # fmt: skip
@pytest.mark.parametrize("content", [b"", PNG, b"{}", bytes(range(256)) * 300], ids=["none", "PNG", "JSON", "75 KiB"])
def test_bytes_are_returned_with_their_media_type(
    everywhere: httpx.Client, namespace: str, media_type: str, content: bytes
) -> None:
    path = path_of(namespace)
    written = put(everywhere, path, content, media_type)
    assert written.status_code == 201
    found = everywhere.get(path)
    assert (found.status_code, found.content) == (200, content)
    assert found.headers["content-type"] == media_type
    assert found.headers["etag"] == written.headers["etag"] == f'"{written.json()["revision"]}"'
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert read(everywhere, namespace, "logo")["binary"] == {"logo": document_of(media_type, content)}


def test_head_and_conditions_work_as_for_json(everywhere: httpx.Client, namespace: str) -> None:
    path = path_of(namespace)
    tag = put(everywhere, path, PNG, **{"If-None-Match": "*"}).raise_for_status().headers["etag"]
    assert put(everywhere, path, b"", **{"If-None-Match": "*"}).status_code == 412
    head = everywhere.head(path)
    assert (head.status_code, head.content) == (200, b"")
    found = everywhere.get(path)
    for name in ("content-type", "content-length", "etag", "x-content-type-options", "content-security-policy"):
        assert head.headers[name] == found.headers[name]
    known = everywhere.get(path, headers={"If-None-Match": tag})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    replaced = put(everywhere, path, PNG * 2, "image/x", **{"If-Match": tag})
    assert replaced.status_code == 200
    assert everywhere.get(path, headers={"If-None-Match": tag}).content == PNG * 2
    assert everywhere.delete(path, headers={"If-Match": tag}).status_code == 412
    assert everywhere.delete(path, headers={"If-Match": replaced.headers["etag"]}).status_code == 204


def test_json_and_bytes_replace_each_other(everywhere: httpx.Client, namespace: str) -> None:
    path = path_of(namespace)
    for _ in range(2):
        put(everywhere, path, b"{}", "text/json").raise_for_status()
        assert everywhere.get(path).headers["content-type"] == "text/json"
        for media_type in ("application/json", "Application/JSON; charset=UTF-8"):
            put(everywhere, path, b'{ "a": 1 }', media_type).raise_for_status()
            found = everywhere.get(path)
            assert (found.text, found.headers["content-type"]) == ('{"a":1}', "application/json")
            assert "x-content-type-options" not in found.headers
    assert read(everywhere, namespace, "logo", metadata=True)["metadata"]["logo"]["version"] == 6


@pytest.mark.parametrize(
    "media_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=latin-1", None],
)
def test_body_that_is_neither_json_nor_bytes_is_rejected(
    everywhere: httpx.Client, namespace: str, media_type: str | None
) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    request = everywhere.build_request("PUT", path_of(namespace), content=b'{"a":1}', headers=headers)
    problem = read_problem(everywhere.send(request), 415, "unsupported-media-type")
    assert "application/json" in problem["detail"]
    assert "a media type of their own" in problem["detail"]
    assert everywhere.get(path_of(namespace)).status_code == 404


@pytest.mark.parametrize(
    ("media_type", "rule"),
    [
        ("png", "media_type"), ("image/", "media_type"), ("/png", "media_type"), ("image/png, text/html", "media_type"),
        ("image/png; x", "media_type"), ("image/png; x=", "media_type"), ("image/png; x =y", "media_type"),
        ('image/png; x="y', "media_type"), ("a b/c", "media_type"), ("text/é", "media_type"), ("a/" + "b" * 254, "length"),
        ("a/b;" + " ;" * 120 + "?", "media_type"),
    ],
)  # fmt: skip
def test_malformed_media_type_is_rejected(everywhere: httpx.Client, namespace: str, media_type: str, rule: str) -> None:
    request = everywhere.build_request(
        "PUT", path_of(namespace), content=PNG, headers=[(b"Content-Type", media_type.encode("latin-1"))]
    )
    [error] = read_problem(everywhere.send(request), 422, "rule-broken")["errors"]
    assert (error["field"], error["rule"]) == ("content-type", rule)
    answer = everywhere.post(
        "/write", json={"namespace": namespace, "binary": {"logo": {"media_type": media_type, "base64": ""}}}
    )
    [error] = read_problem(answer, 422, "rule-broken")["errors"]
    assert (error["field"], error["rule"]) == ("binary.logo.media_type", rule)
    assert everywhere.get(path_of(namespace)).status_code == 404


def test_largest_value_has_1_mib_of_bytes(everywhere: httpx.Client, namespace: str) -> None:
    largest = b"\xff" * MAX_BYTES
    media_type = "a/" + "b" * 253
    put(everywhere, path_of(namespace), largest, media_type).raise_for_status()
    assert everywhere.get(path_of(namespace)).content == largest
    [error] = read_problem(put(everywhere, path_of(namespace), largest + b"x"), 422, "rule-broken")["errors"]
    assert (error["field"], error["rule"]) == ("body", "size")
    document = document_of(media_type, largest)
    everywhere.post("/write", json={"namespace": namespace, "binary": {"other": document}}).raise_for_status()
    assert read(everywhere, namespace, "other")["binary"]["other"] == document
    answer = everywhere.post("/write", json={"namespace": namespace, "binary": {"x": document_of("a/b", largest + b"x")}})
    [error] = read_problem(answer, 422, "rule-broken")["errors"]
    assert (error["field"], error["rule"]) == ("binary.x.base64", "size")
    read_problem(put(everywhere, path_of(namespace), b"x" * 9 * MAX_BYTES), 413, "body-too-large")
    assert everywhere.get(path_of(namespace)).content == largest


def test_compressed_bytes_are_decoded_and_compressed_again(everywhere: httpx.Client, namespace: str) -> None:
    content, path = bytes(range(256)) * 100, path_of(namespace)
    for coding, compressed in (("gzip", gzip.compress(content)), ("zstd", zstandard.compress(content))):
        put(everywhere, path, compressed, "a/b", **{"Content-Encoding": coding}).raise_for_status()
        for accepted in ("gzip", "identity"):
            found = everywhere.get(path, headers={"Accept-Encoding": accepted})
            assert (found.content, found.headers.get("content-encoding", "identity")) == (content, accepted)
    read_problem(put(everywhere, path, content, "a/b", **{"Content-Encoding": "gzip"}), 400, "malformed-body")
    read_problem(put(everywhere, path, content, "a/b", **{"Content-Encoding": "br"}), 415, "unsupported-media-type")


def test_bytes_of_a_compressed_format_are_not_compressed_again(everywhere: httpx.Client, namespace: str) -> None:
    path = path_of(namespace)
    for media_type, coding in (("image/png", None), ("image/svg+xml", "gzip"), ("application/zip", None), ("video/mp4", None)):
        put(everywhere, path, b"x" * 10_000, media_type).raise_for_status()
        found = everywhere.get(path, headers={"Accept-Encoding": "gzip"})
        assert found.headers.get("content-encoding") == coding
        assert found.content == b"x" * 10_000


def test_bytes_have_one_form_in_json(everywhere: httpx.Client, namespace: str) -> None:
    answer = everywhere.post("/write", json={"namespace": namespace, "data": {"a": 1}, "binary": {"logo": PNG_DOCUMENT}})
    assert (answer.json()["written"], answer.json()["skipped"]) == (2, [])
    revision = answer.json()["revision"]
    found = read(everywhere, namespace, "logo", "absent", "a")
    assert found == {"data": {"a": 1}, "binary": {"logo": PNG_DOCUMENT}, "missing": ["absent"], "revision": revision}
    described = read(everywhere, namespace, "logo", "absent", "a", metadata=True)
    assert {**found, "metadata": described["metadata"]} == described
    assert described["metadata"]["logo"]["revision"] == revision
    assert "binary" not in read(everywhere, namespace, "a", "absent")
    [a, logo] = everywhere.get(f"/namespaces/{namespace}/pairs").json()["pairs"]
    assert (a["value"], "binary" in a) == (1, False)
    assert (logo["binary"], "value" in logo) == (PNG_DOCUMENT, False)
    [_, only] = everywhere.get(f"/namespaces/{namespace}/pairs?keys_only=true").json()["pairs"]
    assert not {"value", "binary"} & only.keys()
    changes = everywhere.get(f"/namespaces/{namespace}/changes?after={revision - 2}").json()["changes"]
    assert changes == [
        {"revision": revision - 1, "kind": "written", "key": "a", "value": 1},
        {"revision": revision, "kind": "written", "key": "logo", "binary": PNG_DOCUMENT},
    ]


def test_watch_sends_bytes(everywhere: httpx.Client, namespace: str) -> None:
    with watch(everywhere, f"/namespaces/{namespace}/watch") as events:
        next(events)
        revision = put(everywhere, path_of(namespace), PNG).json()["revision"]
        event = next(events)
    assert (event.name, event.id) == ("written", revision)
    assert event == {"revision": revision, "kind": "written", "key": "logo", "binary": PNG_DOCUMENT}


def test_bytes_that_a_removed_pair_had_are_returned(everywhere: httpx.Client, namespace: str) -> None:
    write = {"namespace": namespace, "data": {"a": 1}, "binary": {"b": PNG_DOCUMENT, "logo": PNG_DOCUMENT}}
    revision = everywhere.post("/write", json=write).raise_for_status().json()["revision"]
    deleted = everywhere.delete(path_of(namespace) + "&previous=true").raise_for_status().json()
    assert deleted["previous"] == {"binary": PNG_DOCUMENT}
    answer = everywhere.post("/delete", json={"namespace": namespace, "keys": ["a", "b", "c"], "previous": True}).json()
    assert (answer["previous"], answer["missing"]) == ({"data": {"a": 1}, "binary": {"b": PNG_DOCUMENT}}, ["c"])
    changes = everywhere.get(f"/namespaces/{namespace}/changes?previous=true&after={revision}").json()["changes"]
    assert [change["previous"] for change in changes] == [{"binary": PNG_DOCUMENT}, {"value": 1}, {"binary": PNG_DOCUMENT}]


def test_repeated_transaction_gets_the_first_answer_with_its_bytes(everywhere: httpx.Client, namespace: str) -> None:
    put(everywhere, path_of(namespace), PNG).raise_for_status()
    then = [{"operation": "read", "key": "logo"}, {"operation": "write", "key": "logo", "binary": document_of("a/b", b"")}]
    headers = {"Idempotency-Key": namespace}
    path = f"/namespaces/{namespace}/transactions"
    first, second = (everywhere.post(path, json={"then": then}, headers=headers).raise_for_status() for _ in range(2))
    assert first.json()["results"][0]["pair"]["binary"] == PNG_DOCUMENT
    assert (second.content, second.headers["idempotency-replayed"]) == (first.content, "true")
    put(everywhere, path_of(namespace, "other"), b"x", "a/b", **{"Idempotency-Key": "k"}).raise_for_status()
    read_problem(
        put(everywhere, path_of(namespace, "other"), b"x", "a/c", **{"Idempotency-Key": "k"}), 422, "idempotency-key-reused"
    )


def test_exported_bytes_are_imported_unchanged(everywhere: httpx.Client, namespace: str) -> None:
    binary = {
        "all": document_of("a/b", bytes(range(256))),
        "none": document_of('text/plain; x="\\"\t"', b""),
        "large": document_of("a/b", b"\xff" * MAX_BYTES),
    }
    look_alike = {"binary": PNG_DOCUMENT, "value": PNG_DOCUMENT}
    write = {"namespace": namespace, "data": {"json": look_alike, "document": PNG_DOCUMENT}, "binary": binary, "ttl": 3600}
    everywhere.post("/write", json=write).raise_for_status()
    exported = everywhere.get(f"/namespaces/{namespace}/export").raise_for_status()
    copy = f"{namespace}-copy"
    everywhere.put(f"/namespaces/{copy}", json={}).raise_for_status()
    headers = {"Content-Type": "application/x-ndjson"}
    answer = everywhere.post(f"/namespaces/{copy}/import", content=exported.content, headers=headers)
    assert (answer.json()["written"], answer.json()["refused"]) == (5, 0)
    again = everywhere.get(f"/namespaces/{copy}/export").raise_for_status()
    assert again.text.splitlines()[1:] == exported.text.splitlines()[1:]
    found = read(everywhere, copy, "json", "document", *binary)
    assert (found["data"], found["binary"]) == (write["data"], binary)


def test_json_that_looks_like_bytes_stays_json(everywhere: httpx.Client, namespace: str) -> None:
    text = json.dumps(PNG_DOCUMENT, separators=(",", ":"))
    put(everywhere, path_of(namespace), text.encode(), "application/json").raise_for_status()
    found = everywhere.get(path_of(namespace))
    assert (found.text, found.headers["content-type"]) == (text, "application/json")
    assert read(everywhere, namespace, "logo")["data"] == {"logo": PNG_DOCUMENT}
    [listed] = everywhere.get(f"/namespaces/{namespace}/pairs").json()["pairs"]
    assert (listed["value"], "binary" in listed) == (PNG_DOCUMENT, False)

    def compare(**operand: object) -> bool:
        compare = [{"target": "value", "key": "logo", **operand}]
        answer = everywhere.post(f"/namespaces/{namespace}/transactions", json={"compare": compare})
        succeeded: bool = answer.raise_for_status().json()["succeeded"]
        return succeeded

    assert compare(operand=PNG_DOCUMENT)
    assert not compare(binary=PNG_DOCUMENT)
    put(everywhere, path_of(namespace), PNG).raise_for_status()
    assert not compare(operand=PNG_DOCUMENT)
    assert compare(binary=PNG_DOCUMENT)


def test_transaction_writes_reads_and_compares_bytes(everywhere: httpx.Client, namespace: str) -> None:
    path = f"/namespaces/{namespace}/transactions"
    then = [
        {"operation": "write", "key": "logo", "binary": PNG_DOCUMENT, "ttl": 60},
        {"operation": "read", "key": "logo"},
    ]
    compare = [{"target": "value", "key": "logo", "operator": "!=", "binary": PNG_DOCUMENT}]
    answer = everywhere.post(path, json={"compare": compare, "then": then}).raise_for_status().json()
    pair = answer["results"][1]["pair"]
    assert (answer["succeeded"], pair["binary"], "value" in pair) == (True, PNG_DOCUMENT, False)
    assert pair["expires_at"] is not None
    assert not everywhere.post(path, json={"compare": compare, "then": then}).json()["succeeded"]
    refused = everywhere.post(path, json={"then": [{"operation": "increment", "key": "logo", "by": 1}]})
    assert read_problem(refused, 409, "operation-refused")["reason"] == "not a number"


def test_bytes_are_neither_patched_nor_incremented(everywhere: httpx.Client, namespace: str) -> None:
    path = path_of(namespace)
    tag = put(everywhere, path, b"1", "text/plain").headers["etag"]
    for patch in ({"a": 1}, 2):
        read_problem(everywhere.patch(path, json=patch), 409, "not-json")
    increment = path.replace("pair?", "pair/increment?")
    read_problem(everywhere.post(increment, json={}), 409, "not-a-number")
    read_problem(everywhere.patch(path, json={}, headers={"If-None-Match": tag}), 412, "precondition-failed")
    assert everywhere.get(path).headers["etag"] == tag


def test_new_time_to_live_keeps_bytes_and_media_type(everywhere: httpx.Client, namespace: str) -> None:
    path = path_of(namespace)
    put(everywhere, path + "&ttl=3600", PNG).raise_for_status()
    everywhere.put(path.replace("pair?", "pair/ttl?"), json={"ttl": None}).raise_for_status()
    found = everywhere.get(path)
    assert (found.content, found.headers["content-type"]) == (PNG, "image/png")
    assert read(everywhere, namespace, "logo", metadata=True)["metadata"]["logo"]["expires_at"] is None


BROKEN_DOCUMENTS: dict[str, tuple[object, str, str]] = {
    "a text": ("aGk=", "", "dict_type"),
    "null": (None, "", "dict_type"),
    "an array": ([], "", "dict_type"),
    "no type": ({"base64": ""}, ".media_type", "missing"),
    "no bytes": ({"media_type": "a/b"}, ".base64", "missing"),
    "a number": ({"media_type": "a/b", "base64": 1}, ".base64", "string_type"),
    "one more member": ({"media_type": "a/b", "base64": "", "x": 1}, ".x", "extra_forbidden"),
    "no padding": ({"media_type": "a/b", "base64": "aGk"}, ".base64", "encoding"),
    "white space": ({"media_type": "a/b", "base64": "aG k="}, ".base64", "encoding"),
    "a line feed": ({"media_type": "a/b", "base64": "aGk=\n"}, ".base64", "encoding"),
    "base64url": ({"media_type": "a/b", "base64": "_-_-"}, ".base64", "encoding"),
    "more behind the padding": ({"media_type": "a/b", "base64": "aGk=aGk="}, ".base64", "encoding"),
    "other letters": ({"media_type": "a/b", "base64": "é==="}, ".base64", "encoding"),
    "JSON": ({"media_type": "Application/JSON ;x=y", "base64": "e30="}, ".media_type", "media_type"),
    "a form": ({"media_type": "multipart/form-data", "base64": ""}, ".media_type", "media_type"),
    "a line feed in the type": ({"media_type": "a/b\n", "base64": ""}, ".media_type", "media_type"),
    "a header in the type": ({"media_type": "a/b\r\nSet-Cookie: x=y", "base64": ""}, ".media_type", "media_type"),
}


@pytest.mark.parametrize(("document", "member", "rule"), BROKEN_DOCUMENTS.values(), ids=BROKEN_DOCUMENTS)
def test_broken_bytes_are_rejected_wherever_they_stand(
    everywhere: httpx.Client, namespace: str, document: object, member: str, rule: str
) -> None:
    def find_errors(path: str, **body: object) -> list[tuple[str, str]]:
        problem = read_problem(everywhere.post(path, json=body), 422, "rule-broken")
        return [(error["field"], error["rule"]) for error in problem["errors"]]

    assert find_errors("/write", namespace=namespace, binary={"k": document}) == [(f"binary.k{member}", rule)]
    path = f"/namespaces/{namespace}/transactions"
    write = {"operation": "write", "key": "k", "binary": document}
    assert find_errors(path, then=[write]) == [(f"then.0.binary{member}", rule)]
    assert find_errors(path, **{"else": [write]}) == [(f"else.0.binary{member}", rule)]
    comparison = {"target": "value", "key": "k", "binary": document}
    assert find_errors(path, compare=[comparison]) == [(f"compare.0.binary{member}", rule)]
    line = json.dumps({"key": "k", "binary": document})
    headers = {"Content-Type": "application/x-ndjson"}
    answer = everywhere.post(f"/namespaces/{namespace}/import", content=line, headers=headers)
    [error] = read_problem(answer, 422, "import-refused")["errors"]
    assert (error["field"], error["rule"]) == (f"binary{member}", rule)
    assert read(everywhere, namespace, "k")["missing"] == ["k"]


def test_pair_has_either_json_or_bytes(everywhere: httpx.Client, namespace: str) -> None:
    def find_error(answer: httpx.Response, kind: str = "rule-broken") -> tuple[str, str]:
        [error] = read_problem(answer, 422, kind)["errors"]
        return error["field"], error["rule"]

    both = {"value": 1, "binary": PNG_DOCUMENT}
    answer = everywhere.post("/write", json={"namespace": namespace, "data": {"k": 1}, "binary": {"k": PNG_DOCUMENT}})
    assert find_error(answer) == ("binary.k", "unique")
    assert find_error(everywhere.post("/write", json={"namespace": namespace})) == ("data", "missing")
    assert find_error(everywhere.post("/write", json={"namespace": namespace, "binary": {}})) == ("data", "count")
    many = {str(number): PNG_DOCUMENT for number in range(501)}
    data = {f"j{number}": 1 for number in range(500)}
    assert find_error(everywhere.post("/write", json={"data": data, "binary": many})) == ("data", "count")
    assert find_error(everywhere.post("/write", json={"binary": {"": PNG_DOCUMENT}})) == ("binary.", "length")
    path = f"/namespaces/{namespace}/transactions"
    for members, expected in ((both, ("then.0.binary", "one_of")), ({}, ("then.0.value", "missing"))):
        then = [{"operation": "write", "key": "k", **members}]
        assert find_error(everywhere.post(path, json={"then": then})) == expected
    compare = [{"target": "value", "key": "k", "operand": 1, "binary": PNG_DOCUMENT}]
    assert find_error(everywhere.post(path, json={"compare": compare})) == ("compare.0.binary", "one_of")
    assert find_error(everywhere.post(path, json={"compare": [{"target": "value", "key": "k"}]})) == (
        "compare.0.operand",
        "missing",
    )
    headers = {"Content-Type": "application/x-ndjson"}
    for members, expected in ((both, ("binary", "one_of")), ({}, ("value", "missing"))):
        line = json.dumps({"key": "k", **members})
        answer = everywhere.post(f"/namespaces/{namespace}/import", content=line, headers=headers)
        assert find_error(answer, "import-refused") == expected
    assert read(everywhere, namespace, "k")["missing"] == ["k"]


def test_quota_and_statistics_count_the_bytes_stored(everywhere: httpx.Client, namespace: str) -> None:
    everywhere.put(f"/namespaces/{namespace}", json={"quota_bytes": 10_000}).raise_for_status()
    put(everywhere, path_of(namespace), b"x" * 9000).raise_for_status()
    bytes_held = everywhere.get(f"/namespaces/{namespace}/stats").json()["bytes"]
    assert 9000 + len("image/png") + len("logo") < bytes_held < 9050
    read_problem(put(everywhere, path_of(namespace, "other"), b"x" * 1000), 409, "quota-exceeded")
    put(everywhere, path_of(namespace, "other"), b"x" * 900).raise_for_status()


def test_bytes_are_unchanged_after_a_crash(service: Service, database: Tarantool, tokens: TokenMaker) -> None:
    with client_of(service, tokens.make(scope="admin:*"), timeout=30) as client:
        for number, length in enumerate((0, 1, 255, 256, 70_000, MAX_BYTES)):
            put(client, path_of("default", f"k{number}"), b"\xff" * length, "a/b").raise_for_status()
        database.kill()
        database.start()
        service.wait_until_ready()
        for number, length in enumerate((0, 1, 255, 256, 70_000, MAX_BYTES)):
            found = client.get(path_of("default", f"k{number}"))
            assert (found.content, found.headers["content-type"]) == (b"\xff" * length, "a/b")
