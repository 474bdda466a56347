"""Requests for no operation, which are served by ASGI: OPTIONS, other methods, documentation, unknown paths."""

import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi import Response as FrameworkResponse
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from shared_kernel.presentation.http.application.cors import Cors
from shared_kernel.presentation.http.application.operations import Operations
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.routing.escapes import refuse_broken_escapes
from shared_kernel.presentation.http.routing.problems import HELP_PATH, Problems, find_framework_problem, find_problem
from shared_kernel.presentation.http.server.errors import MalformedRequestError
from shared_kernel.presentation.http.server.response import Headers, Response
from shared_kernel.presentation.http.telemetry.request_log import Record, RequestLog

# /docs keeps its reader's token: no other site may show it in a frame and get a click on one of its buttons.
_PAGE_HEADERS = [
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]

_log = structlog.get_logger()


class OtherRequests:
    """Answers OPTIONS and other methods for the operations' paths by itself, and leaves the rest to FastAPI."""

    def __init__(
        self,
        app: FastAPI,
        operations: Operations,
        problems: Problems,
        cors: Cors,
        common_fields: Headers,
        proxies: TrustedProxies,
        request_log: RequestLog,
    ) -> None:
        self._app = app
        self._operations = operations
        self._problems = problems
        self._cors = cors
        self._common_fields = common_fields
        self._proxies = proxies
        self._below_root = f"{proxies.root_path}/"
        self._request_log = request_log
        app.add_exception_handler(HTTPException, self._answer_framework_error)
        app.add_exception_handler(Exception, self._answer_framework_error)

    async def serve(self, request_id: str, headers: Mapping[bytes, bytes], scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
        began = time.perf_counter()
        scope["request_id"] = request_id
        self._publish(scope, headers)
        cross_origin = self._cors.allow(headers.get(b"origin"))
        added = [*_PAGE_HEADERS, *self._common_fields, *cross_origin, (b"x-request-id", request_id.encode())]
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        try:
            response = self._answer(request_id, headers, scope)
            await (self._app if response is None else response)(scope, receive, send_with_headers)
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
        path = scope["path"]
        if f"{path}/".startswith(self._below_root):
            path = path[len(self._below_root) - 1 :] or "/"
        scope["root_path"], scope["path"] = url.path, url.path + path

    def _answer(self, request_id: str, headers: Mapping[bytes, bytes], scope: Scope) -> FrameworkResponse | None:
        path: bytes = scope["raw_path"]
        try:
            for part in (path, scope["query_string"]):
                refuse_broken_escapes(part.decode("latin-1"))
        except MalformedRequestError as error:
            return _to_framework(find_problem(self._problems, error).render(request_id, _find_help(scope)))
        operations = self._operations.find_all(path)
        if operations:
            scope["route"] = next(iter(operations.values()))
        if scope["method"] == "OPTIONS":
            # `*` is the server as a whole (RFC 9110, section 9.3.7).
            return self._answer_options(headers, self._operations.methods if path == b"*" else operations)
        if not operations:
            return None
        refused = HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers=_allow(operations))
        return _to_framework(find_framework_problem(refused).render(request_id, _find_help(scope)))

    def _answer_options(self, headers: Mapping[bytes, bytes], methods: Iterable[str]) -> FrameworkResponse | None:
        # A preflight request for a path that does not exist is granted, too: the page shall see the 404.
        fields = self._cors.allow_request(headers, methods or self._operations.methods)
        if not fields and not methods:
            return None
        response = FrameworkResponse(status_code=HTTPStatus.NO_CONTENT, headers=_allow(methods))
        response.raw_headers.extend(fields)
        return response

    async def _answer_framework_error(self, request: Request, error: Exception) -> FrameworkResponse:
        if (
            request.method == "OPTIONS"
            and isinstance(error, HTTPException)
            and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        ):
            methods = (error.headers or {}).get("Allow", "GET, HEAD").split(", ")
            return FrameworkResponse(status_code=HTTPStatus.NO_CONTENT, headers=_allow(methods))
        problem = find_framework_problem(error)
        return _to_framework(problem.render(request.scope["request_id"], _find_help(request.scope)))


def _find_help(scope: Scope) -> str:
    """Return where the client finds explanations of problems."""
    return f"{scope['public_url'].path}{HELP_PATH}"


def _allow(methods: Iterable[str]) -> dict[str, str]:
    """Return the field with all methods of a path (RFC 9110, section 10.2.1)."""
    return {"Allow": ", ".join(sorted({*methods, "OPTIONS"}))} if methods else {}


def _to_framework(response: Response) -> FrameworkResponse:
    framework_response = FrameworkResponse(response.body, response.status, media_type=response.media_type.decode())
    framework_response.raw_headers.extend(response.headers)
    return framework_response
