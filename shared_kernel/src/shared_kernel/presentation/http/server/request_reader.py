"""The receiving half of a connection: bytes become requests."""

from typing import Any, Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from shared_kernel.presentation.http.server.connection_state import ConnectionState
from shared_kernel.presentation.http.server.errors import HeadTooLargeError, MalformedRequestError
from shared_kernel.presentation.http.server.handler import Found
from shared_kernel.presentation.http.server.head_cache import HeadCache

MAX_HEAD_BYTES = 64 * 1024
"""Longest head; what arrives at once may be more."""

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


class RequestReader:
    """Parses what one client sends (RFC 9112). Trailers are ignored (RFC 9110, section 6.5.1)."""

    def __init__(self, receiver: Receiver, state: ConnectionState) -> None:
        self._receiver: Any = receiver
        self._state = state
        self._fields: dict[bytes, bytes] = {}
        self._target = b""
        self._head_bytes = 0
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
        """Parse what has arrived: a part of a request, or several. Raises MalformedRequestError or HeadTooLargeError.

        `may_begin`: whether a request that arrives now may be handled at once.
        """
        was_idle = self._state.receiving == "idle"
        if was_idle and may_begin and self._head is not None:
            matched = self._head.match(data)
            if matched is not None:
                self._misses_left = MAX_MISSES
                self._receiver.whole_request_arrives(self._head.found, *matched)
                return
        was_in_head = self._state.receiving == "head"
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._parse_without_upgrade(memoryview(data)[upgrade.args[0] :])
            self._found = None  # this head is not what was parsed
        except HttpParserError as error:
            raise _describe(error)  # noqa: B904 - it has its cause
        if was_in_head and self._state.receiving == "head":
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                raise HeadTooLargeError(f"The head of the request is longer than {MAX_HEAD_BYTES} bytes.")
        elif was_idle and self._misses_left and self._state.receiving == "idle" and self._found is not None:
            self._head = HeadCache.remember(data, self._found, self._fields)
            self._misses_left -= self._head is not None

    def _parse_without_upgrade(self, rest: memoryview) -> None:
        """Parse the head again without the field Upgrade, then `rest`, which the parser would take for another protocol.

        HTTP/2 and WebSocket are not offered, and a server may ignore the field (RFC 9110, section 7.8).
        """
        while self._state.receiving == "upgrade":
            version = self.parser.get_http_version().encode()
            fields = b"".join([b"%b: %b\r\n" % field for field in self._fields.items() if field[0] != b"upgrade"])
            head = b"%b %b HTTP/%b\r\n%b\r\n" % (self.parser.get_method(), self._target, version, fields)
            self.parser = self._make_parser()
            self.parser.feed_data(head)
            try:
                self.parser.feed_data(rest)
            except HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
            except HttpParserError as error:
                raise _describe(error)  # noqa: B904 - it has its cause

    def close(self) -> None:
        """Parse no more, and refer to nothing that refers back, so that memory is freed without the garbage collector."""
        self.parser = self._receiver = None

    def on_message_begin(self) -> None:
        """Begin a request. Called by the parser, like the other `on_…` methods."""
        if self._state.receiving == "discarding":
            return
        self._state.receive("head")
        self._target = b""
        self._fields = {}
        self._head_bytes = 0
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
        if name in fields:
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
        self._state.receive("body")
        keep_alive, is_http_1_0 = True, False
        # An HTTP/1.0 client that wants to keep the connection sends the field. The version itself is asked for only where it
        # may matter: the parser makes a text of it.
        if is_tunnel or not parser.should_keep_alive() or b"connection" in fields:
            is_http_1_0 = parser.get_http_version() == "1.0"
            keep_alive = parser.should_keep_alive() and not (is_tunnel or is_http_1_0)
        self._found = self._receiver.head_arrives(method, self._target, fields, keep_alive=keep_alive, is_http_1_0=is_http_1_0)

    def on_body(self, data: bytes) -> None:
        """Report a part of the body."""
        if self._state.receiving == "body":
            self._receiver.body_arrives(data)

    def on_message_complete(self) -> None:
        """Report that the request has arrived whole."""
        if self._state.receiving == "body":
            self._state.receive("idle")
            self._receiver.request_arrives()


def _describe(error: HttpParserError) -> MalformedRequestError:
    """Return the error that the request is rejected with. Where a callback has failed, a bug, that is its cause."""
    cause = error.__context__
    if isinstance(cause, MalformedRequestError):
        return cause
    malformed = MalformedRequestError("Invalid HTTP request received.")
    malformed.__cause__ = cause
    return malformed
