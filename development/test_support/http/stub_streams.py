"""A small service with operations that stream, to be run in memory or as a process of its own."""

import asyncio
import time
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, ClassVar

from dishka import FromDishka, Provider, Scope
from fastapi import APIRouter, Header

from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body_stream import BodyStream
from shared_kernel.presentation.http.routing.direct_route import DirectRoute, raises, streams
from shared_kernel.presentation.http.server.response import Chunks, Response, StreamingResponse
from shared_kernel.presentation.http.server.run import serve
from shared_kernel.presentation.http.server.tls import TlsFiles
from shared_kernel.presentation.logging import configure_logging
from test_support.http.stream_stubs import BodyReader, ChunkSource, JoinCounter, LinesResponse
from test_support.http.stub_service import Errand, StubVerifier, make_service

MAX_LINES_BYTES = 1_000_000_000
LONG_TURN_SECONDS = 0.02
LINE = b'{"key":"k","value":"%b"}\n' % (b"v" * 1000)

router = APIRouter(route_class=DirectRoute)


class Unbounded(DirectRoute):
    """Route class of operations that the limit of concurrent requests does not cover."""

    counts_towards_limit = False


unbounded = APIRouter(route_class=Unbounded)


@unbounded.get("/join")
async def join(counter: FromDishka[JoinCounter]) -> int:
    """Count the request."""
    counter.joined += 1
    return counter.joined


@router.get("/await/{others}")
async def await_others(others: int, counter: FromDishka[JoinCounter]) -> int:
    """Make the turns of the event loop long until that many requests have joined; return the number of turns."""
    turns = 0
    while counter.joined < others:
        time.sleep(LONG_TURN_SECONDS)  # noqa: ASYNC251 - like a burst of requests
        await asyncio.sleep(0)
        turns += 1
    return turns


@router.get("/stream")
@streams("application/x-ndjson")
@raises(StoreUnavailableError)
async def stream(source: FromDishka[ChunkSource]) -> StreamingResponse:
    """Send what the test sends."""
    return StreamingResponse(source.stream(), b"application/x-ndjson", headers=((b"cache-control", b"no-store"),))


@router.get("/news")
@streams("text/event-stream", {"type": "object"})
async def tell_news(caller: Authenticated, source: FromDishka[ChunkSource]) -> StreamingResponse:
    """Send what the test sends, as long as the caller's token is valid."""
    assert caller.user_id
    return StreamingResponse(source.stream(), b"text/event-stream", may_be_compressed=True, ends_with_token=True)


@router.get("/bulletins")
@streams("text/event-stream")
async def send_bulletins(caller: Authenticated, source: FromDishka[ChunkSource]) -> StreamingResponse:
    """Send the chunks of the source, and at the end why it ends, unless that is a bug."""
    assert caller.user_id
    return StreamingResponse(
        source.stream(),
        b"text/event-stream",
        ends_with_token=True,
        conclude=lambda error: b"" if isinstance(error, RuntimeError) else type(error).__name__.encode(),
    )


@router.get("/perhaps")
@streams("text/plain")
async def stream_perhaps(
    source: FromDishka[ChunkSource], errand: FromDishka[Errand], version: int = 0
) -> StreamingResponse | Response:
    """Send what the test sends; or 304 if a version is given; or an error."""
    if errand.error is not None:
        raise errand.error
    return (
        Response(b"", 304, headers=((b"etag", b'"1"'),))
        if version
        else StreamingResponse(source.stream(), b"text/plain", status=203)
    )


@router.get("/pages/{page}", response_model=str)
async def show_page(page: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Respond with the page's name, or 304 if the client has it."""
    etag = ((b"etag", b'"1"'),)
    return Response(b"not to be sent", 304, headers=etag) if if_none_match == '"1"' else Response(page.encode(), headers=etag)


@router.head("/heads/{page}")
async def show_head(page: str) -> Response:
    """Answer HEAD alone."""
    return Response(page.encode(), 200)


@router.get("/stubborn")
@streams("text/plain")
async def stream_stubbornly() -> StreamingResponse:
    """Ignore cancellation."""

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
    """Send lines as fast as the client fetches them."""

    async def repeat() -> Chunks:
        while True:
            yield LINE * 60

    return StreamingResponse(repeat(), b"application/x-ndjson", may_be_compressed=True)


class Lines(BodyStream):
    """The body of /lines."""

    media_types = ("application/x-ndjson", "text/plain")
    max_bytes = MAX_LINES_BYTES


@router.post("/lines")
@raises(StoreUnavailableError)
async def take_lines(body: Lines, reader: FromDishka[BodyReader], at_most: int = MAX_LINES_BYTES) -> LinesResponse:
    """Read the body, as fast as the test lets it be read."""
    return await reader.read(body, at_most)


@router.post("/unread")
async def leave_unread(body: Lines) -> LinesResponse:
    """Never begin to read."""
    assert isinstance(body, BodyStream)
    await asyncio.sleep(3600)
    return LinesResponse(length=0, chunks=0)


class Objects(BodyStream):
    """The body of /private/lines."""

    media_types = ("application/x-ndjson",)
    max_bytes = MAX_LINES_BYTES
    item: ClassVar = {"type": "object"}


@router.post("/private/lines")
async def take_private_lines(body: Objects, caller: Authenticated, reader: FromDishka[BodyReader]) -> LinesResponse:
    """Read an authenticated caller's body."""
    assert caller.user_id
    return await reader.read(body, MAX_LINES_BYTES)


@router.post("/echo")
@streams("text/plain")
async def echo(body: Lines, at_most: int = MAX_LINES_BYTES) -> StreamingResponse:
    """Send the body back while it arrives, until that many bytes have been sent."""

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
    source: ChunkSource | None = None,
    errand: Errand | None = None,
    verifier: StubVerifier | None = None,
    reader: BodyReader | None = None,
) -> HttpService:
    """Return the service, which must be run. It has the operations of stub_service, too."""
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: source or ChunkSource(), provides=ChunkSource)
    provider.provide(lambda: reader or BodyReader(), provides=BodyReader)
    provider.provide(JoinCounter)
    return make_service(errand or Errand(), verifier=verifier, controllers=(router, unbounded), provider=provider)


def create_app() -> HttpService:
    """Return the service for a process of its own."""
    configure_logging("INFO")
    return make_streaming_service()


def main(port: int, certificate: str = "", key: str = "", *, workers: int = 1) -> None:
    """Serve until SIGTERM or SIGINT, with TLS if there is a certificate."""
    tls = TlsFiles(Path(certificate), Path(key)) if certificate else None
    serve("test_support.http.stub_streams:create_app", host="127.0.0.1", port=port, workers=workers, tls=tls)
