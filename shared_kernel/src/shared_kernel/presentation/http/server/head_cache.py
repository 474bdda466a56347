"""Heads that clients repeat.

Who keeps a connection says the same in each head, but for the length of the body. To parse one costs a tenth of a read.
"""

from typing import TYPE_CHECKING, NamedTuple, Self

from shared_kernel.presentation.http.server.exchange import Exchange

if TYPE_CHECKING:
    from shared_kernel.presentation.http.routing.direct_route import DirectRoute

MAX_HEAD = 4096  # bytes; each connection remembers one
MAX_DIGITS = 9

_SPELLINGS = (b"\r\nContent-Length: ", b"\r\ncontent-length: ")
_END = b"\r\n\r\n"


class HeadCache(NamedTuple):
    """A head that has been parsed: the bytes before and after the length of the body, and what was understood."""

    before: bytes
    length: bytes
    after: bytes
    operation: "DirectRoute"
    query: bytes
    fields: dict[bytes, bytes]

    @classmethod
    def remember(cls, data: bytes, exchange: Exchange) -> Self | None:
        """Return the head of a request that was parsed from `data` and is all that this has; None where it is of no use.

        That is where the same bytes might come to mean something else, or hardly ever come: a path with parameters.
        """
        fields, operation = exchange.headers, exchange.operation
        length = fields.get(b"content-length")
        if length is None or b"expect" in fields or exchange.path_values or operation.takes_stream:
            return None
        end = data.find(_END, 0, MAX_HEAD)
        place = max(data.find(spelling, 0, end) for spelling in _SPELLINGS) + len(_SPELLINGS[0])
        stop = end + len(_END)
        # The parser ends lines in other ways, too, and takes several requests at once. Then what is behind is no body so long.
        if end < 0 or place < len(_SPELLINGS[0]) or len(data) - stop != int(length):
            return None
        return cls(data[:place], length, data[place + len(length) : stop], operation, exchange.query, fields)

    def match(self, data: bytes) -> tuple[dict[bytes, bytes], bytes] | None:
        """Return the fields and the body of a request that is all that `data` has, if its head is this one with any length."""
        place = len(self.before)
        end = data.find(b"\r", place, place + MAX_DIGITS + 1)
        if not data.startswith(self.before) or not data.startswith(self.after, end):
            return None
        length = data[place:end]
        body = data[end + len(self.after) :]
        if not length.isdigit() or len(body) != int(length):
            return None
        return (self.fields if length == self.length else {**self.fields, b"content-length": length}), body
