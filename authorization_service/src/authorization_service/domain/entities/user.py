"""A user of the store."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Self
from uuid import UUID

from authorization_service.domain.events.domain_event import Actor, DomainEvent
from authorization_service.domain.events.people import (
    PasswordChanged,
    PasswordReset,
    ProfileChanged,
    RoleChanged,
    UserDeleted,
    UserDisabled,
    UserEnabled,
)
from authorization_service.domain.value_objects.person_name import PersonName
from authorization_service.domain.value_objects.profile import Profile
from authorization_service.domain.value_objects.username import Username
from shared_kernel.domain.rules import refuse_if_broken

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_user_id(text: str) -> bool:
    """Return whether the text has the form of a user's id: a UUID in lower case."""
    return _ID.fullmatch(text) is not None


class Role(StrEnum):
    """The role of a user."""

    MEMBER = "member"
    ADMINISTRATOR = "administrator"


class Kept(Enum):
    """What stands for a new value where the present one is kept."""

    KEPT = "kept"


KEPT = Kept.KEPT


@dataclass(frozen=True, slots=True)
class User:
    """A registered user. `id` never changes and is the subject of access tokens. Some people have no last name.

    Changing methods return the changed user, or the same one if nothing changes. `events` are those since the user was read with
    its `revision`; `by` is who makes the change.
    """

    id: UUID
    username: Username
    password_hash: str = field(repr=False)
    first_name: PersonName
    last_name: PersonName | None
    role: Role
    created_at: datetime
    is_enabled: bool = True
    profile: Profile = field(default=Profile(), repr=False)
    revision: int = 1
    events: tuple[DomainEvent, ...] = field(default=(), compare=False)

    @property
    def is_administrator(self) -> bool:
        """Whether the user may administer others. A disabled administrator may not."""
        return self.is_enabled and self.role is Role.ADMINISTRATOR

    def describe(
        self,
        now: datetime,
        *,
        first_name: str | Kept = KEPT,
        last_name: str | Kept | None = KEPT,
        profile_patch: Mapping[str, object] | None,
    ) -> Self:
        """Return the user with new names and a patched profile (RFC 7396), with the ProfileChanged event.

        None removes the last name.

        Raises RulesBrokenError.
        """
        refuse_if_broken(
            PersonName.find_violations(first_name, "first_name") if first_name is not KEPT else (),
            PersonName.find_violations(last_name, "last_name") if isinstance(last_name, str) else (),
        )
        wanted = {
            "first_name": self.first_name if first_name is KEPT else PersonName(first_name),
            "last_name": PersonName(last_name) if isinstance(last_name, str) else self.last_name if last_name is KEPT else None,
            "profile": self.profile.patch(profile_patch),
        }
        changes = {name: value for name, value in wanted.items() if value != getattr(self, name)}
        if not changes:
            return self
        return self._change(ProfileChanged(user_id=str(self.id), occurred_at=now, fields=tuple(changes)), **changes)

    def change_password(self, now: datetime, password_hash: str) -> Self:
        """Return the user with a new password hash, with the PasswordChanged event."""
        return self._change(PasswordChanged(user_id=str(self.id), occurred_at=now), password_hash=password_hash)

    def reset_password(self, now: datetime, by: Actor, password_hash: str) -> Self:
        """Return the user with a new password hash, with the PasswordReset event."""
        return self._change(PasswordReset(user_id=str(self.id), occurred_at=now, by=by), password_hash=password_hash)

    def administer(self, now: datetime, by: Actor, *, is_enabled: bool | None = None, role: Role | None = None) -> Self:
        """Return the user disabled or enabled, and with a new role, where these are not None, with the events of the changes."""
        happened: list[DomainEvent] = []
        if is_enabled is not None and is_enabled is not self.is_enabled:
            kind = UserEnabled if is_enabled else UserDisabled
            happened.append(kind(user_id=str(self.id), occurred_at=now, by=by))
        if role is not None and role is not self.role:
            happened.append(RoleChanged(user_id=str(self.id), occurred_at=now, by=by, role=role))
        if not happened:
            return self
        return self._change(*happened, is_enabled=self.is_enabled if is_enabled is None else is_enabled, role=role or self.role)

    def delete(self, now: datetime, by: Actor) -> Self:
        """Return the deleted user, with the UserDeleted event."""
        return self._change(UserDeleted(user_id=str(self.id), occurred_at=now, by=by, username=self.username.value))

    def _change(self, *happened: DomainEvent, **changes: Any) -> Self:
        return replace(self, **changes, events=self.events + happened)
