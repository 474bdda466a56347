"""Single pairs as resources."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from key_value_service.application.pairs.delete_pair import DeletePair, DeletePairRequest
from key_value_service.application.pairs.increment_pair import IncrementPair, IncrementPairRequest
from key_value_service.application.pairs.pair_history import Restored
from key_value_service.application.pairs.patch_pair import PatchPair, PatchPairRequest
from key_value_service.application.pairs.read_pair import ReadPair, ReadPairRequest
from key_value_service.application.pairs.restore_pair import RestorePair, RestorePairRequest
from key_value_service.application.pairs.set_time_to_live import SetTimeToLive, SetTimeToLiveRequest
from key_value_service.application.pairs.write_pair import WritePair, WritePairRequest, WritePairResponse
from key_value_service.domain.exceptions import (
    NoSuchPairError,
    NoSuchRevisionError,
    NotANumberError,
    NotJsonError,
    NumberOverflowError,
    PreconditionFailedError,
)
from key_value_service.domain.value_objects.batch import MAX_REVISION
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import Binary, make_binary
from key_value_service.presentation.api.conditions import TAGGED, IfMatch, IfNoneMatch, read_precondition, tag
from key_value_service.presentation.api.consistency import Stale
from key_value_service.presentation.api.idempotency import KeyInHeader
from key_value_service.presentation.api.metadata import render_time
from key_value_service.presentation.api.paths import PAIR_PATHS, KeyInPathOrQuery, NamespaceInPath
from key_value_service.presentation.api.previous import PreviousValue, render_previous
from key_value_service.presentation.api.problems import KEY_ERRORS, NAMESPACE_ERRORS, WRITE_ERRORS, Operation
from key_value_service.presentation.api.schema_rules import TTL_RULES
from shared_kernel.application.availability import BusyError, StoreFullError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body, JsonBody, JsonOrBytesBody
from shared_kernel.presentation.http.routing.content_coding import VARIES
from shared_kernel.presentation.http.routing.direct_route import raises, sends
from shared_kernel.presentation.http.routing.openapi import Endpoint
from shared_kernel.presentation.http.server.response import Headers, Response

router = APIRouter(tags=["single pairs"], route_class=Operation)

# The errors of every operation that writes a single pair.
CONDITIONAL_WRITE_ERRORS = (*WRITE_ERRORS, *KEY_ERRORS, PreconditionFailedError)

TtlOfQuery = Annotated[
    Annotated[float, Field(json_schema_extra=TTL_RULES)] | Literal["null"] | SkipJsonSchema[None],
    Query(description="Seconds after which the pair expires; `null`: never. Without it, the namespace's default applies."),
]


RestoreOfQuery = Annotated[
    Annotated[int, Field(ge=1, le=MAX_REVISION)] | SkipJsonSchema[None],
    Query(description="Instead of a body: the revision of the pair whose value it gets"),
]


UNTRUSTED: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
)
"""Fields of a response with bytes: a browser takes them for nothing else, and runs no script of theirs with the rights of this
origin."""


class ValueBody(JsonOrBytesBody):
    """The value: any JSON, as in `POST /write`. With any other media type, except those of forms, up to 1 MiB of bytes."""

    replaced_by: ClassVar[str | None] = "restore"

    def to_value(self) -> object:
        """Return the parsed JSON, or the Binary. Raises RulesBrokenError."""
        if self.content_type is None:
            return self.root
        return make_binary(self.content_type, self.root, "content-type", "body")


class PatchBody(JsonBody):
    """A merge patch (RFC 7396): in an object, null removes a member; anything other than an object replaces the value."""

    media_types: ClassVar[tuple[str, ...]] = ("application/merge-patch+json", "application/json")


class TtlBody(Body):
    """The pair's time to live."""

    ttl: float | None = Field(description="Seconds from now; null: never expires", examples=[3600], json_schema_extra=TTL_RULES)


class IncrementBody(Body):
    """The number to add."""

    by: int | float = Field(1, description="An integer from -2^63 to 2^64-1, or a finite double", examples=[1])


class ChangedResponse(BaseModel):
    """The pair was changed."""

    revision: int = Field(description="Revision of this change", examples=[8])


class DeletedPairResponse(ChangedResponse):
    """The pair was deleted."""

    previous: PreviousValue


class TtlResponse(BaseModel):
    """The pair's time to live was changed."""

    revision: int = Field(description="Revision of the pair, which extending its time to live does not change", examples=[8])
    expires_at: datetime | None = Field(description="null: never expires")


class IncrementResponse(ChangedResponse):
    """The number was added."""

    value: float = Field(default_factory=float, description="The sum; absent if the caller may not read", examples=[42])


def _on_pair(method: str, part: str = "", **options: Any) -> Callable[[Endpoint], Endpoint]:
    """Declare an operation on a pair, or on a part of it, under each of its paths."""

    def declare(endpoint: Endpoint) -> Endpoint:
        for path in PAIR_PATHS:
            router.api_route(path + part, methods=[method], **options)(endpoint)
        return endpoint

    return declare


