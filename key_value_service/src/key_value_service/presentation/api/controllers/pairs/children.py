"""Listing one level of a namespace's tree of keys."""

from json.encoder import encode_basestring
from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from key_value_service.application.pairs.list_children import DELIMITER, MAX_CHILDREN, ListChildren, ListChildrenRequest
from key_value_service.domain.value_objects.key import MAX_BYTES, MIN_BYTES
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.presentation.api.consistency import PARAMETER, STALE, Stale
from key_value_service.presentation.api.controllers.pairs.ranges import LINK, Prefix, render_page
from key_value_service.presentation.api.cursors import Cursors
from key_value_service.presentation.api.metadata import Metadata, render_metadata
from key_value_service.presentation.api.paths import NamespaceInPath
from key_value_service.presentation.api.problems import NAMESPACE_ERRORS, Operation
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(tags=["pair ranges"], route_class=Operation)


class Branch(BaseModel):
    """All pairs whose keys begin with a text."""

    prefix: str = Field(description="The requested prefix and what follows it up to and with the delimiter", examples=["orders/"])


class Leaf(Metadata):
    """A pair whose key has no delimiter behind the prefix."""

    key: str


class ChildrenResponse(BaseModel):
    """Children of a prefix as of one revision."""

    children: list[Branch | Leaf]
    revision: int = Field(description="The namespace's revision that the page is as of", examples=[8])
    next_cursor: str | None = Field(description="Cursor of the next page; null on the last page")


@router.get("/namespaces/{namespace}/children", response_model=ChildrenResponse, responses={200: {"headers": LINK}})
@raises(*NAMESPACE_ERRORS)
async def list_children(
    namespace: NamespaceInPath,
    caller: Authenticated,
    use_case: FromDishka[ListChildren],
    cursors: FromDishka[Cursors],
    url: PublicUrl,
    prefix: Prefix = "",
    delimiter: Annotated[
        str,
        Query(description="Divides keys, byte by byte", json_schema_extra={"minLength": MIN_BYTES, "maxLength": MAX_BYTES}),
    ] = DELIMITER,
    start: Annotated[str, Query(max_length=MAX_BYTES, description="Only children with keys from this one on")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_CHILDREN, description="Maximum number of children")] = 100,
    cursor: Annotated[
        str | SkipJsonSchema[None],
        Query(description="`next_cursor` of the previous page; all other parameters but `limit` as for that page"),
    ] = None,
    reverse: Annotated[bool, Query(description="From the last child to the first")] = False,
    stale: Stale = None,
) -> Response:
    """List what follows a prefix up to the next delimiter, as the entries of a folder, at a cost that its pairs do not add to.

    A page may have fewer than `limit` children, or none, if more follow.
    """
    listing = ("children", namespace, prefix, delimiter, start, reverse)
    position = None if cursor is None else cursors.open(cursor, listing)
    request = ListChildrenRequest(namespace, prefix, delimiter, start, limit, position, reverse, stale)
    page = await use_case(caller, request)
    next_cursor = None if page.position is None else cursors.seal(page.position, listing)
    parameters = {"prefix": prefix, "delimiter": delimiter, "start": start, "limit": limit}
    parameters |= {"reverse": "true"} if reverse else {}
    parameters |= {} if stale is None else {PARAMETER: STALE}
    path = f"{url.path}/namespaces/{namespace}/children"
    return render_page("children", map(_render, page.children), page.revision, next_cursor, path, parameters)


def _render(child: Pair | str) -> str:
    if isinstance(child, str):
        return f'{{"prefix":{encode_basestring(child)}}}'
    return f'{{"key":{encode_basestring(child.key)},{render_metadata(child)}}}'
