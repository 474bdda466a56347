"""What has happened."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Something that has happened to a user, or that a user did. The fields of its kinds are JSON values and never secret."""

    user_id: str
    occurred_at: datetime
