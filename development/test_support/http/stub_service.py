"""A small service with one operation of each kind, run in memory behind its real protocol."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from dishka import FromDishka, Provider, Scope, make_async_container
from fastapi import APIRouter, Header, Path, Query
from pydantic import BaseModel, FailFast, Field, SecretStr
from starlette.routing import BaseRoute
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
from shared_kernel.presentation.http.application.departure import Departure
from shared_kernel.presentation.http.application.health import Dependencies, OptionalDependencies
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body, JsonOrBytesBody
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.routing.direct_route import DirectRoute, raises
from shared_kernel.presentation.http.routing.problem_help import HELP
from shared_kernel.presentation.http.routing.problems import PROBLEMS
from shared_kernel.presentation.http.server.response import NO_STORE, Response
from shared_kernel.presentation.http.telemetry.figures import ServiceFigures
from shared_kernel.presentation.http.telemetry.instruments import Instruments
from test_support.http.wire import WireTransport

GOOD_TOKEN, EARLY_TOKEN = "good.access.token", "early.access.token"
MAX_BODY_BYTES = 100
MAX_REQUESTS_UNDER_WAY = 10

router = APIRouter(route_class=DirectRoute)


class Note(Body):
    """The body of requests."""

    text: str
    secret: SecretStr = SecretStr("")
    numbers: Annotated[list[int], FailFast()] = Field(default_factory=list)


class Wishes(Body):
    """What clients may send or leave out."""

    color: str = "white"


class Blob(JsonOrBytesBody):
    """JSON, or bytes."""


class NoteResponse(BaseModel):
    """The body of responses."""

    text: str


class SearchResponse(BaseModel):
    """The parameters as the operation received them."""

    shelf: str
    limit: int
    prefix: str
    color: str | None
    version: int | None
    address: str
    user_agent: str


class StubVerifier:
    """Implements AccessTokenVerifier: one token is valid, one cannot be verified because no keys are known."""

    def __init__(self) -> None:
        self.refused: set[str] = set()

    def verify(self, token: str) -> Caller:
        """Return the token's caller. Raises SigningKeysUnknownError or InvalidAccessTokenError."""
        if token == EARLY_TOKEN:
            raise SigningKeysUnknownError
        if token != GOOD_TOKEN:
            raise InvalidAccessTokenError("The access token is not the good one.")
        return Caller("anna", frozenset({"read:default"}))

    def is_still_valid(self, caller: Caller) -> bool:
        """Return whether the caller is not in `refused`."""
        return caller.user_id not in self.refused


class Errand:
    """What the operation /errand raises or whether it waits, and what has been run."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.runs = 0
        self.is_waiting = False
        self.burnt: list[tuple[str, str]] = []


class StubDependency:
    """Implements Dependency."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.available = True

    async def is_available(self) -> bool:
        """Return `available`, which a test may set."""
        return self.available

    async def settle(self) -> None:
        """Return at once."""


@router.post("/notes", status_code=201)
@raises(StoreUnavailableError, BusyError)
async def keep_note(body: Note, errand: FromDishka[Errand]) -> NoteResponse:
    """Respond with the note's text."""
    errand.runs += 1
    return NoteResponse(text=body.text)


@router.post("/private/notes")
async def keep_private_note(body: Note, caller: Authenticated, errand: FromDishka[Errand]) -> NoteResponse:
    """Respond with the caller and the note's text."""
    errand.runs += 1
    return NoteResponse(text=f"{caller.user_id}: {body.text}")


@router.get("/caller", response_model=NoteResponse)
async def show_caller(caller: Authenticated) -> bytes:
    """Respond with JSON text."""
    return b'{"text":"%s"}' % caller.user_id.encode()


@router.put("/wishes")
async def keep_wishes(body: Wishes) -> NoteResponse:
    """Take what may be left out."""
    return NoteResponse(text=body.color)


@router.put("/blobs")
async def keep_blob(body: Blob) -> NoteResponse:
    """Respond with the type of bytes, and what was sent."""
    return NoteResponse(text=f"{body.content_type}: {body.root!r}")


@router.get("/long", response_model=str)
async def show_long(length: int) -> bytes:
    """Answer with JSON text of that length."""
    return b'"' + b"x" * (length - 2) + b'"'


@router.get("/ready-made", response_model=NoteResponse)
async def show_ready_made() -> Response:
    """Respond with status and fields of its own."""
    return Response(b'{"text":"ready-made"}', status=202, headers=NO_STORE)


@router.get("/errand")
async def run_errand(errand: FromDishka[Errand]) -> NoteResponse:
    """Wait, raise or return, as the test wants."""
    errand.runs += 1
    if errand.is_waiting:
        await asyncio.sleep(3600)
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
    """Respond with the parameters."""
    return SearchResponse(
        shelf=shelf, limit=limit, prefix=prefix, color=paint, version=if_version, address=origin.address,
        user_agent=origin.user_agent,
    )  # fmt: skip


@router.delete("/shelves/{shelf}/notes/{note:path}", status_code=204)
async def burn_note(shelf: str, note: str, errand: FromDishka[Errand]) -> None:
    """Respond without content."""
    errand.burnt.append((shelf, note))


def make_service(
    errand: Errand,
    *dependencies: StubDependency,
    optional_dependencies: tuple[StubDependency, ...] = (),
    allowed_origins: Sequence[str] = (),
    verifier: StubVerifier | None = None,
    controllers: tuple[APIRouter, ...] = (),
    provider: Provider | None = None,
    root_path: str = "",
    login_url: str = "http://login.example/token",
    pages: Sequence[BaseRoute] = (),
    home: str = "/docs",
) -> HttpService:
    """Return the service, which must be run; with further controllers and what these need."""
    proxies = TrustedProxies.parse("192.0.2.0/24", root_path)
    stubs = Provider(scope=Scope.APP)
    stubs.provide(lambda: verifier or StubVerifier(), provides=AccessTokenVerifier)
    stubs.provide(lambda: errand, provides=Errand)
    stubs.provide(lambda: dependencies, provides=Dependencies)
    stubs.provide(lambda: optional_dependencies, provides=OptionalDependencies)
    stubs.provide(lambda: Departure(0), provides=Departure)
    stubs.provide(lambda: ServiceFigures((), None), provides=ServiceFigures)
    stubs.provide(lambda: Instruments(()), provides=Instruments)
    stubs.provide(lambda: proxies, provides=TrustedProxies)
    return create_http_service(
        title="stub_service",
        description="A service for tests.",
        version="1.2.3",
        controllers=[*controllers, router],
        problems=PROBLEMS,
        problem_help=HELP,
        container=make_async_container(stubs, *([] if provider is None else [provider])),
        max_body_bytes=MAX_BODY_BYTES,
        max_requests_under_way=MAX_REQUESTS_UNDER_WAY,
        login_url=login_url,
        pages=pages,
        home=home,
        allowed_origins=allowed_origins,
        proxies=proxies,
    )


@asynccontextmanager
async def run(service: HttpService) -> AsyncIterator[httpx.AsyncClient]:
    """Start the service as a server does, yield a client, and shut the service down."""
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
