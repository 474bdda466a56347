"""Operations that are declared as FastAPI declares them and run without its machinery."""

import copy
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from http import HTTPStatus
from operator import attrgetter
from typing import Any, ClassVar, Self, get_type_hints

from dishka import AsyncContainer, DependencyKey
from dishka.integrations.base import default_parse_dependency
from fastapi import Response as FrameworkResponse
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from shared_kernel.application.authentication import (
    AccessTokenVerifier,
    AuthenticationRequiredError,
    Caller,
    InvalidAccessTokenError,
    RevocationsUnknownError,
    SigningKeysUnknownError,
)
from shared_kernel.application.availability import BusyError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.domain.rules import RulesBrokenError, Violation
from shared_kernel.presentation.http.routing.announced_body import AnnouncedBody, is_announced_as
from shared_kernel.presentation.http.routing.bearer import extract_token
from shared_kernel.presentation.http.routing.body import BodyParser, FormBody, FormParser, JsonOrBytesBody
from shared_kernel.presentation.http.routing.body_stream import BodyStream, JsonSchema
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.routing.content_coding import ENCODED, compress_if_accepted, decode_whole
from shared_kernel.presentation.http.routing.errors import MalformedBodyError, UnsupportedMediaTypeError
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.routing.openapi import (
    Endpoint,
    Responses,
    add_fields,
    describe_body,
    describe_fields,
    describe_items,
    describe_stream_body,
    make_documented,
)
from shared_kernel.presentation.http.routing.parameters import (
    ParameterReader,
    QueryPairs,
    Read,
    RequestHeaders,
    parse_query,
    refuse_unknown_parameters,
)
from shared_kernel.presentation.http.routing.problems import (
    HELP_PATH,
    PROBLEM_CONTENT,
    PROBLEMS,
    Problem,
    Problems,
    describe_problems,
    find_problem,
)
from shared_kernel.presentation.http.server.errors import BodyTooLargeError, MalformedRequestError
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Headers, Response, StreamingResponse

_BODY_ERRORS = (MalformedBodyError, BodyTooLargeError, UnsupportedMediaTypeError, BusyError)
_CALLER_ERRORS = (AuthenticationRequiredError, InvalidAccessTokenError, SigningKeysUnknownError, RevocationsUnknownError)


def raises(*errors: type[Exception]) -> Callable[[Endpoint], Endpoint]:
    """Declare the errors of an operation, for the OpenAPI document: all but those that its body and its token may have."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.__dict__["errors"] = errors
        return endpoint

    return declare


def streams(media_type: str, item: JsonSchema | None = None) -> Callable[[Endpoint], Endpoint]:
    """Declare that an operation may return a StreamingResponse, and what each item of it (an event, a line) is."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.__dict__["streams"] = {media_type: describe_items(item)}
        return endpoint

    return declare


