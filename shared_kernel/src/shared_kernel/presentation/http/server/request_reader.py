"""The receiving half of a connection: bytes become requests."""

from typing import Any, Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from shared_kernel.presentation.http.server.connection_state import ConnectionState
from shared_kernel.presentation.http.server.errors import (
    HeadTooLargeError,
    MalformedRequestError,
    RejectedRequestError,
    UnsupportedVersionError,
)
from shared_kernel.presentation.http.server.handler import Found
from shared_kernel.presentation.http.server.head_cache import HeadCache
from shared_kernel.presentation.http.server.head_rules import check_head

MAX_HEAD_BYTES = 64 * 1024
"""Longest head; what comes beside a body later (trailers, sizes and extensions of chunks) is counted on top of it."""
SLICE_BYTES = 16 * 1024
"""What is parsed at once. How much of it belongs to a head that begins or ends in it is not known, and not counted."""
FREE_BYTES_PER_CHUNK = 16
"""What each chunk may have beside its data without being counted, and as much again as its data (as in Go's net/http)."""
MAX_REPEATED_FIELDS = 1000
"""Repeated fields of one head: each is joined to those before it."""

MAX_MISSES = 3
"""How many heads in a row are remembered in vain before the connection's heads are taken for different ones."""

# A request that repeats one of these fields contradicts itself, and proxies disagree about which one counts. The value given here
# replaces them: an empty one, or an empty token, which is rejected.
_REPEATED = {
    b"authorization": b"Bearer ",
    b"content-type": b"",
    b"content-length": b"",
    b"content-encoding": b"",
    b"x-request-id": b"",
    b"idempotency-key": b"",
}


class Receiver(Protocol):
    """What a RequestReader reports to.

    A request is `request_begins`, `head_arrives`, any number of `body_arrives`, `request_arrives`; or `whole_request_arrives`.
    """

    def request_begins(self) -> None:
        """The first byte of a request has arrived."""
        ...

    def head_arrives(
        self, method: bytes, target: bytes, fields: dict[bytes, bytes], *, keep_alive: bool, is_http_1_0: bool
    ) -> Found | None:
        """The head has arrived. `fields` have names in lower case; `keep_alive` is what the client wants.

        Return what the request is for, if further requests with the same head are for the same.
        """
        ...

    def whole_request_arrives(self, found: Found, fields: dict[bytes, bytes], body: bytes) -> None:
        """A request has arrived in one piece, with a head for which `head_arrives` has returned `found`."""
        ...

    def body_arrives(self, data: bytes) -> None:
        """A part of the body has arrived."""
        ...

    def request_arrives(self) -> None:
        """The whole request has arrived."""
        ...

    def must_wait(self) -> bool:
        """Return whether so many requests wait that the rest of what has arrived is to be parsed later."""
        ...


