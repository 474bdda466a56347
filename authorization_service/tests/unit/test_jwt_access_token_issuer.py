"""The access tokens that are issued (RFC 9068)."""

from pathlib import Path
from typing import Any

import jwt
import pytest
from authorization_service.tests.fakes import make_user

from authorization_service.infrastructure.security.jwt_access_token_issuer import JwtAccessTokenIssuer
from authorization_service.infrastructure.security.signing_keys import SigningKeys
from shared_kernel.application.authentication import InvalidAccessTokenError
from shared_kernel.infrastructure.access_tokens import LONGEST_TOKEN, REQUIRED_CLAIMS, JwtAccessTokenVerifier

ISSUER, AUDIENCE, LIFETIME = "https://authorization.example", "key_value_service", 900
NOW = 1_800_000_000.75


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SigningKeys:
    return SigningKeys(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def issuer(keys: SigningKeys) -> JwtAccessTokenIssuer:
    return JwtAccessTokenIssuer(keys, issuer=ISSUER, audience=AUDIENCE, lifetime=LIFETIME, clock=lambda: NOW)


def read_claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def make_verifier(keys: SigningKeys, *, now: float = NOW, audience: str = AUDIENCE) -> JwtAccessTokenVerifier:
    return JwtAccessTokenVerifier(keys, issuer=ISSUER, audience=audience, remembered=10, clock=lambda: now)


def test_the_header_names_algorithm_type_and_key_and_nothing_else(issuer: JwtAccessTokenIssuer, keys: SigningKeys) -> None:
    header = jwt.get_unverified_header(issuer.issue(make_user()).token)
    assert header == {"alg": "RS256", "typ": "at+jwt", "kid": keys.current.key_id}


def test_the_claims_are_those_of_the_standard_and_nothing_else(issuer: JwtAccessTokenIssuer) -> None:
    user = make_user("Anna.P")
    claims = read_claims(issuer.issue(user).token)
    assert len(claims.pop("jti")) >= 16
    assert claims == {
        "iss": ISSUER,
        "sub": str(user.id),
        "aud": AUDIENCE,
        "iat": 1_800_000_000,
        "exp": 1_800_000_000 + LIFETIME,
        "client_id": "first-party",
        "scope": "read:default write:default",
    }


def test_every_claim_that_verifiers_require_is_there(issuer: JwtAccessTokenIssuer) -> None:
    assert set(REQUIRED_CLAIMS) <= set(read_claims(issuer.issue(make_user()).token))


def test_each_token_has_an_id_of_its_own(issuer: JwtAccessTokenIssuer) -> None:
    user = make_user()
    assert len({read_claims(issuer.issue(user).token)["jti"] for _ in range(50)}) == 50


def test_the_lifetime_is_told_along(issuer: JwtAccessTokenIssuer) -> None:
    assert issuer.issue(make_user()).expires_in == LIFETIME


def test_an_issued_token_is_believed(issuer: JwtAccessTokenIssuer, keys: SigningKeys) -> None:
    user = make_user()
    caller = make_verifier(keys).verify(issuer.issue(user).token)
    assert caller.user_id == str(user.id)
    assert caller.scopes == set(user.scopes)


def test_an_issued_token_is_believed_for_its_lifetime_alone(issuer: JwtAccessTokenIssuer, keys: SigningKeys) -> None:
    token = issuer.issue(make_user()).token
    assert make_verifier(keys, now=NOW + LIFETIME - 1).verify(token)
    with pytest.raises(InvalidAccessTokenError, match="expired"):
        make_verifier(keys, now=NOW + LIFETIME).verify(token)


def test_an_issued_token_is_believed_by_its_audience_alone(issuer: JwtAccessTokenIssuer, keys: SigningKeys) -> None:
    with pytest.raises(InvalidAccessTokenError):
        make_verifier(keys, audience="another").verify(issuer.issue(make_user()).token)


def test_an_issued_token_is_believed_by_holders_of_its_key_alone(issuer: JwtAccessTokenIssuer, tmp_path: Path) -> None:
    with pytest.raises(InvalidAccessTokenError, match="unknown key"):
        make_verifier(SigningKeys(tmp_path)).verify(issuer.issue(make_user()).token)


def test_a_token_tells_nothing_personal(issuer: JwtAccessTokenIssuer) -> None:
    user = make_user("Anna.P", first_name="Anna", last_name="Petrova")
    told = " ".join(str(value) for value in read_claims(issuer.issue(user).token).values())
    for secret in (user.username.value, user.username.key, "Anna", "Petrova", user.password_hash):
        assert secret not in told


def test_a_token_is_far_from_the_longest_that_is_accepted(issuer: JwtAccessTokenIssuer) -> None:
    assert len(issuer.issue(make_user("a" * 64, first_name="李" * 32)).token) < LONGEST_TOKEN / 4
