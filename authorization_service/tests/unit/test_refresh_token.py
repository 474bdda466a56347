import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization_service.domain.exceptions import InvalidRefreshTokenError
from authorization_service.domain.value_objects.refresh_token import LENGTH, RefreshToken

SALT = b"salt" * 8


def test_text_is_url_safe_and_parses_to_the_same_token() -> None:
    token = RefreshToken.new()
    assert len(token.text) == LENGTH
    assert set(token.text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert RefreshToken.parse(token.text) == token


def test_new_tokens_have_nothing_in_common() -> None:
    tokens = [RefreshToken.new() for _ in range(100)]
    assert len({token.family for token in tokens} | {token.secret for token in tokens}) == 200


def test_each_part_has_256_bits() -> None:
    token = RefreshToken.new()
    assert len(token.family) * 8 == len(token.secret) * 8 == 256


def test_successor_has_the_same_family_and_another_secret() -> None:
    token = RefreshToken.new()
    successor = token.make_successor(SALT)
    assert successor.family_hash == token.family_hash
    assert successor.secret_hash != token.secret_hash


def test_successor_depends_on_the_secret_and_the_salt() -> None:
    token = RefreshToken(b"f" * 32, b"s" * 32)
    assert token.make_successor(SALT) == token.make_successor(SALT)
    others = [token.make_successor(b"t" * 32), RefreshToken(b"f" * 32, b"t" * 32).make_successor(SALT)]
    assert token.make_successor(SALT) not in others


def test_successor_is_the_hmac_sha_256_of_the_secret() -> None:
    block = SALT.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + b"s" * 32).digest()
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()
    assert RefreshToken(b"f" * 32, b"s" * 32).make_successor(SALT).secret == outer


def test_the_hashes_are_sha_256() -> None:
    token = RefreshToken(b"f" * 32, b"s" * 32)
    assert token.family_hash == hashlib.sha256(b"f" * 32).hexdigest()
    assert token.secret_hash == hashlib.sha256(b"s" * 32).hexdigest()


def test_representation_does_not_show_the_token() -> None:
    token = RefreshToken.new()
    assert repr(token) == "RefreshToken()"
    assert token.text not in str(token)


GOOD = RefreshToken(b"f" * 32, b"s" * 32).text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        GOOD[:-1],
        GOOD + "A",
        GOOD + "==",
        " " + GOOD[1:],
        GOOD[:-1] + "\n",
        GOOD[:-1] + "=",
        "+" + GOOD[1:],
        "/" + GOOD[1:],
        "я" * LENGTH,
        "\ud800" * LENGTH,
        "x" * 1_000_000,
        base64.urlsafe_b64encode(b"f" * 63).decode(),
    ],
)
def test_malformed_token_is_rejected(text: str) -> None:
    with pytest.raises(InvalidRefreshTokenError):
        RefreshToken.parse(text)


def test_other_base64_texts_of_a_token_are_rejected() -> None:
    other_spellings = [GOOD[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
    accepted = 0
    for text in other_spellings:
        try:
            accepted += RefreshToken.parse(text).text == text
        except InvalidRefreshTokenError:
            continue
    assert accepted == 4  # the last character has two bits of the token's


@given(st.text())
def test_error_does_not_show_what_was_sent(text: str) -> None:
    with pytest.raises(InvalidRefreshTokenError) as refusal:
        RefreshToken.parse(text)
    assert str(refusal.value) == str(InvalidRefreshTokenError())
