"""A server of clients that are told of logouts."""

import ssl
import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs

from test_support.processes import reserve_port, wait_until


@dataclass(frozen=True)
class ToldLogout:
    """A request that was received."""

    path: str
    content_type: str
    host: str
    form: dict[str, list[str]]

    @property
    def token(self) -> str:
        """The logout token, which is all of the form."""
        assert self.form.keys() == {"logout_token"}
        (token,) = self.form["logout_token"]
        return token


class LogoutReceiver:
    """Listens on 127.0.0.1. `statuses` of a path are answered one after the other, then 200; `held` paths wait for `release`."""

    def __init__(self, port: int | None = None, context: ssl.SSLContext | None = None) -> None:
        self.told: list[ToldLogout] = []
        self.statuses: dict[str, deque[int]] = {}
        self.held: set[str] = set()
        self.release = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                receiver.told.append(ToldLogout(self.path, self.headers["content-type"], self.headers["host"], form))
                if self.path in receiver.held:
                    receiver.release.wait()
                statuses = receiver.statuses.get(self.path)
                self.send_response(statuses.popleft() if statuses else 200)
                self.send_header("location", "/redirected")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.port = port or reserve_port()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        """The address that it listens at."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def find(self, path: str) -> list[ToldLogout]:
        """Return what a path was told."""
        return [told for told in self.told if told.path == path]

    def wait_for(self, path: str, count: int = 1) -> list[ToldLogout]:
        """Return what a path was told, once that is as often as this."""
        wait_until(lambda: len(self.find(path)) >= count, f"{count} logouts at {path}")
        return self.find(path)
