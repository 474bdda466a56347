"""Access tokens by RFC 9068."""

import secrets
import time
from collections.abc import Callable

import jwt

from authorization_service.application.auth.log_in import AccessToken
from authorization_service.domain.entities.user import User
from authorization_service.infrastructure.security.signing_keys import SigningKeys
from shared_kernel.infrastructure.access_tokens import ALGORITHM, TOKEN_TYPE

# Who asks on a user's behalf (RFC 9068, section 2.2): the user, directly.
FIRST_PARTY_CLIENT = "first-party"


class JwtAccessTokenIssuer:
    """Implements AccessTokenIssuer with RS256."""

    def __init__(
        self,
        keys: SigningKeys,
        *,
        issuer: str,
        audience: str,
        lifetime: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._lifetime = lifetime
        self._clock = clock

    def issue(self, user: User) -> AccessToken:
        """Return a token that is valid for `lifetime` seconds from now."""
        now = int(self._clock())
        key = self._keys.current
        token = jwt.encode(
            {
                "iss": self._issuer,
                "sub": str(user.id),
                "aud": self._audience,
                "iat": now,
                "exp": now + self._lifetime,
                "jti": secrets.token_urlsafe(16),
                "client_id": FIRST_PARTY_CLIENT,
                "scope": " ".join(user.scopes),
            },
            key.private_key,
            algorithm=ALGORITHM,
            headers={"typ": TOKEN_TYPE, "kid": key.key_id},
        )
        return AccessToken(token, self._lifetime)
