"""Operations that are declared as FastAPI declares them and run without its machinery."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, get_type_hints

from dishka import AsyncContainer, DependencyKey
from dishka.integrations.base import default_parse_dependency
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from shared_kernel.application.authentication import (
    AccessTokenVerifier,
    AuthenticationRequiredError,
    Caller,
    InvalidAccessTokenError,
    SigningKeysUnknownError,
)
from shared_kernel.application.availability import BusyError
from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.answer import Answer
from shared_kernel.presentation.http.bearer import extract_token
from shared_kernel.presentation.http.body import BodyParser, read_body
from shared_kernel.presentation.http.problems import (
    PROBLEMS,
    BodyTooLargeError,
    MalformedBodyError,
    Problems,
    UnsupportedMediaTypeError,
    describe_problems,
)

Endpoint = Callable[..., Awaitable[Any]]

_BODY_ERRORS = (MalformedBodyError, BodyTooLargeError, UnsupportedMediaTypeError, RulesBrokenError, BusyError)
_CALLER_ERRORS = (AuthenticationRequiredError, InvalidAccessTokenError, SigningKeysUnknownError)


def raises(*errors: type[Exception]) -> Callable[[Endpoint], Endpoint]:
    """Declare what an operation may raise beside what its body and its caller's token may: it appears in the OpenAPI document."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.__dict__["errors"] = errors
        return endpoint

    return declare


class Door:
    """Bounds how many requests are worked on at the same time, so that a storm is refused and not queued without end."""

    def __init__(self, most: int) -> None:
        self.under_way = 0
        self._most = most

    def enter(self) -> None:
        """Let a request in, which must leave (`under_way -= 1`). Raises BusyError."""
        if self.under_way >= self._most:
            raise BusyError("More requests are under way than the service takes on; try again soon.")
        self.under_way += 1


class DirectRoute(APIRoute):
    """The route class of controllers: path, models, statuses and errors are FastAPI's to document and ours to run.

    FastAPI's own way to run an operation (dependency solving, an exit stack and a response object a request) costs several
    times what these operations do. Here a request is: verify the token, read the body once, parse it once, await the
    controller. A controller may take

    - `body`, a Body: what the request's JSON becomes, validated by pydantic-core,
    - a parameter of type `Authenticated`: only for callers with a valid access token, which is checked before the body is read,
    - parameters of type `FromDishka[...]`: things that live as long as the process, resolved once, when the service starts.

    and returns bytes (JSON text), an Answer, or what its response model can serialize.
    """

    problems: ClassVar[Problems] = PROBLEMS

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        hints = get_type_hints(endpoint, include_extras=True)
        parameters = inspect.signature(endpoint).parameters
        self._endpoint = endpoint
        self._dependencies = _find_dependencies(parameters, hints)
        self._parser = BodyParser(hints["body"]) if "body" in parameters else None
        self._caller_name = next((name for name in parameters if get_type_hints(endpoint).get(name) is Caller), "")
        options["responses"] = self._describe_errors() | (options.get("responses") or {})
        super().__init__(path, _without(self._dependencies, endpoint, hints), **options)
        self._serialize = TypeAdapter(self.response_model).dump_json
        self._verifier: AccessTokenVerifier | None = None
        self._door = Door(0)
        self._max_body_bytes = 0
        self._run = endpoint

    async def bind(self, container: AsyncContainer, door: Door, max_body_bytes: int) -> None:
        """Resolve what the controller needs from the process's container."""
        self._door = door
        self._max_body_bytes = max_body_bytes
        if self._caller_name:
            self._verifier = await container.get(AccessTokenVerifier)
        resolved = {name: await container.get(key.type_hint, component=key.component) for name, key in self._dependencies.items()}
        self._run = functools.partial(self._endpoint, **resolved) if resolved else self._endpoint

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        """Run the operation for one request. Its errors are for HttpService to answer."""
        headers: dict[bytes, bytes] = scope["header_fields"]
        arguments: dict[str, Any] = {}
        if self._verifier is not None:
            scope["caller"] = arguments[self._caller_name] = self._verifier.verify(extract_token(headers))
        if self._parser is None:
            result = await self._run(**arguments)
        else:
            body = await read_body(receive, headers, self._max_body_bytes)
            # Who is slow to send its body takes nobody's place.
            self._door.enter()
            try:
                arguments["body"] = self._parser.parse(body)
                result = await self._run(**arguments)
            finally:
                self._door.under_way -= 1
        if type(result) is bytes:
            return Answer(result)
        return result if isinstance(result, Answer) else Answer(self._serialize(result), self.status_code or 200)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what only resembles the operation. Whatever is for it, HttpService has answered before FastAPI saw it."""
        if scope["method"] in (self.methods or ()):
            # Starlette's patterns match a path with a line break behind it, too.
            raise HTTPException(404)
        await super().handle(scope, receive, send)

    def _describe_errors(self) -> dict[int | str, dict[str, Any]]:
        errors: tuple[type[Exception], ...] = getattr(self._endpoint, "errors", ())
        if self._parser is not None:
            errors += _BODY_ERRORS
        if self._caller_name:
            errors += _CALLER_ERRORS
        return describe_problems(self.problems, errors)


def _find_dependencies(parameters: Mapping[str, inspect.Parameter], hints: Mapping[str, Any]) -> dict[str, DependencyKey]:
    keys = {name: default_parse_dependency(parameter, hints[name]) for name, parameter in parameters.items()}
    return {name: key for name, key in keys.items() if key is not None}


def _without(dependencies: Mapping[str, DependencyKey], endpoint: Endpoint, hints: Mapping[str, Any]) -> Endpoint:
    """Return what FastAPI documents: the endpoint with those of its parameters that a client sends."""

    async def documented() -> None:
        raise NotImplementedError("HttpService answers this operation before FastAPI sees the request")

    signature = inspect.signature(endpoint)
    documented.__name__ = endpoint.__name__
    documented.__doc__ = endpoint.__doc__
    documented.__dict__["__signature__"] = signature.replace(
        parameters=[
            parameter.replace(annotation=hints[name])
            for name, parameter in signature.parameters.items()
            if name not in dependencies
        ],
        return_annotation=hints["return"],
    )
    return documented
