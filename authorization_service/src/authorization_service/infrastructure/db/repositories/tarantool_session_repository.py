"""Sessions in Tarantool's space `sessions`."""

import secrets
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from authorization_service.domain.entities.session import MAX_USER_AGENT, Session, SessionPolicy, UsedSession
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import RefreshTokenReusedError
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.refresh_token import PART_BYTES, RefreshToken
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND
from authorization_service.infrastructure.db.repositories.stored_read_at import to_read_at
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import to_user
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.domain.grants import Grant
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection

SUCCESSOR_SALT = 13  # a field of a session's tuple


class TarantoolSessionRepository:
    """Implements SessionRepository. Sessions that it ends are revoked in this process at once, in others by the feed."""

    def __init__(self, tarantool: TarantoolConnection, policy: SessionPolicy, revocations: Revocations) -> None:
        self._tarantool = tarantool
        self._revocations = revocations
        self._access_token_seconds = policy.access_token.total_seconds()
        self._lifetimes = [_to_microseconds(each) for each in (policy.idle, policy.absolute, policy.access_token)]
        self._grace = _to_microseconds(policy.refresh_grace)
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
                _to_stored(origin),
                self._most,
                scope,
                [(authentication.at - EPOCH) // MICROSECOND, list(authentication.methods)],
            ],
        )
        return _to_used(token, *unwrap(stored, REFUSALS))

    async def refresh(self, token: RefreshToken, origin: ClientInfo) -> UsedSession:
        """Exchange a refresh token. Raises InvalidRefreshTokenError or RefreshTokenReusedError."""
        salt = secrets.token_bytes(PART_BYTES)
        successor = [token.make_successor(salt).secret_hash, salt.hex()]
        answer = await self._tarantool.call(
            "sessions.refresh",
            [token.family_hash, token.secret_hash, successor, self._lifetimes, _to_stored(origin), self._grace],
        )
        try:
            session, *rest = unwrap(answer, REFUSALS)
        except RefreshTokenReusedError:
            _, session_id = answer
            self._revoke(session_id)
            raise
        # Not always the salt from above: the first use of the token determines its successor.
        return _to_used(token.make_successor(bytes.fromhex(session[SUCCESSOR_SALT])), session, *rest)

    async def find_by_token(self, token: RefreshToken, *, within_grace: bool = False) -> Session | None:
        """Return the session of this refresh token."""
        grace = self._grace if within_grace else 0
        stored = await self._tarantool.call("sessions.find", [token.family_hash, token.secret_hash, grace])
        return None if stored is None else _to_session(stored)

    async def find_of_user(self, user_id: str) -> list[Session]:
        """Return a user's sessions, the most recently used first."""
        return [_to_session(stored) for stored in await self._tarantool.call("sessions.list", [user_id])]

    async def end(self, user_id: str, session_id: str) -> None:
        """End a session of a user. Raises NoSuchSessionError."""
        unwrap(await self._tarantool.call("sessions.finish", [user_id, session_id]), REFUSALS)
        self._revoke(session_id)

    async def end_all(self, user_id: str, except_session_id: str | None = None) -> int:
        """End all sessions of a user except `except_session_id`. Return how many ended."""
        ended = await self._tarantool.call("sessions.end_all", [user_id, except_session_id])
        for session_id in ended:
            self._revoke(session_id)
        return len(ended)

    def _revoke(self, session_id: str) -> None:
        self._revocations.revoke_session(session_id, time.time() + self._access_token_seconds)


def _to_microseconds(duration: timedelta) -> int:
    return duration // MICROSECOND


def _to_stored(origin: ClientInfo) -> list[str]:
    return [origin.address, origin.user_agent[:MAX_USER_AGENT]]


def _to_used(
    refresh_token: RefreshToken, session: Any, user: Any, grants: Iterable[str], read_at: Any, needs_second_factor: bool
) -> UsedSession:
    held = tuple(Grant.parse(text) for text in grants)
    return UsedSession(refresh_token, _to_session(session), to_user(user), held, to_read_at(read_at), needs_second_factor)


def _to_session(stored: Any) -> Session:
    # Sessions of earlier versions have neither a scope nor what was added later.
    session_id, user_id, _, _, created_at, last_used_at, expires_at, _, _, address, user_agent, *rest = stored
    scope, _, _, _, authenticated_at, methods = rest + [None] * (6 - len(rest))
    return Session(
        id=UUID(session_id),
        user_id=UUID(user_id),
        created_at=EPOCH + created_at * MICROSECOND,
        last_used_at=EPOCH + last_used_at * MICROSECOND,
        expires_at=EPOCH + expires_at * MICROSECOND,
        address=address,
        user_agent=user_agent,
        scope=scope,
        authentication=None if methods is None else Authentication(EPOCH + authenticated_at * MICROSECOND, tuple(methods)),
    )