@_on_pair(
    "GET",
    response_model=Any,
    responses={
        200: TAGGED
        | {"content": {"application/json": {"schema": {}}, "*/*": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "`If-None-Match` has the pair's current revision", **TAGGED},
    },
)
@raises(*NAMESPACE_ERRORS, NoSuchPairError, PreconditionFailedError)
@sends(UNTRUSTED, are_always_sent=False)
async def read_pair(
    namespace: NamespaceInPath,
    key: KeyInPathOrQuery,
    caller: Authenticated,
    use_case: FromDishka[ReadPair],
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    stale: Stale = None,
) -> Response:
    """Read the value: as JSON, or bytes as the media type that they were written with. The entity tag is the pair's revision."""
    found = await use_case(caller, ReadPairRequest(namespace, key, read_precondition(if_match, if_none_match), stale))
    pair = found.pair
    if found.is_known:
        return Response(b"", 304, headers=(*tag(pair.revision), *VARIES))  # as with the value (RFC 9110, section 15.4.5)
    if isinstance(pair.value, Binary):
        return Response(pair.value.content, media_type=pair.value.media_type.encode(), headers=(*tag(pair.revision), *UNTRUSTED))
    return Response(pair.value.encode(), headers=tag(pair.revision))


@_on_pair("PUT", response_model=ChangedResponse, responses={200: TAGGED, 201: {"model": ChangedResponse, **TAGGED}})
@raises(*CONDITIONAL_WRITE_ERRORS, NoSuchRevisionError)
async def write_pair(
    namespace: NamespaceInPath,
    key: KeyInPathOrQuery,
    body: ValueBody,
    caller: Authenticated,
    use_case: FromDishka[WritePair],
    restore_pair: FromDishka[RestorePair],
    ttl: TtlOfQuery = None,
    restore: RestoreOfQuery = None,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    idempotency_key: KeyInHeader = None,
) -> Response:
    """Insert (201) or replace (200) the pair. An acknowledged write survives a power cut.

    With `restore` and without a body, the value is the one that the pair got with an earlier revision, as far as that is kept.
    """
    lifetime = None if ttl is None else TimeToLive(None if ttl == "null" else ttl)
    condition = read_precondition(if_match, if_none_match)
    written: WritePairResponse | Restored
    if restore is not None:
        written = await restore_pair(caller, RestorePairRequest(namespace, key, restore, lifetime, condition, idempotency_key))
    else:
        request = WritePairRequest(namespace, key, body.to_value(), lifetime, condition, idempotency_key)
        written = await use_case(caller, request)
    return _changed(written.revision, 201 if written.is_new else 200)


@_on_pair("PATCH", response_model=ChangedResponse, responses={200: TAGGED})
@raises(*CONDITIONAL_WRITE_ERRORS, NoSuchPairError, NotJsonError, BusyError)
async def patch_pair(
    namespace: NamespaceInPath,
    key: KeyInPathOrQuery,
    body: PatchBody,
    caller: Authenticated,
    use_case: FromDishka[PatchPair],
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    idempotency_key: KeyInHeader = None,
) -> Response:
    """Change the value by a merge patch (RFC 7396), atomically: no concurrent change is lost."""
    condition = read_precondition(if_match, if_none_match)
    return _changed(await use_case(caller, PatchPairRequest(namespace, key, body.root, condition, idempotency_key)))


@_on_pair("DELETE", response_model=None, status_code=204, responses={200: {"model": DeletedPairResponse}})
@raises(*NAMESPACE_ERRORS, *KEY_ERRORS, NoSuchPairError, PreconditionFailedError, StoreFullError)
async def delete_pair(
    namespace: NamespaceInPath,
    key: KeyInPathOrQuery,
    caller: Authenticated,
    use_case: FromDishka[DeletePair],
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    previous: Annotated[bool, Query(description="Return the value that the pair had (200)")] = False,
    idempotency_key: KeyInHeader = None,
) -> Response | None:
    """Delete the pair. With `previous`, also requires the scope `read:`."""
    condition = read_precondition(if_match, if_none_match)
    deleted = await use_case(caller, DeletePairRequest(namespace, key, condition, previous, idempotency_key))
    if not previous:
        return None
    return Response(f'{{"revision":{deleted.revision},{render_previous(deleted.previous)}}}'.encode())


@_on_pair("PUT", part="/ttl", response_model=TtlResponse, responses={200: TAGGED})
@raises(*CONDITIONAL_WRITE_ERRORS, NoSuchPairError)
async def set_time_to_live(
    namespace: NamespaceInPath,
    key: KeyInPathOrQuery,
    body: TtlBody,
    caller: Authenticated,
    use_case: FromDishka[SetTimeToLive],
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    idempotency_key: KeyInHeader = None,
) -> Response:
    """Set, extend, shorten or remove the pair's time to live.

    Extending it, as a heartbeat does, is cheap: the pair keeps its revision, and watches and the change log get no event.
    """
    condition = read_precondition(if_match, if_none_match)
    request = SetTimeToLiveRequest(namespace, key, TimeToLive(body.ttl), condition, idempotency_key)
    revision, expires_at = await use_case(caller, request)
    return Response(f'{{"revision":{revision},"expires_at":{render_time(expires_at)}}}'.encode(), headers=tag(revision))


@_on_pair("POST", part="/increment", response_model=IncrementResponse, responses={200: TAGGED})
@raises(*CONDITIONAL_WRITE_ERRORS, NotANumberError, NumberOverflowError)
async def increment_pair(
    namespace: NamespaceInPath,
    key: KeyInPathOrQuery,
    body: IncrementBody,
    caller: Authenticated,
    use_case: FromDishka[IncrementPair],
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    idempotency_key: KeyInHeader = None,
) -> Response:
    """Add to a number, atomically; a missing pair counts as 0. Integers stay exact, with 64 bits; other numbers are doubles."""
    condition = read_precondition(if_match, if_none_match)
    added = await use_case(caller, IncrementPairRequest(namespace, key, body.by, condition, idempotency_key))
    if added.value is None:
        return _changed(added.revision)
    return Response(f'{{"value":{added.value},"revision":{added.revision}}}'.encode(), headers=tag(added.revision))


def _changed(revision: int, status: int = 200) -> Response:
    return Response(b'{"revision":%d}' % revision, status, headers=tag(revision))
