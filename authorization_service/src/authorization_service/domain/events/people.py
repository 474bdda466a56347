"""What happens to users, groups and grants.

`by` is the administrator who did it, and so is `user_id` where it concerns a group and no single user.
"""

from dataclasses import dataclass

from authorization_service.domain.events.domain_event import Actor, DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(DomainEvent):
    """There is a new user."""

    username: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged(DomainEvent):
    """A user has changed its names or its profile."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(DomainEvent):
    """A user has a new password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset(DomainEvent):
    """A user was given a new password by somebody else."""

    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDisabled(DomainEvent):
    """A user cannot log in any more."""

    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEnabled(DomainEvent):
    """A disabled user can log in again."""

    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeleted(DomainEvent):
    """A user is gone: by its own wish, or removed by an administrator."""

    username: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUnlocked(DomainEvent):
    """The failed attempts at a user's password are forgotten."""

    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChanged(DomainEvent):
    """A user has another role."""

    role: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCreated(DomainEvent):
    """There is a new group."""

    group: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDeleted(DomainEvent):
    """A group is gone, with its memberships and grants."""

    group: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAdded(DomainEvent):
    """A user has become a member of a group."""

    group: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(DomainEvent):
    """A user is no member of a group any more."""

    group: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantGiven(DomainEvent):
    """A user, or a group, holds another grant."""

    grant: str
    group: str | None
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTaken(DomainEvent):
    """A user, or a group, does not hold a grant any more."""

    grant: str
    group: str | None
    by: Actor
