"""Operations whose answers are made while they are sent, or whose bodies are read while they arrive."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from http import HTTPStatus

import structlog

from shared_kernel.application.authentication import AccessTokenEndedError
from shared_kernel.application.availability import BusyError
from shared_kernel.presentation.http.routing.problems import ShuttingDownError
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Response, StreamingResponse

MAX_STREAMS = 10_000
"""How many a process has at once."""
MAX_BODIES = 100
"""How many of them a process has whose bodies are streams: to decode one may take MAX_WINDOW."""
TOKEN_SECONDS = 0.5
"""How often it looks whether the callers of streams are still who may have them."""

# Who hung up is not answered; the log says so with a status of its own.
CLIENT_GONE = 499

_log = structlog.get_logger()


class Streams:
    """Runs the operations that stream. They pass by the door, because they may last for hours; their number is bounded here."""

    def __init__(
        self,
        finish: Callable[[Exchange, Response], None],
        refuse: Callable[[Exchange, Exception], None],
        note: Callable[[Exchange, int, int], None],
    ) -> None:
        self._finish = finish
        self._refuse = refuse
        self._note = note
        self._open = 0
        self._bodies = 0
        self._guarded: set[Exchange] = set()  # those that end with their callers' tokens, as all do that take a body

    @property
    def open(self) -> int:
        """How many there are."""
        return self._open

    def begin(self, exchange: Exchange) -> None:
        """Run the operation, or refuse the request where there are too many streams."""
        if self._open >= MAX_STREAMS or (exchange.operation.takes_stream and self._bodies >= MAX_BODIES):
            self._refuse(exchange, BusyError("More streams are open than the service takes on; try again soon."))
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
        if exchange.operation.takes_stream:
            self._guard(exchange)
        try:
            answer = exchange.operation.make_stream(await exchange.operation.run(exchange), exchange)
            if isinstance(answer, Response):
                exchange.connection.streaming = None
                self._finish(exchange, answer)
                return
            await self._send(exchange, answer)
        except asyncio.CancelledError:
            # The service ends, the client has gone, or the caller may have no more of it; nobody else awaits the task.
            error = ShuttingDownError()
            if not exchange.operation.is_token_still_valid(exchange):
                error = AccessTokenEndedError()
        except Exception as raised:  # noqa: BLE001 - the last one who can answer
            error = raised
            if exchange.writer is not None:
                self._tell(exchange, error)
        finally:
            self._open -= 1
            self._bodies -= exchange.operation.takes_stream
            self._guarded.discard(exchange)
            exchange.connection.tasks.discard(exchange.task)
        self._end(exchange, error)

    async def _send(self, exchange: Exchange, answer: StreamingResponse) -> None:
        if answer.ends_with_token:
            self._guard(exchange)
        async with aclosing(answer.chunks) as chunks:
            if exchange.operation.sends_body:
                async for chunk in chunks:
                    if not _is_wanted(exchange):
                        raise asyncio.CancelledError  # even where the generator has caught it
                    if exchange.writer is None:
                        exchange.writer = exchange.connection.begin_stream(exchange, answer)
                    await exchange.writer.send(chunk)
        if exchange.writer is None:
            exchange.writer = exchange.connection.begin_stream(exchange, answer)

    def _end(self, exchange: Exchange, error: Exception | None) -> None:
        exchange.connection.streaming = None
        writer = exchange.writer
        if writer is not None:
            self._note(exchange, writer.status, writer.sent)
            if error is None:
                writer.end()
            else:
                writer.cut()
        elif exchange.disconnected:
            self._note(exchange, CLIENT_GONE, 0)
        elif error is not None:
            self._refuse(exchange, error)

    def _tell(self, exchange: Exchange, error: Exception) -> None:
        """Log why a stream has been cut off: the client, whose answer had begun, could not be told."""
        if exchange.operation.answer_error(error, exchange).status == HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("unexpected error", request_id=exchange.request_id, exc_info=error)
        else:
            _log.warning("stream cut off", request_id=exchange.request_id, reason=str(error))

    def _guard(self, exchange: Exchange) -> None:
        if not self._guarded:
            asyncio.get_running_loop().call_later(TOKEN_SECONDS, self._end_those_without_right)
        self._guarded.add(exchange)

    def _end_those_without_right(self) -> None:
        # One timer for all of them: there may be thousands.
        for exchange in [exchange for exchange in self._guarded if not exchange.operation.is_token_still_valid(exchange)]:
            self._guarded.discard(exchange)
            if exchange.task is not None:
                exchange.task.cancel()
        if self._guarded:
            asyncio.get_running_loop().call_later(TOKEN_SECONDS, self._end_those_without_right)


def _is_wanted(exchange: Exchange) -> bool:
    return not exchange.disconnected and (exchange.task is None or not exchange.task.cancelling())
