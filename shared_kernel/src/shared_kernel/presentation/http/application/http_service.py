"""A service as its server sees it: what every request receives, whichever operation it is for."""

import asyncio
import itertools
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from shared_kernel.application.authentication import AccessTokenEndedError
from shared_kernel.presentation.http.application.admission_control import AdmissionControl
from shared_kernel.presentation.http.application.cors import Cors
from shared_kernel.presentation.http.application.operations import Operations
from shared_kernel.presentation.http.application.other_requests import OtherRequests
from shared_kernel.presentation.http.application.streams import CLIENT_CLOSED_REQUEST, Streams
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.routing.content_coding import MIN_COMPRESSED_BYTES, compress_whole_if_accepted
from shared_kernel.presentation.http.routing.direct_route import DirectRoute
from shared_kernel.presentation.http.routing.errors import ShuttingDownError
from shared_kernel.presentation.http.routing.problems import HELP_PATH, Problems, find_problem
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Headers, Response, StreamingResponse
from shared_kernel.presentation.http.telemetry.instruments import Gauge
from shared_kernel.presentation.http.telemetry.request_log import Record, RequestLog

_VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:@+/=-]{1,128}")
_PROCESS = secrets.token_hex(8)

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
        allowed_origins: Iterable[str] = (),
        fields: Headers = (),
    ) -> None:
        """`fields` are those of all responses, beside what pages of other origins need."""
        self._app = app
        self._problems = problems
        self._request_log = request_log
        self._admission = AdmissionControl(max_concurrent_requests, self._start, self.refuse)
        self._streams = Streams(self._finish, self.refuse, self._record, self._allow_origin)
        self._operations = Operations(operations, proxies.root_path)
        self._help_path = f"{proxies.root_path}{HELP_PATH}"
        self._cors = Cors(allowed_origins, self._operations.header_names)
        self.common_fields: Headers = (*self._cors.common_fields, *fields)
        """The fields of all responses."""
        self._other_requests = OtherRequests(
            app, self._operations, problems, self._cors, self.common_fields, proxies, request_log
        )
        self.find = self._operations.find

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """The present load."""
        admission, streams = self._admission, self._streams
        return (
            Gauge("http_requests_under_way", "Requests in progress", lambda: admission.in_progress),
            Gauge("http_requests_waiting", "Requests that wait for a slot among those in progress", lambda: admission.waiting),
            Gauge("http_streams_open", "Requests whose responses or bodies are streams", lambda: streams.open),
        )

    @property
    def document(self) -> Mapping[str, Any]:
        """The OpenAPI document."""
        return self._app.openapi()

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

    def render_error(self, error: Exception, request_id: str, headers: Mapping[bytes, bytes]) -> Response:
        """Return the response to what the server rejects before it is a request for an operation."""
        response = find_problem(self._problems, error).render(request_id, self._help_path)
        return response._replace(headers=response.headers + self._cors.allow(headers.get(b"origin")))

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
            if len(response.body) >= MIN_COMPRESSED_BYTES:
                response = await compress_whole_if_accepted(response, exchange.headers)
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

    def _allow_origin(self, exchange: Exchange, response: StreamingResponse) -> StreamingResponse:
        return replace(response, headers=response.headers + self._cors.allow(exchange.headers.get(b"origin")))

    def _finish(self, exchange: Exchange, response: Response) -> None:
        if b"origin" in exchange.headers:
            response = response._replace(headers=response.headers + self._cors.allow(exchange.headers[b"origin"]))
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
        headers = dict(scope["headers"])
        await self._other_requests.serve(self.identify(headers), headers, scope, receive, send)
