"""Reads that any instance of Tarantool may answer: the parameter `consistency`, or the header field Read-Consistency."""

import inspect
from collections.abc import Mapping
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Final, NamedTuple

from dishka import AsyncContainer
from fastapi import Query
from pydantic import PlainValidator, WithJsonSchema

from key_value_service.domain.value_objects.stale_read import StaleRead
from key_value_service.presentation.api.idempotency import IdempotentRoute
from shared_kernel.domain.rules import RulesBrokenError, Violation
from shared_kernel.presentation.http.routing.openapi import Responses, add_fields
from shared_kernel.presentation.http.routing.parameters import Read, parse_query
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Headers, Response

PARAMETER = "consistency"
FIELD = "read-consistency"
STALE = "stale"

_VALUES = ("linearizable", STALE)
_NAME = FIELD.encode()
_DESCRIPTION = (
    "`stale`: any instance of the database may answer, not the leader alone, with what was true up to a bounded time ago; "
    "`Stale-Age` and `Stale-Revision` of the response say when. `linearizable`, the default: what is true now."
)
_SCHEMA = {"type": "string", "enum": [*_VALUES], "default": _VALUES[0]}
_SHOWN = {
    "Stale-Age": {
        "description": "Of a read with `consistency=stale`: seconds by which the response may be behind; 0: the leader's",
        "schema": {"type": "number", "minimum": 0},
    },
    "Stale-Revision": {
        "description": "Of a read with `consistency=stale`: the namespace's revision that the response is as of",
        "schema": {"type": "integer", "minimum": 0},
    },
}

Stale = Annotated[
    StaleRead | None,
    Query(alias=PARAMETER, description=_DESCRIPTION),
    PlainValidator(str),  # for the documentation alone: ConsistentRoute reads it
    WithJsonSchema(_SCHEMA),
]
"""A controller's parameter `stale` for operations that any instance may answer; None where the leader must."""


class Staleness(NamedTuple):
    """By how much an answer may be behind the leader's."""

    max_seconds: float


class ConsistentRoute(IdempotentRoute):
    """An IdempotentRoute whose controllers may have a parameter of type Stale."""

    stale: Final = None
    says_staleness: ClassVar[bool] = True
    """Whether responses of stale reads say how old they are."""
    _may_be_stale = False
    _max_seconds = 0.0

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        if "stale" in inspect.signature(endpoint).parameters:
            field = {"name": "Read-Consistency", "in": "header", "required": False, "schema": _SCHEMA}
            options["openapi_extra"] = {"parameters": [{**field, "description": f"As `{PARAMETER}`, which goes before it."}]}
        super().__init__(path, endpoint, **options)
        if self._may_be_stale:
            self.header_names |= {FIELD}
            self._query_names |= {PARAMETER}

    def _describe_responses(self, options: Mapping[str, Any]) -> Responses:
        responses = super()._describe_responses(options)
        if not self.says_staleness or "stale" not in inspect.signature(self._endpoint).parameters:
            return responses
        return add_fields(responses, {200, *(responses.keys() & {304})}, _SHOWN)

    def _make_reader(self, parameter: inspect.Parameter, hint: Any, plain_hint: Any) -> Read:
        if plain_hint == StaleRead | None:
            self._may_be_stale = True
            return attrgetter("operation.stale")
        return super()._make_reader(parameter, hint, plain_hint)

    async def bind(self, container: AsyncContainer, max_body_bytes: int) -> None:
        """Resolve what the controller needs, and how old an answer may be."""
        await super().bind(container, max_body_bytes)
        if self._may_be_stale:
            self._max_seconds = (await container.get(Staleness)).max_seconds

    def check(self, exchange: Exchange) -> None:
        """Check a head, with the consistency that it asks for."""
        super().check(exchange)
        self.read_consistency(exchange)

    def read_consistency(self, exchange: Exchange) -> None:
        """Let the controller know of a stale read. Raises RulesBrokenError."""
        if self._may_be_stale and (exchange.query or _NAME in exchange.headers) and _is_stale(exchange):
            exchange.operation = _StaleRequest(exchange, StaleRead(self._max_seconds))


class _StaleRequest:
    """An operation for one request that any instance may answer."""

    def __init__(self, exchange: Exchange, stale: StaleRead) -> None:
        self._operation = exchange.operation
        self.stale = stale

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operation, name)

    def make_response(self, result: Any, exchange: Exchange) -> Response:
        """Return the response, with its age and its revision."""
        response: Response = self._operation.make_response(result, exchange)
        return response._replace(headers=response.headers + render_staleness(self.stale))


def render_staleness(stale: StaleRead | None) -> Headers:
    """Return the header fields that say how old the answer to a stale read is."""
    if stale is None:
        return ()
    fields = [(b"stale-age", b"%.3f", stale.age_seconds), (b"stale-revision", b"%d", stale.revision)]
    return tuple((name, form % value) for name, form, value in fields if value is not None)


def _is_stale(exchange: Exchange) -> bool:
    """Return whether the request says so, in the query or else in the header. Raises RulesBrokenError if either is wrong."""
    given = [value for name, value in parse_query(exchange.query) if name == PARAMETER]
    if len(given) > 1:
        raise RulesBrokenError([Violation(PARAMETER, "unique", "A parameter may be given once.")])
    wanted = {PARAMETER: given[0]} if given else {}
    if _NAME in exchange.headers:
        wanted[FIELD] = exchange.headers[_NAME].decode("latin-1")
    broken = [field for field, value in wanted.items() if value not in _VALUES]
    if broken:
        raise RulesBrokenError([Violation(field, "literal_error", f"It must be {' or '.join(_VALUES)}.") for field in broken])
    return next(iter(wanted.values()), None) == STALE
