"""A service as its server sees it: what every request receives, whichever operation it is for."""

import asyncio
import itertools
import re
import secrets
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
from shared_kernel.presentation.http.application.streams import CLIENT_CLOSED_REQUEST, Streams
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.routing.direct_route import DirectRoute
from shared_kernel.presentation.http.routing.errors import ShuttingDownError
from shared_kernel.presentation.http.routing.problems import Problems, find_framework_problem, find_problem
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Response
from shared_kernel.presentation.http.telemetry.metrics import Gauge
from shared_kernel.presentation.http.telemetry.request_log import Record, RequestLog

# /docs keeps its reader's token: no other site may show it in a frame and get a click on one of its buttons.
_PAGE_HEADERS = [
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:@+/=-]{1,128}")
_PROCESS = secrets.token_hex(8)

Found = tuple[DirectRoute, Mapping[str, str], bytes]
"""An operation, the values of the parameters in its path, still percent-encoded, and the query."""

_log = structlog.get_logger()
_numbers = itertools.count(1)


def new_request_id() -> str:
    """Return 32 hexadecimal digits that no other request has: the process's own and the request's number. Not secret."""
    return f"{_PROCESS}{next(_numbers):016x}"


class HttpService:
    """Implements Handler: gives each request an id, a record in the request log and, whatever happens, a response.

    Requests for operations on a DirectRoute arrive as Exchanges. Everything else (documentation, unknown paths, other methods)
    is FastAPI's and arrives by ASGI.
    """

    def __init__(
        self,
        app: FastAPI,
        operations: Iterable[DirectRoute],
        problems: Problems,
        request_log: RequestLog,
        max_concurrent_requests: int,
        proxies: TrustedProxies,
    ) -> None:
        self._app = app
        self._problems = problems
        self._request_log = request_log
        self._proxies = proxies
        self._below_root = f"{proxies.root_path}/".encode()
        self._admission = AdmissionControl(max_concurrent_requests, self._start, self.refuse)
        self._streams = Streams(self._finish, self.refuse, self._record)
        self._operations = tuple(operations)
        named = [(operation.method.encode(), operation) for operation in self._operations]
        self._fixed: Mapping[tuple[bytes, bytes], Found] = {
            (method, path.encode()): (operation, {}, b"")
            for method, operation in named
            if not operation.param_convertors
            for path in _published_paths(operation.path, proxies.root_path)
        }
        self._parametrized = [(method, operation) for method, operation in named if operation.param_convertors]
        app.add_exception_handler(HTTPException, self._answer_framework_error)
        app.add_exception_handler(Exception, self._answer_framework_error)

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """The present load."""
        admission, streams = self._admission, self._streams
        return (
            Gauge("http_requests_under_way", "Requests in progress", lambda: admission.in_progress),
            Gauge("http_requests_waiting", "Requests that wait for a slot among those in progress", lambda: admission.waiting),
            Gauge("http_streams_open", "Requests whose responses or bodies are streams", lambda: streams.open),
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
        # An encoded slash belongs to a segment and does not separate two (RFC 3986, section 2.2).
        found = None if b"%2f" in path.lower() else self._fixed.get((method, unquote_to_bytes(path)))
        if found is not None:
            return found[0], {}, query
        if path.startswith(self._below_root):
            path = path[len(self._below_root) - 1 :]
        text = path.decode("latin-1")
        for name, operation in self._parametrized:
            if name == method and (match := operation.path_regex.fullmatch(text)) is not None:
                return operation, match.groupdict(), query
        return None

    def identify(self, headers: Mapping[bytes, bytes]) -> str:
        """Return a request's id: the client's, if it is harmless in a log, or a new one."""
        proposed = headers.get(b"x-request-id")
        if proposed is not None and _VALID_REQUEST_ID.fullmatch(proposed):
            return proposed.decode("ascii")
        return new_request_id()

    def check(self, exchange: Exchange) -> bool:
        """Return whether the head of a request is acceptable: token and announced body. If not, the request has been answered."""
        try:
            exchange.operation.check(exchange)
        except Exception as error:  # noqa: BLE001 - nothing above could answer
            self.refuse(exchange, error)
            return False
        return True

    def begin(self, exchange: Exchange) -> None:
        """Begin to handle a request that has arrived whole or whose body is a stream, or let it wait for a slot."""
        if exchange.operation.counts_towards_limit:
            self._admission.enter(exchange)
        elif exchange.operation.streams:
            self._streams.begin(exchange)
        else:
            self._start(exchange)

    def refuse(self, exchange: Exchange, error: Exception) -> None:
        """Answer with an error."""
        response = exchange.operation.render_error(error, exchange)
        if response.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("unexpected error", request_id=exchange.request_id, exc_info=error)
        self._finish(exchange, response)

    def render_error(self, error: Exception, request_id: str) -> Response:
        """Return the response to what the server rejects before it is a request for an operation."""
        return find_problem(self._problems, error).render(request_id)

    def client_disconnected(self, exchange: Exchange) -> None:
        """Record that the client disconnected before its request had arrived."""
        self._record(exchange, CLIENT_CLOSED_REQUEST)
        exchange.wake()

    def stop_waiting(self, exchange: Exchange) -> None:
        """Cancel a request that waits for an event, and no other."""
        if exchange.operation.waits and exchange.task is not None:
            # A task that is cancelled before its first step never runs: it would neither answer nor leave the server's tasks.
            asyncio.get_running_loop().call_soon(exchange.task.cancel)

    def await_arrival(self, exchange: Exchange) -> None:
        """Let the server, which is shutting down, wait for the rest of a request as for any of its tasks."""
        exchange.arrival = asyncio.get_running_loop().create_future()
        task = asyncio.get_running_loop().create_task(self._refuse_if_cancelled(exchange, exchange.arrival))
        exchange.connection.tasks.add(task)
        task.add_done_callback(exchange.connection.tasks.discard)

    async def _refuse_if_cancelled(self, exchange: Exchange, arrival: asyncio.Future[None]) -> None:
        try:
            await arrival
        except asyncio.CancelledError:
            # The server has waited for this request as long as it waits for any.
            if exchange.state == "open":
                self.refuse(exchange, ShuttingDownError())
            elif exchange.state == "queued":  # what is sent would be taken for the response to an earlier request
                exchange.complete()
                self._record(exchange, HTTPStatus.SERVICE_UNAVAILABLE)

    def _start(self, exchange: Exchange) -> None:
        task = exchange.task = asyncio.get_running_loop().create_task(self._run(exchange))
        exchange.connection.tasks.add(task)

    async def _run(self, exchange: Exchange) -> None:
        try:
            operation = exchange.operation
            response = operation.make_response(await operation.run(exchange), exchange)
            if operation.waits and not operation.is_token_still_valid(exchange):
                self.refuse(exchange, AccessTokenEndedError())
            else:
                self._finish(exchange, response)
        except asyncio.CancelledError:
            # The server has waited for this request as long as it waits for any, or the client has disconnected; nothing else
            # awaits the task.
            if exchange.is_abandoned:
                self._record(exchange, CLIENT_CLOSED_REQUEST)
            else:
                self.refuse(exchange, ShuttingDownError())
        except Exception as error:  # noqa: BLE001 - nothing above could answer
            self.refuse(exchange, error)
        finally:
            exchange.connection.tasks.discard(exchange.task)
            if exchange.operation.counts_towards_limit:
                self._admission.leave()

    def _finish(self, exchange: Exchange, response: Response) -> None:
        exchange.connection.respond(exchange, response)
        self._record(exchange, response.status)

    def _record(self, exchange: Exchange, status: int, sent: int | None = None) -> None:
        operation, caller = exchange.operation, exchange.caller
        user_id = "" if caller is None else caller.user_id
        ended = time.perf_counter()
        self._request_log.record(
            Record(operation.method, operation.path, status, exchange.began, ended, user_id, exchange.request_id, sent)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve by ASGI what is FastAPI's: the process's lifespan, and requests for no operation."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = dict(scope["headers"])
        request_id = scope["request_id"] = self.identify(headers)
        self._publish(scope, headers)
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_PAGE_HEADERS, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:  # noqa: BLE001 - nothing above could log it with its id
            # The client has been answered by the handler below.
            _log.exception("unexpected error", request_id=request_id)
        route = scope.get("route")
        path, ended = "" if route is None else route.path, time.perf_counter()
        self._request_log.record(Record(scope["method"], path, status, began, ended, "", request_id, for_operation=False))

    def _publish(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Let FastAPI know under which path, and the documentation under which URL, clients know the service."""
        peer = scope["client"]
        url = scope["public_url"] = self._proxies.find_public_url(peer[0] if peer else "", headers)
        below_root = self._below_root.decode()
        path = scope["path"]
        if f"{path}/".startswith(below_root):
            path = path[len(below_root) - 1 :] or "/"
        scope["root_path"], scope["path"] = url.path, url.path + path

    async def _answer_framework_error(self, request: Request, error: Exception) -> FrameworkResponse:
        if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            error.headers = self._allowed_methods(request.scope["path"].removeprefix(request.scope["root_path"])) or error.headers
        response = find_framework_problem(error).render(request.scope["request_id"])
        framework_response = FrameworkResponse(response.body, response.status, media_type=response.media_type.decode())
        framework_response.raw_headers.extend(response.headers)
        return framework_response

    def _allowed_methods(self, path: str) -> dict[str, str]:
        """Return the field with all methods of a path (RFC 9110, section 10.2.1): Starlette's has those of one route."""
        methods = sorted(operation.method for operation in self._operations if operation.path_regex.fullmatch(path))
        return {"Allow": ", ".join(methods)} if methods else {}


def _published_paths(path: str, root_path: str) -> set[str]:
    """Return the paths of an operation: that behind a proxy that removes the root path, and that behind one that keeps it.

    What is well known is looked for at the root of the host, with the root path behind it (RFC 8414, section 3.1).
    """
    published = {path, root_path + path}
    return published | {path + root_path} if path.startswith("/.well-known/") else published
