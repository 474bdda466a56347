"""A TCP relay before a server, which loses answers, falls silent and cuts connections when a test tells it to."""

import re
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_REQUEST_LINE = re.compile(rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE) \S+ HTTP/1\.1\r\n")


class Relay:
    """Passes on what comes, between clients and a port of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.requests: list[str] = []
        """Method and target of each request that passed."""
        self.answers_to_lose = 0
        """So many of the next answers are lost: the server has sent them, and the connection is cut."""
        self.requests_to_pass: int | None = None
        """So many requests pass from its beginning on; then it falls silent, by itself and at once. None: all."""
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._passing = threading.Event()
        self._passing.set()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        """Pass nothing on, and let nobody know."""
        self._passing.clear()

    def is_silent(self) -> bool:
        """Return whether it passes nothing on."""
        return not self._passing.is_set()

    def go_on(self) -> None:
        """Pass on what came meanwhile, and what comes."""
        self.requests_to_pass = None
        self._passing.set()

    def cut(self) -> None:
        """Cut all connections."""
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for each in sockets:
            _shut(each)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _shut(self._listener)
        self._listener.close()
        self.cut()
        self.go_on()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            with self._lock:
                self._sockets |= {client, server}
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, are_requests: bool) -> None:
        try:
            while data := source.recv(65536):
                self._passing.wait()
                if are_requests:
                    lines = _REQUEST_LINE.findall(data)
                    self.requests += [line.decode("latin-1").rsplit(" ", 1)[0] for line in lines]
                    if self.requests_to_pass is not None and len(self.requests) >= self.requests_to_pass:
                        self.fall_silent()
                elif self._is_lost():
                    break
                sink.sendall(data)
        except OSError:
            pass
        finally:
            with self._lock:
                self._sockets -= {source, sink}
            _shut(source)
            _shut(sink)
            source.close()

    def _is_lost(self) -> bool:
        with self._lock:
            is_lost = self.answers_to_lose > 0
            self.answers_to_lose -= is_lost
        return is_lost


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
