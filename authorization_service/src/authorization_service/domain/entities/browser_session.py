"""A user's sign-in in a browser."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from authorization_service.domain.entities.user import User
from authorization_service.domain.value_objects.authentication import Authentication


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A browser in which a user has signed in: it may get tokens for clients without asking again.

    `id` is the `sid` of ID tokens and not secret.
    """

    id: UUID
    user_id: UUID
    created_at: datetime
    expires_at: datetime
    authentication: Authentication


class SignedIn(NamedTuple):
    """A browser session and its user."""

    session: BrowserSession
    user: User
