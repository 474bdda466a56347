"""Browser sessions in Tarantool's space `browser_sessions`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from authorization_service.application.auth.authenticate import AuthenticatedUser
from authorization_service.domain.entities.browser_session import BrowserSession, SignedIn
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS
from authorization_service.infrastructure.db.repositories.revoked_sessions import RevokedSessions
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND
from authorization_service.infrastructure.db.repositories.stored_sessions import (
    to_microseconds,
    to_stored_authentication,
    to_stored_client,
)
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import to_user
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolBrowserSessionRepository:
    """Implements BrowserSessionRepository: sessions that are valid for `lifetime`, at most `limit` a user."""

    def __init__(self, tarantool: TarantoolConnection, revoked: RevokedSessions, lifetime: timedelta, limit: int) -> None:
        self._tarantool = tarantool
        self._revoked = revoked
        self._lifetime = lifetime
        self._limit = limit

    async def open(
        self, authenticated: AuthenticatedUser, secret: RandomSecret, client: ClientInfo, replaces: RandomSecret | None = None
    ) -> BrowserSession:
        """Open a session. Raises WrongCredentialsError or SecondFactorMissingError."""
        user, authentication = authenticated
        answer = await self._tarantool.call(
            "browser_sessions.open",
            [
                str(uuid4()),
                [str(user.id), user.password_hash],
                secret.hash,
                "" if replaces is None else replaces.hash,
                to_microseconds(self._lifetime),
                to_stored_authentication(authentication),
                to_stored_client(client),
                self._limit,
            ],
        )
        session, ended = unwrap(answer, REFUSALS)
        self._revoked.add(ended)
        return _to_browser_session(session)

    async def find(self, secret: RandomSecret) -> SignedIn | None:
        """Return the session with this secret, and its user."""
        stored = await self._tarantool.call("browser_sessions.find", [secret.hash])
        return None if stored is None else SignedIn(_to_browser_session(stored[0]), to_user(stored[1]))

    async def end(self, secret: RandomSecret) -> None:
        """End a session and those of clients that end with it."""
        self._revoked.add(await self._tarantool.call("browser_sessions.finish", [secret.hash]))

    async def list(self, user_id: str) -> Sequence[BrowserSession]:
        """Return a user's sessions, the newest first."""
        return [_to_browser_session(stored) for stored in await self._tarantool.call("browser_sessions.list", [user_id])]

    async def end_of_user(self, user_id: str, session_id: str) -> None:
        """End a session of a user. Raises NoSuchSessionError."""
        [ended] = unwrap(await self._tarantool.call("browser_sessions.finish_of_user", [user_id, session_id]), REFUSALS)
        self._revoked.add(ended)


def _to_browser_session(stored: Any) -> BrowserSession:
    session_id, _, user_id, created_at, expires_at, authenticated_at, methods, *_ = stored
    return BrowserSession(
        id=UUID(session_id),
        user_id=UUID(user_id),
        created_at=EPOCH + created_at * MICROSECOND,
        expires_at=EPOCH + expires_at * MICROSECOND,
        authentication=Authentication(EPOCH + authenticated_at * MICROSECOND, tuple(methods)),
    )
