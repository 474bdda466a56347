"""What a token is, and taking it back."""

import contextlib
from dataclasses import dataclass
from typing import Protocol

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.client.authenticate_client import AuthenticateClient, ClientCredentials
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.domain.exceptions import InvalidRefreshTokenError, NoSuchSessionError, UnsupportedTokenTypeError
from authorization_service.domain.value_objects.refresh_token import RefreshToken


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What is told of a valid token (RFC 7662, section 2.2). Times are seconds since 1970; what does not apply is empty."""

    token_type: str
    subject: str
    expires_at: int
    issued_at: int
    session_id: str = ""
    client_id: str = ""
    scope: str = ""
    token_id: str = ""


class AccessTokenInspector(Protocol):
    """Reads access tokens."""

    def inspect(self, token: str) -> TokenFacts | None:
        """Return the facts about a token, or None if it must not be believed. Raises SigningKeysUnknownError."""
        ...


class IntrospectToken:
    """For service accounts and administrators (RFC 7662)."""

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
        """Return the facts about a token, or None if it is not valid.

        Raises InvalidClientError, AdministratorRequiredError, InsufficientScopeError or StoreUnavailableError.
        """
        if isinstance(principal, ClientCredentials):
            await self._authenticate_client(principal)
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
        )


class RevokeToken:
    """For whoever has the token (RFC 7009)."""

    def __init__(self, sessions: SessionRepository, inspector: AccessTokenInspector) -> None:
        self._sessions = sessions
        self._inspector = inspector

    async def __call__(self, token: str) -> None:
        """End the session that the token is of. A token that is worth nothing is none to complain about.

        Raises UnsupportedTokenTypeError for a service account's access token, which has no session, or StoreUnavailableError.
        """
        try:
            session = await self._sessions.find_by_token(RefreshToken.parse(token))
        except InvalidRefreshTokenError:
            await self._revoke_access_token(token)
            return
        if session is not None:
            await self._end(str(session.user_id), str(session.id))

    async def _revoke_access_token(self, token: str) -> None:
        facts = self._inspector.inspect(token)
        if facts is None:
            return
        if not facts.session_id:
            raise UnsupportedTokenTypeError
        await self._end(facts.subject, facts.session_id)

    async def _end(self, user_id: str, session_id: str) -> None:
        with contextlib.suppress(NoSuchSessionError):  # it has ended in this moment
            await self._sessions.end(user_id, session_id)
