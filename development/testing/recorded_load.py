"""Clients of a key-value service who ask as fast as they are answered, and a record of what they saw and when."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from testing.history import Operation
from testing.key_value_operations import Answer, Call, Read, Refused
from testing.processes import START_SECONDS

PATIENCE_SECONDS = 10.0
_REFUSALS = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)
_NOTHING_DONE = ("busy", "not-ready")  # names of problems


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client saw. `returned` is None where it may have happened or not; times are those of time.monotonic()."""

    client: int
    call: Call
    answer: Answer
    invoked: float
    returned: float | None

    def as_operation(self, *, numbered: bool) -> Operation:
        """Return it as the checker takes it."""
        method, path, body = self.call.request()
        answer = (
            "unknown" if self.returned is None else json.dumps(self.answer) if isinstance(self.answer, Mapping) else "refused"
        )
        text = f"{method} {path} {json.dumps(body)} → {answer}"
        step = self.call.step(self.answer, numbered=numbered)
        return Operation(self.client, text, step, self.invoked, *([] if self.returned is None else [self.returned]))


class Client:
    """One HTTP/1.1 connection, made anew where it was lost."""

    def __init__(self, number: int, port: int, token: str, record: "Record") -> None:
        self._number = number
        self._port = port
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: "
        self._record = record
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, call: Call) -> Answer:
        """Ask and record it; None: nobody knows what became of it. Raises AssertionError for an answer that none should get."""
        method, path, body = call.request()
        text = json.dumps(body).encode()
        request = f"{method} {path} HTTP/1.1\r\n{self._head}{len(text)}\r\n\r\n".encode() + text
        invoked = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                status, document = await self._exchange(request)
        except (OSError, EOFError, TimeoutError):
            await self.close()
            status, document = HTTPStatus.SERVICE_UNAVAILABLE, {}
        returned = time.monotonic()
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            if not str(document.get("type")).endswith(_NOTHING_DONE) and not isinstance(call, Read):
                self._record.add(Seen(self._number, call, None, invoked, None))
            return None
        assert status == HTTPStatus.OK or status in _REFUSALS, f"{call}: {status} {document}"
        answer = document if status == HTTPStatus.OK else Refused()
        self._record.add(Seen(self._number, call, answer, invoked, returned))
        return answer

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def _exchange(self, request: bytes) -> tuple[int, Mapping[str, Any]]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        body = await reader.readexactly(length)
        if "connection: close" in head:
            await self.close()
        return int(head.split(" ", 2)[1]), json.loads(body)


class Record:
    """What all clients saw."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._awaited = 0
        self._grown = asyncio.Event()

    def add(self, one: Seen) -> None:
        """Keep it."""
        self.seen.append(one)
        if len(self.seen) >= self._awaited:
            self._grown.set()

    async def grow(self, by: int) -> None:
        """Wait until so many more operations are recorded. Raises TimeoutError after START_SECONDS."""
        self._awaited = len(self.seen) + by
        self._grown.clear()
        async with asyncio.timeout(START_SECONDS):
            await self._grown.wait()

    def history(self) -> list[Operation]:
        """Return it as the checker takes it. With a revision in any answer, all are held to the counter."""
        numbered = any(isinstance(one.answer, Mapping) and "revision" in one.answer for one in self.seen)
        return [one.as_operation(numbered=numbered) for one in self.seen]


class Load:
    """Clients in the background for as long as the context lasts; `choose(client, number)` says what each asks next.

    Leaving it raises what a client raised.
    """

    def __init__(self, port: int, token: str, clients: int, choose: Callable[[int, int], Call]) -> None:
        self.record = Record()
        self._clients = [Client(number, port, token, self.record) for number in range(clients)]
        self._choose = choose
        self._stop = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._run(number, client)) for number, client in enumerate(self._clients)]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop = True
        await asyncio.gather(*self._tasks)

    async def _run(self, number: int, client: Client) -> None:
        asked = 0
        async with client:
            while not self._stop:
                await client.ask(self._choose(number, asked))
                asked += 1
