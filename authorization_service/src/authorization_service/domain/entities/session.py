"""What a login opens: someone stays logged in, until the session ends."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Session:
    """A user at a device. It is used whenever its refresh token is exchanged; `address` and `user_agent` are the last use's.

    `scope` is what its tokens were asked to allow when it was opened, separated by spaces; None is all that the user may do.
    """

    id: UUID
    user_id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str
    scope: str | None = None
