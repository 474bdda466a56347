"""Send malicious requests to a key-value service, and check every response."""

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Self

import h11
import httpx

from test_support.processes import Service, Tarantool, resident_bytes
from verification.malicious_bodies import Chance
from verification.malicious_requests import MaliciousRequest, RequestMaker

CONNECTIONS = 16
NOT_SPOKEN = (HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
"""The responses to transfer codings and versions of HTTP that no valid request has."""
TIMEOUT_SECONDS = 30.0
INVALID_HTTP_SECONDS = 0.2  # after which the connection of a request that need not be answered may be closed
MAX_VIOLATIONS, MAX_SHOWN_BYTES = 20, 1500
JSON_TYPES = ("application/json", "application/problem+json")
_TOKEN = re.compile(rb"ey[\w-]+\.[\w-]+\.[\w-]+")
# Problems that a client without grants may get: they reveal nothing about the data.
PROBLEMS_WITHOUT_GRANTS = {
    "insufficient-scope", "invalid-token", "authentication-required", "rule-broken", "malformed-body", "body-too-large",
    "unsupported-media-type", "invalid-request", "head-too-large", "unsupported-transfer-coding", "unsupported-version",
    "no-such-path", "method-not-allowed", "invalid-ticket",
}  # fmt: skip
OPEN_TO_ALL = {"/namespaces", "/health/live", "/health/ready"}


@dataclass(frozen=True)
class Memory:
    """Memory in use: bytes."""

    service: int
    lua: int

    @classmethod
    def measure(cls, service: Service, tarantool: Tarantool) -> Self:
        """Return the resident memory of a service with one worker, and its Tarantool's Lua memory after garbage collection."""
        return cls(resident_bytes(service.pid), tarantool.measure_lua_memory())


@dataclass(frozen=True)
class Response:
    """A response, or the first part of one that does not end."""

    status: int
    fields: Mapping[str, str]
    body: bytes
    is_reusable: bool


@dataclass
class Findings:
    """Counts of responses by operation and status, and the violations found."""

    statuses: Counter[tuple[tuple[str, str], int]] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    sent: int = 0

    def report(self, request: MaliciousRequest, what: str) -> None:
        """Record a violation, with the request that led to it and without tokens."""
        text = _TOKEN.sub(b"<token>", b"".join(request.parts))
        self.violations.append(f"{what}\n  {text[:MAX_SHOWN_BYTES]!r} ({len(text)} bytes)")


class Fuzzer:
    """Sends the requests of one seed. `tokens`: first an administrator's, then those of clients without grants here."""

    def __init__(self, service: Service, tokens: Sequence[str], seed: int) -> None:
        self._service = service
        document = httpx.get(f"{service.url}/openapi.json", trust_env=False).json()
        self._maker = RequestMaker(document, tokens, Chance(seed))
        self._left = 0
        self.findings = Findings()
        headers = {"Authorization": f"Bearer {tokens[0]}"}
        httpx.put(f"{service.url}/namespaces/fuzzed", json={}, headers=headers, trust_env=False).raise_for_status()

    async def send(self, count: int) -> None:
        """Send `count` requests, over several connections at once."""
        self._left = count
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._work())

    def find_failures(self, tarantool: Tarantool) -> Iterator[str]:
        """Yield failures that no response shows: ended processes, errors in the log."""
        for process in (self._service, tarantool):
            if not process.is_running():
                yield f"a process has ended: {process.output[-2000:]}"
        for line in self._service.output.splitlines():
            if '"level":"error"' in line.replace(" ", "") or "Traceback" in line:
                yield f"an error in the log: {line[:2000]}"

    async def _work(self) -> None:
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while self._left > 0 and len(self.findings.violations) < MAX_VIOLATIONS:
            self._left -= 1
            request = self._maker.make()
            if connection is None:
                connection = await asyncio.open_connection("127.0.0.1", self._service.port)
            answer = await self._exchange(*connection, request)
            self.findings.sent += 1
            if answer is not None:
                self._judge(request, answer)
            if answer is None or not answer.is_reusable or not request.is_alone or not request.is_answered:
                connection[1].transport.abort()
                connection = None
        if connection is not None:
            connection[1].transport.abort()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: MaliciousRequest
    ) -> Response | None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                sending = asyncio.create_task(_send(writer, request))
                try:
                    answer = await _receive(reader, request)
                    # After a response to a body that is still being sent, the connection's state is undefined.
                    return replace(answer, is_reusable=answer.is_reusable and sending.done())
                finally:
                    sending.cancel()
                    await asyncio.wait([sending])
        except (ConnectionError, EOFError):
            if request.is_answered:
                self.findings.report(request, "the connection was closed without a response")
        except TimeoutError:
            self.findings.report(request, f"no response within {TIMEOUT_SECONDS} seconds")
        except h11.RemoteProtocolError as error:
            self.findings.report(request, f"the response is not HTTP: {error}")
        return None

    def _judge(self, request: MaliciousRequest, answer: Response) -> None:
        findings = self.findings
        findings.statuses[request.operation, answer.status] += 1
        media_type = answer.fields.get("content-type", "")
        try:
            document = json.loads(answer.body) if answer.body and media_type in JSON_TYPES else {}
        except ValueError:
            findings.report(request, f"{answer.status} with invalid JSON: {answer.body[:200]!r}")
            return
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and (request.is_answered or answer.status not in NOT_SPOKEN):
            findings.report(request, f"{answer.status}: {answer.body[:500]!r}")
        elif answer.status >= HTTPStatus.BAD_REQUEST and answer.body and not _is_problem(document, answer):
            findings.report(request, f"{answer.status} without a problem document: {answer.body[:200]!r}")
        path = request.operation[1]
        asks_for_methods = answer.status == HTTPStatus.NO_CONTENT and b"".join(request.parts).startswith(b"OPTIONS ")
        if not (request.may_do or asks_for_methods or path in OPEN_TO_ALL) and not _is_allowed_without_grants(document, answer):
            findings.report(request, f"a client without grants got {answer.status} {answer.body[:200]!r}")
        if isinstance(document, dict) and isinstance(document.get("next_cursor"), str):
            self._maker.cursors = [*self._maker.cursors[-50:], document["next_cursor"].encode()]
        if isinstance(document, dict) and isinstance(document.get("ticket"), str):
            self._maker.tickets = [*self._maker.tickets[-50:], document["ticket"].encode()]


