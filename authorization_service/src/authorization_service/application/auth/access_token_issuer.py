"""Who signs access tokens."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NewType, Protocol

# Who asks on a user's behalf (RFC 9068, section 2.2): the user, directly.
FIRST_PARTY_CLIENT = "first-party"


AccessTokenLifetime = NewType("AccessTokenLifetime", timedelta)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token, the seconds it is valid for and the scopes it carries, separated by spaces."""

    token: str = field(repr=False)
    expires_in: int
    scope: str


class AccessTokenIssuer(Protocol):
    """Signs access tokens."""

    def issue(
        self,
        subject: str,
        scopes: Iterable[str],
        issued_at: datetime,
        *,
        session_id: str = "",
        client_id: str = FIRST_PARTY_CLIENT,
    ) -> AccessToken:
        """Return a new token for a user's id, or a client's where it acts on its own behalf and outside any session.

        `issued_at` is a moment before the subject and its scopes were read: what changes afterwards can then revoke the token.
        """
        ...
