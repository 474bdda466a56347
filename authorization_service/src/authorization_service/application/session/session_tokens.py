"""The tokens that a client uses a session with."""

from dataclasses import dataclass, field, replace
from typing import Self

from authorization_service.application.auth.access_token_issuer import AccessToken, AccessTokenIssuer
from authorization_service.application.authorize.id_token_issuer import IdTokenIssuer
from authorization_service.domain.entities.session import Session, UsedSession
from authorization_service.domain.value_objects.identity_scopes import OPENID
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.authentication import FIRST_PARTY_CLIENT


@dataclass(frozen=True, slots=True)
class SessionTokens:
    """An access token, the refresh token to exchange for the next two and, for a client that asks for one, an ID token."""

    access_token: AccessToken
    refresh_token: RefreshToken
    id_token: str | None = field(default=None, repr=False)

    @classmethod
    def issue(cls, issuer: AccessTokenIssuer, used: UsedSession, scope: str | None) -> Self:
        """Return the session's refresh token with a new access token that has the requested scopes. Raises InvalidScopeError."""
        session = used.session
        access_token = issuer.issue(
            str(used.user.id),
            used.find_scopes(scope),
            used.read_at,
            session_id=str(session.id),
            client_id=session.client_id or FIRST_PARTY_CLIENT,
            authentication=session.authentication,
        )
        return cls(access_token, used.refresh_token)

    def identify(self, issuer: IdTokenIssuer, session: Session, nonce: str | None = None) -> Self:
        """Return the tokens with an ID token, if the client of the session has asked for the scope `openid`."""
        if session.client_id is None or OPENID not in (session.scope or "").split(" "):
            return self
        return replace(self, id_token=issuer.issue(session, self.access_token.token, nonce))
