"""A user's login on a device."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from authorization_service.domain.entities.revocation import ReadAt
from authorization_service.domain.entities.user import User
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.identity_scopes import IDENTITY_SCOPES
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.domain.value_objects.scope import ADMINISTRATION_SCOPE, keep_scopes, narrow_scopes
from shared_kernel.domain.grants import Grant, reduce_grants

MAX_USER_AGENT = 200  # characters


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """Lifetimes of sessions, idle and absolute, and of their access tokens, and how many sessions a user may have.

    For `refresh_grace` after its first use a refresh token yields its one successor again, unless that has been used.
    """

    idle: timedelta
    absolute: timedelta
    access_token: timedelta
    max_sessions: int
    refresh_grace: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Session:
    """A session: opened by a login, used whenever its refresh token is exchanged. `address` and `user_agent` are of the last use.

    `scope` is the scope requested when it was opened, separated by spaces; None is everything that the user may do.
    `authentication` is None in sessions of versions that did not record it. `client_id` is the client that the user has signed in
    to, in that browser session; None: the user acts by itself.
    """

    id: UUID
    user_id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str
    scope: str | None = None
    authentication: Authentication | None = None
    client_id: str | None = None
    browser_session_id: str | None = None

    @property
    def is_multi_factor(self) -> bool:
        """Whether the user has proved two factors."""
        return self.authentication is not None and self.authentication.is_multi_factor


class UsedSession(NamedTuple):
    """A session that was just opened or refreshed, with its user and the user's grants at that moment.

    `refresh_token` is the one to continue it with. `read_at` is before the user and the grants were read.
    """

    refresh_token: RefreshToken
    session: Session
    user: User
    grants: tuple[Grant, ...]
    read_at: ReadAt
    administrators_need_second_factor: bool = False

    @property
    def may_administer(self) -> bool:
        """Whether the user may administer others in this session."""
        return self.user.is_administrator and (self.session.is_multi_factor or not self.administrators_need_second_factor)

    def find_scopes(self, requested: str | None = None) -> tuple[str, ...]:
        """Return the scopes of an access token: of those that the user has now, the requested ones, or all for None.

        No scope exceeds those that the session was opened for. Raises InvalidScopeError.
        """
        allowed = [str(grant) for grant in reduce_grants(self.grants)]
        if self.may_administer:
            allowed.append(ADMINISTRATION_SCOPE)
        if self.session.client_id is not None:
            allowed += IDENTITY_SCOPES
        return narrow_scopes(keep_scopes(allowed, self.session.scope), requested)
