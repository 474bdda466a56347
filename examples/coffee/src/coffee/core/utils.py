"""Identifiers and cursors."""

import base64

import uuid_utils

from coffee.core.errors import InvalidCursorError


def new_id() -> str:
    """Return a UUID of version 7 (RFC 9562): later ones sort behind earlier ones."""
    return str(uuid_utils.uuid7())


def encode_cursor(place: str) -> str:
    """Return a cursor of a place in a listing: nothing that clients should understand."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the place of a cursor. Raises InvalidCursorError."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise InvalidCursorError(field="cursor") from error
