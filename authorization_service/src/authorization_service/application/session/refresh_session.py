"""Staying logged in."""

from dataclasses import dataclass, field

from authorization_service.application.auth.access_token_issuer import AccessTokenIssuer, SessionTokens
from authorization_service.application.grant.grant_repository import GrantRepository
from authorization_service.application.session.session_repository import UNKNOWN_ORIGIN, Origin, SessionRepository
from authorization_service.domain.value_objects.refresh_token import RefreshToken


@dataclass(frozen=True, slots=True)
class RefreshSessionRequest:
    """A refresh token, and where it comes from."""

    refresh_token: str = field(repr=False)
    origin: Origin = UNKNOWN_ORIGIN


class RefreshSession:
    """For whoever has a session's latest refresh token. What the user may do is asked anew."""

    def __init__(self, sessions: SessionRepository, grants: GrantRepository, issuer: AccessTokenIssuer) -> None:
        self._sessions = sessions
        self._grants = grants
        self._issuer = issuer

    async def __call__(self, request: RefreshSessionRequest) -> SessionTokens:
        """Return an access token and the next refresh token; the one shown is used up.

        Raises InvalidRefreshTokenError, RefreshTokenReusedError, after which the session has ended, or StoreUnavailableError.
        """
        token = RefreshToken.parse(request.refresh_token)
        successor = token.make_successor()
        session, user = await self._sessions.refresh(token, successor, request.origin)
        rights = await self._grants.find_rights(str(user.id))
        access_token = self._issuer.issue(str(user.id), rights.scopes, session.last_used_at, session_id=str(session.id))
        return SessionTokens(access_token, successor)