async def _send(writer: asyncio.StreamWriter, request: MaliciousRequest) -> None:
    with contextlib.suppress(ConnectionError):  # it was answered before it was read
        first, rest = request.parts
        writer.write(first)
        await writer.drain()
        if rest:
            await asyncio.sleep(0.001)
            writer.write(rest)
            await writer.drain()
        if not request.is_answered:
            await asyncio.sleep(INVALID_HTTP_SECONDS)
            writer.write_eof()


async def _receive(reader: asyncio.StreamReader, request: MaliciousRequest) -> Response:
    """Return the first response, or the first part of an event stream. Raises EOFError or ConnectionError if there is none."""
    parser = h11.Connection(h11.CLIENT)
    method = b"".join(request.parts).partition(b" ")[0]
    parser.send(h11.Request(method="HEAD" if method == b"HEAD" else "GET", target="/", headers=[("Host", "h")]))
    parser.send(h11.EndOfMessage())
    head: h11.Response | None = None
    body = b""
    while True:
        event: Any = parser.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(65536)
            if not data and head is None:
                raise EOFError
            parser.receive_data(data)
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        if head is not None and (isinstance(event, h11.EndOfMessage) or b"\n\n" in body[:200]):
            fields = {name.decode(): value.decode("latin-1") for name, value in head.headers}
            is_reusable = isinstance(event, h11.EndOfMessage) and fields.get("connection") != "close"
            return Response(head.status_code, fields, body, is_reusable)


def _is_problem(document: Any, answer: Response) -> bool:
    return (
        answer.fields.get("content-type") == "application/problem+json"
        and document["status"] == answer.status
        and document["request_id"] == answer.fields.get("x-request-id")
    )


def _is_allowed_without_grants(document: Any, answer: Response) -> bool:
    if answer.status < HTTPStatus.BAD_REQUEST or not isinstance(document, dict):
        return False
    return not document or document["type"].removeprefix("urn:problem-type:") in PROBLEMS_WITHOUT_GRANTS
