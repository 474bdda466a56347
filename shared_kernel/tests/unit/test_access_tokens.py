"""Valid and invalid access tokens (RFC 8725, RFC 9068)."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared_kernel.application.authentication import Caller, InvalidAccessTokenError, SigningKeysUnknownError
from shared_kernel.infrastructure.access_tokens import MAX_TOKEN, JwtAccessTokenVerifier
from shared_kernel.infrastructure.revocations import Revocations
from test_support.tokens import AUDIENCE, ISSUER, TokenMaker

OURS, THEIRS = TokenMaker("ours"), TokenMaker("theirs")


class OurKeys:
    """Implements PublicKeys with one key."""

    generation = 0

    def find(self, key_id: str) -> RSAPublicKey | None:
        return OURS.private_key.public_key() if key_id == OURS.key_id else None


@pytest.fixture
def verifier() -> JwtAccessTokenVerifier:
    return JwtAccessTokenVerifier(OurKeys(), Revocations(), issuer=ISSUER, audience=AUDIENCE, remembered=10)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: bytes, payload: bytes) -> str:
    """Return a token with exactly these bytes and a valid signature."""
    signed = f"{encode(header)}.{encode(payload)}"
    return f"{signed}.{encode(OURS.private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def sign_claims(**changes: Any) -> str:
    # PyJWT refuses to encode some of these claims.
    return sign(b'{"alg":"RS256","typ":"at+jwt","kid":"ours"}', json.dumps(OURS.claims(**changes)).encode())


def rejection(verifier: JwtAccessTokenVerifier, token: str) -> str:
    """Return why the token is rejected. It is verified twice: a rejected token must not be cached as valid."""
    reasons = []
    for _ in range(2):
        with pytest.raises(InvalidAccessTokenError) as raised:
            verifier.verify(token)
        reasons.append(str(raised.value))
    assert reasons[0] == reasons[1]
    assert len(token) < 5 or token not in reasons[0]
    return reasons[0]


def test_valid_token_yields_the_caller(verifier: JwtAccessTokenVerifier) -> None:
    token = OURS.make(sub="anna", scope="read:default  write:x", sid="a-session", iat=1_800_000_000.123, exp=4_000_000_000)
    expected = Caller("anna", frozenset({"read:default", "write:x"}), "a-session", 1_800_000_000.123, 4_000_000_000, "ours")
    assert verifier.verify(token) == expected


@pytest.mark.parametrize("as_of", [0, 1_800_000_000_000_000])
def test_token_says_as_of_which_revocation_its_rights_are(verifier: JwtAccessTokenVerifier, as_of: int) -> None:
    assert verifier.verify(OURS.make(as_of=as_of)).as_of == as_of


def test_token_of_an_earlier_version_does_not_say_so(verifier: JwtAccessTokenVerifier) -> None:
    assert verifier.verify(OURS.make()).as_of is None


@pytest.mark.parametrize("as_of", ["1", 1.5, True, [], {}])
def test_number_of_another_type_is_rejected(verifier: JwtAccessTokenVerifier, as_of: Any) -> None:
    assert rejection(verifier, sign_claims(as_of=as_of)) == "The access token is not valid: it is malformed."


def test_token_without_a_scope_has_no_scopes(verifier: JwtAccessTokenVerifier) -> None:
    assert verifier.verify(OURS.make(scope=None)).scopes == frozenset()


@pytest.mark.parametrize("kind", ["at+jwt", "application/at+jwt", "AT+JWT", "application/AT+jwt"])
def test_every_spelling_of_the_token_type_is_accepted(verifier: JwtAccessTokenVerifier, kind: str) -> None:
    assert verifier.verify(OURS.make(header={"typ": kind}))


def test_token_for_several_audiences_is_accepted(verifier: JwtAccessTokenVerifier) -> None:
    assert verifier.verify(OURS.make(aud=["another", AUDIENCE]))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", ["", encode(b"signature")])
def test_unsigned_token_is_rejected(verifier: JwtAccessTokenVerifier, algorithm: str, signature: str) -> None:
    header = {"alg": algorithm, "typ": "at+jwt", "kid": "ours"}
    token = f"{encode(json.dumps(header).encode())}.{encode(json.dumps(OURS.claims()).encode())}.{signature}"
    assert "RS256" in rejection(verifier, token)


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_token_signed_with_the_public_key_as_a_shared_secret_is_rejected(
    verifier: JwtAccessTokenVerifier, algorithm: str, encoding: serialization.Encoding
) -> None:
    secret = OURS.private_key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": algorithm, "typ": "at+jwt", "kid": "ours"}
    signed = f"{encode(json.dumps(header).encode())}.{encode(json.dumps(OURS.claims()).encode())}"
    signature = jwt.get_algorithm_by_name(algorithm).sign(signed.encode(), secret)
    assert "RS256" in rejection(verifier, f"{signed}.{encode(signature)}")


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_right_key_with_another_algorithm_is_rejected(verifier: JwtAccessTokenVerifier, algorithm: str) -> None:
    token = jwt.encode(OURS.claims(), OURS.private_key, algorithm=algorithm, headers={"typ": "at+jwt", "kid": "ours"})
    assert "RS256" in rejection(verifier, token)


def test_key_of_another_type_is_rejected(verifier: JwtAccessTokenVerifier) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    token = jwt.encode(OURS.claims(), key, algorithm="ES256", headers={"typ": "at+jwt", "kid": "ours"})
    assert "RS256" in rejection(verifier, token)


def test_another_key_with_a_known_key_id_is_rejected(verifier: JwtAccessTokenVerifier) -> None:
    assert "signature" in rejection(verifier, THEIRS.make(header={"kid": "ours"}))


@pytest.mark.parametrize("key_id", ["theirs", "", "OURS", "ours ", "../ours", "' OR 1=1 --", "ours\x00", "k" * 5000])
def test_unknown_key_is_rejected(verifier: JwtAccessTokenVerifier, key_id: str) -> None:
    assert "unknown key" in rejection(verifier, THEIRS.make(header={"kid": key_id}))


@pytest.mark.parametrize("key_id", [None, 1, 1.5, True, ["ours"], {"ours": "ours"}])
def test_key_id_that_is_not_a_string_is_rejected(verifier: JwtAccessTokenVerifier, key_id: object) -> None:
    header = json.dumps({"alg": "RS256", "typ": "at+jwt", "kid": key_id}).encode()
    rejection(verifier, sign(header, json.dumps(OURS.claims()).encode()))


def test_token_without_a_key_id_is_rejected(verifier: JwtAccessTokenVerifier) -> None:
    rejection(verifier, sign(b'{"alg":"RS256","typ":"at+jwt"}', json.dumps(OURS.claims()).encode()))


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c"])
def test_key_in_the_header_is_ignored(verifier: JwtAccessTokenVerifier, member: str) -> None:
    brought: dict[str, object] = {"jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/", "jwk": THEIRS.jwk, "x5c": ["AAAA"]}
    header = {member: brought[member]}
    assert "signature" in rejection(verifier, THEIRS.make(header=header | {"kid": "ours"}))
    assert "unknown key" in rejection(verifier, THEIRS.make(header=header))
    assert verifier.verify(OURS.make(header=header))


@pytest.mark.parametrize(
    "kind", ["JWT", "at+jwt ", "id+jwt", "application/jwt", "application/application/at+jwt", "", 1, ["at+jwt"]]
)
def test_token_of_another_type_is_rejected(verifier: JwtAccessTokenVerifier, kind: object) -> None:
    header = json.dumps({"alg": "RS256", "typ": kind, "kid": "ours"}).encode()
    assert "type" in rejection(verifier, sign(header, json.dumps(OURS.claims()).encode()))


def test_token_without_a_type_is_rejected(verifier: JwtAccessTokenVerifier) -> None:
    assert "type" in rejection(verifier, sign(b'{"alg":"RS256","kid":"ours"}', json.dumps(OURS.claims()).encode()))


@pytest.mark.parametrize("crit", [["b64"], ["exp"], ["unknown"], [], "exp", None, 1])
def test_token_with_critical_extensions_is_rejected(verifier: JwtAccessTokenVerifier, crit: object) -> None:
    header = json.dumps({"alg": "RS256", "typ": "at+jwt", "kid": "ours", "crit": crit, "unknown": 1}).encode()
    rejection(verifier, sign(header, json.dumps(OURS.claims()).encode()))


@pytest.mark.parametrize("session_id", [1, None, ["x"], {"x": 1}, True])
def test_session_id_that_is_not_a_string_is_rejected(verifier: JwtAccessTokenVerifier, session_id: object) -> None:
    claims = OURS.claims() | {"sid": session_id}
    token = jwt.encode(claims, OURS.private_key, algorithm="RS256", headers={"typ": "at+jwt", "kid": OURS.key_id})
    with pytest.raises(InvalidAccessTokenError, match="malformed"):
        verifier.verify(token)


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"])
def test_token_without_a_required_claim_is_rejected(verifier: JwtAccessTokenVerifier, claim: str) -> None:
    assert claim in rejection(verifier, OURS.make(**{claim: None}))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "http://127.0.0.1:8081"), ("iss", ISSUER + "/"), ("iss", ISSUER.upper()), ("iss", ""), ("iss", [ISSUER]),
        ("iss", 1), ("aud", "another"), ("aud", ""), ("aud", []), ("aud", ["another"]), ("aud", AUDIENCE + " "),
        ("aud", {AUDIENCE: 1}), ("aud", 1), ("sub", 1), ("sub", ["anna"]), ("sub", {}), ("jti", 1), ("scope", 1),
        ("scope", ["read:default"]), ("scope", {"a": 1}), ("exp", "soon"), ("exp", []), ("exp", {}), ("exp", float("inf")),
        ("exp", float("nan")), ("nbf", "soon"), ("nbf", []), ("nbf", float("inf")),
    ],
)  # fmt: skip
def test_claim_with_a_wrong_value_is_rejected(verifier: JwtAccessTokenVerifier, claim: str, value: object) -> None:
    rejection(verifier, sign_claims(**{claim: value}))


@pytest.mark.parametrize("seconds", [-1_000_000, -900, -1])
def test_expired_token_is_rejected(verifier: JwtAccessTokenVerifier, seconds: int) -> None:
    assert "expired" in rejection(verifier, OURS.make(exp=int(time.time()) + seconds))


@pytest.mark.parametrize("exp", [0, -1, -(10**400)])
def test_token_that_expired_long_ago_is_rejected(verifier: JwtAccessTokenVerifier, exp: int) -> None:
    assert "expired" in rejection(verifier, sign_claims(exp=exp))


def test_token_that_is_not_valid_yet_is_rejected(verifier: JwtAccessTokenVerifier) -> None:
    assert "not valid yet" in rejection(verifier, OURS.make(nbf=int(time.time()) + 300))


@pytest.mark.parametrize("length", [MAX_TOKEN + 1, 10_000_000])
def test_oversized_token_is_rejected_without_parsing(verifier: JwtAccessTokenVerifier, length: int) -> None:
    assert str(MAX_TOKEN) in rejection(verifier, "a" * length)


def test_oversized_token_that_is_otherwise_valid_is_rejected(verifier: JwtAccessTokenVerifier) -> None:
    assert str(MAX_TOKEN) in rejection(verifier, OURS.make(scope="s" * MAX_TOKEN))


def test_unknown_key_set_is_reported_instead_of_an_invalid_token() -> None:
    class NoKeysYet(OurKeys):
        def find(self, key_id: str) -> RSAPublicKey | None:  # noqa: ARG002 - the port's parameter
            raise SigningKeysUnknownError

    verifier = JwtAccessTokenVerifier(NoKeysYet(), Revocations(), issuer=ISSUER, audience=AUDIENCE, remembered=10)
    with pytest.raises(SigningKeysUnknownError):
        verifier.verify(OURS.make())
