"""Which bodies are read, how much of them, and how the others are rejected."""

import asyncio
import gzip
import json
import os
import tracemalloc
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import zstandard

from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.routing.body import BodyParser
from test_support.http.stub_service import MAX_BODY_BYTES, Errand, Note, make_service, run
from test_support.http.wire import Server
from test_support.problems import read_broken_rules, read_problem

NOTE = b'{"text":"hello"}'
JSON = {"content-type": "application/json"}
COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstandard.compress}


class Chunks:
    """A body in chunks; counts those that were read."""

    def __init__(self, *chunks: bytes) -> None:
        self.taken = 0
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            self.taken += 1
            yield chunk


def note_of(length: int) -> bytes:
    return b'{"text":"' + b"x" * (length - len(b'{"text":""}')) + b'"}'


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
     'application/json; charset="utf-8"',
     "application/json;charset=utf8", "application/json; version=1"],
)  # fmt: skip
async def test_json_in_utf_8_is_accepted(client: httpx.AsyncClient, content_type: str) -> None:
    response = await client.post("/notes", content='{"text":"é🔑"}'.encode(), headers={"content-type": content_type})
    assert response.json() == {"text": "é🔑"}


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/xml", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/json-patch+json", "application/problem+json", "application/jsonx", "json", "*/*",
     "application/json, text/plain",
     "application/json; charset=utf-16", "application/json; charset=latin-1", "application/json; charset=",
     pytest.param("application/json" + ";" * 60_000, id="60,000 parameters")],
)  # fmt: skip
async def test_other_media_type_is_rejected(client: httpx.AsyncClient, errand: Errand, content_type: str) -> None:
    response = await client.post("/notes", content=NOTE, headers={"content-type": content_type})
    read_problem(response, 415, "unsupported-media-type")
    assert errand.runs == 0


async def test_body_without_a_media_type_is_rejected(client: httpx.AsyncClient) -> None:
    read_problem(await client.post("/notes", content=NOTE), 415, "unsupported-media-type")


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", "application/json;x=y"])
async def test_json_is_parsed_where_bytes_are_accepted_as_well(client: httpx.AsyncClient, content_type: str) -> None:
    response = await client.put("/blobs", content=b'{"a": [1.0]}', headers={"content-type": content_type})
    assert response.json() == {"text": "None: {'a': [1.0]}"}
    response = await client.put("/blobs", content=b"{", headers={"content-type": content_type})
    read_problem(response, 400, "malformed-body")


@pytest.mark.parametrize(
    "content_type", ["image/png", "text/plain; charset=latin-1", "text/json", "application/jsonx", "json", "x"]
)
@pytest.mark.parametrize("content", [b"", b"{", b"\0\xff"])
async def test_bytes_are_passed_on_as_they_are(client: httpx.AsyncClient, content_type: str, content: bytes) -> None:
    response = await client.put("/blobs", content=content, headers={"content-type": content_type})
    assert response.json() == {"text": f"{content_type}: {content!r}"}
    compressed = gzip.compress(content)
    response = await client.put("/blobs", content=compressed, headers={"content-type": content_type, "content-encoding": "gzip"})
    assert response.json() == {"text": f"{content_type}: {content!r}"}


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"content-type": ""}, {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "Multipart/Form-Data; boundary=x"}, {"content-type": "application/json; charset=utf-16"},
        {"content-type": "image/png", "content-encoding": "br"},
    ],
)  # fmt: skip
async def test_neither_json_nor_bytes_is_rejected(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    read_problem(await client.put("/blobs", content=b"{}", headers=headers), 415, "unsupported-media-type")


async def test_bytes_are_limited_as_json_is(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "image/png"}
    assert (await client.put("/blobs", content=b"x" * MAX_BODY_BYTES, headers=headers)).status_code == 200
    read_problem(await client.put("/blobs", content=b"x" * (MAX_BODY_BYTES + 1), headers=headers), 413, "body-too-large")
    coded = headers | {"content-encoding": "gzip"}
    bomb = gzip.compress(b"x" * (MAX_BODY_BYTES + 1))
    read_problem(await client.put("/blobs", content=bomb, headers=coded), 413, "body-too-large")


async def test_two_content_types_are_rejected(client: httpx.AsyncClient) -> None:
    response = await client.post("/notes", content=NOTE, headers=[*JSON.items(), *JSON.items()])
    read_problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize("coding", ["deflate", "br", "identity, gzip", "gzip, identity", "gzip, gzip", "", "x"])
async def test_body_in_another_coding_is_rejected_unread(client: httpx.AsyncClient, coding: str) -> None:
    body = Chunks(NOTE)
    response = await client.post("/notes", content=body, headers=JSON | {"content-encoding": coding})
    read_problem(response, 415, "unsupported-media-type")
    assert response.headers["accept-encoding"] == "zstd, gzip"
    assert body.taken == 0


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "zstd"])
async def test_coded_body_is_decoded(client: httpx.AsyncClient, coding: str) -> None:
    coded = COMPRESS[coding.lower().removeprefix("x-")](NOTE)
    headers = JSON | {"content-encoding": coding}
    for content in (coded, Chunks(coded[:5], coded[5:7], coded[7:])):
        response = await client.post("/notes", content=content, headers=headers)
        assert (response.status_code, response.json()) == (201, {"text": "hello"})


