"""Invalid responses to a fetch of public keys, which must not affect the known keys."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from key_value_service.infrastructure.security.remote_key_set import MAX_KEY_SET, RemoteKeySet
from shared_kernel.infrastructure.background import in_background
from test_support.key_value.key_server import KeyServer, eventually, key_set_of
from test_support.tokens import TokenMaker

KNOWN, NEW = TokenMaker("known"), TokenMaker("new")


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    async with KeyServer() as server:
        server.publish(KNOWN)
        yield server


@pytest.fixture
async def keys(server: KeyServer) -> AsyncIterator[RemoteKeySet]:
    """A running key set with a known key, which is fetched again as soon as an unknown one is looked up."""
    keys = RemoteKeySet(server.url, refresh_seconds=3600, pause_seconds=0.01)
    async with in_background(keys.run()):
        await eventually(lambda: keys.generation == 1)
        yield keys


async def assert_rejected(keys: RemoteKeySet, server: KeyServer) -> None:
    """Fetch the server's current response twice: the known key stays, and a valid response afterwards is accepted."""
    for _ in range(2):
        requests = server.requests
        keys.find("unknown")
        await eventually(lambda requests=requests: server.requests > requests)  # type: ignore[misc]
    assert keys.find("known")
    assert keys.generation == 1
    server.publish(KNOWN, NEW)
    keys.find("unknown")
    await eventually(lambda: keys.generation == 2)
    assert keys.find("new")


def jwk(**changes: Any) -> dict[str, Any]:
    """Return an acceptable key with some members changed; None omits a member."""
    return {name: value for name, value in (NEW.jwk | changes).items() if value is not None}


def document_of(*keys: Any) -> bytes:
    return json.dumps({"keys": keys}).encode()


@pytest.mark.parametrize(
    "status", ["204 No Content", "400 Bad Request", "401 Unauthorized", "404 Not Found", "500 Internal Server Error", "503 Busy"]
)
async def test_response_with_another_status_is_rejected(keys: RemoteKeySet, server: KeyServer, status: str) -> None:
    server.respond(b"" if status.startswith("204") else key_set_of(NEW), status=status)
    await assert_rejected(keys, server)


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
)
async def test_redirect_is_not_followed(keys: RemoteKeySet, server: KeyServer, status: str) -> None:
    async with KeyServer() as other:
        other.publish(NEW)
        server.respond(b"", status=status, headers=(f"Location: {other.url}",))
        await assert_rejected(keys, server)
        assert other.requests == 0


@pytest.mark.parametrize(
    "document",
    [
        b"", b"<html>", b"null", b"true", b"1", b'"keys"', b"[]", b"{}", b"{", b"\xff\xfe", b"\x00", b'{"keys":null}',
        b'{"keys":1}', b'{"keys":"abc"}', b'{"keys":{}}', b'{"keys":[]}', b'{"keys":[1]}', b'{"keys":[null]}',
        b'{"keys":["abc"]}', b'{"keys":[[]]}', b'{"keys":[{}]}', b'{"keys":[' + b"9" * 5000 + b"]}",
     b"[" * 100_000, b'{"keys":' * 20_000,
    ],
)  # fmt: skip
async def test_document_other_than_a_key_set_is_rejected(keys: RemoteKeySet, server: KeyServer, document: bytes) -> None:
    server.respond(document)
    await assert_rejected(keys, server)


@pytest.mark.parametrize(
    "changes",
    [
        {"kid": None}, {"kid": ""}, {"kid": 1}, {"kid": ["new"]}, {"kid": {"a": 1}}, {"kid": True},
        {"use": "enc"}, {"use": 1}, {"alg": "RS512"}, {"alg": "PS256"}, {"alg": "HS256"}, {"alg": "none"}, {"alg": 1},
        {"kty": "EC"}, {"kty": "oct"}, {"kty": None}, {"kty": 1}, {"n": None}, {"n": ""}, {"n": "!"}, {"n": 1}, {"n": "AQ"},
        {"e": None}, {"e": ""}, {"e": "AQ"}, {"e": "Ag"}, {"e": 65537}, {"e": []},
    ],
)  # fmt: skip
async def test_key_other_than_an_rsa_signing_key_is_ignored(
    keys: RemoteKeySet, server: KeyServer, changes: dict[str, Any]
) -> None:
    server.respond(document_of(jwk(**changes)))
    await assert_rejected(keys, server)


async def test_short_key_is_ignored(keys: RemoteKeySet, server: KeyServer) -> None:
    short = RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key(), as_dict=True)  # noqa: S505
    server.respond(document_of(jwk(n=short["n"])))
    await assert_rejected(keys, server)


async def test_private_key_is_ignored(keys: RemoteKeySet, server: KeyServer) -> None:
    server.respond(document_of(jwk() | RSAAlgorithm.to_jwk(NEW.private_key, as_dict=True) | {"key_ops": None}))
    await assert_rejected(keys, server)


async def test_valid_keys_among_invalid_ones_are_accepted(keys: RemoteKeySet, server: KeyServer) -> None:
    curve = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
    others = [curve | {"kid": "curve"}, {"kty": "unheard-of", "kid": "x"}, jwk(use="enc", kid="enc"), jwk(kid=None), jwk(kid=7)]
    server.respond(document_of(*others, jwk(), KNOWN.jwk))
    keys.find("unknown")
    await eventually(lambda: keys.generation == 2)
    assert keys.find("new")
    assert keys.find("known")
    assert [keys.find(key_id) for key_id in ("curve", "x", "enc")] == [None, None, None]


@pytest.mark.parametrize("left_out", ["use", "alg"])
async def test_key_without_use_or_algorithm_is_accepted(keys: RemoteKeySet, server: KeyServer, left_out: str) -> None:
    server.respond(document_of(jwk(**{left_out: None})))
    keys.find("unknown")
    await eventually(lambda: keys.find("new") is not None)


async def test_document_of_maximum_size_is_accepted(keys: RemoteKeySet, server: KeyServer) -> None:
    server.respond(key_set_of(NEW).ljust(MAX_KEY_SET))
    keys.find("unknown")
    await eventually(lambda: keys.generation == 2)
    assert keys.find("new")


async def test_larger_document_is_rejected(keys: RemoteKeySet, server: KeyServer) -> None:
    server.respond(key_set_of(NEW).ljust(MAX_KEY_SET + 1))
    await assert_rejected(keys, server)


async def test_endless_document_is_not_read_to_its_end(keys: RemoteKeySet, server: KeyServer) -> None:
    server.respond_bytes(b"HTTP/1.1 200 OK\r\n\r\n", *[b" " * 65536] * 10_000)
    await assert_rejected(keys, server)
    assert server.bytes_sent < 64 * 1024 * 1024  # two fetches and what the kernel buffers, of 1.3 GB


async def test_document_too_large_after_decompression_is_rejected(keys: RemoteKeySet, server: KeyServer) -> None:
    packed = gzip.compress(key_set_of(NEW).ljust(50 * MAX_KEY_SET))
    assert len(packed) < MAX_KEY_SET
    server.respond(packed, headers=("Content-Encoding: gzip",))
    await assert_rejected(keys, server)


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{", b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
    ],
)  # fmt: skip
async def test_truncated_or_malformed_response_is_rejected(keys: RemoteKeySet, server: KeyServer, answer: bytes) -> None:
    server.respond_bytes(answer)
    await assert_rejected(keys, server)


def test_unmodified_key_of_these_tests_is_valid() -> None:
    (key,) = jwt.PyJWKSet.from_json(document_of(jwk()).decode()).keys
    assert key.key_id == "new"
