"""A Redis of a test's own: the distribution's server, in a folder, on a free port."""

import socket
from pathlib import Path

from test_support.processes import ProcessUnderTest, reserve_port, wait_until

PROGRAM = "/usr/bin/redis-server"


class Redis(ProcessUnderTest):
    """Started when it answers. It keeps nothing on disk: a kill loses all that it had."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = reserve_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
        super().__init__([PROGRAM, *options], {}, folder / "redis.log")

    def start(self) -> "Redis":
        super().start()
        wait_until(self._answers, "Redis")
        return self

    def _answers(self) -> bool:
        assert self.is_running(), self.output
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.settimeout(5)
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
