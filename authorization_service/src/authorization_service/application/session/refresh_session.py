"""Staying logged in."""

from dataclasses import dataclass, field

from authorization_service.application.auth.access_token_issuer import AccessTokenIssuer
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.session.session_tokens import SessionTokens
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.client_info import UNKNOWN_CLIENT, ClientInfo


@dataclass(frozen=True, slots=True)
class RefreshSessionRequest:
    """A refresh token, where it comes from, and which of the user's scopes are wanted: None is all."""

    refresh_token: str = field(repr=False)
    origin: ClientInfo = UNKNOWN_CLIENT
    scope: str | None = None


class RefreshSession:
    """For whoever has a session's latest refresh token. What the user may do is asked anew."""

    def __init__(self, sessions: SessionRepository, issuer: AccessTokenIssuer) -> None:
        self._sessions = sessions
        self._issuer = issuer

    async def __call__(self, request: RefreshSessionRequest) -> SessionTokens:
        """Return an access token and the next refresh token; the one shown is used up.

        Raises InvalidRefreshTokenError, RefreshTokenReusedError, after which the session has ended, StoreUnavailableError, or
        InvalidScopeError, and the token is used up all the same.
        """
        token = RefreshToken.parse(request.refresh_token)
        successor = token.make_successor()
        used = await self._sessions.refresh(token, successor, request.origin)
        return SessionTokens.issue(self._issuer, used, successor, request.scope)
