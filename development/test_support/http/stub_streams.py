"""A small service with operations that stream, to be run in memory or as a process of its own."""

import asyncio
import time
from contextlib import aclosing
from typing import Annotated, ClassVar

from dishka import FromDishka, Provider, Scope, make_async_container
from fastapi import APIRouter, Header
from pydantic import BaseModel

from shared_kernel.application.authentication import AccessTokenVerifier
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.presentation.http.application.assembly import create_http_service
from shared_kernel.presentation.http.application.health import Dependencies, OptionalDependencies
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body_stream import BodyStream
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.routing.direct_route import DirectRoute, raises, streams
from shared_kernel.presentation.http.routing.problems import PROBLEMS
from shared_kernel.presentation.http.server.response import Chunks, Response, StreamingResponse
from shared_kernel.presentation.http.server.run import serve
from shared_kernel.presentation.logging import configure_logging
from test_support.http.stub_service import Errand, StubVerifier
from test_support.http.stub_service import router as other_operations

MAX_BODY_BYTES = 100
MAX_REQUESTS_UNDER_WAY = 10
MAX_LINES_BYTES = 1_000_000_000
LONG_TURN_SECONDS = 0.02
LINE = b'{"key":"k","value":"%b"}\n' % (b"v" * 1000)

router = APIRouter(route_class=DirectRoute)


class Unbounded(DirectRoute):
    """However many requests are under way."""

    counts_towards_limit = False


unbounded = APIRouter(route_class=Unbounded)


class Tap:
    """What the streams of the operation /stream send: all of them from one source, which a test fills."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self.taken = 0
        self.closings: asyncio.Queue[None] = asyncio.Queue()
        self._source: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()

    def pour(self, *chunks: bytes | Exception | None) -> None:
        """Let these be sent: chunks, an error, or None for the end."""
        for chunk in chunks:
            self._source.put_nowait(chunk)

    async def flow(self) -> Chunks:
        """Yield what is poured."""
        self.opened += 1
        try:
            while (chunk := await self._source.get()) is not None:
                self.taken += 1
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk
        finally:
            self.closed += 1
            self.closings.put_nowait(None)


class LinesResponse(BaseModel):
    """How much was taken."""

    length: int
    chunks: int


class Sink:
    """Who takes what is sent to /lines. A test may make it wait."""

    def __init__(self) -> None:
        self.begun = 0
        self.taken = b""
        self.errors: list[Exception] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.keeps = False

    async def take(self, body: BodyStream, at_most: int) -> LinesResponse:
        """Take the body's chunks, but no further one when that much was taken."""
        self.begun += 1
        length = chunks = 0
        try:
            async with aclosing(aiter(body)) as arriving:
                async for chunk in arriving:
                    length += len(chunk)
                    chunks += 1
                    if self.keeps:
                        self.taken += chunk
                    await self.is_open.wait()
                    if length >= at_most:
                        break
        except Exception as error:
            self.errors.append(error)
            raise
        return LinesResponse(length=length, chunks=chunks)


class Crowd:
    """Those who have joined."""

    def __init__(self) -> None:
        self.present = 0


@unbounded.get("/join")
async def join(crowd: FromDishka[Crowd]) -> int:
    """Join."""
    crowd.present += 1
    return crowd.present


@router.get("/await/{others}")
async def await_others(others: int, crowd: FromDishka[Crowd]) -> int:
    """Make the turns of the event loop long until so many have joined; return how many turns it took."""
    turns = 0
    while crowd.present < others:
        time.sleep(LONG_TURN_SECONDS)  # noqa: ASYNC251 - like a storm of requests
        await asyncio.sleep(0)
        turns += 1
    return turns


@router.get("/stream")
@streams("application/x-ndjson")
@raises(StoreUnavailableError)
async def stream(tap: FromDishka[Tap]) -> StreamingResponse:
    """Send what the test pours."""
    return StreamingResponse(tap.flow(), b"application/x-ndjson", headers=((b"cache-control", b"no-store"),))


@router.get("/news")
@streams("text/event-stream", {"type": "object"})
async def tell_news(caller: Authenticated, tap: FromDishka[Tap]) -> StreamingResponse:
    """Send what the test pours, as long as the caller's token is good."""
    assert caller.user_id
    return StreamingResponse(tap.flow(), b"text/event-stream", may_be_compressed=True, ends_with_token=True)


@router.get("/perhaps")
@streams("text/plain")
async def stream_perhaps(tap: FromDishka[Tap], errand: FromDishka[Errand], version: int = 0) -> StreamingResponse | Response:
    """Send what the test pours, unless the client has that already, or an error."""
    if errand.error is not None:
        raise errand.error
    return (
        Response(b"", 304, headers=((b"etag", b'"1"'),)) if version else StreamingResponse(tap.flow(), b"text/plain", status=203)
    )


