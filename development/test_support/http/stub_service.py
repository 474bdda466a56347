"""A small service with one operation of each kind, run in memory behind its real protocol."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from dishka import FromDishka, Provider, Scope, make_async_container
from fastapi import APIRouter, Header, Path, Query
from pydantic import BaseModel, FailFast, Field, SecretStr
from starlette.types import Message

from shared_kernel.application.authentication import (
    AccessTokenVerifier,
    Caller,
    InvalidAccessTokenError,
    SigningKeysUnknownError,
)
from shared_kernel.application.availability import BusyError, StoreUnavailableError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.presentation.http.application.assembly import create_http_service
from shared_kernel.presentation.http.application.health import Dependencies, OptionalDependencies
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.routing.direct_route import DirectRoute, raises
from shared_kernel.presentation.http.routing.problems import PROBLEMS
from shared_kernel.presentation.http.server.response import NO_STORE, Response
from test_support.http.wire import WireTransport

GOOD_TOKEN, EARLY_TOKEN = "good.access.token", "early.access.token"
MAX_BODY_BYTES = 100
MAX_REQUESTS_UNDER_WAY = 10

router = APIRouter(route_class=DirectRoute)


class Note(Body):
    """What clients send."""

    text: str
    secret: SecretStr = SecretStr("")
    numbers: Annotated[list[int], FailFast()] = Field(default_factory=list)


class Wishes(Body):
    """What clients may send or leave out."""

    color: str = "white"


class NoteResponse(BaseModel):
    """What they get."""

    text: str


class SearchResponse(BaseModel):
    """What an operation understood of its parameters."""

    shelf: str
    limit: int
    prefix: str
    color: str | None
    version: int | None
    address: str
    user_agent: str


class StubVerifier:
    """Implements AccessTokenVerifier: one token is good, one comes before the keys are known."""

    def __init__(self) -> None:
        self.refused: set[str] = set()

    def verify(self, token: str) -> Caller:
        """Return the token's bearer."""
        if token == EARLY_TOKEN:
            raise SigningKeysUnknownError
        if token != GOOD_TOKEN:
            raise InvalidAccessTokenError("The access token is not the good one.")
        return Caller("anna", frozenset({"read:default"}))

    def is_still_valid(self, caller: Caller) -> bool:
        """Tell whether the caller has not been refused since."""
        return caller.user_id not in self.refused


class Errand:
    """What the operation /errand shall raise, and how often it ran."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.runs = 0
        self.burnt: list[tuple[str, str]] = []


class StubDependency:
    """Implements Dependency."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.available = True

    async def is_available(self) -> bool:
        """Tell what the test says."""
        return self.available

    async def settle(self) -> None:
        """Return at once."""


@router.post("/notes", status_code=201)
@raises(StoreUnavailableError, BusyError)
async def keep_note(body: Note, errand: FromDishka[Errand]) -> NoteResponse:
    """Take a note."""
    errand.runs += 1
    return NoteResponse(text=body.text)


@router.post("/private/notes")
async def keep_private_note(body: Note, caller: Authenticated, errand: FromDishka[Errand]) -> NoteResponse:
    """Take a note of a caller."""
    errand.runs += 1
    return NoteResponse(text=f"{caller.user_id}: {body.text}")


@router.get("/caller", response_model=NoteResponse)
async def show_caller(caller: Authenticated) -> bytes:
    """Answer with JSON text."""
    return b'{"text":"%s"}' % caller.user_id.encode()


@router.put("/wishes")
async def keep_wishes(body: Wishes) -> NoteResponse:
    """Take what may be left out."""
    return NoteResponse(text=body.color)


@router.get("/long", response_model=str)
async def show_long(length: int) -> bytes:
    """Answer with JSON text of that length."""
    return b'"' + b"x" * (length - 2) + b'"'


@router.get("/ready-made", response_model=NoteResponse)
async def show_ready_made() -> Response:
    """Answer with everything."""
    return Response(b'{"text":"ready-made"}', status=202, headers=NO_STORE)


@router.get("/errand")
async def run_errand(errand: FromDishka[Errand]) -> NoteResponse:
    """Raise what the test wants raised."""
    errand.runs += 1
    if errand.error is not None:
        raise errand.error
    return NoteResponse(text="nothing happened")


@router.get("/shelves/{shelf}/notes")
async def search_notes(
    shelf: Annotated[str, Path(max_length=10)],
    origin: ClientInfo,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    prefix: str = "",
    paint: Annotated[str | None, Query(alias="color")] = None,
    if_version: Annotated[int | None, Header()] = None,
) -> SearchResponse:
    """Tell what was asked for."""
    return SearchResponse(
        shelf=shelf, limit=limit, prefix=prefix, color=paint, version=if_version, address=origin.address,
        user_agent=origin.user_agent,
    )  # fmt: skip


@router.delete("/shelves/{shelf}/notes/{note:path}", status_code=204)
async def burn_note(shelf: str, note: str, errand: FromDishka[Errand]) -> None:
    """Answer with nothing."""
    errand.burnt.append((shelf, note))


def make_service(
    errand: Errand,
    *dependencies: StubDependency,
    optional_dependencies: tuple[StubDependency, ...] = (),
    allowed_origins: Sequence[str] = (),
) -> HttpService:
    """Return the service, which must be run."""
    provider = Provider(scope=Scope.APP)
    provider.provide(StubVerifier, provides=AccessTokenVerifier)
    provider.provide(lambda: errand, provides=Errand)
    provider.provide(lambda: dependencies, provides=Dependencies)
    provider.provide(lambda: optional_dependencies, provides=OptionalDependencies)
    provider.provide(lambda: TrustedProxies.parse("192.0.2.0/24"), provides=TrustedProxies)
    return create_http_service(
        title="stub_service",
        description="A service for tests.",
        version="1.2.3",
        controllers=[router],
        problems=PROBLEMS,
        container=make_async_container(provider),
        max_body_bytes=MAX_BODY_BYTES,
        max_requests_under_way=MAX_REQUESTS_UNDER_WAY,
        login_url="http://login.example/token",
        allowed_origins=allowed_origins,
    )


@asynccontextmanager
async def run(service: HttpService) -> AsyncIterator[httpx.AsyncClient]:
    """Start the service as a server does, yield a client of it, and shut it down."""
    to_service: asyncio.Queue[Message] = asyncio.Queue()
    from_service: asyncio.Queue[Message] = asyncio.Queue()
    life = asyncio.create_task(service({"type": "lifespan"}, to_service.get, from_service.put))
    await to_service.put({"type": "lifespan.startup"})
    assert (await from_service.get())["type"] == "lifespan.startup.complete"
    try:
        async with httpx.AsyncClient(transport=WireTransport(service), base_url="http://service") as client:
            yield client
    finally:
        await to_service.put({"type": "lifespan.shutdown"})
        assert (await from_service.get())["type"] == "lifespan.shutdown.complete"
        await life
