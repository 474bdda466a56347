"""The tokens that a client uses a session with."""

from dataclasses import dataclass
from typing import Self

from authorization_service.application.auth.access_token_issuer import AccessToken, AccessTokenIssuer
from authorization_service.domain.entities.session import UsedSession
from authorization_service.domain.value_objects.refresh_token import RefreshToken


@dataclass(frozen=True, slots=True)
class SessionTokens:
    """An access token, and the refresh token to exchange for the next two."""

    access_token: AccessToken
    refresh_token: RefreshToken

    @classmethod
    def issue(cls, issuer: AccessTokenIssuer, used: UsedSession, scope: str | None) -> Self:
        """Return the session's refresh token with a new access token that has the requested scopes. Raises InvalidScopeError."""
        user_id, session_id = str(used.user.id), str(used.session.id)
        scopes = used.find_scopes(scope)
        token = issuer.issue(user_id, scopes, used.read_at, session_id=session_id, authentication=used.session.authentication)
        return cls(token, used.refresh_token)
