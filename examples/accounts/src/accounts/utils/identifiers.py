"""Identifiers."""

import uuid_utils


def new_id() -> str:
    """Return a UUID of version 7 (RFC 9562): later ones sort behind earlier ones."""
    return str(uuid_utils.uuid7())
