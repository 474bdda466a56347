"""Contacts of users."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from accounts.schemas import Body, Code

Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)]


class UserContactCreate(Body):
    """A new contact. The first one of its type becomes the primary one."""

    type: Code
    value: Value
    is_primary: bool = False


class UserContactUpdate(Body):
    """Changes of a contact; what is absent stays. Another one becomes primary by `is_primary` true."""

    value: Value | None = None
    is_primary: bool | None = None


class UserContactRead(BaseModel):
    """A contact. One that is not active is kept, is never primary, and its value is free for others."""

    id: str
    user_id: str
    type: str
    value: str
    is_primary: bool
    is_active: bool
    created_at: datetime
