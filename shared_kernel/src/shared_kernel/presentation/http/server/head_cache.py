"""Heads that a client repeats on a connection.

They are equal but for the length of the body. To parse one costs a tenth of a one-key read.
"""

from typing import NamedTuple, Self

from shared_kernel.presentation.http.server.handler import Found

MAX_HEAD = 4096  # bytes; each connection remembers one
MAX_DIGITS = 9

_SPELLINGS = (b"\r\nContent-Length: ", b"\r\ncontent-length: ")
_END = b"\r\n\r\n"


class HeadCache(NamedTuple):
    """One head as bytes before and after the length of the body, and what it was parsed to."""

    before: bytes
    length: bytes
    after: bytes
    found: Found
    fields: dict[bytes, bytes]

    @classmethod
    def remember(cls, data: bytes, found: Found, fields: dict[bytes, bytes]) -> Self | None:
        """Return the head of the request that was parsed from `data`, if `data` is exactly one request; else None.

        None as well where the same bytes might mean something else the next time, or hardly ever come again: where a body is
        asked for or streamed, and for a path with parameters.
        """
        operation, path_values, _ = found
        length = fields.get(b"content-length")
        if length is None or b"expect" in fields or path_values or operation.takes_stream:
            return None
        end = data.find(_END, 0, MAX_HEAD)
        place = max(data.find(spelling, 0, end) for spelling in _SPELLINGS) + len(_SPELLINGS[0])
        stop = end + len(_END)
        # The parser accepts other line ends and several requests at once. Then what follows is not as long as announced.
        if end < 0 or place < len(_SPELLINGS[0]) or len(data) - stop != int(length):
            return None
        return cls(data[:place], length, data[place + len(length) : stop], found, fields)

    def match(self, data: bytes) -> tuple[dict[bytes, bytes], bytes] | None:
        """Return the fields and the body if `data` is exactly one request with this head and any length; else None."""
        place = len(self.before)
        end = data.find(b"\r", place, place + MAX_DIGITS + 1)
        if not data.startswith(self.before) or not data.startswith(self.after, end):
            return None
        length = data[place:end]
        body = data[end + len(self.after) :]
        if not length.isdigit() or len(body) != int(length):
            return None
        return (self.fields if length == self.length else {**self.fields, b"content-length": length}), body
