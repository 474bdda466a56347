"""Listing and deleting ranges of pairs."""

from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Annotated, Any
from urllib.parse import urlencode

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from key_value_service.application.pairs.delete_range import DeleteRange, DeleteRangeRequest
from key_value_service.application.pairs.list_pairs import MAX_PAIRS, ListPairs, ListPairsRequest
from key_value_service.domain.exceptions import DeletionInterruptedError
from key_value_service.domain.value_objects.key import MAX_BYTES, MIN_BYTES
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.presentation.api.consistency import PARAMETER, STALE, Stale
from key_value_service.presentation.api.cursors import Cursors
from key_value_service.presentation.api.idempotency import NoKeyInHeader
from key_value_service.presentation.api.metadata import Metadata, render_metadata
from key_value_service.presentation.api.paths import NamespaceInPath
from key_value_service.presentation.api.problems import NAMESPACE_ERRORS, Operation
from key_value_service.presentation.api.values import ShownBinary, render_value
from shared_kernel.application.availability import StoreFullError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(tags=["pair ranges"], route_class=Operation)

PAIRS = "/namespaces/{namespace}/pairs"

LINK = {"Link": {"description": 'The next page (`rel="next"`); absent on the last page', "schema": {"type": "string"}}}

Prefix = Annotated[str, Query(max_length=MAX_BYTES, description="Only keys with this prefix")]
Contained = Annotated[
    Annotated[str, Field(json_schema_extra={"minLength": MIN_BYTES, "maxLength": MAX_BYTES})] | SkipJsonSchema[None],
    Query(description="Only keys that contain this text, byte by byte; it is no pattern"),
]


class ListedPair(Metadata):
    """A pair."""

    key: str
    value: Any = Field(None, description="Absent with `keys_only`, or if it is bytes")
    binary: ShownBinary


class PageResponse(BaseModel):
    """Pairs as of one revision."""

    pairs: list[ListedPair]
    revision: int = Field(description="The namespace's revision that the page is as of", examples=[8])
    next_cursor: str | None = Field(description="Cursor of the next page; null on the last page")
    searched: int = Field(0, description="With `contains`: number of keys that this page has looked at", examples=[250000])


class DeletedRangeResponse(BaseModel):
    """The pairs were deleted."""

    deleted: int = Field(description="Number of pairs deleted", examples=[1])
    revision: int = Field(description="The namespace's revision", examples=[9])


@router.get(
    PAIRS,
    response_model=PageResponse,
    response_model_exclude_unset=True,
    responses={200: {"headers": LINK}},
)
@raises(*NAMESPACE_ERRORS)
async def list_pairs(
    namespace: NamespaceInPath,
    caller: Authenticated,
    use_case: FromDishka[ListPairs],
    cursors: FromDishka[Cursors],
    url: PublicUrl,
    prefix: Prefix = "",
    start: Annotated[str, Query(max_length=MAX_BYTES, description="First key (inclusive)")] = "",
    end: Annotated[str | SkipJsonSchema[None], Query(max_length=MAX_BYTES, description="End of the range (exclusive)")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAIRS, description="Maximum number of pairs")] = 100,
    cursor: Annotated[
        str | SkipJsonSchema[None],
        Query(description="`next_cursor` of the previous page; all other parameters but `limit` as for that page"),
    ] = None,
    reverse: Annotated[bool, Query(description="From the last key to the first")] = False,
    keys_only: Annotated[bool, Query(description="Leave out the values")] = False,
    contains: Contained = None,
    stale: Stale = None,
) -> Response:
    """List pairs in the order of their keys' code points. A page may have fewer than `limit` pairs, or none, if more follow.

    With `contains`, a page takes some 50 milliseconds at most, and has what it found until then: go on while `next_cursor` is not
    null.
    """
    listing: tuple[object, ...] = (namespace, prefix, start, end, reverse, keys_only)
    listing += () if contains is None else (contains,)  # cursors of listings without it are those of earlier versions
    position = None if cursor is None else cursors.open(cursor, listing)
    request = ListPairsRequest(namespace, prefix, start, end, limit, position, reverse, keys_only, contains, stale)
    page = await use_case(caller, request)
    next_cursor = None if page.position is None else cursors.seal(page.position, listing)
    parameters = {"prefix": prefix, "start": start, "end": end, "contains": contains, "limit": limit}
    parameters |= {name: "true" for name, given in (("reverse", reverse), ("keys_only", keys_only)) if given}
    parameters |= {} if stale is None else {PARAMETER: STALE}
    pairs = (_render(pair, keys_only=keys_only) for pair in page.pairs)
    path = f"{url.path}/namespaces/{namespace}/pairs"
    return render_page("pairs", pairs, page.revision, next_cursor, path, parameters, page.searched)


@router.delete(PAIRS)
@raises(*NAMESPACE_ERRORS, DeletionInterruptedError, StoreFullError)
async def delete_range(
    namespace: NamespaceInPath,
    caller: Authenticated,
    use_case: FromDishka[DeleteRange],
    prefix: Prefix = "",
    everything: Annotated[bool, Query(alias="all", description="Instead of a prefix: delete all pairs")] = False,
    idempotency_key: NoKeyInHeader = None,  # noqa: ARG001
) -> DeletedRangeResponse:
    """Delete the pairs with a prefix in slices, each in a transaction of its own: other requests are not kept waiting.

    If the database fails meanwhile, the response is 503 `deletion-interrupted`, with the number of pairs deleted so far in
    `deleted`; repeat the request to delete the rest.
    """
    response = await use_case(caller, DeleteRangeRequest(namespace, prefix, everything=everything))
    return DeletedRangeResponse(deleted=response.deleted, revision=response.revision)


def render_page(
    member: str,
    items: Iterable[str],
    revision: int,
    next_cursor: str | None,
    path: str,
    parameters: Mapping[str, object],
    searched: int | None = None,
) -> Response:
    """Return the response for a page of items, with the link to the next page: the path, and those parameters that were given."""
    body = f'{{"{member}":[{",".join(items)}],"revision":{revision}'
    body += "" if searched is None else f',"searched":{searched}'
    if next_cursor is None:
        return Response(f'{body},"next_cursor":null}}'.encode())
    parameters = {**parameters, "cursor": next_cursor}
    query = urlencode({name: value for name, value in parameters.items() if value not in ("", None)})
    link = f'<{path}?{query}>; rel="next"'
    return Response(f'{body},"next_cursor":"{next_cursor}"}}'.encode(), headers=((b"link", link.encode()),))


def _render(pair: Pair, *, keys_only: bool) -> str:
    value = "" if keys_only else f"{render_value(pair.value)},"
    return f'{{"key":{encode_basestring(pair.key)},{value}{render_metadata(pair)}}}'
