"""Access tokens that are not even tokens, or that somebody has tampered with."""

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
GOOD = OURS.make()
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")
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


def assert_refused(token: str) -> None:
    with pytest.raises(InvalidAccessTokenError):
        VERIFIER.verify(token)


def test_the_token_that_these_tests_spoil_is_good() -> None:
    assert VERIFIER.verify(GOOD)
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
def test_what_is_no_token_at_all_is_refused(token: str) -> None:
    assert_refused(token)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_in_the_header_is_refused_even_if_signed(garbage: str) -> None:
    assert_refused(f"{garbage}.{PAYLOAD}.{SIGNATURE}")
    assert_refused(sign(garbage, PAYLOAD))


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_in_the_payload_is_refused_even_if_signed(garbage: str) -> None:
    assert_refused(f"{HEADER}.{garbage}.{SIGNATURE}")
    assert_refused(sign(HEADER, garbage))


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_for_a_signature_is_refused(garbage: str) -> None:
    assert_refused(f"{HEADER}.{PAYLOAD}.{garbage}")


def test_a_missing_or_additional_segment_is_refused() -> None:
    for token in (f"{HEADER}.{PAYLOAD}", f"{HEADER}.{SIGNATURE}", f"{GOOD}.{SIGNATURE}", f".{GOOD}", f"{GOOD}.", f"{GOOD}.."):
        assert_refused(token)


@pytest.mark.parametrize("changes", [{"sub": "somebody-else"}, {"scope": "everything"}, {"exp": 10**12}, {"aud": [AUDIENCE]}])
def test_a_tampered_payload_is_refused(changes: dict[str, Any]) -> None:
    payload = json.loads(base64.urlsafe_b64decode(PAYLOAD + "=="))
    assert_refused(f"{HEADER}.{encode(json.dumps(payload | changes).encode())}.{SIGNATURE}")


def test_a_payload_that_is_merely_written_differently_is_refused() -> None:
    payload = json.loads(base64.urlsafe_b64decode(PAYLOAD + "=="))
    assert_refused(f"{HEADER}.{encode(json.dumps(payload, indent=1).encode())}.{SIGNATURE}")


def test_the_segments_of_two_good_tokens_make_no_third() -> None:
    header, payload, signature = OURS.make(sub="somebody-else").split(".")
    assert_refused(f"{header}.{payload}.{SIGNATURE}")
    assert_refused(f"{HEADER}.{PAYLOAD}.{signature}")


@pytest.mark.parametrize(
    "document", [b"null", b"1", b'"text"', b"[]", b"[{}]", b"{", b"", b"\xff", b"\xef\xbb\xbf{}", b"{}{}", b"NaN"]
)
def test_a_header_or_payload_that_is_no_object_is_refused(document: bytes) -> None:
    assert_refused(sign(encode(document), PAYLOAD))
    assert_refused(sign(HEADER, encode(document)))


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("levels", [900, 1000])
def test_a_deeply_nested_header_or_payload_is_refused(opening: bytes, levels: int) -> None:
    closing = {b"[": b"]", b'{"a":': b"}"}[opening]
    unclosed = encode(opening * levels)
    nested = encode(b'{"alg":"RS256","typ":"at+jwt","kid":"ours","a":' + opening * levels + b"1" + closing * levels + b"}")
    for header, payload in [(unclosed, PAYLOAD), (HEADER, unclosed), (HEADER, nested), (nested, nested)]:
        assert_refused(sign(header, payload))


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    payload = json.dumps(OURS.claims()).encode().replace(b'"exp": ', b'"exp": 9' + b"9" * 4400)
    assert_refused(sign(HEADER, encode(payload)))


@given(st.text(max_size=60))
def test_no_text_makes_the_verifier_fail_in_another_way(token: str) -> None:
    assert_refused(token)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_signed_bytes_make_the_verifier_fail_in_another_way(header: bytes, payload: bytes) -> None:
    assert_refused(sign(encode(header), PAYLOAD))
    assert_refused(sign(HEADER, encode(payload)))


@given(st.integers(0, len(GOOD) - 1), st.sampled_from("AQgw0_-.=é"))
def test_a_changed_character_makes_a_token_bad_or_leaves_what_it_says(position: int, character: str) -> None:
    changed = GOOD[:position] + character + GOOD[position + 1 :]
    try:
        caller = VERIFIER.verify(changed)
    except InvalidAccessTokenError:
        return
    # The last character of a signature has bits that belong to no byte.
    assert changed.rsplit(".", 1)[0] == GOOD.rsplit(".", 1)[0]
    assert caller == VERIFIER.verify(GOOD)
