"""Token introspection and revocation."""

import contextlib
from dataclasses import dataclass
from typing import Protocol

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.client.authenticate_client import AuthenticateClient, ClientCredentials
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.domain.exceptions import (
    InvalidClientError,
    InvalidRefreshTokenError,
    NoSuchSessionError,
    UnsupportedTokenTypeError,
)
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.authentication import FIRST_PARTY_CLIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """Metadata of a valid token (RFC 7662, section 2.2). Times are seconds since 1970; fields that do not apply are empty."""

    token_type: str
    subject: str
    expires_at: int
    issued_at: int
    session_id: str = ""
    client_id: str = ""
    scope: str = ""
    token_id: str = ""
    context_class: str = ""
    authenticated_at: int = 0


class AccessTokenInspector(Protocol):
    """The port for reading access tokens."""

    def inspect(self, token: str) -> TokenFacts | None:
        """Return the metadata of a token, or None if it is not valid. Raises SigningKeysUnknownError."""
        ...


class IntrospectToken:
    """Introspect a token (RFC 7662). Requires client credentials or an administrator."""

    def __init__(
        self,
        authenticate_client: AuthenticateClient,
        require_administrator: RequireAdministrator,
        sessions: SessionRepository,
        inspector: AccessTokenInspector,
    ) -> None:
        self._authenticate_client = authenticate_client
        self._require_administrator = require_administrator
        self._sessions = sessions
        self._inspector = inspector

    async def __call__(self, principal: ClientCredentials | Principal, token: str) -> TokenFacts | None:
        """Return the metadata of a token, or None if it is not valid.

        Raises InvalidClientError, AdministratorRequiredError, InsufficientScopeError or StoreUnavailableError.
        """
        if isinstance(principal, ClientCredentials):
            if (await self._authenticate_client(principal)).client.is_public:
                raise InvalidClientError
        else:
            await self._require_administrator(principal)
        try:
            session = await self._sessions.find_by_token(RefreshToken.parse(token))
        except InvalidRefreshTokenError:
            return self._inspector.inspect(token)
        if session is None:
            return None
        return TokenFacts(
            token_type="refresh_token",  # noqa: S106 - a kind of token
            subject=str(session.user_id),
            expires_at=int(session.expires_at.timestamp()),
            issued_at=int(session.last_used_at.timestamp()),
            session_id=str(session.id),
            client_id=session.client_id or "",
            scope=session.scope or "" if session.client_id else "",
        )


class RevokeToken:
    """Revoke a token (RFC 7009). Public: the token itself is the authorization."""

    def __init__(self, sessions: SessionRepository, inspector: AccessTokenInspector) -> None:
        self._sessions = sessions
        self._inspector = inspector

    async def __call__(self, token: str, client_id: str | None = None) -> None:
        """End the session of the token. An invalid token is no error.

        Raises InvalidClientError for a token of another client than this one (RFC 7009, section 2.1),
        UnsupportedTokenTypeError for a service account's access token, which has no session, or StoreUnavailableError.
        """
        try:
            session = await self._sessions.find_by_token(RefreshToken.parse(token), within_grace=True)
        except InvalidRefreshTokenError:
            await self._revoke_access_token(token, client_id)
            return
        if session is not None:
            if session.client_id not in (None, client_id):
                raise InvalidClientError
            await self._end(str(session.user_id), str(session.id))

    async def _revoke_access_token(self, token: str, client_id: str | None) -> None:
        facts = self._inspector.inspect(token)
        if facts is None:
            return
        if not facts.session_id:
            raise UnsupportedTokenTypeError
        if facts.client_id not in (FIRST_PARTY_CLIENT, client_id):
            raise InvalidClientError
        await self._end(facts.subject, facts.session_id)

    async def _end(self, user_id: str, session_id: str) -> None:
        with contextlib.suppress(NoSuchSessionError):  # it has just ended
            await self._sessions.end(user_id, session_id, is_revoked=True)
