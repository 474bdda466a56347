"""A service that has no more file descriptors than connections."""

import os
import signal
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from shared_kernel.presentation.http.server.descriptors import count_reserved
from test_support.http.streaming_service import StreamingService
from test_support.processes import wait_until

LIMIT = 400


class ConfinedService(StreamingService):
    """May raise its limit of descriptors to LIMIT."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, before=f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (100, {LIMIT}))")


@pytest.fixture
def confined_service(tmp_path: Path) -> Iterator[ConfinedService]:
    with ConfinedService(tmp_path) as service:
        wait_until(service.listens, "the service's start")
        yield service


def test_limit_is_raised_as_far_as_it_may_be(confined_service: ConfinedService) -> None:
    (line,) = (
        line
        for line in Path(f"/proc/{confined_service.pid}/limits").read_text().splitlines()
        if line.startswith("Max open files")
    )
    assert line.split()[3:5] == [str(LIMIT), str(LIMIT)]


def test_oldest_idle_connections_are_closed_and_it_is_logged(confined_service: ConfinedService) -> None:
    with ExitStack() as stack:
        busy = stack.enter_context(confined_service.connect())
        busy.sendall(b"GET /silent HTTP/1.1\r\nhost: service\r\n\r\n")
        received = b""
        while b"hello\n\n\r\n" not in received:
            received += busy.recv(4096)
        clients: list[socket.socket] = []
        for _ in range(2 * LIMIT):
            clients.append(stack.enter_context(confined_service.connect()))
            if len(clients) % 50 == 0:
                assert httpx.get(f"{confined_service.url}/health/live", trust_env=False, timeout=5).is_success
        assert clients[0].recv(1) == b""  # the oldest one has been closed
        latest = clients[-1]
        latest.sendall(b"GET /health/live HTTP/1.1\r\nhost: service\r\n\r\n")
        assert latest.recv(4096).startswith(b"HTTP/1.1 200 ")
        busy.settimeout(0.2)
        with pytest.raises(TimeoutError):  # it is not closed, as it is not idle
            busy.recv(4096)
        assert len(list(Path(f"/proc/{confined_service.pid}/fd").iterdir())) <= LIMIT - count_reserved(LIMIT) // 2
    assert "file descriptors run out" in confined_service.output
    assert "Traceback" not in confined_service.output


def test_no_client_of_a_burst_that_one_turn_accepts_is_turned_away(confined_service: ConfinedService) -> None:
    burst = count_reserved(LIMIT) * 3 // 4
    clients: deque[socket.socket] = deque()
    with ExitStack() as stack:
        for _ in range(4 * LIMIT // burst):
            os.kill(confined_service.pid, signal.SIGSTOP)
            try:
                for _ in range(burst):
                    clients.append(stack.enter_context(confined_service.connect()))
            finally:
                os.kill(confined_service.pid, signal.SIGCONT)
            latest = clients[-1]
            latest.sendall(b"GET /health/live HTTP/1.1\r\nhost: service\r\n\r\n")
            assert latest.recv(4096).startswith(b"HTTP/1.1 200 ")
            while len(clients) > LIMIT:  # the service has closed these
                clients.popleft().close()
