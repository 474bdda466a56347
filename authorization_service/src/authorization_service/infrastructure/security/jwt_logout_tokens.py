"""Logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.4), signed with RS256."""

from uuid import uuid4

import jwt

from authorization_service.application.clock import Now
from authorization_service.infrastructure.security.jwt_access_token_issuer import CurrentKey
from shared_kernel.infrastructure.access_tokens import ALGORITHM

LOGOUT_TOKEN_TYPE = "logout+jwt"  # noqa: S105 - a media type
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME = 120
"""Seconds, as section 2.4 recommends."""


class JwtLogoutTokens:
    """Implements LogoutTokenIssuer. A token has no nonce, so that it is never taken for an ID token."""

    def __init__(self, current: CurrentKey, now: Now, issuer: str) -> None:
        self._current = current
        self._now = now
        self._issuer = issuer

    def issue(self, client_id: str, user_id: str, sid: str) -> str:
        """Return a token with an id of its own. Raises SigningKeysUnknownError."""
        issued_at, key = int(self._now().timestamp()), self._current.current
        claims = {
            "iss": self._issuer,
            "sub": user_id,
            "aud": client_id,
            "iat": issued_at,
            "exp": issued_at + LIFETIME,
            "jti": str(uuid4()),
            "sid": sid,
            "events": {EVENT: {}},
        }
        headers = {"typ": LOGOUT_TOKEN_TYPE, "kid": key.key_id}
        return jwt.encode(claims, key.private_key, algorithm=ALGORITHM, headers=headers)