def sends(headers: Headers, *, are_always_sent: bool = True) -> Callable[[Endpoint], Endpoint]:
    """Declare header fields of an operation's successful responses, for the OpenAPI document."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.__dict__.setdefault("sent", {}).update(describe_fields(headers, are_always_sent=are_always_sent))
        return endpoint

    return declare


class DirectRoute(APIRoute):
    """Route class of controllers: path, models, statuses and errors are documented by FastAPI and run without its machinery.

    FastAPI's own way to run an operation (dependency solving, an exit stack and a response object a request) costs several times
    what these operations do. Here a request is: verify the token, read the body once, parse it once, await the controller. A
    controller may have

    - `body`, a Body or JsonBody: what the request's JSON is parsed to and validated by pydantic-core; or a JsonOrBytesBody; or a
      FormBody; or a BodyStream, which the controller reads, so that it begins before the body has arrived,
    - a parameter of type `Authenticated`: only for callers with a valid access token, which is verified before the body is read,
    - parameters of type `FromDishka[...]`: objects that live as long as the process, resolved once, when the service starts,
    - a parameter of type RequestHeaders or QueryPairs: all header fields, or the whole query,
    - a parameter of type ClientInfo or PublicUrl: where the request comes from, or under which URL, as TrustedProxies report it,
    - parameters in the path, the query (`limit: int = 100`) or the header (`Annotated[str, Header()]`), as FastAPI declares them,

    and returns bytes (JSON text), a Response, or what its response model can serialize; None where the status is 204. One that is
    declared with `@streams` may return a StreamingResponse. One declared for GET answers HEAD like GET, without a body.

    A body in gzip or zstd is decoded; one whose members are all optional may be absent. Parameters in the query that are not
    declared are rejected.
    """

    problems: ClassVar[Problems] = PROBLEMS
    error_content: ClassVar[Mapping[str, Any]] = PROBLEM_CONTENT
    """How the OpenAPI document describes the body of an error."""
    counts_towards_limit: bool = True
    """Whether its requests count towards the limit of concurrent requests."""
    waits: bool = False
    """Whether it waits for an event: it is cancelled when its client disconnects or the service shuts down."""
    ignores_unknown_parameters: bool = False
    """Whether the query may have parameters that are not declared."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        hints = get_type_hints(endpoint, include_extras=True)
        parameters = inspect.signature(endpoint).parameters
        self._endpoint = endpoint
        self._streams: Mapping[str, JsonSchema] = getattr(endpoint, "streams", {})
        self._dependencies = _find_dependencies(parameters, hints)
        body = hints.get("body") if "body" in parameters else None
        self._stream_body: type[BodyStream] | None = body if isinstance(body, type) and issubclass(body, BodyStream) else None
        self._parser = None if body is None or self._stream_body is not None else _make_parser(body)
        self.takes_stream = self._stream_body is not None
        self.takes_body = body is not None
        plain_hints = get_type_hints(endpoint)
        self._needs_caller = Caller in plain_hints.values()
        reported = {name for name, hint in plain_hints.items() if hint in (ClientInfo, PublicUrl)}
        self._needs_proxies = bool(reported)
        whole = {name for name, hint in plain_hints.items() if hint in (RequestHeaders, QueryPairs)}
        own = self._dependencies.keys() | reported | whole
        if self._parser is not None:
            options["openapi_extra"] = describe_body(hints["body"], self._parser) | (options.get("openapi_extra") or {})
        if self._streams:
            options |= {"response_model": None, "response_class": FrameworkResponse}
        options["responses"] = self._describe_responses(options)
        if self._stream_body is not None:
            options["openapi_extra"] = describe_stream_body(self._stream_body) | (options.get("openapi_extra") or {})
        if isinstance(self._parser, FormParser) or self._stream_body is not None:
            own |= {"body"}
        methods = {method.upper() for method in options.get("methods") or ("GET",)}
        self._answers_head = "GET" in methods
        if self._answers_head:
            options["methods"] = ["GET"]  # to be documented once
        super().__init__(path, make_documented(endpoint, hints, own), **options)
        (self.method,) = self.methods or ("GET",)
        self.sends_body = self.method != "HEAD"
        self.streams = self.takes_stream or bool(self._streams)
        if self.streams:
            self.counts_towards_limit, self.waits = False, bool(self._streams)
        # In the parameters' order: to call with names costs more. `bind` replaces those of the dependencies.
        self._readers: dict[str, Read] = {
            name: _raise_unbound if name in self._dependencies else self._make_reader(parameter, hints[name], plain_hints[name])
            for name, parameter in parameters.items()
        }
        given = [read for read in self._readers.values() if isinstance(read, ParameterReader)]
        self._query_names = frozenset(read.field for read in given if read.is_in_query)
        self.header_names = frozenset(read.field.lower() for read in given if read.is_in_header)
        """The header fields that it takes, beside those that every operation does."""
        self._announced_body = self._describe_announced_body()
        self._serialize = TypeAdapter(self.response_model).dump_json
        self._verifier: AccessTokenVerifier | None = None
        self._proxies = TrustedProxies()
        # Relative to the request's own path, so that it is right behind every proxy.
        self._help_path = "../" * (self.path.count("/") - 1) + HELP_PATH.removeprefix("/")
        self.max_body_bytes = 0

    def _make_reader(self, parameter: inspect.Parameter, hint: Any, plain_hint: Any) -> Read:
        if parameter.name == "body" and self._stream_body is not None:
            return self._stream_body
        if parameter.name == "body" and self._parser is not None:
            parse = self._parser.parse
            if issubclass(hint, JsonOrBytesBody):
                return lambda exchange: self._find_no_body(hint, exchange) or _read_bytes(hint, exchange) or parse(exchange.body)
            return lambda exchange: parse(exchange.body)
        if plain_hint is Caller:
            return attrgetter("caller")
        if plain_hint is RequestHeaders:
            return attrgetter("headers")
        if plain_hint is QueryPairs:
            return lambda exchange: parse_query(exchange.query)
        if plain_hint is ClientInfo:
            return lambda exchange: self._proxies.find_client(exchange.peer, exchange.headers)
        if plain_hint is PublicUrl:
            return lambda exchange: self._proxies.find_public_url(exchange.peer, exchange.headers)
        return ParameterReader(parameter, hint, self.param_convertors)

    def _describe_announced_body(self) -> AnnouncedBody | None:
        if self._stream_body is not None:
            return AnnouncedBody(self._stream_body.media_types)
        if self._parser is not None:
            parser = self._parser
            return AnnouncedBody(
                parser.media_types, is_optional=parser.is_optional, all_but=parser.all_but, replaced_by=parser.replaced_by
            )
        return None

    def _find_no_body(self, model: type[JsonOrBytesBody], exchange: Exchange) -> JsonOrBytesBody | None:
        """Return the body of a request with the parameter that replaces one; None if it does not have that.

        Raises RulesBrokenError if it has both.
        """
        name = model.replaced_by
        if name is None or self._readers[name](exchange) is None:
            return None
        if exchange.body:
            raise RulesBrokenError([Violation("body", "replaced", f"A request with `{name}` must have no body.")])
        return model.model_construct(None)

    def split(self) -> Iterator[Self]:
        """Yield one operation for each of its methods."""
        yield self
        if self._answers_head:
            head = copy.copy(self)
            head.method, head.sends_body = "HEAD", False
            yield head

    async def bind(self, container: AsyncContainer, max_body_bytes: int) -> None:
        """Resolve what the controller needs from the process's container. To be called once, before the first request."""
        self.max_body_bytes = max_body_bytes
        if self._announced_body is not None:
            self._announced_body.limit = max_body_bytes if self._stream_body is None else self._stream_body.max_bytes
        if self._needs_proxies:
            self._proxies = await container.get(TrustedProxies)
        if self._needs_caller:
            self._verifier = await container.get(AccessTokenVerifier)
        for name, key in self._dependencies.items():
            self._readers[name] = _constant(await container.get(key.type_hint, component=key.component))

    def check(self, exchange: Exchange) -> None:
        """Check a head: token, query and announced body. Raises the errors that the operation's documentation lists."""
        if self._verifier is not None:
            exchange.caller = self._verifier.verify(extract_token(exchange.headers))
        if exchange.query and not self.ignores_unknown_parameters:
            refuse_unknown_parameters(exchange.query, self._query_names)
        if self._announced_body is not None and self._announced_body.check(exchange) and not self.takes_stream:
            exchange.operation = _Decoding(self)

    def run(self, exchange: Exchange) -> Awaitable[Any]:
        """Run the controller for a request that was checked and has arrived whole, or whose body is a stream."""
        return self._endpoint(*[read(exchange) for read in self._readers.values()])

    def make_streaming_response(self, result: Any, exchange: Exchange) -> Response | StreamingResponse:
        """Return the response for what the controller, of an operation that streams, has returned."""
        if isinstance(result, StreamingResponse):
            return compress_if_accepted(result, exchange.headers)
        return self.make_response(result, exchange)

    def make_response(self, result: Any, exchange: Exchange) -> Response:  # noqa: ARG002 - subclasses look at it
        """Return the response for what the controller has returned."""
        if type(result) is bytes:
            return Response(result)
        if isinstance(result, Response):
            return result
        status = self.status_code or HTTPStatus.OK
        return Response(b"" if status == HTTPStatus.NO_CONTENT else self._serialize(result), status)

    def is_token_still_valid(self, exchange: Exchange) -> bool:
        """Return whether the request's token, if the operation needs one, is neither expired nor revoked by now."""
        return self._verifier is None or exchange.caller is None or self._verifier.is_still_valid(exchange.caller)

    def render_error(self, error: Exception, exchange: Exchange) -> Response:
        """Return the response for an error."""
        return self.find_problem(error).render(exchange.request_id, self._help_path)

    def find_problem(self, error: Exception) -> Problem:
        """Return the problem that an error is for the operation's clients."""
        return find_problem(self.problems, error)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer what only resembles the operation; requests for it have been answered before FastAPI sees them."""
        # Starlette's patterns also match a path that ends with a line break.
        raise HTTPException(404)

    def _describe_responses(self, options: Mapping[str, Any]) -> Responses:
        usual = options.get("status_code") or HTTPStatus.OK
        successes: Responses = {usual: {"content": self._streams} if self._streams else {}}
        declared: Responses = options.get("responses") or {}
        successes |= {status: response for status, response in declared.items() if int(status) < HTTPStatus.BAD_REQUEST}
        if not self._streams and not self.takes_stream:
            with_content = [status for status in successes if status != HTTPStatus.NO_CONTENT]
            successes = add_fields(successes, with_content, describe_fields(ENCODED, are_always_sent=False))
        return self._describe_errors() | declared | add_fields(successes, successes, getattr(self._endpoint, "sent", {}))

    def _describe_errors(self) -> Responses:
        errors: tuple[type[Exception], ...] = (*getattr(self._endpoint, "errors", ()), MalformedRequestError, RulesBrokenError)
        if self.takes_body:
            errors += _BODY_ERRORS
        if self._needs_caller:
            errors += _CALLER_ERRORS
        if self._streams:
            errors += (BusyError,)
        return describe_problems(self.problems, errors, self.error_content)


class _Decoding:
    """An operation for one request with a body in a content coding."""

    def __init__(self, operation: DirectRoute) -> None:
        self._operation = operation

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operation, name)

    async def run(self, exchange: Exchange) -> Any:
        """Decode the body, and run the operation."""
        await decode_whole(exchange, self.max_body_bytes)
        return await self._operation.run(exchange)


def _make_parser(model: Any) -> BodyParser | FormParser:
    return FormParser(model) if issubclass(model, FormBody) else BodyParser(model)


def _find_dependencies(parameters: Mapping[str, inspect.Parameter], hints: Mapping[str, Any]) -> dict[str, DependencyKey]:
    keys = {name: default_parse_dependency(parameter, hints[name]) for name, parameter in parameters.items()}
    return {name: key for name, key in keys.items() if key is not None}


def _raise_unbound(_: Exchange) -> Any:
    raise RuntimeError("the operation is not bound to its dependencies")


def _read_bytes(model: type[JsonOrBytesBody], exchange: Exchange) -> JsonOrBytesBody | None:
    """Return the body of a request with bytes; None if it is announced as JSON."""
    if is_announced_as(exchange.headers, model.media_types):
        return None
    body = model.model_construct(bytes(exchange.body))
    body.content_type = exchange.headers[b"content-type"].decode("latin-1")
    return body


def _constant(value: Any) -> Read:
    return lambda _: value
