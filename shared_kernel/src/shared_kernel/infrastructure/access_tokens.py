"""Local verification of access tokens (RFC 9068), as RFC 8725 requires."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared_kernel.application.authentication import (
    FIRST_PARTY_CLIENT,
    Caller,
    InvalidAccessTokenError,
    RevocationsUnknownError,
    SigningKeysUnknownError,
)
from shared_kernel.infrastructure.revocations import Revocations

ALGORITHM = "RS256"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - RFC 9068, section 2.1; not a secret
# RFC 9068, section 4, allows the media type's prefix.
ACCEPTED_TYPES = frozenset({TOKEN_TYPE, f"application/{TOKEN_TYPE}"})
REQUIRED_CLAIMS = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]
MAX_TOKEN = 8192  # characters; those of the authorization service have about 900

_REASONS: dict[type[Exception], str] = {
    jwt.InvalidSignatureError: "its signature is not valid",
    jwt.InvalidIssuerError: "it was issued by another issuer",
    jwt.InvalidAudienceError: "it is intended for another audience",
}


class PublicKeys(Protocol):
    """Public keys to verify signatures with."""

    generation: int
    """Changes whenever the set of keys does."""

    def find(self, key_id: str) -> RSAPublicKey | None:
        """Return the key with this id, or None; never waits. Raises SigningKeysUnknownError until the first keys are known."""
        ...


@dataclass(frozen=True, slots=True)
class _Verified:
    caller: Caller
    not_before: int


class JwtAccessTokenVerifier:
    """Verifies a token's signature once, and at each use its times and that it is not revoked.

    Caches at most `remembered` verified tokens; the oldest is evicted first. A change of the set of public keys empties the
    cache, so that tokens of a withdrawn key are rejected.
    """

    def __init__(
        self,
        keys: PublicKeys,
        revocations: Revocations,
        *,
        issuer: str,
        audience: str,
        remembered: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._revocations = revocations
        self._issuer = issuer
        self._audience = audience
        self._max_remembered = remembered
        self._clock = clock
        self._verified: dict[str, _Verified] = {}
        self._published: dict[str, bool] = {}  # by key id
        self._generation = keys.generation

    @property
    def remembered(self) -> int:
        """Number of tokens whose signature need not be verified again."""
        return len(self._verified)

    def verify(self, token: str) -> Caller:
        """Return the token's bearer. Raises InvalidAccessTokenError, SigningKeysUnknownError or RevocationsUnknownError."""
        if self._generation != self._keys.generation:
            self._begin_generation()
        verified = self._verified.get(token)
        is_new = verified is None
        if verified is None:
            verified = self._verify_signature_and_claims(token)
        now = self._clock()
        if now >= verified.caller.expires_at:
            self._verified.pop(token, None)
            raise InvalidAccessTokenError("The access token has expired.")
        if now < verified.not_before:
            raise InvalidAccessTokenError("The access token is not valid yet.")
        if not self._revocations.are_known:
            raise RevocationsUnknownError
        if self._revocations.concern(verified.caller):
            self._verified.pop(token, None)
            raise InvalidAccessTokenError("The access token has been revoked.")
        if is_new:
            if len(self._verified) >= self._max_remembered:
                del self._verified[next(iter(self._verified))]
            self._verified[token] = verified
        return verified.caller

    def is_still_valid(self, caller: Caller) -> bool:
        """Return whether the token of a caller that was verified before is still valid; no signature is verified."""
        if self._generation != self._keys.generation:
            self._begin_generation()
        return (
            self._clock() < caller.expires_at
            and self._revocations.are_known
            and not self._revocations.concern(caller)
            and self._is_published(caller.key_id)
        )

    def _begin_generation(self) -> None:
        self._generation = self._keys.generation
        self._verified.clear()
        self._published.clear()

    def _is_published(self, key_id: str) -> bool:
        is_published = self._published.get(key_id)
        if is_published is None:
            try:
                is_published = self._keys.find(key_id) is not None
            except SigningKeysUnknownError:
                is_published = False
            self._published[key_id] = is_published
        return is_published

    def _verify_signature_and_claims(self, token: str) -> _Verified:
        if not token:
            raise InvalidAccessTokenError("The access token is empty.")
        if len(token) > MAX_TOKEN:
            raise InvalidAccessTokenError(f"The access token is longer than {MAX_TOKEN} characters.")
        try:
            header = jwt.get_unverified_header(token)
            key = self._key_for(header)
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                # The times are checked at each use, against the same clock.
                options={"require": REQUIRED_CLAIMS, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
            return _Verified(
                caller=Caller(
                    user_id=claims["sub"],
                    scopes=frozenset(claims.get("scope", "").split()),
                    session_id=_read_session_id(claims),
                    issued_at=float(claims["iat"]),
                    expires_at=int(claims["exp"]),
                    key_id=header["kid"],
                    as_of=_read_as_of(claims),
                    client_id=_read_acting_client(claims),
                ),
                not_before=int(claims.get("nbf", 0)),
            )
        except (jwt.PyJWTError, AttributeError, TypeError, ValueError, OverflowError, RecursionError) as error:
            # Not the library's message: it may repeat what the client wrote into the token.
            raise InvalidAccessTokenError(f"The access token is not valid: {_explain(error)}.") from error

    def _key_for(self, header: dict[str, Any]) -> RSAPublicKey:
        kind = header.get("typ")
        if not isinstance(kind, str) or kind.lower() not in ACCEPTED_TYPES:
            raise InvalidAccessTokenError(f"The type of the access token is not {TOKEN_TYPE}.")
        if header.get("alg") != ALGORITHM:
            raise InvalidAccessTokenError(f"The access token is not signed with {ALGORITHM}.")
        if "crit" in header:
            raise InvalidAccessTokenError("The access token requires an unsupported extension (crit).")
        key_id = header.get("kid")
        # jku, x5u, x5c and jwk are ignored (RFC 8725, section 3.10): only published keys are trusted.
        key = self._keys.find(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise InvalidAccessTokenError("The access token is signed with an unknown key.")
        return key


def _read_session_id(claims: dict[str, Any]) -> str:
    session_id = claims.get("sid", "")
    if not isinstance(session_id, str):
        raise TypeError("sid")
    return session_id


def _read_as_of(claims: dict[str, Any]) -> int | None:
    as_of = claims.get("as_of")
    if as_of is not None and type(as_of) is not int:
        raise TypeError("as_of")
    return as_of


def _read_acting_client(claims: dict[str, Any]) -> str:
    client_id = claims["client_id"]
    if not isinstance(client_id, str):
        raise TypeError("client_id")
    return "" if client_id in (FIRST_PARTY_CLIENT, claims["sub"]) else client_id


def _explain(error: Exception) -> str:
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"the claim {error.claim} is missing"
    return next((reason for kind, reason in _REASONS.items() if isinstance(error, kind)), "it is malformed")
