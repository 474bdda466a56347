"""Users."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from accounts.db.records import Record
from accounts.schemas import Body, Handle, Name

MAX_PROFILE_BYTES = 16 * 1024


def _check_size(profile: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(profile, ensure_ascii=False).encode()) > MAX_PROFILE_BYTES:
        raise ValueError(f"A profile may have {MAX_PROFILE_BYTES} bytes of JSON.")
    return profile


Profile = Annotated[dict[str, Any], AfterValidator(_check_size)]


class User(Record):
    """A user, as it is stored."""

    username: str
    first_name: str
    last_name: str | None = None
    profile: dict[str, Any] = Field(default={})
    is_active: bool = True


class UserCreate(Body):
    """A new user."""

    username: Handle
    first_name: Name
    last_name: Name | None = None
    profile: Profile = Field(default={})


class UserUpdate(Body):
    """Changes of a user; what is absent stays. `profile` is a merge patch (RFC 7396)."""

    username: Handle | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    profile: Profile | None = None


class UserRead(User):
    """A user. `events`: how many events have told of it."""
