"""Clients that send requests to a key-value service as fast as they are answered, and a record of calls, responses and times."""

import asyncio
import time
from collections.abc import Callable, Container, Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from test_support.processes import START_SECONDS
from verification.key_value_model import Change, text_of, value_in
from verification.key_value_one_pair import Increment, Put
from verification.key_value_operations import Call, Request, Response, read_time
from verification.repetitions import Keyed
from verification.timeline import Operation

TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 0.02
_NOTHING_DONE = ("busy", "not-ready")  # names of problems
_EXPECTED = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_MODIFIED)
_LOST = Response(HTTPStatus.SERVICE_UNAVAILABLE, {"problem": "lost"})


class Connection:
    """One HTTP/1.1 connection, which is reopened when it is lost."""

    def __init__(self, port: int, token: str, host: str = "127.0.0.1") -> None:
        self._host = host
        self._port = port
        self._head = f"Host: {host}\r\nAuthorization: Bearer {token}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Request, timeout_seconds: float = TIMEOUT_SECONDS) -> Response:
        """Return the response, or 503 `lost` if the connection breaks or there is none in time."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._exchange(request)
        except (OSError, EOFError, TimeoutError):
            await self.close()
            return _LOST

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def _exchange(self, request: Request) -> Response:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        body = request.body or b""
        fields = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        head = f"{request.method} {request.path} HTTP/1.1\r\n{self._head}{fields}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        status_line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        document = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            await self.close()
        return Response.of(int(status_line.split(" ", 2)[1]), headers, document)


class Record:
    """The operations of all clients."""

    def __init__(self) -> None:
        self.seen: list[Operation] = []
        self._awaited = 0
        self._zero = time.time() - time.monotonic()
        self._grown = asyncio.Event()

    async def ask(self, client: int, connection: Connection, call: Call) -> Response | None:
        """Send a request and record the operation; return None if the outcome is unknown or nothing was done.

        Raises AssertionError for an unexpected response.
        """
        invoked = self.now()
        answer = await connection.ask(call.request())
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
            if answer.document["problem"] not in _NOTHING_DONE and (isinstance(call, Keyed) or any(call.marks())):
                self._add(Operation(client, call, invoked))
            return None
        assert answer.status < HTTPStatus.MULTIPLE_CHOICES or answer.status in _EXPECTED, f"{call}: {answer}"
        self._add(Operation(client, call, invoked, answer, self.now()))
        return answer

    async def grow(self, by: int) -> None:
        """Wait until so many more operations are recorded. Raises TimeoutError after START_SECONDS."""
        self._awaited = len(self.seen) + by
        self._grown.clear()
        async with asyncio.timeout(START_SECONDS):
            await self._grown.wait()

    def find_pause(self, since: float, clients: Container[int] | None = None) -> float | None:
        """Return the seconds from a moment until a change was acknowledged that one of these clients sent after it.

        Only what surely writes counts: a leader that can write no more may still refuse, and repeat what it has answered.
        """
        returned = [
            one.returned
            for one in self.seen
            if one.invoked > since
            and isinstance(one.call, Put | Increment)
            and one.answer is not None
            and one.answer.status < HTTPStatus.MULTIPLE_CHOICES
            and (clients is None or one.client in clients)
        ]
        return min(returned) - since if returned else None

    def now(self) -> float:
        """Return the seconds since 1970-01-01 UTC, by a clock that is never set."""
        return self._zero + time.monotonic()

    def _add(self, one: Operation) -> None:
        self.seen.append(one)
        if len(self.seen) >= self._awaited:
            self._grown.set()


class Load:
    """Runs a client for each connection while the context lasts; `choose(client, number)` returns the next call of each.

    A call with an idempotency key is repeated until it is answered.

    Raises at its end what a client has raised.
    """

    def __init__(self, connections: Sequence[Connection], choose: Callable[[int, int], Call], record: Record) -> None:
        self._record = record
        self._connections = connections
        self._choose = choose
        self._stop = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._run(number, one)) for number, one in enumerate(self._connections)]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop = True
        await asyncio.gather(*self._tasks)

    async def _run(self, number: int, connection: Connection) -> None:
        asked, repeated = 0, None
        async with connection:
            while not self._stop:
                call = repeated or self._choose(number, asked)
                answer = await self._record.ask(number, connection, call)
                repeated = call if answer is None and isinstance(call, Keyed) else None
                if answer is None:
                    await asyncio.sleep(RETRY_SECONDS)
                asked += 1


class Log:
    """A namespace's change log, followed in the background from its first change."""

    def __init__(self, connection: Connection, namespace: str = "default") -> None:
        self.changes: list[Change] = []
        self.revisions: dict[str, int] = {}
        """The latest known revision of each pair."""
        self._last = 0
        self._path = f"/namespaces/{namespace}/changes?wait=1&previous=true&after="
        self._connection = connection
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._connection.close()

    async def reach(self, revision: int) -> None:
        """Wait until all changes up to this revision have been read. Raises what the follower has raised."""
        async with asyncio.timeout(START_SECONDS):
            while self._last < revision:
                assert self._task is not None
                if self._task.done():
                    self._task.result()
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        while True:
            answer = await self._connection.ask(Request("GET", f"{self._path}{self._last}"))
            if answer.status == HTTPStatus.OK:
                self._last = answer.document["last"]
                for change in map(read_change, answer.document["changes"]):
                    self.changes.append(change)
                    self.revisions[change.key] = change.revision if change.text is not None else 0
            else:
                assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE, answer
                await asyncio.sleep(RETRY_SECONDS)


def read_change(change: Mapping[str, Any]) -> Change:
    """Return a change from its JSON form."""
    text = text_of(value_in(change)) if change.keys() & {"value", "binary"} else None
    moment = change.get("expires_at")
    expires_at = None if moment is None else read_time(moment)
    previous = text_of(value_in(change["previous"])) if change.get("previous") else None
    return Change(change["revision"], change["kind"], change["key"], text, expires_at, previous)
