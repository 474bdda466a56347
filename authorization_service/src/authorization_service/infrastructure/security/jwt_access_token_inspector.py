"""Introspection of the service's own access tokens."""

import jwt

from authorization_service.application.session.find_token import TokenFacts
from shared_kernel.application.authentication import AccessTokenVerifier, InvalidAccessTokenError


class JwtAccessTokenInspector:
    """Implements AccessTokenInspector."""

    def __init__(self, verifier: AccessTokenVerifier) -> None:
        self._verifier = verifier

    def inspect(self, token: str) -> TokenFacts | None:
        """Return the metadata of a token that the verifier accepts, otherwise None."""
        try:
            self._verifier.verify(token)
        except InvalidAccessTokenError:
            return None
        claims = jwt.decode(token, options={"verify_signature": False})
        return TokenFacts(
            token_type="Bearer",  # noqa: S106 - RFC 6750
            subject=claims["sub"],
            expires_at=int(claims["exp"]),
            issued_at=int(claims["iat"]),
            session_id=claims.get("sid", ""),
            client_id=claims["client_id"],
            scope=claims.get("scope", ""),
            token_id=claims["jti"],
            context_class=claims.get("acr", ""),
            authenticated_at=claims.get("auth_time", 0),
        )
