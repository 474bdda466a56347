"""The history of single pairs."""

from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from key_value_service.application.pairs.pair_history import HistoryQuery
from key_value_service.application.pairs.read_history import MAX_CHANGES, ReadHistory
from key_value_service.presentation.api.consistency import Stale
from key_value_service.presentation.api.cursors import Cursors
from key_value_service.presentation.api.paths import PAIR_PATHS, KeyInPathOrQuery, NamespaceInPath
from key_value_service.presentation.api.problems import NAMESPACE_ERRORS, Operation
from key_value_service.presentation.api.rendered_changes import PairChange, render_change
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["single pairs"], route_class=Operation)


class HistoryResponse(BaseModel):
    """Kept changes of a pair, the newest ones first."""

    changes: list[PairChange]
    revision: int = Field(description="The namespace's revision that the page is as of", examples=[8])
    next_cursor: str | None = Field(description="Cursor of the next page; null on the last page")


@raises(*NAMESPACE_ERRORS)
async def read_history(
    namespace: NamespaceInPath,
    key: KeyInPathOrQuery,
    caller: Authenticated,
    use_case: FromDishka[ReadHistory],
    cursors: FromDishka[Cursors],
    limit: Annotated[int, Query(ge=1, le=MAX_CHANGES, description="Maximum number of changes")] = 100,
    cursor: Annotated[str | SkipJsonSchema[None], Query(description="`next_cursor` of the previous page")] = None,
    stale: Stale = None,
) -> bytes:
    """Return the kept changes of the pair, from the newest one on; none for a pair that never existed.

    Kept are those in the log of changes, the pair's last one, and as many earlier values as the namespace's `history_kept`.
    A page may have fewer than `limit` changes, even none, while `next_cursor` says that more may follow.
    """
    listing = ("history", namespace, key)
    before = None if cursor is None else int(cursors.open(cursor, listing))
    changes, revision, position = await use_case(caller, namespace, HistoryQuery(key, before, limit), stale)
    rendered = ",".join([render_change(change, has_key=False) for change in changes])
    next_cursor = "null" if position is None else f'"{cursors.seal(str(position), listing)}"'
    return f'{{"changes":[{rendered}],"revision":{revision},"next_cursor":{next_cursor}}}'.encode()


for _path in PAIR_PATHS:
    router.get(f"{_path}/history", response_model=HistoryResponse)(read_history)