class RequestReader:
    """Parses what one client sends (RFC 9112). Trailers are ignored (RFC 9110, section 6.5.1)."""

    def __init__(self, receiver: Receiver, state: ConnectionState) -> None:
        self._receiver: Any = receiver
        self._state = state
        self._fields: dict[bytes, bytes] = {}
        self._target = b""
        self._rest: bytes | memoryview = b""
        self._pieces: list[bytes] = []
        self._counted_bytes = 0
        self._repeated_fields = 0
        self._found: Found | None = None
        self._head: HeadCache | None = None
        self._misses_left = MAX_MISSES
        self.parser = self._make_parser()

    @property
    def fields(self) -> dict[bytes, bytes]:
        """What is known of the fields of the request that arrives or has arrived last."""
        return self._fields

    def _make_parser(self) -> Any:
        parser = HttpRequestParser(self)
        # Bytes behind a request with `Connection: close` are no error: the request is answered, and they are ignored.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    def feed(self, data: bytes, *, may_begin: bool) -> None:
        """Parse what has arrived: a part of a request, or several. Raises RejectedRequestError.

        `may_begin`: whether a request that arrives now may be handled at once.
        """
        was_idle = self._state.receiving == "idle"
        if was_idle and may_begin and self._head is not None:
            matched = self._head.match(data)
            if matched is not None:
                self._misses_left = MAX_MISSES
                self._receiver.whole_request_arrives(self._head.found, *matched)
                return
        if len(data) <= SLICE_BYTES and not self._rest:
            self._parse(data)
        else:
            self._parse_in_slices(memoryview(b"".join((self._rest, data)) if self._rest else data))
        if was_idle and self._misses_left and self._state.receiving == "idle" and self._found is not None:
            self._head = HeadCache.remember(data, self._found, self._fields)
            self._misses_left -= self._head is not None

    @property
    def has_rest(self) -> bool:
        """Whether some of what has arrived is still to be parsed, by the next `feed`."""
        return bool(self._rest)

    def _parse_in_slices(self, data: memoryview) -> None:
        self._rest = b""
        for start in range(0, len(data), SLICE_BYTES):
            if self._state.receiving == "discarding":
                return
            if self._receiver.must_wait():
                self._rest = data[start:]
                return
            self._parse(data[start : start + SLICE_BYTES])

    def _parse(self, data: bytes | memoryview) -> None:
        rest = None
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            rest = memoryview(data)[upgrade.args[0] :]
        except HttpParserError as error:
            raise _describe(error)  # noqa: B904 - it has its cause
        if rest is not None:
            self._parse_without_upgrade(rest)
            self._found = None  # this head is not what was parsed
        if self._pieces:
            self._report_body()
        if self._state.receiving != "idle":
            # Before the parser has joined them: it reports a field when it has arrived whole.
            self._counted_bytes = max(0, self._counted_bytes + len(data))
            if self._counted_bytes > MAX_HEAD_BYTES:
                raise HeadTooLargeError(f"The request has more than {MAX_HEAD_BYTES} bytes beside its body.")

    def _parse_without_upgrade(self, rest: memoryview) -> None:
        """Parse the head again without the field Upgrade, then `rest`, which the parser would take for another protocol.

        HTTP/2 and WebSocket are not offered, and a server may ignore the field (RFC 9110, section 7.8).
        """
        while self._state.receiving == "upgrade":
            version = self.parser.get_http_version().encode()
            fields = b"".join([b"%b: %b\r\n" % field for field in self._fields.items() if field[0] != b"upgrade"])
            head = b"%b %b HTTP/%b\r\n%b\r\n" % (self.parser.get_method(), self._target, version, fields)
            self.parser = self._make_parser()
            try:
                self.parser.feed_data(head)
                self.parser.feed_data(rest)
            except HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
            except HttpParserError as error:
                raise _describe(error)  # noqa: B904 - it has its cause

    def close(self) -> None:
        """Parse no more, and refer to nothing that refers back, so that memory is freed without the garbage collector."""
        self.parser = self._receiver = None
        self._rest = b""

    def on_message_begin(self) -> None:
        """Begin a request. Called by the parser, like the other `on_…` methods."""
        if self._state.receiving == "discarding":
            return
        self._state.receive("head")
        self._target = b""
        self._fields = {}
        self._counted_bytes = -SLICE_BYTES  # of this slice, it is not known how much belongs to this request
        self._repeated_fields = 0
        self._receiver.request_begins()

    def on_url(self, target: bytes) -> None:
        """Take a part of the request's target."""
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field; ignore a trailer field."""
        if self._state.receiving != "head":
            return
        name = name.lower()
        fields = self._fields
        value = value.rstrip(b" \t")  # RFC 9110, section 5.5; the parser has removed what precedes it
        if name in fields:
            self._repeated_fields += 1
            if self._repeated_fields > MAX_REPEATED_FIELDS:
                raise HeadTooLargeError(f"The request repeats more than {MAX_REPEATED_FIELDS} fields.")
            value = _REPEATED.get(name, fields[name] + b", " + value)
        fields[name] = value

    def on_headers_complete(self) -> None:
        """Report the head, unless it must be parsed again without the field Upgrade."""
        if self._state.receiving == "discarding":
            return
        parser, fields = self.parser, self._fields
        method = parser.get_method()
        is_upgrade = parser.should_upgrade()
        is_tunnel = is_upgrade and method == b"CONNECT"
        if is_upgrade and not is_tunnel:
            self._state.receive("upgrade")
            return
        keep_alive, is_http_1_0 = True, False
        # An HTTP/1.0 client that wants to keep the connection sends the field. The version itself is asked for only where it
        # may matter: the parser makes a text of it.
        if is_tunnel or not parser.should_keep_alive() or b"connection" in fields:
            version = parser.get_http_version()
            if version not in ("1.0", "1.1"):
                raise UnsupportedVersionError(f"HTTP/{version} is not spoken here, but HTTP/1.1 is.")
            is_http_1_0 = version == "1.0"
            keep_alive = parser.should_keep_alive() and not (is_tunnel or is_http_1_0)
        if self._counted_bytes > MAX_HEAD_BYTES - 2 * SLICE_BYTES:
            self._measure_head()
        target = check_head(method, self._target, fields, is_http_1_0=is_http_1_0)
        if is_http_1_0:
            fields.pop(b"expect", None)  # RFC 9110, section 10.1.1
        self._state.receive("body")
        self._found = self._receiver.head_arrives(method, target, fields, keep_alive=keep_alive, is_http_1_0=is_http_1_0)

    def _measure_head(self) -> None:
        length = len(self._target) + sum(len(name) + len(value) + 4 for name, value in self._fields.items())
        if length > MAX_HEAD_BYTES:
            raise HeadTooLargeError(f"The head of the request is longer than {MAX_HEAD_BYTES} bytes.")

    def on_body(self, data: bytes) -> None:
        """Keep a part of the body: a slice may have thousands, one in each chunk."""
        if self._state.receiving == "body":
            self._pieces.append(data)

    def _report_body(self) -> None:
        pieces, self._pieces = self._pieces, []
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._counted_bytes -= FREE_BYTES_PER_CHUNK * len(pieces) + 3 * len(data)  # the data has been counted, too
        self._receiver.body_arrives(data)

    def on_message_complete(self) -> None:
        """Report that the request has arrived whole."""
        if self._pieces:
            self._report_body()
        if self._state.receiving == "body":
            self._state.receive("idle")
            self._receiver.request_arrives()


def _describe(error: HttpParserError) -> RejectedRequestError:
    """Return the error that the request is rejected with. Where a callback has failed, a bug, that is its cause."""
    cause = error.__context__
    if isinstance(cause, RejectedRequestError):
        return cause
    malformed = MalformedRequestError("Invalid HTTP request received.")
    malformed.__cause__ = cause
    return malformed
