"""Cursors: where the next page of a list begins.

To a client a cursor is opaque. It holds the last name of the page before, which the client has seen; a forged one asks for what
any other page of the same list would show.
"""

import base64
import binascii
import re

from shared_kernel.domain.rules import RulesBrokenError, Violation

_NAME = re.compile(rb"[a-z0-9][a-z0-9._-]{0,63}")
_LONGEST = 88  # 64 characters in base64


def to_cursor(name: str) -> str:
    """Return the cursor of the page behind this name."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def from_cursor(cursor: str) -> str:
    """Return the name that the page stands behind: none, where the first is asked for. Raises RulesBrokenError."""
    try:
        name = base64.b64decode(cursor, altchars=b"-_", validate=True) if len(cursor) <= _LONGEST else b"?"
    except (binascii.Error, ValueError):
        name = b"?"
    if cursor and not _NAME.fullmatch(name):
        raise RulesBrokenError([Violation("cursor", "cursor", "This is not the `next_cursor` of a page.")])
    return name.decode()