@pytest.mark.parametrize("coding", COMPRESS)
async def test_coded_body_is_bounded_as_sent_and_as_decoded(client: httpx.AsyncClient, errand: Errand, coding: str) -> None:
    headers, compress = JSON | {"content-encoding": coding}, COMPRESS[coding]
    assert (await client.post("/notes", content=compress(note_of(MAX_BODY_BYTES)), headers=headers)).status_code == 201
    for content in (
        compress(note_of(MAX_BODY_BYTES + 1)),
        compress(bytes(100_000))[:MAX_BODY_BYTES],
        os.urandom(MAX_BODY_BYTES + 1),
    ):
        response = await client.post("/notes", content=content, headers=headers)
        assert response.status_code in (400, 413)
    read_problem(await client.post("/notes", content=compress(note_of(101)), headers=headers), 413, "body-too-large")
    assert errand.runs == 1


@pytest.mark.parametrize("coding", COMPRESS)
@pytest.mark.parametrize(
    "content",
    [b"", NOTE, b"rubbish", *[compress(NOTE)[:-1] for compress in COMPRESS.values()]],
    ids=["nothing", "as it is", "rubbish", *[f"not all {coding}" for coding in COMPRESS]],
)
async def test_body_that_is_not_in_its_coding_is_malformed(client: httpx.AsyncClient, coding: str, content: bytes) -> None:
    response = await client.post("/notes", content=content, headers=JSON | {"content-encoding": coding})
    read_problem(response, 400, "malformed-body")


async def test_token_is_checked_before_a_body_is_decoded(client: httpx.AsyncClient) -> None:
    response = await client.post("/private/notes", content=b"x", headers=JSON | {"content-encoding": "gzip"})
    read_problem(response, 401, "authentication-required")


@pytest.mark.parametrize("mark", ["\ufeff", ""])
async def test_byte_order_mark_before_json_is_ignored(client: httpx.AsyncClient, mark: str) -> None:
    response = await client.post("/notes", content=mark.encode() + NOTE, headers=JSON)
    assert response.json() == {"text": "hello"}
    named = await client.post("/notes", content=mark.encode() + b'{"text":1,"x":2}', headers=JSON)
    assert read_broken_rules(named) == {("text", "string_type"), ("x", "extra_forbidden")}


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf\xef\xbb\xbf" + NOTE, b"\xef\xbb" + NOTE, NOTE + b"\xef\xbb\xbf", b"\xef\xbb\xbf", b"\xff\xfe" + NOTE],
)
async def test_other_marks_are_malformed(client: httpx.AsyncClient, content: bytes) -> None:
    read_problem(await client.post("/notes", content=content, headers=JSON), 400, "malformed-body")


