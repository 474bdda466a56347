"""Malformed access tokens and tokens that have been tampered with."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.application.authentication import InvalidAccessTokenError
from shared_kernel.infrastructure.access_tokens import JwtAccessTokenVerifier
from shared_kernel.infrastructure.revocations import Revocations
from test_support.tokens import AUDIENCE, ISSUER, TokenMaker

OURS = TokenMaker("ours")
VALID = OURS.make()
HEADER, PAYLOAD, SIGNATURE = VALID.split(".")
GARBAGE = [
    "",
    "!",
    "\x00",
    "é",
    "🔑",
    "=",
    "====",
    " ",
    "\n",
    "A",
    "AAAA",
    "e30",
    "W10",
    "bnVsbA",
    "MQ",
    "InRleHQi",
    "{}",
    "%",
    "_-_-",
    "A" * 8000,
]


class OurKeys:
    """Implements PublicKeys with one key."""

    generation = 0

    def find(self, key_id: str) -> RSAPublicKey | None:
        return OURS.private_key.public_key() if key_id == OURS.key_id else None


VERIFIER = JwtAccessTokenVerifier(OurKeys(), Revocations(), issuer=ISSUER, audience=AUDIENCE, remembered=10)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: str, payload: str) -> str:
    signature = OURS.private_key.sign(f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{header}.{payload}.{encode(signature)}"


def assert_rejected(token: str) -> None:
    with pytest.raises(InvalidAccessTokenError):
        VERIFIER.verify(token)


def test_token_that_these_tests_modify_is_valid() -> None:
    assert VERIFIER.verify(VALID)
    assert VERIFIER.verify(sign(HEADER, PAYLOAD))


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "a.b.c.d.e",
        "null",
        "{}",
        "Bearer",
        " ",
        "\x00",
        "é.é.é",
        "🔑",
        "\udc80",
    ],
)
def test_text_that_is_not_a_token_is_rejected(token: str) -> None:
    assert_rejected(token)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_header_is_rejected_even_if_signed(garbage: str) -> None:
    assert_rejected(f"{garbage}.{PAYLOAD}.{SIGNATURE}")
    assert_rejected(sign(garbage, PAYLOAD))


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_payload_is_rejected_even_if_signed(garbage: str) -> None:
    assert_rejected(f"{HEADER}.{garbage}.{SIGNATURE}")
    assert_rejected(sign(HEADER, garbage))


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_signature_is_rejected(garbage: str) -> None:
    assert_rejected(f"{HEADER}.{PAYLOAD}.{garbage}")


def test_missing_or_additional_segment_is_rejected() -> None:
    for token in (f"{HEADER}.{PAYLOAD}", f"{HEADER}.{SIGNATURE}", f"{VALID}.{SIGNATURE}", f".{VALID}", f"{VALID}.", f"{VALID}.."):
        assert_rejected(token)


@pytest.mark.parametrize("changes", [{"sub": "somebody-else"}, {"scope": "everything"}, {"exp": 10**12}, {"aud": [AUDIENCE]}])
def test_tampered_payload_is_rejected(changes: dict[str, Any]) -> None:
    payload = json.loads(base64.urlsafe_b64decode(PAYLOAD + "=="))
    assert_rejected(f"{HEADER}.{encode(json.dumps(payload | changes).encode())}.{SIGNATURE}")


def test_reformatted_payload_is_rejected() -> None:
    payload = json.loads(base64.urlsafe_b64decode(PAYLOAD + "=="))
    assert_rejected(f"{HEADER}.{encode(json.dumps(payload, indent=1).encode())}.{SIGNATURE}")


def test_segments_of_two_valid_tokens_make_no_valid_third() -> None:
    header, payload, signature = OURS.make(sub="somebody-else").split(".")
    assert_rejected(f"{header}.{payload}.{SIGNATURE}")
    assert_rejected(f"{HEADER}.{PAYLOAD}.{signature}")


@pytest.mark.parametrize(
    "document", [b"null", b"1", b'"text"', b"[]", b"[{}]", b"{", b"", b"\xff", b"\xef\xbb\xbf{}", b"{}{}", b"NaN"]
)
def test_header_or_payload_that_is_not_an_object_is_rejected(document: bytes) -> None:
    assert_rejected(sign(encode(document), PAYLOAD))
    assert_rejected(sign(HEADER, encode(document)))


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("levels", [900, 1000])
def test_deeply_nested_header_or_payload_is_rejected(opening: bytes, levels: int) -> None:
    closing = {b"[": b"]", b'{"a":': b"}"}[opening]
    unclosed = encode(opening * levels)
    nested = encode(b'{"alg":"RS256","typ":"at+jwt","kid":"ours","a":' + opening * levels + b"1" + closing * levels + b"}")
    for header, payload in [(unclosed, PAYLOAD), (HEADER, unclosed), (HEADER, nested), (nested, nested)]:
        assert_rejected(sign(header, payload))


def test_number_of_thousands_of_digits_is_rejected() -> None:
    payload = json.dumps(OURS.claims()).encode().replace(b'"exp": ', b'"exp": 9' + b"9" * 4400)
    assert_rejected(sign(HEADER, encode(payload)))


@given(st.text(max_size=60))
def test_any_text_is_rejected_as_an_invalid_token(token: str) -> None:
    assert_rejected(token)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_signed_bytes_are_rejected_as_an_invalid_token(header: bytes, payload: bytes) -> None:
    assert_rejected(sign(encode(header), PAYLOAD))
    assert_rejected(sign(HEADER, encode(payload)))


@given(st.integers(0, len(VALID) - 1), st.sampled_from("AQgw0_-.=é"))
def test_changed_character_invalidates_a_token_or_leaves_its_content(position: int, character: str) -> None:
    changed = VALID[:position] + character + VALID[position + 1 :]
    try:
        caller = VERIFIER.verify(changed)
    except InvalidAccessTokenError:
        return
    # The last character of a signature has unused bits.
    assert changed.rsplit(".", 1)[0] == VALID.rsplit(".", 1)[0]
    assert caller == VERIFIER.verify(VALID)
