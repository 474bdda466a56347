"""Events of users, groups and grants.

`by` is the administrator who made the change, and so is `user_id` where a group is concerned and no single user.
"""

from dataclasses import dataclass

from authorization_service.domain.events.domain_event import Actor, DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(DomainEvent):
    """A user has registered."""

    username: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged(DomainEvent):
    """A user has changed names or profile, by the names of the changed fields."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(DomainEvent):
    """A user has changed the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset(DomainEvent):
    """A user's password was reset by somebody else."""

    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDisabled(DomainEvent):
    """A user was disabled and cannot log in."""

    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEnabled(DomainEvent):
    """A disabled user was enabled."""

    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeleted(DomainEvent):
    """A user was deleted, by itself or by an administrator."""

    username: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUnlocked(DomainEvent):
    """The failed login attempts of a user were reset."""

    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLoggedOut(DomainEvent):
    """Somebody else has ended a session of a user or, where `session_id` is None, all of them."""

    session_id: str | None
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChanged(DomainEvent):
    """The role of a user was changed."""

    role: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCreated(DomainEvent):
    """A group was created."""

    group: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDeleted(DomainEvent):
    """A group was deleted, with its memberships and grants."""

    group: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAdded(DomainEvent):
    """A user was added to a group."""

    group: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(DomainEvent):
    """A user was removed from a group."""

    group: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantGiven(DomainEvent):
    """A user or a group was given a grant."""

    grant: str
    group: str | None
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTaken(DomainEvent):
    """A grant was removed from a user or a group."""

    grant: str
    group: str | None
    by: Actor
