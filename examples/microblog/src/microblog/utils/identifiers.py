"""Identifiers that sort by time."""

from uuid import UUID

import uuid_utils


def new_id(after: str = "") -> str:
    """Return a UUID of version 7 (RFC 9562) that is greater than `after`, also if the clock was set back."""
    new = str(uuid_utils.uuid7())
    return new if new > after else str(UUID(int=UUID(after).int + 1))
