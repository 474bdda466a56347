"""Cursors: signed positions of the next page of a listing, which clients can neither make nor change."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

from shared_kernel.domain.rules import RulesBrokenError, Violation

_PURPOSE = b"cursors of key_value_service"
_SIGNATURE_BYTES = 16


class Cursors:
    """Signs positions with a key derived from a secret that all processes of the service share, so each accepts the others'."""

    def __init__(self, find_secret: Callable[[], str]) -> None:
        self._find_secret = find_secret
        self._key = b""

    def seal(self, position: str, listing: tuple[object, ...]) -> str:
        """Return the cursor of a position in a listing; `listing` has the parameters of the request."""
        signature = self._sign(position, listing)
        return urlsafe_b64encode(signature + position.encode()).rstrip(b"=").decode()

    def open(self, cursor: str, listing: tuple[object, ...]) -> str:
        """Return the position. Raises RulesBrokenError unless exactly this cursor was made for this listing."""
        try:
            opened = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            signature, position = opened[:_SIGNATURE_BYTES], opened[_SIGNATURE_BYTES:].decode()
        except ValueError:
            raise _invalid_cursor() from None
        if not hmac.compare_digest(signature, self._sign(position, listing)) or cursor != self.seal(position, listing):
            raise _invalid_cursor()
        return position

    def _sign(self, position: str, listing: tuple[object, ...]) -> bytes:
        if not self._key:
            self._key = hmac.digest(self._find_secret().encode(), _PURPOSE, hashlib.sha256)
        return hmac.digest(self._key, json.dumps([position, *listing]).encode(), hashlib.sha256)[:_SIGNATURE_BYTES]


def _invalid_cursor() -> RulesBrokenError:
    message = "The cursor is not valid for this query: start without one, or repeat the query that returned it."
    return RulesBrokenError([Violation("cursor", "cursor", message)])
