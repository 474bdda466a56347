"""The ASGI application of a service: what every request gets, whichever operation it is for."""

import asyncio
import re
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from shared_kernel.presentation.http.access_log import AccessLog
from shared_kernel.presentation.http.answer import Answer
from shared_kernel.presentation.http.body import ClientGoneError
from shared_kernel.presentation.http.direct_route import DirectRoute
from shared_kernel.presentation.http.problems import Problems, ShuttingDownError, answer_problem, new_request_id

_VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:@+/=-]{1,128}")
# A request that repeats one of these says two things at once, and proxies disagree about which of them counts.
_SINGLE_HEADERS = (b"authorization", b"content-type", b"content-length", b"content-encoding", b"x-request-id")
# Who hung up is not answered; the log says so with a status of its own.
_TO_NOBODY = Answer(b"", 499)

_log = structlog.get_logger()


class HttpService:
    """Gives each request an id, an access log line and, whatever happens, an answer without a stack trace.

    Operations on a DirectRoute are answered here; everything else (documentation, unknown paths, other methods) is FastAPI's.
    """

    def __init__(self, app: FastAPI, operations: Iterable[DirectRoute], problems: Problems, access_log: AccessLog) -> None:
        self._app = app
        self._operations: Mapping[tuple[str, str], DirectRoute] = {
            (method, operation.path): operation for operation in operations for method in operation.methods or ()
        }
        self._problems = problems
        self._access_log = access_log
        app.add_exception_handler(HTTPException, self._answer_framework_error)
        app.add_exception_handler(Exception, self._answer_framework_error)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = _identify(scope)
        operation = self._operations.get((scope["method"], scope["path"]))
        if operation is None:
            status, route = await self._serve_by_framework(scope, receive, send)
        else:
            route = operation.path
            try:
                answer = await operation.answer(scope, receive)
            except ClientGoneError:
                answer = _TO_NOBODY
            except asyncio.CancelledError:
                # The server has waited for this request as long as it waits for any; nobody else awaits the task.
                answer = self._answer_error(ShuttingDownError(), request_id)
            except Exception as error:  # noqa: BLE001 - the last one who can answer
                answer = self._answer_error(error, request_id)
            body, status, media_type, extra = answer
            if answer is not _TO_NOBODY:
                length, request_id_field = b"%d" % len(body), (b"x-request-id", request_id.encode())
                headers = [(b"content-type", media_type), (b"content-length", length), request_id_field, *extra]
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
        caller = scope.get("caller")
        user_id = "" if caller is None else caller.user_id
        self._access_log.write(scope["method"], route, status, began, user_id, request_id)

    async def _serve_by_framework(self, scope: Scope, receive: Receive, send: Send) -> tuple[int, str]:
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR

        async def send_with_request_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", scope["request_id"].encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_request_id)
        except Exception:  # noqa: BLE001 - the last one who can tell
            # The client has been answered by the handler below; what remains is to say what happened.
            _log.exception("unexpected error", request_id=scope["request_id"])
        route = scope.get("route")
        return status, "" if route is None else route.path

    def _answer_error(self, error: Exception, request_id: str) -> Answer:
        answer = answer_problem(self._problems, error, request_id)
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("unexpected error", request_id=request_id, exc_info=error)
        return answer

    async def _answer_framework_error(self, request: Request, error: Exception) -> Response:
        answer = answer_problem(self._problems, error, request.scope["request_id"])
        response = Response(answer.body, answer.status, media_type=answer.media_type.decode())
        response.raw_headers.extend(answer.headers)
        return response


def _identify(scope: Scope) -> str:
    """Return the request's id; afterwards the scope has it, and the headers by name."""
    fields = scope["headers"]
    headers = scope["header_fields"] = dict(fields)
    if len(headers) != len(fields):
        _drop_repeated(headers, fields)
    proposed = headers.get(b"x-request-id")
    if proposed is not None and _VALID_REQUEST_ID.fullmatch(proposed):
        request_id: str = proposed.decode("ascii")
    else:
        request_id = new_request_id()
    scope["request_id"] = request_id
    return request_id


def _drop_repeated(headers: dict[bytes, bytes], fields: Iterable[tuple[bytes, bytes]]) -> None:
    # Two Authorization headers are worth no more than a wrong one: an empty token is refused as invalid.
    names = [name for name, _ in fields]
    for name in _SINGLE_HEADERS:
        if names.count(name) > 1:
            headers[name] = b"Bearer " if name == b"authorization" else b""
