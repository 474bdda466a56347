"""Fakes of the ports of authorization_service, in memory."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import NamedTuple
from uuid import UUID, uuid4

from authorization_service.application.auth.access_token_issuer import AccessToken
from authorization_service.application.auth.require_administrator import RequireAdministrator
from authorization_service.application.grant.grant_repository import Holder, HolderKind
from authorization_service.domain.entities.revocation import ReadAt
from authorization_service.domain.entities.session import MAX_USER_AGENT, Session, SessionPolicy, UsedSession
from authorization_service.domain.entities.user import Role, User
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.events.sessions import LoggedIn, LoginRefused, RefreshTokenReused, Refusal, SessionEnded
from authorization_service.domain.exceptions import (
    InvalidRefreshTokenError,
    LastAdministratorError,
    NoSuchSessionError,
    RefreshTokenReusedError,
    SecondFactorMissingError,
    UsernameTakenError,
    WrongCredentialsError,
)
from authorization_service.domain.password_rules import PasswordRules
from authorization_service.domain.value_objects.authentication import Authentication, Method
from authorization_service.domain.value_objects.person_name import PersonName
from authorization_service.domain.value_objects.profile import Profile
from authorization_service.domain.value_objects.refresh_token import PART_BYTES, RefreshToken
from authorization_service.domain.value_objects.scope import ADMINISTRATION_SCOPE
from authorization_service.domain.value_objects.username import Username
from shared_kernel.application.authentication import FIRST_PARTY_CLIENT, Caller
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.domain.grants import Action, Grant

GOOD_PASSWORD = "Correct-horse-7"
RULES = PasswordRules(frozenset({"password", "dragon", "p@ssw0rd"}))
DEFAULT_GRANTS = (Grant(Action.READ, "default"), Grant(Action.WRITE, "default"))
NOON = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
BY_PASSWORD = Authentication(NOON, (Method.PASSWORD,))
POLICY = SessionPolicy(
    idle=timedelta(days=30), absolute=timedelta(days=90), access_token=timedelta(seconds=900), max_sessions=100
)


def make_user(
    username: str = "anna",
    *,
    user_id: UUID | None = None,
    password_hash: str = f"hash of {GOOD_PASSWORD}",
    first_name: str = "Anna",
    last_name: str | None = "Petrova",
    role: Role = Role.MEMBER,
    created_at: datetime = NOON,
    is_enabled: bool = True,
    profile: str = "{}",
) -> User:
    """Return a valid user."""
    return User(
        id=user_id or uuid4(),
        username=Username(username),
        password_hash=password_hash,
        first_name=PersonName(first_name),
        last_name=None if last_name is None else PersonName(last_name),
        role=role,
        created_at=created_at,
        is_enabled=is_enabled,
        profile=Profile(profile),
    )


class InMemoryUserRepository:
    """Implements UserRepository. Records events, and whose sessions and tokens a change has ended."""

    def __init__(self, users: Iterable[User] = (), grants: Iterable[Grant] = ()) -> None:
        self.is_available = True
        self.is_full = False
        self._users = {user.username.key: user for user in users}
        self.grants = {Holder(HolderKind.USER, str(user.id)): set(grants) for user in self._users.values()}
        self.memberships: set[tuple[str, str]] = set()  # a group's name and a user's id
        self.events: list[DomainEvent] = []
        self.names = {str(user.id): user.username.value for user in self._users.values()}  # also of those who are gone
        self.ended_sessions: list[tuple[str, str | None]] = []  # a user's id and that of the session which was kept
        self.revoked_tokens: list[str] = []

    def __len__(self) -> int:
        return len(self._users)

    async def add(self, user: User, grants: Iterable[Grant] = ()) -> None:
        """Add a user."""
        self.refuse_if_unavailable()
        if user.username.key in self._users:
            raise UsernameTakenError
        if self.is_full:
            raise StoreFullError
        self._users[user.username.key] = replace(user, events=())
        self.names[str(user.id)] = user.username.value
        self.grants[Holder(HolderKind.USER, str(user.id))] = set(grants)
        self.events += user.events

    async def change(self, user: User, *, ends_sessions: bool = False, kept_session_id: str | None = None) -> bool:
        """Store a changed user."""
        if not self._may_replace(user, user.is_administrator):
            return False
        self._users[user.username.key] = replace(user, revision=user.revision + 1, events=())
        if ends_sessions:
            self.ended_sessions.append((str(user.id), kept_session_id))
        self.events += user.events
        return True

    async def remove(self, user: User) -> bool:
        """Delete a user."""
        if not self._may_replace(user, stays_administrator=False):
            return False
        del self._users[user.username.key]
        self.grants.pop(Holder(HolderKind.USER, str(user.id)), None)
        self.memberships = {(group, user_id) for group, user_id in self.memberships if user_id != str(user.id)}
        self.ended_sessions.append((str(user.id), None))
        self.events += user.events
        return True

    async def list(self, prefix: str, after: str, most: int) -> Sequence[User]:
        """Return users, ordered by username key."""
        self.refuse_if_unavailable()
        keys = sorted(key for key in self._users if key.startswith(prefix) and key > after)
        return [self._users[key] for key in keys[:most]]

    async def has_administrator(self) -> bool:
        """Return whether there is an enabled administrator."""
        self.refuse_if_unavailable()
        return any(user.is_administrator for user in self._users.values())

    async def find_by_username(self, key: str) -> User | None:
        """Return the user with this username key."""
        self.refuse_if_unavailable()
        return self._users.get(key)

    async def find_by_id(self, user_id: str) -> User | None:
        """Return the user with this id."""
        self.refuse_if_unavailable()
        return next((user for user in self._users.values() if str(user.id) == user_id), None)

    def find_grants(self, user_id: str) -> tuple[Grant, ...]:
        """Return the grants of a user and of its groups."""
        holders = {Holder(HolderKind.GROUP, group) for group, member in self.memberships if member == user_id}
        holders.add(Holder(HolderKind.USER, user_id))
        return tuple(sorted(set().union(*(self.grants.get(holder, ()) for holder in holders))))

    def _may_replace(self, user: User, stays_administrator: bool) -> bool:
        self.refuse_if_unavailable()
        stored = self._users.get(user.username.key)
        if stored is None or stored.revision != user.revision:
            return False
        administrators = sum(other.is_administrator for other in self._users.values())
        if stored.is_administrator and not stays_administrator and administrators == 1:
            raise LastAdministratorError
        return True

    def put(self, user: User) -> None:
        """Replace the user of the same name."""
        self._users[user.username.key] = user

    def remove_all(self) -> None:
        """Delete all users."""
        self._users.clear()

    def refuse_if_unavailable(self) -> None:
        """Raise StoreUnavailableError unless `is_available`."""
        if not self.is_available:
            raise StoreUnavailableError


class Succession(NamedTuple):
    """The latest refresh token of a session, and the one before it with the time of its first use."""

    latest: RefreshToken
    previous: RefreshToken | None = None
    succeeded_at: datetime = NOON

    def continues(self, token: RefreshToken, since: datetime) -> bool:
        """Return whether a token may be used: the latest one, or the one before it if that was first used after `since`."""
        return token == self.latest or (token == self.previous and self.succeeded_at > since)


class InMemorySessionRepository:
    """Implements SessionRepository, with a clock that ticks once per use. Records which sessions have ended."""

    def __init__(
        self,
        users: InMemoryUserRepository,
        policy: SessionPolicy = POLICY,
        has_factors: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.now = NOON
        self._has_factors = has_factors
        self.ended: list[UUID] = []
        self._users = users
        self._policy = policy
        self._sessions: dict[str, tuple[Session, Succession]] = {}  # by the family's hash

    async def open(
        self,
        user: User,
        authentication: Authentication,
        token: RefreshToken,
        client: ClientInfo,
        scope: str | None = None,
    ) -> UsedSession:
        """Open a session."""
        current = await self._users.find_by_id(str(user.id))
        if current is None or not current.is_enabled or current.password_hash != user.password_hash:
            refused = LoginRefused(
                user_id=str(user.id), occurred_at=self.now, reason=Refusal.USER_CHANGED, address=client.address
            )
            self._users.events.append(refused)
            raise WrongCredentialsError
        if self._has_factors(str(user.id)) and not authentication.is_multi_factor:
            raise SecondFactorMissingError
        for earlier in (await self.find_of_user(str(user.id)))[self._policy.max_sessions - 1 :]:
            self._end(earlier, "too many")
        now = self._tick()
        expires_at = now + min(self._policy.idle, self._policy.absolute)
        user_agent = client.user_agent[:MAX_USER_AGENT]
        session = Session(uuid4(), user.id, now, now, expires_at, client.address, user_agent, scope, authentication)
        self._sessions[token.family_hash] = (session, Succession(token))
        self._record(
            LoggedIn,
            session,
            address=session.address,
            user_agent=session.user_agent,
            methods=authentication.methods,
        )
        return UsedSession(token, session, current, self._users.find_grants(str(user.id)), ReadAt(now, 0))

    async def refresh(self, token: RefreshToken, client: ClientInfo, client_id: str | None = None) -> UsedSession:
        """Exchange a refresh token."""
        self._users.refuse_if_unavailable()
        now = self._tick()
        session, succession = self._sessions.get(token.family_hash, (None, Succession(token)))
        if session is None or session.expires_at <= now or session.client_id not in (None, client_id):
            raise InvalidRefreshTokenError
        if not succession.continues(token, now - self._policy.refresh_grace):
            self._record(RefreshTokenReused, session, address=client.address, user_agent=client.user_agent[:MAX_USER_AGENT])
            self._end(session, "refresh token reused")
            raise RefreshTokenReusedError
        user = await self._users.find_by_id(str(session.user_id))
        if user is None or not user.is_enabled:
            self._end(session, "user gone")
            raise InvalidRefreshTokenError
        used = replace(
            session,
            last_used_at=now,
            expires_at=min(now + self._policy.idle, session.created_at + self._policy.absolute),
            address=client.address,
            user_agent=client.user_agent[:MAX_USER_AGENT],
        )
        if token == succession.latest:
            succession = Succession(token.make_successor(token_bytes(PART_BYTES)), token, now)
        self._sessions[token.family_hash] = (used, succession)
        return UsedSession(succession.latest, used, user, self._users.find_grants(str(user.id)), ReadAt(now, 0))

    async def find_by_token(self, token: RefreshToken, *, within_grace: bool = False) -> Session | None:
        """Return the session of this refresh token."""
        session, succession = self._sessions.get(token.family_hash, (None, Succession(token)))
        if session is None or session.expires_at <= self.now:
            return None
        grace = self._policy.refresh_grace if within_grace else timedelta(0)
        return session if succession.continues(token, self.now - grace) else None

    async def find_of_user(self, user_id: str) -> list[Session]:
        """Return a user's sessions, the most recently used first."""
        self._users.refuse_if_unavailable()
        found = [session for session, _ in self._sessions.values() if str(session.user_id) == user_id]
        living = [session for session in found if session.expires_at > self.now]
        return sorted(living, key=lambda session: session.last_used_at, reverse=True)

    async def end(self, user_id: str, session_id: str, events: Sequence[DomainEvent] = (), *, is_revoked: bool = False) -> None:
        """End a session of a user."""
        for session in await self.find_of_user(user_id):
            if str(session.id) == session_id:
                self._end(session, "revoked" if is_revoked else _find_reason(events))
                self._users.events += events
                return
        raise NoSuchSessionError

    async def end_all(self, user_id: str, except_session_id: str | None = None, events: Sequence[DomainEvent] = ()) -> int:
        """End all sessions of a user, except one if given."""
        ending = [session for session in await self.find_of_user(user_id) if str(session.id) != except_session_id]
        for session in ending:
            self._end(session, _find_reason(events))
        self._users.events += events
        return len(ending)

    def authenticate(self, session_id: str, authentication: Authentication) -> None:
        """Record how the user of a session has authenticated again."""
        for family, (session, succession) in self._sessions.items():
            if str(session.id) == session_id:
                self._sessions[family] = (replace(session, authentication=authentication), succession)

    def _tick(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def _record(self, kind: type[DomainEvent], session: Session, **data: object) -> None:
        fields = {"user_id": str(session.user_id), "occurred_at": self.now, "session_id": str(session.id), **data}
        self._users.events.append(kind(**fields))  # type: ignore[arg-type]

    def _end(self, ending: Session, reason: str) -> None:
        self.ended.append(ending.id)
        self._record(SessionEnded, ending, reason=reason)
        self._sessions = {family: kept for family, kept in self._sessions.items() if kept[0].id != ending.id}


def _find_reason(events: Sequence[DomainEvent]) -> str:
    return "ended by an administrator" if events else "logged out"


ADMINISTRATOR = make_user("admin", user_id=UUID("0199a1b2-0000-7000-8000-000000000001"), role=Role.ADMINISTRATOR)
AS_ADMINISTRATOR = Caller(str(ADMINISTRATOR.id), frozenset({ADMINISTRATION_SCOPE}))


class FakePolicies:
    """Implements PolicyRepository."""

    def __init__(self) -> None:
        self.is_needed = False
        self.events: list[DomainEvent] = []

    async def administrators_need_second_factor(self) -> bool:
        return self.is_needed

    async def set_administrators_need_second_factor(self, is_needed: bool, events: Sequence[DomainEvent]) -> bool:
        if self.is_needed == is_needed:
            return False
        self.is_needed = is_needed
        self.events += events
        return True


REQUIRE_ADMINISTRATOR = RequireAdministrator(InMemoryUserRepository([ADMINISTRATOR]), FakePolicies())


class RecordingPasswordHasher:
    """Implements PasswordHasher and PasswordVerifier without the cost, and records the passwords."""

    def __init__(self) -> None:
        self.is_busy = False
        self.hashed: list[str] = []
        self.verified: list[tuple[str, str | None]] = []

    async def hash(self, password: str) -> str:
        """Return a stand-in for a hash."""
        if self.is_busy:
            raise BusyError
        self.hashed.append(password)
        return f"hash of {password}"

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Return whether `hash` would return this hash."""
        if self.is_busy:
            raise BusyError
        self.verified.append((password, password_hash))
        return password_hash == f"hash of {password}"


class NamingAccessTokenIssuer:
    """Implements AccessTokenIssuer with tokens that spell out their claims, and records when their rights were read."""

    def __init__(self) -> None:
        self.read_at: list[ReadAt] = []

    def issue(
        self,
        subject: str,
        scopes: Iterable[str],
        read_at: ReadAt,
        *,
        session_id: str = "",
        client_id: str = FIRST_PARTY_CLIENT,
        authentication: Authentication | None = None,  # noqa: ARG002 - the real one is tested with it
    ) -> AccessToken:
        """Return a token that spells out its claims."""
        self.read_at.append(read_at)
        scope = " ".join(scopes)
        return AccessToken(f"{client_id}: {subject} may {scope} in {session_id}", 900, scope)


class NamingIdTokenIssuer:
    """Implements IdTokenIssuer."""

    def issue(self, session: Session, access_token: str, nonce: str | None) -> str:
        """Return a token that spells out its claims."""
        return f"{session.user_id} for {session.client_id} with {access_token} after {nonce}"