@pytest.mark.parametrize(
    "headers",
    [{}, {"content-length": "0"}, JSON, JSON | {"content-length": "0"}, {"content-type": "text/plain", "content-length": "0"}],
)
async def test_body_whose_members_are_optional_may_be_absent(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.send(client.build_request("PUT", "/wishes", headers=headers))
    assert (response.status_code, response.json()) == (200, {"text": "white"})


async def test_optional_body_that_is_sent_is_checked(client: httpx.AsyncClient) -> None:
    assert (await client.put("/wishes", json={"color": "red"})).json() == {"text": "red"}
    read_problem(await client.put("/wishes", content=b"{}"), 415, "unsupported-media-type")
    read_problem(await client.put("/wishes", content=Chunks()), 415, "unsupported-media-type")
    read_problem(await client.put("/wishes", content=b" ", headers=JSON), 400, "malformed-body")
    assert read_broken_rules(await client.put("/wishes", content=b"null", headers=JSON)) == {("body", "model_type")}


async def test_required_body_may_not_be_absent(client: httpx.AsyncClient) -> None:
    read_problem(await client.post("/notes"), 415, "unsupported-media-type")
    read_problem(await client.post("/notes", headers=JSON), 400, "malformed-body")


async def test_document_says_which_bodies_may_be_absent(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert paths["/notes"]["post"]["requestBody"]["required"]
    assert not paths["/wishes"]["put"]["requestBody"]["required"]


@pytest.mark.parametrize("coding", ["identity", "Identity"])
async def test_identity_encoding_is_accepted(client: httpx.AsyncClient, coding: str) -> None:
    assert (await client.post("/notes", content=NOTE, headers=JSON | {"content-encoding": coding})).status_code == 201


@pytest.mark.parametrize("length", [MAX_BODY_BYTES - 1, MAX_BODY_BYTES])
async def test_body_up_to_the_limit_is_accepted(client: httpx.AsyncClient, length: int) -> None:
    assert (await client.post("/notes", content=note_of(length), headers=JSON)).status_code == 201
    in_pieces = Chunks(*(note_of(length)[start : start + 7] for start in range(0, length, 7)))
    assert (await client.post("/notes", content=in_pieces, headers=JSON)).status_code == 201


async def test_body_announced_beyond_the_limit_is_rejected_unread(client: httpx.AsyncClient) -> None:
    body = Chunks(note_of(MAX_BODY_BYTES + 1))
    response = await client.post("/notes", content=body, headers=JSON | {"content-length": str(MAX_BODY_BYTES + 1)})
    read_problem(response, 413, "body-too-large")
    assert body.taken == 0


@pytest.mark.parametrize(("size", "taken"), [(101, 1), (51, 2), (50, 3), (1, 101)])
async def test_chunked_body_is_read_no_further_than_the_limit(client: httpx.AsyncClient, size: int, taken: int) -> None:
    body = Chunks(*[b" " * size] * 1000)
    read_problem(await client.post("/notes", content=body, headers=JSON), 413, "body-too-large")
    assert body.taken == taken


@pytest.mark.parametrize("announced", ["-1", "+5", "1e9", "abc", "", "0x10", "1 2", "99999999999999999999"])
async def test_invalid_content_length_is_rejected(client: httpx.AsyncClient, errand: Errand, announced: str) -> None:
    response = await client.post("/notes", content=NOTE, headers=JSON | {"content-length": announced})
    read_problem(response, 400, "invalid-request")
    assert errand.runs == 0


@pytest.mark.parametrize(
    "body", [b"", b" ", b"{", b'{"text":}', b'{"text":"a"}x', b'{"text":"a",}', b"{'text':'a'}", b'{"text":"\xff"}',
             b'{"text":"\\ud800"}',
             b'{"text":"a\nb"}', '{"text":"a"}'.encode("utf-16"), b"\x00"],
)  # fmt: skip
async def test_invalid_json_is_rejected(client: httpx.AsyncClient, errand: Errand, body: bytes) -> None:
    read_problem(await client.post("/notes", content=body, headers=JSON), 400, "malformed-body")
    assert errand.runs == 0


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ({}, {("text", "missing")}),
        ({"text": 1}, {("text", "string_type")}),
        ({"text": None}, {("text", "string_type")}),
        ({"text": "a", "more": 1}, {("more", "extra_forbidden")}),
        ({"text": "a", "numbers": [1, "2", True]}, {("numbers.1", "int_type")}),
        ({"text": 1, "numbers": 1, "more": 1}, {("text", "string_type"), ("numbers", "list_type"), ("more", "extra_forbidden")}),
        ([], {("body", "model_type")}),
        (None, {("body", "model_type")}),
        ("text", {("body", "model_type")}),
    ],
)
async def test_every_invalid_field_is_listed(client: httpx.AsyncClient, body: object, broken: set[tuple[str, str]]) -> None:
    response = await client.post("/notes", content=json.dumps(body).encode(), headers=JSON)
    assert read_broken_rules(response) == broken


async def test_response_never_repeats_what_was_sent(client: httpx.AsyncClient) -> None:
    for body in (b'{"secret":["hunter2"]}', b'{"text":"a","numbers":["hunter2"]}', b'{"text":"hunter2}', b'{"text":hunter2}'):
        response = await client.post("/notes", content=body, headers=JSON)
        assert response.status_code in {400, 422}
        assert "hunter2" not in response.text


async def test_long_member_name_is_shortened(client: httpx.AsyncClient, errand: Errand) -> None:
    response = await client.post("/notes", content=b'{"%s":1}' % (b"n" * 90), headers=JSON)
    assert ("n" * 90, "extra_forbidden") in read_broken_rules(response)
    assert errand.runs == 0


@pytest.mark.parametrize("sent", [b"", b'{"text"'])
async def test_request_of_a_disconnected_client_is_not_run(errand: Errand, sent: bytes) -> None:
    service = make_service(errand)
    async with run(service):
        protocol, wire = Server(service).connect()
        protocol.data_received(
            b"POST /notes HTTP/1.1\r\nhost: service\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n" + sent
        )
        protocol.connection_lost(None)
        await asyncio.sleep(0)
    assert wire.written == b""
    assert errand.runs == 0


COUNTLESS_MEMBERS = b"{%s}" % b",".join(b'"%x":1' % number for number in range(20_000))
COUNTLESS_ITEMS = b'{"numbers":[%s""]}' % (b'"",' * 20_000)


@pytest.mark.parametrize("body", [COUNTLESS_MEMBERS, COUNTLESS_ITEMS], ids=["members", "items"])
def test_memory_for_a_body_with_many_errors_is_bounded_by_its_length(body: bytes) -> None:
    parser = BodyParser(Note)
    tracemalloc.start()
    with pytest.raises(RulesBrokenError):
        parser.parse(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40 * len(body)  # parsed, a short member takes twenty times its length; an error takes hundreds
