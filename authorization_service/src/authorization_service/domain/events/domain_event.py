"""What has happened."""

from dataclasses import dataclass
from datetime import datetime

Actor = str | None
"""Id of the user who performed an action; None is the operator, at the command line."""

BY_OPERATOR: Actor = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Something that has happened to a user, or that a user did; `user_id` is None where that is nobody who is known.

    The fields of its kinds are JSON values and never secret. A kind is known once `known.py` has its module.
    """

    user_id: str | None
    occurred_at: datetime
