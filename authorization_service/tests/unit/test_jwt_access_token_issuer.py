"""Issued access tokens (RFC 9068)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from authorization_service.application.auth.access_token_issuer import AccessToken
from authorization_service.domain.entities.revocation import ReadAt
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.rights import MAX_GRANTS, MAX_SCOPE
from authorization_service.infrastructure.security.jwt_access_token_issuer import JwtAccessTokenIssuer
from authorization_service.infrastructure.security.key_files import KeyFiles, PrivateKey
from shared_kernel.application.authentication import Caller, InvalidAccessTokenError
from shared_kernel.infrastructure.access_tokens import MAX_TOKEN, REQUIRED_CLAIMS, JwtAccessTokenVerifier
from shared_kernel.infrastructure.revocations import Revocations
from test_support.requirements import implements

ISSUER, AUDIENCE, LIFETIME = "https://authorization.example", "key_value_service", 900
NOW = 1_800_000_000.757
ISSUED_AT = datetime.fromtimestamp(1_800_000_000, UTC) + timedelta(microseconds=757_999)
READ_AT = ReadAt(ISSUED_AT, 17)
SUBJECT = "0199a1b2-0000-7000-8000-000000000001"
SCOPES = ("read:default", "write:default")


class OneKey:
    """Implements PublicKeys with a new key."""

    generation = 0

    def __init__(self, folder: Path) -> None:
        files = KeyFiles(folder)
        files.ensure()
        (self._key,) = files.load().values()

    @property
    def current(self) -> PrivateKey:
        return self._key

    def find(self, key_id: str) -> RSAPublicKey | None:
        return self._key.private_key.public_key() if key_id == self._key.key_id else None


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> OneKey:
    return OneKey(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def issuer(keys: OneKey) -> JwtAccessTokenIssuer:
    return JwtAccessTokenIssuer(keys, issuer=ISSUER, audience=AUDIENCE, lifetime=LIFETIME)


def issue(issuer: JwtAccessTokenIssuer, session_id: str = "") -> AccessToken:
    return issuer.issue(SUBJECT, SCOPES, READ_AT, session_id=session_id)


def read_claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def make_verifier(keys: OneKey, *, now: float = NOW, audience: str = AUDIENCE) -> JwtAccessTokenVerifier:
    return JwtAccessTokenVerifier(keys, Revocations(), issuer=ISSUER, audience=audience, remembered=10, clock=lambda: now)


def test_the_header_names_algorithm_type_and_key_and_nothing_else(issuer: JwtAccessTokenIssuer, keys: OneKey) -> None:
    header = jwt.get_unverified_header(issue(issuer).token)
    assert header == {"alg": "RS256", "typ": "at+jwt", "kid": keys.current.key_id}


def test_the_claims_are_those_of_the_standard_with_session_and_revocation_and_nothing_else(issuer: JwtAccessTokenIssuer) -> None:
    claims = read_claims(issue(issuer, "a-session").token)
    assert len(claims.pop("jti")) >= 16
    assert claims == {
        "iss": ISSUER,
        "sub": SUBJECT,
        "aud": AUDIENCE,
        "iat": 1_800_000_000.757,
        "exp": 1_800_000_000 + LIFETIME,
        "client_id": "first-party",
        "scope": "read:default write:default",
        "sid": "a-session",
        "as_of": 17,
    }


def test_every_claim_that_verifiers_require_is_present(issuer: JwtAccessTokenIssuer) -> None:
    assert set(REQUIRED_CLAIMS) <= set(read_claims(issue(issuer).token))


def test_each_token_has_an_id_of_its_own(issuer: JwtAccessTokenIssuer) -> None:
    assert len({read_claims(issue(issuer).token)["jti"] for _ in range(50)}) == 50


def test_lifetime_is_returned_with_the_token(issuer: JwtAccessTokenIssuer) -> None:
    assert issue(issuer).expires_in == LIFETIME


def test_issued_token_is_verified(issuer: JwtAccessTokenIssuer, keys: OneKey) -> None:
    caller = make_verifier(keys).verify(issue(issuer, "a-session").token)
    expected = Caller(
        SUBJECT, frozenset(SCOPES), "a-session", 1_800_000_000.757, 1_800_000_000 + LIFETIME, keys.current.key_id, 17
    )
    assert caller == expected


def test_issued_token_is_valid_for_its_lifetime_only(issuer: JwtAccessTokenIssuer, keys: OneKey) -> None:
    token = issue(issuer).token
    assert make_verifier(keys, now=1_800_000_000 + LIFETIME - 0.001).verify(token)
    with pytest.raises(InvalidAccessTokenError, match="expired"):
        make_verifier(keys, now=1_800_000_000 + LIFETIME).verify(token)


@implements("RFC 9700, 4.9")
def test_issued_token_is_valid_for_its_audience_only(issuer: JwtAccessTokenIssuer, keys: OneKey) -> None:
    with pytest.raises(InvalidAccessTokenError):
        make_verifier(keys, audience="another").verify(issue(issuer).token)


def test_issued_token_is_valid_with_its_key_only(issuer: JwtAccessTokenIssuer, tmp_path: Path) -> None:
    with pytest.raises(InvalidAccessTokenError, match="unknown key"):
        make_verifier(OneKey(tmp_path)).verify(issue(issuer).token)


def test_token_without_a_session_has_no_session_id(issuer: JwtAccessTokenIssuer) -> None:
    assert "sid" not in read_claims(issue(issuer).token)


def test_token_of_a_client_names_the_client(issuer: JwtAccessTokenIssuer) -> None:
    claims = read_claims(issuer.issue("a-client", ["revocations"], READ_AT, client_id="a-client").token)
    assert (claims["sub"], claims["client_id"], claims["scope"]) == ("a-client", "a-client", "revocations")


@pytest.mark.parametrize(
    "longest",
    [
        [f"read:default/{number:09}/*" for number in range(MAX_GRANTS)],
        [f"read:default/{number}{'%C3%A9' * 245}" for number in range(2)],
        [f"write:{number:058d}" for number in range(46)],
    ],
    ids=["many", "long", "namespaces"],
)
def test_token_with_as_many_grants_as_a_user_may_hold_is_verified(
    issuer: JwtAccessTokenIssuer, keys: OneKey, longest: list[str]
) -> None:
    assert MAX_SCOPE * 0.9 < len(" ".join(longest)) <= MAX_SCOPE or len(longest) == MAX_GRANTS
    token = issuer.issue(SUBJECT, longest, READ_AT, session_id="a-session").token
    assert len(token) <= MAX_TOKEN * 0.65
    assert make_verifier(keys).verify(token).scopes == frozenset(longest)


def test_token_is_far_below_the_maximum_length(issuer: JwtAccessTokenIssuer) -> None:
    assert len(issue(issuer, SUBJECT).token) < MAX_TOKEN / 4


def test_token_says_how_its_user_has_authenticated(issuer: JwtAccessTokenIssuer) -> None:
    authentication = Authentication(ISSUED_AT - timedelta(hours=1), ("pwd", "otp", "mfa"))
    claims = read_claims(issuer.issue(SUBJECT, SCOPES, READ_AT, session_id="s", authentication=authentication).token)
    assert (claims["auth_time"], claims["acr"], claims["amr"]) == (1_799_996_400, "2", ["pwd", "otp", "mfa"])
    assert {"auth_time", "acr", "amr"}.isdisjoint(read_claims(issue(issuer).token))
