"""uvicorn's HTTP protocol with a short way for the service's operations, and with bounds that it leaves open."""

import asyncio
from typing import Any, ClassVar

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.routing.problems import (
    PROBLEMS,
    BodyTooLargeError,
    HeadTooLargeError,
    InvalidRequestError,
    answer_problem,
    new_request_id,
)
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.head_cache import HeadCache
from shared_kernel.presentation.http.server.response import Response, StreamingResponse
from shared_kernel.presentation.http.server.response_head import WITHOUT_CONTENT, HeadRenderer, content_length_field
from shared_kernel.presentation.http.server.stream_writer import MAX_COPIED_BYTES, StreamWriter
from shared_kernel.presentation.http.server.timeouts import IDLE_SECONDS, ConnectionTimeouts

MAX_HEAD = 64 * 1024  # bytes; what arrives at once may be more
MAX_MISSES = 3
"""How many heads are remembered, one after the other, for nothing before a connection's heads are taken for different ones."""
SWEEP_SECONDS = 5.0
MAX_UNREAD_BYTES = 64 * 1024
"""What may have arrived of a body that is a stream before its client has to wait; what arrives at once may be more."""
LINGER_SECONDS = 5.0
"""How long a client may go on sending a body that nobody reads any longer, so that it gets its answer."""

# A request that repeats one of these says two things at once, and proxies disagree about which of them counts.
# An empty value, or an empty token, is what is refused.
_REPEATED = {
    b"authorization": b"Bearer ",
    b"content-type": b"",
    b"content-length": b"",
    b"content-encoding": b"",
    b"x-request-id": b"",
}


