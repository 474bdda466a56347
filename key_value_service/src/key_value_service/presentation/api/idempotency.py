"""The header field Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a repeated request gets the first answer."""

import inspect
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cached_property
from hashlib import blake2b
from http import HTTPStatus
from operator import attrgetter
from typing import Annotated, Any, Final, NamedTuple, NoReturn, get_type_hints

from dishka import AsyncContainer
from fastapi import Header
from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from shared_kernel.domain.rules import RulesBrokenError, Violation
from shared_kernel.presentation.http.routing.direct_route import DirectRoute
from shared_kernel.presentation.http.routing.openapi import Responses, add_fields, describe_fields
from shared_kernel.presentation.http.routing.parameters import Read
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Headers, Response

FIELD = "idempotency-key"
MAX_LENGTH = 255

# A string (RFC 8941, section 3.3.3), or what many clients send: the same without quotation marks.
_STRING = rf'"([ !#-\[\]-~]|\\["\\]){{1,{MAX_LENGTH}}}"'
_TOKEN = rf"[!#-+\--:<-\[\]-~]{{1,{MAX_LENGTH}}}"
_KEY = re.compile(f"{_STRING}|{_TOKEN}")
_ESCAPED = re.compile(r'\\(["\\])')

_NAME = FIELD.encode()
# Fields that make another request, beside the target and the body.
_DISTINGUISHING = (b"if-match", b"if-none-match", b"content-type")
_DIGEST_BYTES = 18  # too many to find two requests with the same, and in base 64 without padding

_REPLAYED: Headers = ((b"idempotency-replayed", b"true"),)
_KEPT_REFUSALS = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)


def _refuse(_: object) -> NoReturn:
    message = "The operation is no single transaction, and keeps no answer: send it without this field"
    raise PydanticCustomError("not_supported", message)


KeyInHeader = Annotated[
    IdempotencyKey | None,
    Header(
        description="A text that the caller uses for one request in the namespace. A repetition of that request with the "
        "same key gets the first answer and changes nothing; another request with it gets 422 `idempotency-key-reused`.",
    ),
    PlainValidator(str),  # for the documentation alone: IdempotentRoute reads the field
    WithJsonSchema({"type": "string", "pattern": f"^({_STRING}|{_TOKEN})$"}),
]
"""A controller's parameter for operations that can be repeated."""
NoKeyInHeader = Annotated[None, Header(include_in_schema=False), PlainValidator(_refuse)]
"""A controller's parameter for operations that would do something twice: a client that sends the field counts on it."""


class IdempotencyRetention(NamedTuple):
    """How long answers are kept."""

    milliseconds: int


class IdempotentRoute(DirectRoute):
    """A DirectRoute whose controllers may have a parameter of type KeyInHeader."""

    idempotency_key: Final = None
    _keep_milliseconds = 0

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        self._keeps_answers = IdempotencyKey | None in get_type_hints(endpoint).values()
        super().__init__(path, endpoint, **options)
        if self._keeps_answers:
            self.header_names |= {FIELD}

    def _make_reader(self, parameter: inspect.Parameter, hint: Any, plain_hint: Any) -> Read:
        if plain_hint == IdempotencyKey | None:
            return attrgetter("operation.idempotency_key")
        return super()._make_reader(parameter, hint, plain_hint)

    def _describe_responses(self, options: Mapping[str, Any]) -> Responses:
        responses = super()._describe_responses(options)
        if not self._keeps_answers:
            return responses
        kept = [status for status in responses if int(status) < HTTPStatus.BAD_REQUEST or status in _KEPT_REFUSALS]
        return add_fields(responses, kept, describe_fields(_REPLAYED, are_always_sent=False))

    async def bind(self, container: AsyncContainer, max_body_bytes: int) -> None:
        """Resolve what the controller needs, and how long answers are kept."""
        await super().bind(container, max_body_bytes)
        if self._keeps_answers:
            self._keep_milliseconds = (await container.get(IdempotencyRetention)).milliseconds

    def check(self, exchange: Exchange) -> None:
        """Check a head, with its idempotency key."""
        super().check(exchange)
        if self._keeps_answers and _NAME in exchange.headers:
            exchange.operation = _KeyedRequest(exchange, self._keep_milliseconds)


class _KeyedRequest:
    """An operation for one request with an idempotency key."""

    def __init__(self, exchange: Exchange, keep_milliseconds: int) -> None:
        self._operation = exchange.operation
        self._exchange = exchange
        self._sent_key = _read_key(exchange.headers[_NAME].decode("latin-1"))
        self._keep_milliseconds = keep_milliseconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operation, name)

    @cached_property
    def idempotency_key(self) -> IdempotencyKey:
        """The key of the request, which has arrived whole."""
        exchange, operation = self._exchange, self._operation
        caller = exchange.caller.user_id
        target = (operation.method, operation.path, *exchange.path_values.values(), exchange.query.decode("latin-1"))
        fields = [exchange.headers.get(name, b"").decode("latin-1") for name in _DISTINGUISHING]
        return IdempotencyKey(
            _digest(repr((self._sent_key, caller)).encode()),
            _digest(repr((target, fields)).encode(), exchange.body),
            self._keep_milliseconds,
        )

    def make_response(self, result: Any, exchange: Exchange) -> Response:
        """Return the response, marked if it is that of an earlier request."""
        return self._mark(self._operation.make_response(result, exchange))

    def render_error(self, error: Exception, exchange: Exchange) -> Response:
        """Return the response for an error, marked if it is that of an earlier request."""
        return self._mark(self._operation.render_error(error, exchange))

    def _mark(self, response: Response) -> Response:
        key = self.__dict__.get("idempotency_key")  # an error may come before there is one
        return response._replace(headers=response.headers + _REPLAYED) if key is not None and key.is_replayed else response


def _read_key(text: str) -> str:
    if _KEY.fullmatch(text) is None:
        message = (
            f"The field must be given once, with 1 to {MAX_LENGTH} printable ASCII characters: a string in quotation marks, or "
            "without them if it has no space, comma, semicolon, backslash or quotation mark."
        )
        raise RulesBrokenError([Violation(FIELD, "idempotency_key", message)])
    return _ESCAPED.sub(r"\1", text[1:-1]) if text[0] == '"' else text


def _digest(*parts: bytes | bytearray) -> str:
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for part in parts:
        digest.update(part)
    return urlsafe_b64encode(digest.digest()).decode()
