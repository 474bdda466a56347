"""Token refresh."""

from dataclasses import dataclass, field

from authorization_service.application.auth.access_token_issuer import AccessTokenIssuer
from authorization_service.application.authorize.id_token_issuer import IdTokenIssuer
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.session.session_tokens import SessionTokens
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.client_info import UNKNOWN_CLIENT, ClientInfo


@dataclass(frozen=True, slots=True)
class RefreshSessionRequest:
    """A refresh token, the requested scope (None: everything that the session may have), and the client that asks, if any."""

    refresh_token: str = field(repr=False)
    client: ClientInfo = UNKNOWN_CLIENT
    scope: str | None = None
    client_id: str | None = None


class RefreshSession:
    """Exchange a refresh token for new tokens with the user's current grants. Public: the token itself is the authorization.

    A token that is used again within the grace, by another tab or since a response was lost, yields the same next refresh token.
    """

    def __init__(self, sessions: SessionRepository, issuer: AccessTokenIssuer, id_tokens: IdTokenIssuer) -> None:
        self._sessions = sessions
        self._issuer = issuer
        self._id_tokens = id_tokens

    async def __call__(self, request: RefreshSessionRequest) -> SessionTokens:
        """Return an access token and the next refresh token. The submitted one is used up.

        Raises InvalidRefreshTokenError, StoreUnavailableError, RefreshTokenReusedError, which ends the session, or
        InvalidScopeError, which uses up the token all the same.
        """
        token = RefreshToken.parse(request.refresh_token)
        used = await self._sessions.refresh(token, request.client, request.client_id)
        return SessionTokens.issue(self._issuer, used, request.scope).identify(self._id_tokens, used.session)
