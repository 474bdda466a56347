"""Tuples of Tarantool's space `sessions`, and what opens one."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from authorization_service.domain.entities.session import MAX_USER_AGENT, Session, SessionPolicy, UsedSession
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND
from authorization_service.infrastructure.db.repositories.stored_read_at import to_read_at
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import to_user
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.domain.grants import Grant

SUCCESSOR_SALT = 13  # a field of a session's tuple
_FIELDS = 19


def to_stored_lifetimes(policy: SessionPolicy) -> list[int]:
    """Return the lifetimes as stored functions take them, in microseconds: of an unused session, of any, of an access token."""
    return [to_microseconds(each) for each in (policy.idle, policy.absolute, policy.access_token)]


def to_microseconds(duration: timedelta) -> int:
    """Return whole microseconds."""
    return duration // MICROSECOND


def to_stored_client(client: ClientInfo) -> list[str]:
    """Return the address and the User-Agent, cut to what is kept."""
    return [client.address, client.user_agent[:MAX_USER_AGENT]]


def to_stored_authentication(authentication: Authentication) -> list[Any]:
    """Return when, in microseconds since 1970-01-01 UTC, and by which methods a user has authenticated."""
    return [(authentication.at - EPOCH) // MICROSECOND, list(authentication.methods)]


def to_used(
    refresh_token: RefreshToken, session: Any, user: Any, grants: Iterable[str], read_at: Any, needs_second_factor: bool
) -> UsedSession:
    """Return what a stored function that opens or refreshes a session returns."""
    held = tuple(Grant.parse(text) for text in grants)
    return UsedSession(refresh_token, to_session(session), to_user(user), held, to_read_at(read_at), needs_second_factor)


def to_session(stored: Sequence[Any]) -> Session:
    """Return the session of a tuple. Those of earlier versions have fewer fields."""
    fields = [*stored, *[None] * (_FIELDS - len(stored))]
    session_id, user_id, _, _, created_at, last_used_at, expires_at, _, _, address, user_agent, scope = fields[:12]
    authenticated_at, methods, client_id, browser_session_id = fields[15:]
    return Session(
        id=UUID(session_id),
        user_id=UUID(user_id),
        created_at=EPOCH + created_at * MICROSECOND,
        last_used_at=EPOCH + last_used_at * MICROSECOND,
        expires_at=EPOCH + expires_at * MICROSECOND,
        address=address,
        user_agent=user_agent,
        scope=scope,
        client_id=client_id,
        browser_session_id=browser_session_id,
        authentication=None if methods is None else Authentication(EPOCH + authenticated_at * MICROSECOND, tuple(methods)),
    )
