"""The base of all events."""

from dataclasses import dataclass
from datetime import datetime

Actor = str | None
"""Id of the user who performed an action; None is the operator, at the command line."""

BY_OPERATOR: Actor = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Something that happened to a user, or that a user did. `user_id` is None where no known user is concerned.

    Fields of subclasses are JSON values and never secret. Each subclass's module must be listed in `known.py`.
    """

    user_id: str | None
    occurred_at: datetime
