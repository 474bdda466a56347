"""One HTTP/1.1 connection: requests in, responses out, in order."""

import asyncio
import logging
from collections import deque

import structlog
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl

from shared_kernel.presentation.http.server.asgi import AsgiCycle, make_scope
from shared_kernel.presentation.http.server.connection_state import ConnectionState
from shared_kernel.presentation.http.server.connections import Connections
from shared_kernel.presentation.http.server.errors import BodyTooLargeError, MalformedRequestError, RejectedRequestError
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.handler import Found
from shared_kernel.presentation.http.server.peer import is_half_closed, is_reset
from shared_kernel.presentation.http.server.request_reader import RequestReader
from shared_kernel.presentation.http.server.response import Response, StreamingResponse
from shared_kernel.presentation.http.server.response_head import WITHOUT_CONTENT, content_length_field
from shared_kernel.presentation.http.server.stream_writer import MAX_COPIED_BYTES, StreamWriter
from shared_kernel.presentation.http.server.timeouts import IDLE_SECONDS, ConnectionTimeouts

MAX_UNREAD_BYTES = 64 * 1024
"""What may have arrived of a streamed body before the client must wait; what arrives at once may be more."""
MAX_QUEUED = 100
"""How many requests may wait on a connection before what has arrived behind them is parsed; a slice of it may hold more."""
LINGER_SECONDS = 5.0
"""How long a client may go on sending a body that is no longer read, so that it gets its response."""
FAREWELL_SECONDS = 0.5
"""How long a client with TLS to which nothing is due may take to answer the end of its connection."""
MAX_UNSENT_BYTES = 64 * 1024
"""What may wait for a client with TLS before it must fetch, as for one without: by default it would be eight times as much."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_log = structlog.get_logger()
_uvicorn_logger = logging.getLogger("uvicorn.error")


class HttpProtocol(asyncio.Protocol):
    """Serves one connection. Implements Connection and Receiver.

    Requests for operations become Exchanges, which the Handler answers; all others are served by ASGI. A connection is closed
    when no request arrives whole for IDLE_SECONDS, or when its client is too slow (see ConnectionTimeouts).
    """

    transport: asyncio.Transport
    flow: FlowControl

    def __init__(self, shared: Connections) -> None:
        self._shared = shared
        self._handler = shared.handler
        self.loop = asyncio.get_running_loop()
        self.tasks = shared.state.tasks
        self.client: tuple[str, int] | None = None
        self.state = ConnectionState()
        self.reader = RequestReader(self, self.state)
        self.timeouts = ConnectionTimeouts(self.loop.time())
        self.latest: Exchange | AsgiCycle | None = None
        """The request that arrives or has arrived last."""
        self._queue: deque[Exchange | AsgiCycle] = deque()
        """Requests that have arrived behind the one whose turn it is, in order."""
        self._rejection: RejectedRequestError | None = None
        """What is answered behind all responses to requests: what then arrived was none."""
        self._is_half_closed = False
        self.streaming: Exchange | None = None
        self.is_ending = False
        self._is_tls = False
        self._has_asked = False
        """Whether a client that sends no more was asked if it is still there."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to serve the connection."""
        self._shared.state.connections.add(self)  # type: ignore[arg-type]
        self.transport = transport
        self.flow = FlowControl(transport)
        self.client = get_remote_addr(transport)
        self._is_tls = is_ssl(transport)
        if self._is_tls:
            transport.set_write_buffer_limits(MAX_UNSENT_BYTES)
        self._shared.descriptors.check(transport, self.loop.time())
        self._shared.sweep.start(self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        """End what still waits for the client."""
        self._shared.state.connections.discard(self)
        self.state.close()
        self.reader.close()
        self.flow.resume_writing()
        if exc is None:
            self.transport.close()
        latest, self.latest = self.latest, None  # requests refer to their connection: let neither wait for the garbage collector
        streaming = self.streaming
        self._queue.clear()
        self._rejection = None
        if isinstance(latest, AsgiCycle):
            latest.disconnect()
        elif latest is not None:
            latest.abandon()
            latest.wake()  # a server that is shutting down may wait for its body, although it has been answered
        if streaming is not None:
            streaming.abandon()
            streaming.wake()
            self._handler.stop_waiting(streaming)
        if not isinstance(latest, Exchange) or latest is streaming:
            return
        if latest.more_body and latest.is_abandoned:
            self._handler.client_disconnected(latest)
        else:
            self._handler.stop_waiting(latest)

    # What arrives

    def data_received(self, data: bytes) -> None:
        """Take what has arrived: a part of a request, or several."""
        if self.state.receiving == "discarding":
            return
        try:
            self.reader.feed(data, may_begin=self._may_begin())
        except RejectedRequestError as error:
            self._reject(error)

    def eof_received(self) -> bool:
        """Take no more from a client that has closed its half (RFC 9112, section 9.6); return whether responses are still due.

        A client that has disconnected looks the same. So what waits for an event, or streams its response, ends. With TLS, which
        asyncio closes in both directions at once, no response is due any more.
        """
        self._is_half_closed = True
        if self._is_tls:
            return False
        if self.reader.has_rest:
            self.data_received(b"")
        arriving, latest = self._give_up_arriving(), self.latest
        waiting = self.streaming or latest
        if isinstance(waiting, Exchange) and waiting.state == "open" and waiting.operation.waits:
            return False
        if arriving is not None or latest is None or self._may_begin() or self.state.sending == "closed":
            return False
        if self._rejection is None:
            latest.keep_alive = False
        self._take_no_more()
        return True

    def _take_no_more(self) -> None:
        self.state.discard()
        self.timeouts.waiting_since = None  # it is the client who waits

    def _give_up_arriving(self) -> Exchange | AsgiCycle | None:
        """Remove the request that is still arriving from the queue; return it if it is its turn already."""
        if self.state.receiving != "body":
            return None
        if self._queue:
            self._queue.pop()
            return None
        return self.latest

    def must_wait(self) -> bool:
        """Return whether so many requests are queued that no more are taken for now."""
        if len(self._queue) < MAX_QUEUED or self._is_half_closed:
            return False
        self.flow.pause_reading()
        return True

    def request_begins(self) -> None:
        """Begin to wait for the rest of the request."""
        self.timeouts.waiting_since = self.loop.time()

    def head_arrives(
        self, method: bytes, target: bytes, fields: dict[bytes, bytes], *, keep_alive: bool, is_http_1_0: bool
    ) -> Found | None:
        """Route the request; begin it if it is its turn, else queue it. Return what it is for, or None if ASGI serves it."""
        request: Exchange | AsgiCycle
        found = self._handler.find(method, target)
        if found is None:
            request = self._make_cycle(method, target, fields, keep_alive=keep_alive, is_http_1_0=is_http_1_0)
        else:
            request = Exchange(self, *found, fields, self._handler.identify(fields))
            request.keep_alive, request.is_http_1_0 = keep_alive, is_http_1_0
        may_begin = self._may_begin()
        self.latest = request
        if may_begin:
            self._open(request)
        else:
            self.flow.pause_reading()
            self._queue.append(request)
        return found

    def whole_request_arrives(self, found: Found, fields: dict[bytes, bytes], body: bytes) -> None:
        """Begin the request."""
        exchange = self.latest = Exchange(self, *found, fields, self._handler.identify(fields))
        exchange.body = body
        exchange.length = len(body)
        exchange.more_body = False
        self.timeouts.waiting_since = None
        self._open(exchange)

    def _make_cycle(
        self, method: bytes, target: bytes, fields: dict[bytes, bytes], *, keep_alive: bool, is_http_1_0: bool
    ) -> AsgiCycle:
        scope = make_scope(
            method,
            target,
            fields,
            http_version="1.0" if is_http_1_0 else "1.1",
            scheme="https" if self._is_tls else "http",
            client=self.client,
            server=get_local_addr(self.transport),
            state=self._shared.app_state.copy(),
        )
        return AsgiCycle(
            scope,
            self.transport,
            self.flow,
            _uvicorn_logger,
            _uvicorn_logger,
            access_log=False,
            default_headers=self._shared.state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=fields.get(b"expect", b"").lower() == b"100-continue",
            keep_alive=keep_alive,
            on_start=self._begin_asgi_response,
            on_response=self._end_cycle,
        )

    def _begin_asgi_response(self) -> None:
        if self.state.sending != "closed":
            self.state.send("streaming")

    def _end_cycle(self) -> None:
        if isinstance(self.latest, AsgiCycle) and self.latest.ends_early:
            self._close_behind(self.latest)
        self._go_on()

    def body_arrives(self, data: bytes) -> None:
        """Keep a part of the body."""
        request = self.latest
        if isinstance(request, AsgiCycle):
            request.take_body(data)
        elif request is not None and request.operation.takes_body and request.state != "complete":
            self._keep_body(request, data)

    def _keep_body(self, exchange: Exchange, data: bytes) -> None:
        exchange.keep(data)
        limit = exchange.operation.max_body_bytes
        if exchange.operation.takes_stream:
            self.timeouts.arrived += len(data)
            if exchange.length >= MAX_UNREAD_BYTES:
                self.flow.pause_reading()
            exchange.wake()
        elif exchange.length > limit and exchange.state == "open":
            exchange.take_body()
            self._handler.refuse(exchange, BodyTooLargeError(f"The body is longer than {limit} bytes."))

    def request_arrives(self) -> None:
        """Begin a request that waited for its body."""
        request = self.latest
        self.timeouts.waiting_since = None
        if isinstance(request, AsgiCycle):
            request.end_body()
        elif request is not None:
            request.more_body = False
            request.wake()
            if request.state == "open" and not request.operation.takes_stream:
                self._handler.begin(request)
        if self._may_begin():
            self.timeouts.waiting_since = self.loop.time()

    # Whose turn it is

    def _may_begin(self) -> bool:
        """Return whether all earlier requests have been answered, so that the next one need not be queued."""
        sending = self.state.sending
        return sending == "idle" or (sending == "stalled" and not self._queue)

    def _open(self, request: Exchange | AsgiCycle) -> None:
        """Begin the request whose turn it is: check its head; then handle it, or ask for its body."""
        self.state.send("responding")
        if isinstance(request, AsgiCycle):
            task = self.loop.create_task(request.run_asgi(self._handler))
            task.add_done_callback(self._end_asgi)
            self.tasks.add(task)
            return
        request.state = "open"
        if not self._handler.check(request):
            return
        if not request.more_body or request.operation.takes_stream:
            self._handler.begin(request)
        elif request.headers.get(b"expect", b"").lower() == b"100-continue":
            self.transport.write(_CONTINUE)

    def _end_asgi(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if task.cancelled():  # before its first step: nothing else can answer
            self.transport.close()

    def _go_on(self) -> None:
        """Go on to the next request behind a response that has been sent."""
        self._shared.state.total_requests += 1
        if self.transport.is_closing():
            self.state.close()
        if self.state.sending != "closed":
            self._find_next()

    def _find_next(self) -> None:
        if self.flow.write_paused:
            self.state.send("stalled")
        elif self._queue:
            # Not at once: thousands of requests may have arrived together, each of them going on to the next.
            self.state.send("queued")
            self.loop.call_soon(self._open_next)
        elif self.state.receiving == "discarding":
            self._end()
        else:
            self.state.send("idle")
            self.flow.resume_reading()
            self.timeouts.waiting_since = self.loop.time()

    def _open_next(self) -> None:
        if self.transport.is_closing():
            return
        if not self._queue:  # what was queued was no request after all
            self._end()
            return
        request = self._queue.popleft()
        if isinstance(request, Exchange) and request.state == "complete":  # given up at shutdown, before its turn
            self.state.close()
            self.transport.close()
            return
        is_last = not self._queue
        if is_last:
            self.flow.resume_reading()
        self._open(request)
        if is_last and self.reader.has_rest:
            self.data_received(b"")

    # What is sent

    def respond(self, exchange: Exchange, response: Response) -> None:
        """Send a whole response, unless the client has disconnected; then go on to the next request, or close."""
        exchange.complete()
        if self.transport.is_closing():
            return
        if exchange.more_body and (exchange.operation.takes_stream or b"expect" in exchange.headers):
            # Whether the body follows is the client's choice (RFC 9110, section 10.1.1): what comes next could be either.
            exchange.keep_alive = False
        body = b"" if response.status in WITHOUT_CONTENT or not exchange.operation.sends_body else response.body
        head = self._render_head(response, content_length_field(response), exchange.request_id, keep_alive=exchange.keep_alive)
        if len(body) <= MAX_COPIED_BYTES:
            self.transport.write(head + body)
        else:
            self.transport.write(head)
            self.transport.write(body)
        if not exchange.keep_alive:
            self._close_behind(exchange)
        self._go_on()

    def _render_head(self, response: Response | StreamingResponse, framing: bytes, request_id: str, *, keep_alive: bool) -> bytes:
        shared = self._shared
        return shared.heads.render(response, framing, request_id, shared.state.default_headers, keep_alive=keep_alive)

    def notice_lost_client(self, exchange: Exchange) -> None:
        """Abandon a request whose client has disconnected, although nothing is read from the connection at present."""
        if self.transport.is_closing() or exchange.writer is not None:
            return
        if is_reset(self.transport):
            self.transport.abort()
        elif not self._has_asked and is_half_closed(self.transport):
            self._has_asked = True
            if not exchange.is_http_1_0:
                # A client that is there ignores it (RFC 9110, section 15.2), one that is not resets the connection.
                self.transport.write(_CONTINUE)
            elif exchange.more_body:  # nothing may be sent to ask; one that has sent all of its request still gets the response
                self.transport.abort()

    def ask_for_body(self, exchange: Exchange) -> None:
        """Let more of a streamed body arrive."""
        if exchange.headers.pop(b"expect", b"").lower() == b"100-continue":
            self.transport.write(_CONTINUE)
        if not self.flow.write_paused:
            self.flow.resume_reading()

    def begin_stream(self, exchange: Exchange, response: StreamingResponse) -> StreamWriter:
        """Send the head of a response whose chunks follow."""
        writer = StreamWriter(exchange, response.status, self.transport, self.flow)
        if not self.transport.is_closing():
            self.state.send("streaming")
            framing = writer.prepare()
            self.transport.write(self._render_head(response, framing, exchange.request_id, keep_alive=exchange.keep_alive))
        return writer

    def end_stream(self, exchange: Exchange) -> None:
        """Go on to the next request behind a streamed response whose end has been sent, or close."""
        exchange.complete()
        if self.transport.is_closing():
            return
        if not exchange.keep_alive or exchange.more_body:
            self._close_behind(exchange)
        if self.timeouts.waiting_since is not None:
            self.timeouts.waiting_since = self.loop.time()  # the next request could not arrive earlier
        self._go_on()

    def _close_behind(self, request: Exchange | AsgiCycle) -> None:
        """Close the connection behind a response that the client must get although it may still be sending the body.

        To close a connection on which the other end is sending is to reset it, which takes the response from the client
        (RFC 9112, section 9.6).
        """
        self.state.close()
        if request.more_body:
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        if not self._is_tls:
            self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _reject(self, error: RejectedRequestError) -> None:
        """Answer bytes that are not a request, when it is their turn, and close.

        Where they belong to the body of a request, they are answered in its place.
        """
        if error.__cause__ is not None:  # a callback of the parser has failed
            _log.error("unexpected error", exc_info=error.__cause__)
        elif isinstance(error, MalformedRequestError):
            _uvicorn_logger.warning(str(error))
        if self.state.sending == "closed" or self.transport.is_closing():
            return
        request = self._give_up_arriving()
        self._take_no_more()
        if request is None or not _is_answered(request):
            self._rejection = error
        if isinstance(request, AsgiCycle):
            request.disconnect()
        if request is not None and self.state.sending == "streaming":  # a client would take another response for a part of it
            self.transport.abort()
        elif request is not None:
            self._end()
            self.transport.close()  # what handles the request may still be running, and finds no client
        elif self._may_begin():
            self._end()

    def _end(self) -> None:
        """Close the connection behind all responses, the last of which is to what was no request."""
        self.state.close()
        error, self._rejection = self._rejection, None  # its traceback refers to the connection
        if error is not None:
            request_id = self._handler.identify({})
            response = self._handler.render_error(error, request_id, self.reader.fields)
            self.transport.write(
                self._render_head(response, content_length_field(response), request_id, keep_alive=False) + response.body
            )
        if error is not None and not self._is_half_closed:
            self._linger()
        else:
            self.transport.close()

    # Slow clients and the server's end

    def pause_writing(self) -> None:
        """Take no more requests from a client that does not fetch its responses."""
        self.flow.pause_writing()
        self.flow.pause_reading()
        self.timeouts.pause_writing(self.loop.time(), self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Go on with a client that has fetched enough."""
        self.flow.resume_writing()
        if self.state.sending == "stalled":
            self._find_next()
        elif not self._queue:
            self.flow.resume_reading()

    def enforce_timeouts(self, now: float) -> None:
        """Abort the connection of a client that sends or fetches too slowly; close one that is idle."""
        timeouts = self.timeouts
        fetches_slowly = self.flow.write_paused and timeouts.fetches_slowly(now, self.transport.get_write_buffer_size())
        if fetches_slowly or timeouts.sends_slowly(now, self.streaming):
            self.transport.abort()
        elif self.streaming is None and timeouts.is_idle_since(now - IDLE_SECONDS):
            self._close_unused()

    @property
    def idle_since(self) -> float | None:
        """Since when no request is under way; None while one is."""
        return self.timeouts.waiting_since if self._may_begin() and self.streaming is None else None

    def close_idle(self) -> None:
        """Close the connection, on which no request is under way."""
        self.state.close()
        self._close_unused()

    def _close_unused(self) -> None:
        """Close the connection, on which nothing is due. A client need not answer the end of TLS (RFC 8446, section 6.1)."""
        self.transport.close()
        if self._is_tls:
            self.loop.call_later(FAREWELL_SECONDS, self.transport.abort)

    def shutdown(self) -> None:
        """Close when the request under way has been answered; one that is still arriving is waited for as long as others are.

        Called by uvicorn.
        """
        self.is_ending = True
        latest = self.latest
        if latest is None or self.state.sending == "closed" or self._may_begin():
            is_unused = self.state.sending != "closed" and not self.flow.write_paused
            self.state.close()
            if is_unused:
                self._close_unused()
            else:
                self.transport.close()
        else:
            latest.keep_alive = False
        if self.streaming is not None:
            self._handler.stop_waiting(self.streaming)
        if not isinstance(latest, Exchange) or latest is self.streaming:
            return
        if latest.more_body and latest.state != "complete":
            self._handler.await_arrival(latest)
        else:
            self._handler.stop_waiting(latest)


def _is_answered(request: Exchange | AsgiCycle) -> bool:
    return request.response_started if isinstance(request, AsgiCycle) else request.state == "complete"
