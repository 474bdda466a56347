"""Issuing of access tokens (RFC 9068)."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import jwt

from authorization_service.application.auth.access_token_issuer import AccessToken
from authorization_service.domain.entities.revocation import ReadAt
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.infrastructure.security.key_files import PrivateKey
from shared_kernel.application.authentication import FIRST_PARTY_CLIENT
from shared_kernel.infrastructure.access_tokens import ALGORITHM, TOKEN_TYPE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CurrentKey(Protocol):
    """The source of the signing key."""

    @property
    def current(self) -> PrivateKey:
        """The signing key. Raises SigningKeysUnknownError while there is none."""
        ...


class JwtAccessTokenIssuer:
    """Implements AccessTokenIssuer with RS256. A token is valid for `lifetime` seconds."""

    def __init__(self, keys: CurrentKey, *, issuer: str, audience: str, lifetime: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._lifetime = lifetime

    def issue(
        self,
        subject: str,
        scopes: Iterable[str],
        read_at: ReadAt,
        *,
        session_id: str = "",
        client_id: str = FIRST_PARTY_CLIENT,
        authentication: Authentication | None = None,
    ) -> AccessToken:
        """Return a token that is valid for `lifetime` seconds from `read_at` on. Raises SigningKeysUnknownError."""
        # Verifiers of earlier versions compare `iat` with the time of a revocation. Milliseconds distinguish a token issued right
        # after one from earlier ones; rounded down, never up.
        milliseconds = (read_at.time - _EPOCH) // timedelta(milliseconds=1)
        scope = " ".join(scopes)
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": subject,
            "aud": self._audience,
            "iat": milliseconds / 1000,
            "exp": milliseconds // 1000 + self._lifetime,
            "jti": secrets.token_urlsafe(16),
            "client_id": client_id,
            "scope": scope,
            "as_of": read_at.revocation,
        }
        if session_id:
            claims["sid"] = session_id
        if authentication is not None:  # RFC 9068, section 2.2.1
            claims["auth_time"] = int(authentication.at.timestamp())
            claims["acr"] = authentication.context_class
            claims["amr"] = authentication.methods
        key = self._keys.current
        token = jwt.encode(claims, key.private_key, algorithm=ALGORITHM, headers={"typ": TOKEN_TYPE, "kid": key.key_id})
        return AccessToken(token, self._lifetime, scope)
