"""ID tokens (OpenID Connect Core 1.0, section 2), signed with RS256."""

import base64
import hashlib
from datetime import datetime
from typing import Any

import jwt

from authorization_service.application.clock import Now
from authorization_service.domain.entities.session import Session
from authorization_service.infrastructure.security.jwt_access_token_issuer import CurrentKey
from shared_kernel.infrastructure.access_tokens import ALGORITHM, MAX_TOKEN, PublicKeys

ID_TOKEN_TYPE = "JWT"  # noqa: S105 - a media type


class JwtIdTokens:
    """Implements IdTokenIssuer and IdTokenReader. A token is valid for `lifetime` seconds.

    Access tokens have another type (`at+jwt`) and another audience, so that neither is taken for the other (RFC 8725,
    section 3.12).
    """

    def __init__(self, current: CurrentKey, keys: PublicKeys, now: Now, *, issuer: str, lifetime: int) -> None:
        self._current = current
        self._keys = keys
        self._now = now
        self._issuer = issuer
        self._lifetime = lifetime

    def issue(self, session: Session, access_token: str, nonce: str | None) -> str:
        """Return an ID token. Raises SigningKeysUnknownError."""
        if session.authentication is None:
            raise ValueError("the session is not one of a client")
        issued_at = _to_seconds(self._now())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": str(session.user_id),
            "aud": session.client_id,
            "iat": issued_at,
            "exp": issued_at + self._lifetime,
            "auth_time": _to_seconds(session.authentication.at),
            "acr": session.authentication.context_class,
            "amr": list(session.authentication.methods),
            "at_hash": _hash_half(access_token),
            "sid": session.browser_session_id,
            "nonce": nonce,
        }
        key = self._current.current
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None},
            key.private_key,
            algorithm=ALGORITHM,
            headers={"typ": ID_TOKEN_TYPE, "kid": key.key_id},
        )

    def read_subject(self, id_token: str) -> str | None:
        """Return `sub` of an ID token that this service has signed, also of one that has expired; otherwise None."""
        claims = self.read_claims(id_token)
        return None if claims is None else claims["sub"]

    def read_claims(self, id_token: str) -> dict[str, Any] | None:
        """Return the claims of an ID token that this service has signed, also of one that has expired; otherwise None."""
        try:
            header = jwt.get_unverified_header(id_token[: MAX_TOKEN + 1])
            key = self._keys.find(str(header.get("kid")))
            if key is None or header.get("typ") != ID_TOKEN_TYPE:
                return None
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                options={"require": ["sub", "aud", "auth_time"], "verify_exp": False, "verify_aud": False},
            )
        except (jwt.PyJWTError, TypeError, ValueError, RecursionError):
            return None
        return claims


def _to_seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _hash_half(access_token: str) -> str:
    """Return the left half of the access token's SHA-256 (OpenID Connect Core 1.0, section 3.1.3.6)."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
