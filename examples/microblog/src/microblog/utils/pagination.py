"""Pages of a listing: a slice is asked for, a page is the answer."""

import base64
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class InvalidCursorError(Exception):
    """A cursor that no page of this listing has had."""


@dataclass(frozen=True)
class Slice:
    """At most `limit` items, after the place where a cursor was; None: from the beginning."""

    limit: int
    cursor: str | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Items, and the cursor of the next page; None: this is the last one."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(place: str) -> str:
    """Return a cursor of a place: nothing that clients should understand."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the place of a cursor. Raises InvalidCursorError."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise InvalidCursorError from error