class HttpProtocol(HttpToolsProtocol):
    """Serves one connection of an HttpService.

    Requests for operations become Exchanges; all others (documentation, unknown paths) go uvicorn's way, by ASGI. Heads of
    more than MAX_HEAD bytes are refused, and a connection is closed on which no request arrives whole for IDLE_SECONDS, or
    whose client hardly fetches what waits for it.
    """

    cycle: Any  # an Exchange or uvicorn's RequestResponseCycle: of the latest request

    _sweeping: ClassVar[bool] = False
    _heads: ClassVar[HeadRenderer] = HeadRenderer()

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._service: HttpService = config.loaded_app
        self._fields: dict[bytes, bytes] = {}
        self._in_head = False
        self._wants_upgrade = False
        self._head_bytes = 0
        self._is_between = True  # requests: one has been parsed to its end and nothing of the next
        self._known: HeadCache | None = None
        self._misses_left = MAX_MISSES
        self._is_stalled = False
        self.timeouts = ConnectionTimeouts(self.loop.time())
        self.streaming: Exchange | None = None
        self.is_ending = False
        self._is_lingering = False
        self._is_sending = False  # the chunks of a stream

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to serve a connection."""
        super().connection_made(transport)
        if not HttpProtocol._sweeping:
            HttpProtocol._sweeping = True
            self.loop.call_later(SWEEP_SECONDS, self._sweep)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        cycle = self.cycle
        super().connection_lost(exc)
        if self.streaming is not None:
            self.streaming.disconnected = True
            self.streaming.wake()
            self._service.stop_waiting(self.streaming)
        if cycle is self.streaming:
            return
        if type(cycle) is Exchange and cycle.more_body and not cycle.response_complete:
            self._service.forget(cycle)
        elif type(cycle) is Exchange:
            self._service.stop_waiting(cycle)

    def data_received(self, data: bytes) -> None:
        """Take what arrived: a part of a request, or several."""
        was_between = self._is_between
        if was_between and self._known is not None and self.cycle.response_complete and self._take_known(data, self._known):
            return
        was_in_head = self._in_head
        try:
            self.parser.feed_data(data)
            if was_between and self._is_between and self._misses_left:
                self._remember_head(data)
        except HttpParserUpgrade as upgrade:
            self._stay_with_this_protocol(memoryview(data)[upgrade.args[0] :])
        except HttpParserError:
            self._reject_malformed_request()
        if was_in_head and self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD:
                self._refuse(HeadTooLargeError(f"The head of the request is longer than {MAX_HEAD} bytes."))

    def _remember_head(self, data: bytes) -> None:
        """Remember the head of the request that `data` was, if it was one alone."""
        if type(self.cycle) is Exchange:
            self._known = HeadCache.remember(data, self.cycle)
            self._misses_left -= self._known is not None

    def _take_known(self, data: bytes, known: HeadCache) -> bool:
        """Take a request that has arrived whole and alone with the head that is known, past the parser."""
        recognized = known.match(data)
        if recognized is None:
            return False
        fields, body = recognized
        self._misses_left = MAX_MISSES
        exchange = self.cycle = Exchange(self, known.operation, {}, known.query, fields, self._service.identify(fields))
        exchange.chunks.append(body)
        exchange.length = len(body)
        exchange.more_body = False
        self.timeouts.waiting_since = None
        self._open(exchange)
        return True

    def _stay_with_this_protocol(self, rest: memoryview) -> None:
        """Go on behind a head whose client would like another protocol: `rest` has arrived, and the parser takes it for that.

        HTTP/2 and websockets are not offered, and a server may ignore the wish (RFC 9110, section 7.8): the head is parsed again
        without it.
        """
        while self._wants_upgrade:
            version = self.parser.get_http_version().encode()
            fields = b"".join([b"%b: %b\r\n" % field for field in self._fields.items() if field[0] != b"upgrade"])
            head = b"%b %b HTTP/%b\r\n%b\r\n" % (self.parser.get_method(), self.url, version, fields)
            self.parser = HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
            self.parser.feed_data(head)
            try:
                self.parser.feed_data(rest)
            except HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
            except HttpParserError:
                self._reject_malformed_request()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self.url = b""
        self._fields = {}
        self._in_head = True
        self._is_between = False
        self._wants_upgrade = False
        self._head_bytes = 0
        self.timeouts.waiting_since = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field. Trailers, behind a body, are ignored (RFC 9110, section 6.5.1)."""
        if not self._in_head:
            return
        name = name.lower()
        fields = self._fields
        if name in fields:
            value = _REPEATED.get(name, fields[name] + b", " + value)
        fields[name] = value

    def on_headers_complete(self) -> None:
        """Find out whom the request is for."""
        self._in_head = False
        if self._is_lingering:
            return
        parser = self.parser
        method, fields = parser.get_method(), self._fields
        is_upgrade = parser.should_upgrade()
        is_tunnel = is_upgrade and method == b"CONNECT"
        if is_upgrade and not is_tunnel:
            self._wants_upgrade = True
            return
        found = self._service.find(method, self.url)
        if found is None:
            self._hand_over()
            return
        exchange = Exchange(self, *found, fields, self._service.identify(fields))
        # Only who says so, by a field, goes on after an HTTP/1.0 request; to ask for the version costs a text.
        if is_tunnel or not parser.should_keep_alive() or b"connection" in fields:
            exchange.is_http_1_0 = parser.get_http_version() == "1.0"
            exchange.keep_alive = parser.should_keep_alive() and not (is_tunnel or exchange.is_http_1_0)
        has_turn = self._take_turn()
        self.cycle = exchange
        if has_turn:
            self._open(exchange)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))  # type: ignore[arg-type]

    def _take_turn(self) -> bool:
        """Tell whether all earlier requests have been answered, so that the next one need not be queued."""
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        self._is_stalled = False
        return True

    def _hand_over(self) -> None:
        self._take_turn()
        url, fields = self.url, self._fields
        super().on_message_begin()
        self.url = url
        self.headers.extend(fields.items())
        self.expect_100_continue = fields.get(b"expect", b"").lower() == b"100-continue"
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        exchange = self.cycle
        if type(exchange) is not Exchange:
            super().on_body(body)
        elif exchange.operation.takes_body and not exchange.response_complete:
            exchange.chunks.append(body)
            exchange.length += len(body)
            limit = exchange.operation.max_body_bytes
            if exchange.operation.takes_stream:
                self.timeouts.arrived += len(body)
                if exchange.length >= MAX_UNREAD_BYTES:
                    self.flow.pause_reading()
                exchange.wake()
            elif exchange.length > limit and exchange.has_turn:
                self._service.refuse(exchange, BodyTooLargeError(f"The body is longer than {limit} bytes."))

    def on_message_complete(self) -> None:
        """Begin to work on a request that has arrived whole."""
        if self._wants_upgrade:
            return
        self._is_between = not self._is_lingering
        exchange = self.cycle
        self.timeouts.waiting_since = self.loop.time() if exchange.response_complete else None
        if type(exchange) is not Exchange:
            super().on_message_complete()
            return
        exchange.more_body = False
        if exchange.arrival is not None:
            exchange.wake()
        if exchange.has_turn and not exchange.response_complete and not exchange.operation.takes_stream:
            self._service.begin(exchange)

    def _open(self, exchange: Exchange) -> None:
        """Check the head of a request whose turn it is; then begin, or ask for the body."""
        exchange.has_turn = True
        if not self._service.check(exchange):
            return
        if not exchange.more_body or exchange.operation.takes_stream:
            self._service.begin(exchange)
        elif exchange.headers.get(b"expect", b"").lower() == b"100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def ask_for_body(self, exchange: Exchange) -> None:
        """Let more of a body that is a stream arrive."""
        if exchange.headers.pop(b"expect", b"").lower() == b"100-continue" and not exchange.is_http_1_0:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self.flow.write_paused:
            self.flow.resume_reading()

    def respond(self, exchange: Exchange, answer: Response) -> None:
        """Send the answer, unless the client has gone; then go on to the next request, or close."""
        exchange.response_complete = True
        if self.transport.is_closing():
            return
        if exchange.more_body and (exchange.operation.takes_stream or b"expect" in exchange.headers):
            # Whether the body follows is the client's choice (RFC 9110, section 10.1.1): what came next could be either.
            exchange.keep_alive = False
        body = b"" if answer.status in WITHOUT_CONTENT or not exchange.operation.sends_body else answer.body
        head = self.render_head(answer, content_length_field(answer), exchange.request_id, keep_alive=exchange.keep_alive)
        if len(body) <= MAX_COPIED_BYTES:
            self.transport.write(head + body)
        else:
            self.transport.write(head)
            self.transport.write(body)
        if not exchange.keep_alive:
            self._close_behind(exchange)
        self.on_response_complete()

    def render_head(self, answer: Response | StreamingResponse, framing: bytes, request_id: str, *, keep_alive: bool) -> bytes:
        """Return the head of an answer. `framing` are the lines that tell where its body ends."""
        return self._heads.render(answer, framing, request_id, self.server_state.default_headers, keep_alive=keep_alive)

    def begin_stream(self, exchange: Exchange, answer: StreamingResponse) -> StreamWriter:
        """Send the head of an answer whose chunks follow."""
        self._is_sending = True
        return StreamWriter(self, exchange, answer)

    def end_stream(self, exchange: Exchange) -> None:
        """Go on to the next request behind an answer that has been sent whole, or close."""
        exchange.response_complete = True
        self._is_sending = False
        if self.transport.is_closing():
            return
        if not exchange.keep_alive or exchange.more_body:
            self._close_behind(exchange)
        if self.timeouts.waiting_since is not None:
            self.timeouts.waiting_since = self.loop.time()  # the next request could not arrive before
        self.on_response_complete()

    def _close_behind(self, exchange: Exchange) -> None:
        """Close the connection behind an answer that the client gets although it may still be sending the body.

        To close at once what is being sent on is to reset it, and takes the answer from the client (RFC 9112, section 9.6).
        """
        if exchange.more_body and exchange.operation.takes_stream:
            self._is_lingering = True
            self.transport.write_eof()
            self.loop.call_later(LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self._go_on()

    def _go_on(self) -> None:
        if self.flow.write_paused:
            self._is_stalled = True
        elif self.pipeline:
            # Not at once: thousands of requests may have arrived together, each of them going on to the next.
            self.loop.call_soon(self._start_next)
        else:
            self.flow.resume_reading()
            self.timeouts.waiting_since = self.loop.time()

    def _start_next(self) -> None:
        if self.transport.is_closing():
            return
        cycle, app = self.pipeline.pop()
        if not self.pipeline:
            self.flow.resume_reading()
        if isinstance(cycle, Exchange):
            self._open(cycle)
        else:
            self._start_asgi_task(cycle, app)

    def pause_writing(self) -> None:
        """Take no more requests from a client that does not fetch its answers."""
        super().pause_writing()
        self.flow.pause_reading()
        self.timeouts.begin_to_wait(self.loop.time(), self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Go on with such a client."""
        super().resume_writing()
        if self._is_stalled:
            self._is_stalled = False
            self._go_on()
        elif not self.pipeline:
            self.flow.resume_reading()

    def shutdown(self) -> None:
        """End after the request under way; one that is still arriving is waited for as long as others are."""
        super().shutdown()
        self.is_ending = True
        if self.streaming is not None:
            self._service.stop_waiting(self.streaming)
        exchange = self.cycle
        if exchange is self.streaming:
            return
        if type(exchange) is Exchange and exchange.more_body and not exchange.response_complete:
            self._service.await_arrival(exchange)
        elif type(exchange) is Exchange:
            self._service.stop_waiting(exchange)

    def _reject_malformed_request(self) -> None:
        self.logger.warning("Invalid HTTP request received.")
        self._refuse(InvalidRequestError("Invalid HTTP request received."))

    def _refuse(self, error: Exception) -> None:
        if self.transport.is_closing() or self._is_lingering:
            return
        if self._is_sending:  # a client would take the answer for a part of the one before
            self.transport.abort()
            return
        request_id = new_request_id()
        answer = answer_problem(PROBLEMS, error, request_id)
        self.transport.write(self.render_head(answer, content_length_field(answer), request_id, keep_alive=False) + answer.body)
        self.transport.close()

    def _sweep(self) -> None:
        # One timer for all connections: requests are many, and nearly all arrive at once.
        now = self.loop.time()
        for connection in list(self.connections):
            if isinstance(connection, HttpProtocol):
                connection.enforce_timeouts(now)
        if self.connections:
            self.loop.call_later(SWEEP_SECONDS, self._sweep)
        else:
            HttpProtocol._sweeping = False

    def enforce_timeouts(self, now: float) -> None:
        """Cut off a client that sends or fetches slowly; let go one that sends nothing. `now` is of the loop's time."""
        timeouts = self.timeouts
        fetches_slowly = self.flow.write_paused and timeouts.fetches_slowly(now, self.transport.get_write_buffer_size())
        if fetches_slowly or timeouts.sends_slowly(now, self.streaming):
            self.transport.abort()
        elif self.streaming is None and timeouts.is_idle_since(now - IDLE_SECONDS):
            self.transport.close()
