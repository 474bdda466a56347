"""A service as its server sees it: what every request gets, whichever operation it is for."""

import asyncio
import re
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

import structlog
from fastapi import FastAPI, Request
from fastapi import Response as FrameworkResponse
from httptools import HttpParserInvalidURLError, parse_url
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from shared_kernel.application.authentication import AccessTokenEndedError
from shared_kernel.presentation.http.application.admission_control import AdmissionControl
from shared_kernel.presentation.http.application.streams import CLIENT_GONE, Streams
from shared_kernel.presentation.http.routing.direct_route import DirectRoute
from shared_kernel.presentation.http.routing.problems import Problems, ShuttingDownError, answer_problem, new_request_id
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Response
from shared_kernel.presentation.http.telemetry.metrics import Gauge
from shared_kernel.presentation.http.telemetry.request_log import Record, RequestLog

# /docs keeps its reader's token: no other page may show it in a frame and get a click on one of its buttons.
_OF_PAGES = [
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:@+/=-]{1,128}")

Found = tuple[DirectRoute, Mapping[str, str], bytes]
"""An operation, the values of the parameters in its path, still percent-encoded, and the query."""

_log = structlog.get_logger()


class HttpService:
    """Gives each request an id, an access log line and, whatever happens, an answer without a stack trace.

    Requests for operations on a DirectRoute come from HttpProtocol, as Exchanges. Everything else (documentation, unknown
    paths, other methods) is FastAPI's and comes by ASGI.
    """

    def __init__(
        self,
        app: FastAPI,
        operations: Iterable[DirectRoute],
        problems: Problems,
        request_log: RequestLog,
        max_requests_under_way: int,
    ) -> None:
        self._app = app
        self._problems = problems
        self._request_log = request_log
        self._door = AdmissionControl(max_requests_under_way, self._start, self.refuse)
        self._streams = Streams(self._finish, self.refuse, self._note)
        self._operations = tuple(operations)
        named = [(operation.method.encode(), operation) for operation in self._operations]
        self._fixed: Mapping[tuple[bytes, bytes], Found] = {
            (method, operation.path.encode()): (operation, {}, b"")
            for method, operation in named
            if not operation.param_convertors
        }
        self._parametrized = [(method, operation) for method, operation in named if operation.param_convertors]
        app.add_exception_handler(HTTPException, self._answer_framework_error)
        app.add_exception_handler(Exception, self._answer_framework_error)

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """What there is to do at the moment."""
        door, streams = self._door, self._streams
        return (
            Gauge("http_requests_under_way", "Requests that are worked on", lambda: door.under_way),
            Gauge("http_requests_waiting", "Requests that wait for a place among those", lambda: door.waiting),
            Gauge("http_streams_open", "Requests whose answers or bodies are streams", lambda: streams.open),
        )

    def find(self, method: bytes, target: bytes) -> Found | None:
        """Return the operation that a request's method and target (RFC 9112, section 3.2) name, if there is one."""
        found = self._fixed.get((method, target))
        return found if found is not None else self._find_by_path(method, target)

    def _find_by_path(self, method: bytes, target: bytes) -> Found | None:
        try:
            url = parse_url(target)
        except HttpParserInvalidURLError:
            return None
        path, query = url.path or b"", url.query or b""
        # An encoded slash is part of a name and separates none (RFC 3986, section 2.2).
        found = None if b"%2f" in path.lower() else self._fixed.get((method, unquote_to_bytes(path)))
        if found is not None:
            return found[0], {}, query
        text = path.decode("latin-1")
        for name, operation in self._parametrized:
            if name == method and (match := operation.path_regex.fullmatch(text)) is not None:
                return operation, match.groupdict(), query
        return None

    def identify(self, headers: Mapping[bytes, bytes]) -> str:
        """Return a request's id: the client's, if it can harm no log, or a new one."""
        proposed = headers.get(b"x-request-id")
        if proposed is not None and _VALID_REQUEST_ID.fullmatch(proposed):
            return proposed.decode("ascii")
        return new_request_id()

    def check(self, exchange: Exchange) -> bool:
        """Tell whether the head of a request is in order: who calls, and what is announced. If not, the request is answered."""
        try:
            exchange.operation.check(exchange)
        except Exception as error:  # noqa: BLE001 - the last one who can answer
            self.refuse(exchange, error)
            return False
        return True

    def begin(self, exchange: Exchange) -> None:
        """Work on a request that has arrived whole, or let it wait for a place."""
        if exchange.operation.counts_towards_limit:
            self._door.enter(exchange)
        elif exchange.operation.streams:
            self._streams.begin(exchange)
        else:
            self._start(exchange)

    def refuse(self, exchange: Exchange, error: Exception) -> None:
        """Answer with an error."""
        answer = exchange.operation.answer_error(error, exchange)
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("unexpected error", request_id=exchange.request_id, exc_info=error)
        self._finish(exchange, answer)

    def forget(self, exchange: Exchange) -> None:
        """Take note that a client has gone before its request had arrived."""
        self._note(exchange, CLIENT_GONE)
        exchange.wake()

    def stop_waiting(self, exchange: Exchange) -> None:
        """End a request that waits for something to happen, and no other."""
        if exchange.operation.waits and exchange.task is not None:
            exchange.task.cancel()

    def await_arrival(self, exchange: Exchange) -> None:
        """Make the rest of a request something that a server which ends waits for."""
        exchange.arrival = asyncio.get_running_loop().create_future()
        task = asyncio.get_running_loop().create_task(self._refuse_if_cancelled(exchange, exchange.arrival))
        exchange.connection.tasks.add(task)
        task.add_done_callback(exchange.connection.tasks.discard)

    async def _refuse_if_cancelled(self, exchange: Exchange, arrival: asyncio.Future[None]) -> None:
        try:
            await arrival
        except asyncio.CancelledError:
            # The server has waited for this request as long as it waits for any.
            if not exchange.response_complete:
                self.refuse(exchange, ShuttingDownError())

    def _start(self, exchange: Exchange) -> None:
        task = exchange.task = asyncio.get_running_loop().create_task(self._run(exchange))
        exchange.connection.tasks.add(task)

    async def _run(self, exchange: Exchange) -> None:
        try:
            operation = exchange.operation
            answer = operation.make_answer(await operation.run(exchange), exchange)
            if operation.waits and not operation.is_token_still_valid(exchange):
                self.refuse(exchange, AccessTokenEndedError())
            else:
                self._finish(exchange, answer)
        except asyncio.CancelledError:
            # The server has waited for this request as long as it waits for any, or its client has gone; nobody else awaits
            # the task.
            if exchange.disconnected:
                self._note(exchange, CLIENT_GONE)
            else:
                self.refuse(exchange, ShuttingDownError())
        except Exception as error:  # noqa: BLE001 - the last one who can answer
            self.refuse(exchange, error)
        finally:
            exchange.connection.tasks.discard(exchange.task)
            if exchange.operation.counts_towards_limit:
                self._door.leave()

    def _finish(self, exchange: Exchange, answer: Response) -> None:
        exchange.connection.respond(exchange, answer)
        self._note(exchange, answer.status)

    def _note(self, exchange: Exchange, status: int, sent: int | None = None) -> None:
        operation, caller = exchange.operation, exchange.caller
        user_id = "" if caller is None else caller.user_id
        ended = time.perf_counter()
        self._request_log.note(
            Record(operation.method, operation.path, status, exchange.began, ended, user_id, exchange.request_id, sent)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve by ASGI what is FastAPI's: the process's life, and requests for no operation."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = scope["request_id"] = self.identify(dict(scope["headers"]))
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR

        async def send_with_request_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_OF_PAGES, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_request_id)
        except Exception:  # noqa: BLE001 - the last one who can tell
            # The client has been answered by the handler below; what remains is to say what happened.
            _log.exception("unexpected error", request_id=request_id)
        route = scope.get("route")
        path, ended = "" if route is None else route.path, time.perf_counter()
        self._request_log.note(Record(scope["method"], path, status, began, ended, "", request_id, for_operation=False))

    async def _answer_framework_error(self, request: Request, error: Exception) -> FrameworkResponse:
        if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            error.headers = self._describe_methods(request.scope["path"]) or error.headers
        answer = answer_problem(self._problems, error, request.scope["request_id"])
        response = FrameworkResponse(answer.body, answer.status, media_type=answer.media_type.decode())
        response.raw_headers.extend(answer.headers)
        return response

    def _describe_methods(self, path: str) -> dict[str, str]:
        """Return the header that names all methods of a path (RFC 9110, section 10.2.1): Starlette names those of one route."""
        methods = sorted(operation.method for operation in self._operations if operation.path_regex.fullmatch(path))
        return {"Allow": ", ".join(methods)} if methods else {}
