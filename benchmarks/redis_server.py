"""Redis as a store that keeps its word, as ours does, and webdis, which makes it an HTTP service."""

import base64
import json
import socket
from pathlib import Path
from typing import Self

from test_support.processes import ProcessUnderTest, reserve_port, wait_until

USER, PASSWORD = "client", "client-password"


class _Server(ProcessUnderTest):
    port: int

    def start(self) -> Self:
        """Start it and wait until it listens."""
        super().start()
        wait_until(lambda: self._listens() or not self.is_running(), f"port {self.port} open")
        assert self.is_running(), self.output
        return self

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Redis(_Server):
    """One Redis: a password, and each write on disk (fsync) before it is acknowledged."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.port = reserve_port()
        durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        address = ["--bind", "127.0.0.1", "--port", str(self.port), "--requirepass", PASSWORD]
        super().__init__(["redis-server", "--dir", ".", *address, *durable], {}, folder / "redis.log")


class Webdis(_Server):
    """webdis in front of a Redis, with Basic authentication and otherwise the distribution's settings."""

    authorization = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"

    def __init__(self, folder: Path, redis: Redis) -> None:
        folder.mkdir(parents=True)
        self.port = reserve_port()
        settings = {
            "redis_host": "127.0.0.1",
            "redis_port": redis.port,
            "redis_auth": PASSWORD,
            "http_host": "127.0.0.1",
            "http_port": self.port,
            "threads": 2,
            "daemonize": False,
            "database": 0,
            "acl": [{"disabled": ["*"]}, {"http_basic_auth": f"{USER}:{PASSWORD}", "enabled": ["GET", "SET"]}],
            "verbosity": 3,
            "logfile": "webdis.log",
        }
        file = folder / "webdis.json"
        file.write_text(json.dumps(settings))
        super().__init__(["webdis", str(file)], {}, folder / "output.log")
