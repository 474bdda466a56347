"""Invalid and forged access tokens (RFC 8725)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from test_support.key_value.clients import client_of
from test_support.problems import read_problem
from test_support.processes import Service
from test_support.tokens import TokenMaker

BODY = {"keys": ["a"]}


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode_json(document: dict[str, Any]) -> str:
    return encode(json.dumps(document).encode())


def sign_with_the_public_key(tokens: TokenMaker) -> str:
    pem = tokens.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{encode_json({'alg': 'HS256', 'typ': 'at+jwt', 'kid': tokens.key_id})}.{encode_json(tokens.claims())}"
    return f"{signed}.{encode(hmac.digest(pem, signed.encode(), hashlib.sha256))}"


def claim_no_algorithm(tokens: TokenMaker) -> str:
    return f"{encode_json({'alg': 'none', 'typ': 'at+jwt', 'kid': tokens.key_id})}.{encode_json(tokens.claims())}."


def tamper_with_the_payload(tokens: TokenMaker) -> str:
    header, _, signature = tokens.make().split(".")
    return f"{header}.{encode_json(tokens.claims(sub='somebody-else'))}.{signature}"


def sign_with_another_key(tokens: TokenMaker) -> str:
    return TokenMaker(tokens.key_id).make()


def include_the_key(_: TokenMaker) -> str:
    attacker = TokenMaker("strange")
    return attacker.make(header={"jwk": attacker.jwk, "jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/x"})


def sign_with_rs512(tokens: TokenMaker) -> str:
    return jwt.encode(tokens.claims(), tokens.private_key, "RS512", headers={"typ": "at+jwt", "kid": tokens.key_id})


ATTACKS: dict[str, Callable[[TokenMaker], str]] = {
    "alg none": claim_no_algorithm,
    "HS256 with the public key": sign_with_the_public_key,
    "RS512": sign_with_rs512,
    "another key under the same kid": sign_with_another_key,
    "a key of its own": include_the_key,
    "unknown kid": lambda tokens: tokens.make(header={"kid": "unknown"}),
    "kid as path": lambda tokens: tokens.make(header={"kid": "../../../../dev/null"}),
    "critical extension": lambda tokens: tokens.make(header={"crit": ["exp"]}),
    "ID token": lambda tokens: tokens.make(header={"typ": "JWT"}),
    "wrong issuer": lambda tokens: tokens.make(iss="http://127.0.0.1:8081"),
    "wrong audience": lambda tokens: tokens.make(aud="billing"),
    "expired": lambda tokens: tokens.make(exp=int(time.time()) - 1),
    "not yet valid": lambda tokens: tokens.make(nbf=int(time.time()) + 60),
    "without exp": lambda tokens: tokens.make(exp=None),
    "without sub": lambda tokens: tokens.make(sub=None),
    "without jti": lambda tokens: tokens.make(jti=None),
    "exp as text": lambda tokens: tokens.make(exp="tomorrow"),
    "sub as a number": lambda tokens: jwt.encode(
        tokens.claims() | {"sub": 1}, tokens.private_key, "RS256", headers={"typ": "at+jwt", "kid": tokens.key_id}
    ),
    "tampered payload": tamper_with_the_payload,
    "signature cut off": lambda tokens: tokens.make().rpartition(".")[0] + ".",
    "no signature": lambda tokens: tokens.make().rpartition(".")[0],
    "empty": lambda _: "",
    "dots": lambda _: "..",
    "not base64": lambda _: "a.b.c",
    "header nested without measure": lambda _: f"{encode(b'[' * 5000)}.e30.e30",
    "oversized": lambda tokens: tokens.make(padding="x" * 9000),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_invalid_token_is_rejected(key_value_service: Service, tokens: TokenMaker, attack: Callable[[TokenMaker], str]) -> None:
    headers = {"Authorization": f"Bearer {attack(tokens)}".strip()}
    answer = httpx.post(f"{key_value_service.url}/read", json=BODY, headers=headers, trust_env=False)
    read_problem(answer, 401, "invalid-token")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_two_authorization_fields_are_rejected_even_if_both_are_valid(key_value_service: Service, tokens: TokenMaker) -> None:
    headers = [("Authorization", f"Bearer {tokens.make()}")] * 2
    answer = httpx.post(f"{key_value_service.url}/read", json=BODY, headers=headers, trust_env=False)
    read_problem(answer, 401, "invalid-token")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YWRtaW46YWRtaW4="}, {"Authorization": "nonsense"}])
def test_request_without_bearer_token_gets_the_bare_challenge(key_value_service: Service, headers: dict[str, str]) -> None:
    answer = httpx.post(f"{key_value_service.url}/write", json={"data": {"a": 1}}, headers=headers, trust_env=False)
    read_problem(answer, 401, "authentication-required")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_valid_token_is_accepted(key_value_service: Service, tokens: TokenMaker, kind: str) -> None:
    headers = {"Authorization": f"bearer {tokens.make(header={'typ': kind})}"}
    assert httpx.post(f"{key_value_service.url}/read", json=BODY, headers=headers, trust_env=False).is_success


def test_remembered_token_is_rejected_once_it_expires(key_value_service: Service, tokens: TokenMaker) -> None:
    expires = int(time.time()) + 4
    with client_of(key_value_service, tokens.make(exp=expires)) as client:
        assert client.post("/read", json=BODY).is_success
        time.sleep(max(0.0, expires - time.time()) + 0.05)
        read_problem(client.post("/read", json=BODY), 401, "invalid-token")


def test_token_is_checked_before_the_body(key_value_service: Service) -> None:
    answer = httpx.post(f"{key_value_service.url}/write", content=b"not json at all", trust_env=False)
    read_problem(answer, 401, "authentication-required")
