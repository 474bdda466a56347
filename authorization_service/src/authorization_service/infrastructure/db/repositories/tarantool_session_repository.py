"""Sessions in Tarantool's space `sessions`."""

import secrets
from collections.abc import Sequence
from uuid import uuid4

from authorization_service.domain.entities.session import Session, SessionPolicy, UsedSession
from authorization_service.domain.entities.user import User
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.exceptions import RefreshTokenReusedError
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.refresh_token import PART_BYTES, RefreshToken
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS
from authorization_service.infrastructure.db.repositories.revoked_sessions import RevokedSessions
from authorization_service.infrastructure.db.repositories.stored_events import to_stored
from authorization_service.infrastructure.db.repositories.stored_sessions import (
    SUCCESSOR_SALT,
    to_microseconds,
    to_session,
    to_stored_authentication,
    to_stored_client,
    to_stored_lifetimes,
    to_used,
)
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolSessionRepository:
    """Implements SessionRepository. Sessions that it ends are revoked in this process at once, in others by the feed."""

    def __init__(self, tarantool: TarantoolConnection, policy: SessionPolicy, revocations: Revocations) -> None:
        self._tarantool = tarantool
        self._revoked = RevokedSessions(policy, revocations)
        self._lifetimes = to_stored_lifetimes(policy)
        self._grace = to_microseconds(policy.refresh_grace)
        self._most = policy.max_sessions

    async def open(
        self,
        user: User,
        authentication: Authentication,
        token: RefreshToken,
        origin: ClientInfo,
        scope: str | None = None,
    ) -> UsedSession:
        """Open a session. Raises WrongCredentialsError or SecondFactorMissingError."""
        # Not a time-ordered id: tokens carry it, and would disclose the session's age.
        stored = await self._tarantool.call(
            "sessions.open",
            [
                str(uuid4()),
                str(user.id),
                user.password_hash,
                [token.family_hash, token.secret_hash],
                self._lifetimes,
                to_stored_client(origin),
                self._most,
                scope,
                to_stored_authentication(authentication),
            ],
        )
        return to_used(token, *unwrap(stored, REFUSALS))

    async def refresh(self, token: RefreshToken, origin: ClientInfo, client_id: str | None = None) -> UsedSession:
        """Exchange a refresh token. Raises InvalidRefreshTokenError or RefreshTokenReusedError."""
        salt = secrets.token_bytes(PART_BYTES)
        successor = [token.make_successor(salt).secret_hash, salt.hex()]
        answer = await self._tarantool.call(
            "sessions.refresh",
            [token.family_hash, token.secret_hash, successor, self._lifetimes, to_stored_client(origin), self._grace, client_id],
        )
        try:
            session, *rest = unwrap(answer, REFUSALS)
        except RefreshTokenReusedError:
            _, session_id = answer
            self._revoked.add([session_id])
            raise
        # Not always the salt from above: the first use of the token determines its successor.
        return to_used(token.make_successor(bytes.fromhex(session[SUCCESSOR_SALT])), session, *rest)

    async def find_by_token(self, token: RefreshToken, *, within_grace: bool = False) -> Session | None:
        """Return the session of this refresh token."""
        grace = self._grace if within_grace else 0
        stored = await self._tarantool.call("sessions.find", [token.family_hash, token.secret_hash, grace])
        return None if stored is None else to_session(stored)

    async def find_of_user(self, user_id: str) -> list[Session]:
        """Return a user's sessions, the most recently used first."""
        return [to_session(stored) for stored in await self._tarantool.call("sessions.list", [user_id])]

    async def end(self, user_id: str, session_id: str, events: Sequence[DomainEvent] = (), *, is_revoked: bool = False) -> None:
        """End a session of a user. Raises NoSuchSessionError."""
        arguments = [user_id, session_id, is_revoked, to_stored(events)]
        unwrap(await self._tarantool.call("sessions.finish", arguments), REFUSALS)
        self._revoked.add([session_id])

    async def end_all(self, user_id: str, except_session_id: str | None = None, events: Sequence[DomainEvent] = ()) -> int:
        """End all sessions of a user except `except_session_id`. Return how many ended."""
        ended = await self._tarantool.call("sessions.end_all", [user_id, except_session_id, to_stored(events)])
        self._revoked.add(ended)
        return len(ended)