@router.get("/pages/{page}", response_model=str)
async def show_page(page: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Answer with the page's name, unless the client has it already."""
    etag = ((b"etag", b'"1"'),)
    return Response(b"not to be sent", 304, headers=etag) if if_none_match == '"1"' else Response(page.encode(), headers=etag)


@router.head("/heads/{page}")
async def show_head(page: str) -> Response:
    """Answer HEAD alone."""
    return Response(page.encode(), 200)


@router.get("/stubborn")
@streams("text/plain")
async def stream_stubbornly() -> StreamingResponse:
    """Go on whatever happens."""

    async def go_on() -> Chunks:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                yield b"no"

    return StreamingResponse(go_on(), b"text/plain")


@router.get("/endless")
@streams("application/x-ndjson")
async def stream_without_end() -> StreamingResponse:
    """Send lines as fast as they are fetched."""

    async def repeat() -> Chunks:
        while True:
            yield LINE * 60

    return StreamingResponse(repeat(), b"application/x-ndjson", may_be_compressed=True)


class Lines(BodyStream):
    """What is sent to /lines."""

    media_types = ("application/x-ndjson", "text/plain")
    max_bytes = MAX_LINES_BYTES


@router.post("/lines")
@raises(StoreUnavailableError)
async def take_lines(body: Lines, sink: FromDishka[Sink], at_most: int = MAX_LINES_BYTES) -> LinesResponse:
    """Take what is sent, as fast as the test lets it be taken."""
    return await sink.take(body, at_most)


@router.post("/unread")
async def leave_unread(body: Lines) -> LinesResponse:
    """Never begin to read."""
    assert isinstance(body, BodyStream)
    await asyncio.sleep(3600)
    return LinesResponse(length=0, chunks=0)


class Objects(BodyStream):
    """What is sent to /private/lines."""

    media_types = ("application/x-ndjson",)
    max_bytes = MAX_LINES_BYTES
    item: ClassVar = {"type": "object"}


@router.post("/private/lines")
async def take_private_lines(body: Objects, caller: Authenticated, sink: FromDishka[Sink]) -> LinesResponse:
    """Take what a caller sends."""
    assert caller.user_id
    return await sink.take(body, MAX_LINES_BYTES)


@router.post("/echo")
@streams("text/plain")
async def echo(body: Lines, at_most: int = MAX_LINES_BYTES) -> StreamingResponse:
    """Send back what is sent, while it is sent, but no further chunk when that much was sent back."""

    async def repeat() -> Chunks:
        yield b""
        length = 0
        async with aclosing(aiter(body)) as arriving:
            async for chunk in arriving:
                yield chunk
                length += len(chunk)
                if length >= at_most:
                    break

    return StreamingResponse(repeat(), b"text/plain")


@router.get("/silent")
@streams("text/event-stream")
async def stream_silence() -> StreamingResponse:
    """Send a first event and no other."""

    async def stay_silent() -> Chunks:
        yield b"data: hello\n\n"
        await asyncio.sleep(3600)

    return StreamingResponse(stay_silent(), b"text/event-stream")


def make_streaming_service(
    tap: Tap | None = None, errand: Errand | None = None, verifier: StubVerifier | None = None, sink: Sink | None = None
) -> HttpService:
    """Return the service, which must be run. It has the operations of stub_service, too."""
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: verifier or StubVerifier(), provides=AccessTokenVerifier)
    provider.provide(lambda: errand or Errand(), provides=Errand)
    provider.provide(lambda: tap or Tap(), provides=Tap)
    provider.provide(lambda: sink or Sink(), provides=Sink)
    provider.provide(Crowd)
    provider.provide(lambda: (), provides=Dependencies)
    provider.provide(lambda: (), provides=OptionalDependencies)
    provider.provide(lambda: TrustedProxies.parse(""), provides=TrustedProxies)
    return create_http_service(
        title="stub_streams",
        description="A service for tests.",
        version="1.2.3",
        controllers=[router, unbounded, other_operations],
        problems=PROBLEMS,
        container=make_async_container(provider),
        max_body_bytes=MAX_BODY_BYTES,
        max_requests_under_way=MAX_REQUESTS_UNDER_WAY,
        login_url="http://login.example/token",
    )


def create_app() -> HttpService:
    """Return what the process serves."""
    configure_logging("INFO")
    return make_streaming_service()


def main(port: int) -> None:
    """Serve until told to stop."""
    serve("test_support.http.stub_streams:create_app", host="127.0.0.1", port=port, workers=1)
