"""Compressed bodies and responses, over HTTP and on real Tarantool."""

import gzip
import json
from collections.abc import Callable

import httpx
import pytest
import zstandard

from test_support.problems import read_problem

JSON = {"Content-Type": "application/json"}
LIMIT = 8 * 1024 * 1024
COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstandard.compress}


@pytest.mark.parametrize("coding", COMPRESS)
def test_compressed_bodies_are_accepted_and_large_responses_compressed(
    everywhere: httpx.Client, namespace: str, coding: str
) -> None:
    data = {f"key-{number}": {"number": number, "text": "x" * 100} for number in range(1000)}

    def send(path: str, body: object) -> httpx.Response:
        headers = JSON | {"Content-Encoding": coding, "Accept-Encoding": coding}
        return everywhere.post(path, content=COMPRESS[coding](json.dumps(body).encode()), headers=headers)

    written = send("/write", {"namespace": namespace, "data": data}).json()
    assert written["written"] == 1000
    read = send("/read", {"namespace": namespace, "keys": list(data)})
    assert (read.headers["content-encoding"], read.headers["vary"]) == (coding, "Accept-Encoding")
    assert read.json()["data"] == data
    assert int(read.headers["content-length"]) < len(json.dumps(data)) / 5
    for path in ("pairs?limit=1000", f"changes?after={written['revision'] - 1000}"):
        page = everywhere.get(f"/namespaces/{namespace}/{path}", headers={"Accept-Encoding": coding})
        assert page.headers["content-encoding"] == coding
    small = send("/read", {"namespace": namespace, "keys": ["key-1"]})
    assert not {"content-encoding", "vary"} & set(small.headers)


def test_tag_is_the_same_for_all_codings(everywhere: httpx.Client, namespace: str) -> None:
    path = f"/namespaces/{namespace}/pairs/long"
    tag = everywhere.put(path, json="x" * 10_000).raise_for_status().headers["etag"]
    answers = [everywhere.get(path, headers={"Accept-Encoding": coding}) for coding in ("identity", "gzip", "zstd")]
    assert [answer.headers.get("content-encoding") for answer in answers] == [None, "gzip", "zstd"]
    assert {(answer.headers["etag"], answer.headers["vary"], answer.json()) for answer in answers} == {
        (tag, "Accept-Encoding", "x" * 10_000)
    }
    known = everywhere.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
    assert (known.status_code, known.headers["vary"]) == (304, "Accept-Encoding")


@pytest.mark.parametrize("coding", COMPRESS)
def test_body_is_bounded_as_decoded(everywhere: httpx.Client, coding: str) -> None:
    headers = JSON | {"Content-Encoding": coding}
    whole = b'{"keys":["a"]}'.ljust(LIMIT)
    assert everywhere.post("/read", content=COMPRESS[coding](whole), headers=headers).is_success
    for length in (LIMIT + 1, 50 * LIMIT):
        body = COMPRESS[coding](b'{"keys":["a"]}'.ljust(length))
        read_problem(everywhere.post("/read", content=body, headers=headers), 413, "body-too-large")
