"""The open loop: requests are sent when they are due, however long earlier ones take, as by independent clients.

A separate program, one process a core of the load. It reads a plan as JSON from standard input and writes the outcome of every
request: see Plan and Outcome. It spins instead of sleeping, so that a request is sent within microseconds of its time.
"""

import contextlib
import gc
import json
import random
import select
import socket
import sys
import time
from array import array
from collections import deque
from dataclasses import dataclass
from pathlib import Path

CONNECTION_LOST, NOT_SENT, NO_ANSWER = 0, 1, 2
"""In place of a status: the server closed the connection; no connection was free; no response before the end."""

DRAIN_SECONDS = 3.0
NUMBER = b"#######"


@dataclass(frozen=True)
class Plan:
    """The requests of one process."""

    port: int
    phases: list[tuple[float, float]]  # requests a second, seconds; arrivals are random (Poisson)
    connections: int
    requests: list[str]  # bytes of HTTP as Latin-1, sent in turn; NUMBER becomes the request's number
    waits_for_connection: bool  # False: what finds no free connection is given up at once
    seed: int
    starts_at: float  # time.monotonic() of this machine, so that several processes start together


@dataclass(frozen=True)
class Outcome:
    """The outcomes of all requests, column by column."""

    due: "array[float]"  # seconds from the start
    left: "array[float]"  # when it was sent or given up, by which the generator's own delay shows
    milliseconds: "array[float]"  # from when it was due, or, where it did not wait for a connection, from when it was sent
    statuses: "array[int]"
    retry_after: int  # how many of the refusals said when to come back

    FIELDS = (("due", "d"), ("left", "d"), ("milliseconds", "d"), ("statuses", "H"))


class _Connection:
    __slots__ = ("answer", "request", "sent", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.request = -1
        self.sent = 0.0  # seconds from the start
        self.answer = b""


class Generator:
    """Executes a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._due = array("d", _arrivals(plan))
        self._milliseconds = array("d", bytes(8 * len(self._due)))
        self._statuses = array("H", [NO_ANSWER]) * len(self._due)
        self._left = array("d", self._due)
        self._retry_after = 0
        self._poll = select.epoll()
        self._connections: dict[int, _Connection] = {}
        self._free: deque[_Connection] = deque()
        self._texts = [text.encode("latin-1") for text in plan.requests]
        for _ in range(plan.connections):
            self._connect()

    def run(self) -> Outcome:
        """Send all requests and wait for the last responses."""
        start, due = self._plan.starts_at, self._due
        waiting: deque[int] = deque()
        number, total = 0, len(due)
        clock = time.monotonic
        while number < total:
            now = clock() - start
            while number < total and due[number] <= now:
                waiting.append(number)
                number += 1
            while waiting and self._free:
                self._send(waiting.popleft(), clock() - start)
            if waiting and not self._plan.waits_for_connection:
                now = clock() - start
                for given_up in waiting:
                    self._statuses[given_up] = NOT_SENT
                    self._left[given_up] = now
                waiting.clear()
            self._receive(0)
        end = clock() + DRAIN_SECONDS
        while (waiting or len(self._free) < len(self._connections)) and clock() < end:
            while waiting and self._free:
                self._send(waiting.popleft(), clock() - start)
            self._receive(0.01)
        for connection in self._connections.values():
            connection.socket.close()
        self._poll.close()
        return Outcome(due, self._left, self._milliseconds, self._statuses, self._retry_after)

    def _connect(self) -> None:
        connection = _Connection(self._plan.port)
        self._connections[connection.socket.fileno()] = connection
        self._poll.register(connection.socket, select.EPOLLIN)
        self._free.append(connection)

    def _send(self, number: int, now: float) -> None:
        connection = self._free.popleft()
        connection.request = number
        connection.sent = self._due[number] if self._plan.waits_for_connection else now
        self._left[number] = now
        text = self._texts[number % len(self._texts)].replace(NUMBER, b"%07d" % number)
        try:
            sent = connection.socket.send(text)
        except OSError:
            self._lose(connection)
            return
        if sent < len(text):
            raise RuntimeError("a request does not fit into the socket's buffer: this generator is for small ones")

    def _receive(self, timeout: float) -> None:
        for descriptor, _ in self._poll.poll(timeout):
            connection = self._connections[descriptor]
            try:
                received = connection.socket.recv(65536)
            except OSError:
                received = b""
            if not received:
                self._lose(connection)
                continue
            connection.answer = answer = connection.answer + received if connection.answer else received
            head, blank_line, body = answer.partition(b"\r\n\r\n")
            if not blank_line:
                continue
            head = head.lower()
            length = head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]
            if len(body) >= int(length):
                self._finish(connection, head)

    def _finish(self, connection: _Connection, head: bytes) -> None:
        number = connection.request
        self._milliseconds[number] = (time.monotonic() - self._plan.starts_at - connection.sent) * 1000
        self._statuses[number] = int(head[9:12])
        if head[9:12] == b"503" and b"retry-after:" in head:
            self._retry_after += 1
        connection.answer = b""
        connection.request = -1
        if b"connection: close" in head:
            self._replace(connection)
        else:
            self._free.append(connection)

    def _lose(self, connection: _Connection) -> None:
        if connection.request >= 0:
            self._statuses[connection.request] = CONNECTION_LOST
        else:
            self._free.remove(connection)
        self._replace(connection)

    def _replace(self, connection: _Connection) -> None:
        del self._connections[connection.socket.fileno()]
        connection.socket.close()
        # Where nobody answers any more the pool runs dry, and what is due counts as not sent.
        with contextlib.suppress(OSError):
            self._connect()


def _arrivals(plan: Plan) -> list[float]:
    chance = random.Random(plan.seed)  # noqa: S311 - arrivals, not secrets
    arrivals = []
    begin = 0.0
    for rate, seconds in plan.phases:
        moment = begin + chance.expovariate(rate)
        begin += seconds
        while moment < begin:
            arrivals.append(moment)
            moment += chance.expovariate(rate)
    return arrivals


def main() -> None:
    """Execute the plan on standard input; write the outcome to the file in the first argument."""
    plan = Plan(**json.load(sys.stdin))
    generator = Generator(plan)
    gc.disable()
    outcome = generator.run()
    with Path(sys.argv[1]).open("wb") as file:
        for name, _ in Outcome.FIELDS:
            getattr(outcome, name).tofile(file)
    json.dump({"requests": len(outcome.due), "retry_after": outcome.retry_after}, sys.stdout)


if __name__ == "__main__":
    main()
