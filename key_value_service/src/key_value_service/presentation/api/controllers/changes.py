"""Following the changes of a namespace: as a stream of events, or page by page."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import lru_cache
from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from key_value_service.application.changes.follow_changes import (
    MAX_WAIT,
    FollowChangesRequest,
    ReadChanges,
    StaleChanges,
    WatchChanges,
)
from key_value_service.domain.exceptions import InvalidWatchTicketError, NoSuchNamespaceError, RevisionGoneError
from key_value_service.domain.value_objects.batch import MAX_REVISION
from key_value_service.domain.value_objects.change import ChangeKind, ChangePage
from key_value_service.presentation.api.consistency import Stale
from key_value_service.presentation.api.paths import NamespaceInPath
from key_value_service.presentation.api.previous import PreviousValue
from key_value_service.presentation.api.problems import NAMESPACE_ERRORS, WaitingOperation
from key_value_service.presentation.api.rendered_changes import PairChange, render_change
from key_value_service.presentation.api.watch_operation import WatchOperation
from shared_kernel.application.authentication import AccessTokenExpiredError, AccessTokenRevokedError
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises, sends, streams
from shared_kernel.presentation.http.routing.errors import ShuttingDownError
from shared_kernel.presentation.http.server.response import NO_STORE, Headers, Response, StreamingResponse

EVENT_STREAM = "text/event-stream"
RETRY_MILLISECONDS = 1000
MAX_CHANGES = 1000

OF_STREAMS: Headers = (*NO_STORE, (b"x-accel-buffering", b"no"), (b"referrer-policy", b"no-referrer"))
"""Fields of a stream of events: no proxy keeps it back, and no page that it leads to learns its ticket."""

watch_router = APIRouter(tags=["changes"], route_class=WatchOperation)
waiting_router = APIRouter(tags=["changes"], route_class=WaitingOperation)

After = Annotated[
    Annotated[int, Field(ge=0, le=MAX_REVISION)] | SkipJsonSchema[None],
    Query(description="The last revision that the client knows; without it, only changes from now on are returned"),
]
LastEventId = Annotated[
    Annotated[str, Field(pattern="^[0-9]{1,16}$")] | SkipJsonSchema[None], Header(description="Like `after`, which it overrides")
]
Prefix = Annotated[str, Query(description="Only changes of keys with this prefix")]
Previous = Annotated[bool, Query(description="With each pair that is removed, also return the value that it had")]
Ticket = Annotated[
    str | SkipJsonSchema[None],
    Query(description="Instead of the Authorization header: of `POST /namespaces/{namespace}/watch-tickets`, for one watch"),
]


class ChangeResponse(PairChange):
    """A change of a pair."""

    key: str
    previous: PreviousValue | None = Field(
        None, description="With `previous`, of a pair that was removed: the value that it had; null if that was not kept"
    )


class ChangesResponse(BaseModel):
    """Changes in the order of their revisions."""

    changes: list[ChangeResponse]
    last: int = Field(description="`after` value for the next page")
    oldest: int = Field(description="The oldest revision that is kept")


_REASONS: Mapping[type[Exception], str] = {
    NoSuchNamespaceError: "namespace-deleted",
    RevisionGoneError: "revision-gone",
    AccessTokenExpiredError: "token-expired",
    AccessTokenRevokedError: "token-revoked",
    ShuttingDownError: "shutting-down",
    StoreUnavailableError: "store-unavailable",
}
"""Why a stream ends, as its last event says."""

EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "id": {"type": "string", "description": "The revision; absent from `ended`"},
        "event": {"enum": [*ChangeKind, "ended"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "anyOf": [
                    {"$ref": "#/components/schemas/ChangeResponse"},
                    {
                        "type": "object",
                        "required": ["reason"],
                        "properties": {"reason": {"enum": [*_REASONS.values()]}},
                        "additionalProperties": False,
                    },
                ]
            },
        },
    },
}


@watch_router.get("/namespaces/{namespace}/watch")
@sends(OF_STREAMS)
@streams(EVENT_STREAM, EVENT)
@raises(*NAMESPACE_ERRORS, InvalidWatchTicketError, RevisionGoneError)
async def watch(
    namespace: NamespaceInPath,
    caller: Authenticated,
    watch_changes: FromDishka[WatchChanges],
    stale_changes: FromDishka[StaleChanges],
    prefix: Prefix = "",
    after: After = None,
    last_event_id: LastEventId = None,
    previous: Previous = False,
    ticket: Ticket = None,  # noqa: ARG001 - WatchOperation has redeemed it
    stale: Stale = None,
) -> StreamingResponse:
    """Stream changes as Server-Sent Events as they happen, each once and in order.

    The events are `written`, `deleted` and `expired`. Their `id` is the revision, so a browser's EventSource resumes by itself
    after a lost connection. An event `ended` gives the reason why no more follow: the access token has expired or been revoked,
    the service shuts down, the database failed, the namespace was deleted, or the client reads so slowly that the changes that
    follow are no longer kept.
    """
    request = FollowChangesRequest(namespace, after if last_event_id is None else int(last_event_id), prefix)
    pages = await (watch_changes if stale is None else stale_changes.watch)(caller, request)
    return StreamingResponse(
        _stream(pages, prefix, previous=previous),
        EVENT_STREAM.encode(),
        headers=OF_STREAMS,
        ends_with_token=True,
        conclude=_render_end,
    )


@waiting_router.get("/namespaces/{namespace}/changes", response_model=ChangesResponse)
@sends(NO_STORE)
@raises(*NAMESPACE_ERRORS, RevisionGoneError)
async def read_changes(
    namespace: NamespaceInPath,
    caller: Authenticated,
    use_case: FromDishka[ReadChanges],
    stale_changes: FromDishka[StaleChanges],
    prefix: Prefix = "",
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=MAX_CHANGES, description="Maximum number of changes")] = MAX_CHANGES,
    wait: Annotated[
        float, Query(ge=0, le=MAX_WAIT, description="Seconds to wait for the first change after it, of a key with the prefix")
    ] = 0.0,
    previous: Previous = False,
    stale: Stale = None,
) -> Response:
    """Return the changes after a revision: the same as the stream of events, page by page."""
    request = FollowChangesRequest(namespace, after, prefix)
    response = await (use_case if stale is None else stale_changes.read)(caller, request, wait)
    changes = response.page.select(prefix)[:limit]
    last = changes[-1].revision if len(changes) == limit else response.page.last
    rendered = ",".join([render_change(change, previous=previous) for change in changes])
    body = f'{{"changes":[{rendered}],"last":{last},"oldest":{response.feed.oldest}}}'
    return Response(body.encode(), headers=NO_STORE)


async def _stream(pages: AsyncGenerator[ChangePage, None], prefix: str, *, previous: bool) -> AsyncGenerator[bytes, None]:
    yield b"retry: %d\n" % RETRY_MILLISECONDS
    async with aclosing(pages):
        async for page in pages:
            # An id without data is no event, but the client remembers it and resumes there, even if no key matched.
            yield _render_events(page, prefix, previous) if page.changes else b": nothing new\nid: %d\n\n" % page.last


def _render_end(error: Exception) -> bytes:
    reason = _REASONS.get(type(error))
    return b"" if reason is None else b'event: ended\ndata: {"reason":"%b"}\n\n' % reason.encode()


@lru_cache(maxsize=16)  # each may be a megabyte
def _render_events(page: ChangePage, prefix: str, previous: bool) -> bytes:
    """Return the events of a page, rendered once for all its readers: there may be thousands."""
    return "".join(
        f"id: {change.revision}\nevent: {change.kind}\ndata: {render_change(change, previous=previous)}\n\n"
        for change in page.select(prefix)
    ).encode()
