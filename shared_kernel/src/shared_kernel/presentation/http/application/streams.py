"""Operations whose responses are made while they are sent, or whose bodies are read while they arrive."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from http import HTTPStatus

import structlog

from shared_kernel.application.authentication import AccessTokenEndedError, AccessTokenExpiredError, AccessTokenRevokedError
from shared_kernel.application.availability import BusyError
from shared_kernel.presentation.http.routing.errors import ShuttingDownError
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Response, StreamingResponse

MAX_STREAMS = 10_000
"""Open streams of one process."""
MAX_BODIES = 100
"""Those of them whose request bodies are streams: to decode one may take MAX_WINDOW."""
CHECK_SECONDS = 0.4
"""How often the tokens of open streams are checked, and the clients of those that are not being sent to."""

CLIENT_CLOSED_REQUEST = 499
"""The status in log and metrics where the client disconnected before its response (nginx's, not registered)."""

Conclude = Callable[[Exception], bytes]

_log = structlog.get_logger()


class Streams:
    """Runs the operations that stream. They may last for hours: not AdmissionControl, but a limit of their own bounds them."""

    def __init__(
        self,
        finish: Callable[[Exchange, Response], None],
        refuse: Callable[[Exchange, Exception], None],
        record: Callable[[Exchange, int, int], None],
        complete: Callable[[Exchange, StreamingResponse], StreamingResponse],
    ) -> None:
        self._finish = finish
        self._refuse = refuse
        self._record = record
        self._complete = complete
        self._open = 0
        self._bodies = 0
        self._guarded: set[Exchange] = set()
        """Those that end with their callers' tokens: some whose responses are streams, all whose bodies are."""

    @property
    def open(self) -> int:
        """Number of open streams."""
        return self._open

    def begin(self, exchange: Exchange) -> None:
        """Run the operation, or reject the request if there are too many streams."""
        if self._open >= MAX_STREAMS or (exchange.operation.takes_stream and self._bodies >= MAX_BODIES):
            self._refuse(exchange, BusyError("More streams are open than the service accepts; try again soon."))
            return
        if exchange.connection.is_ending:  # the request has waited for those before it
            self._refuse(exchange, ShuttingDownError())
            return
        self._open += 1
        self._bodies += exchange.operation.takes_stream
        exchange.connection.streaming = exchange
        task = exchange.task = asyncio.get_running_loop().create_task(self._run(exchange))
        exchange.connection.tasks.add(task)

    async def _run(self, exchange: Exchange) -> None:
        error: Exception | None = None
        conclude: Conclude | None = None
        if exchange.operation.takes_stream:
            self._guard(exchange)
        try:
            response = exchange.operation.make_streaming_response(await exchange.operation.run(exchange), exchange)
            if isinstance(response, Response):
                exchange.connection.streaming = None
                self._finish(exchange, response)
                return
            conclude = response.conclude
            await self._send(exchange, self._complete(exchange, response))
        except asyncio.CancelledError:
            # The service shuts down, the client has disconnected, or its token has ended; nothing else awaits the task.
            error = _find_reason(exchange)
        except Exception as raised:  # noqa: BLE001 - nothing above could answer
            error = raised
        finally:
            self._open -= 1
            self._bodies -= exchange.operation.takes_stream
            self._guarded.discard(exchange)
            exchange.connection.tasks.discard(exchange.task)
        self._end(exchange, error, conclude)

    async def _send(self, exchange: Exchange, response: StreamingResponse) -> None:
        if response.ends_with_token:
            self._guard(exchange)
        async with aclosing(response.chunks) as chunks:
            if exchange.operation.sends_body:
                async for chunk in chunks:
                    if not _is_wanted(exchange):
                        raise asyncio.CancelledError  # even where the generator has caught it
                    if exchange.writer is None:
                        exchange.writer = exchange.connection.begin_stream(exchange, response)
                    await exchange.writer.send(chunk)
        if exchange.writer is None:
            exchange.writer = exchange.connection.begin_stream(exchange, response)

    def _end(self, exchange: Exchange, error: Exception | None, conclude: Conclude | None) -> None:
        exchange.connection.streaming = None
        writer = exchange.writer
        if writer is not None:
            last = b"" if error is None or conclude is None or exchange.is_abandoned else conclude(error)
            self._record(exchange, writer.status, writer.sent + len(last))
            if error is None:
                writer.end()
            elif last:
                writer.conclude(last)
            else:
                self._log_cut(exchange, error)
                writer.cut()
        elif exchange.is_abandoned:
            self._record(exchange, CLIENT_CLOSED_REQUEST, 0)
        elif error is not None:
            self._refuse(exchange, error)

    def _log_cut(self, exchange: Exchange, error: Exception) -> None:
        """Log why a stream was cut: its response had begun, so the client could not receive the error."""
        if isinstance(error, ShuttingDownError | AccessTokenEndedError):
            return
        if exchange.operation.find_problem(error).kind.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("unexpected error", request_id=exchange.request_id, exc_info=error)
        else:
            _log.warning("stream cut off", request_id=exchange.request_id, reason=str(error))

    def _guard(self, exchange: Exchange) -> None:
        if not self._guarded:
            asyncio.get_running_loop().call_later(CHECK_SECONDS, self._check_guarded)
        self._guarded.add(exchange)

    def _check_guarded(self) -> None:
        # One timer for all of them: there may be thousands.
        for exchange in tuple(self._guarded):
            exchange.connection.notice_lost_client(exchange)
        for exchange in [exchange for exchange in self._guarded if not exchange.operation.is_token_still_valid(exchange)]:
            self._guarded.discard(exchange)
            if exchange.task is not None:
                exchange.task.cancel()
        if self._guarded:
            asyncio.get_running_loop().call_later(CHECK_SECONDS, self._check_guarded)


def _find_reason(exchange: Exchange) -> Exception:
    """Return why the task of a stream was cancelled, as far as its client is still there."""
    if exchange.operation.is_token_still_valid(exchange):
        return ShuttingDownError()
    return AccessTokenExpiredError() if exchange.caller.expires_at <= time.time() else AccessTokenRevokedError()


def _is_wanted(exchange: Exchange) -> bool:
    return not exchange.is_abandoned and (exchange.task is None or not exchange.task.cancelling())
