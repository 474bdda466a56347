"""What a user lets a client do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A user's consent to tokens of a client with these scopes, until it is revoked."""

    user_id: str
    client_id: str
    scopes: tuple[str, ...]
    given_at: datetime

    def includes(self, scopes: Iterable[str]) -> bool:
        """Return whether nothing beyond these scopes was asked."""
        return set(scopes) <= set(self.scopes)
