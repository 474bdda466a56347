"""When stored functions have read what they return."""

from collections.abc import Sequence

from authorization_service.domain.entities.revocation import ReadAt
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND


def to_read_at(stored: Sequence[int]) -> ReadAt:
    """Return [microseconds since 1970-01-01 UTC, number of the last revocation] as a ReadAt."""
    microseconds, revocation = stored
    return ReadAt(EPOCH + microseconds * MICROSECOND, revocation)
