"""Runs a service under uvicorn until it receives SIGTERM or SIGINT."""

import asyncio
import gc
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
import uvicorn
from uvicorn.server import ServerState
from uvicorn.supervisors import Multiprocess

from shared_kernel.presentation.http.server.connections import Connections
from shared_kernel.presentation.http.server.descriptors import raise_limit
from shared_kernel.presentation.http.server.protocol import HttpProtocol
from shared_kernel.presentation.http.server.tls import Certificate, TlsFiles, TlsLoop

DRAIN_SECONDS = 5
FOLDER_VARIABLE = "SHARED_KERNEL_WORKERS_FOLDER"
"""The environment variable by which the supervisor tells its workers of the folder that they share."""
JOIN_SECONDS = 0.05
"""How often the supervisor of workers that are ending looks at them."""
ACCEPTED_AT_ONCE = 16
"""How many connections are accepted in one turn of the event loop. More would delay a client that connects alone."""

_log = structlog.get_logger()


class ProtocolFactory:
    """Makes the protocol of each connection: for uvicorn.Config(http=…), whose application must be a Handler. One a server."""

    def __init__(self) -> None:
        self._connections: Connections | None = None

    def __call__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None,
    ) -> HttpProtocol:
        """Return the protocol of a new connection. Called by uvicorn."""
        if self._connections is None:
            self._connections = Connections(config.loaded_app, server_state, app_state)
        return HttpProtocol(self._connections)


class Workers(Multiprocess):
    """The supervisor of several workers."""

    def join_all(self) -> None:
        """Wait until all workers have ended; pass on what signals arrive meanwhile, which may end a delay."""
        while any(worker.exitcode is None for worker in self.processes):
            signals, self.signal_queue = self.signal_queue, []
            for number in signals:
                for worker in self.processes:
                    if worker.exitcode is None and worker.pid is not None and number in (signal.SIGTERM, signal.SIGINT):
                        os.kill(worker.pid, number)
            time.sleep(JOIN_SECONDS)

    def handle_hup(self) -> None:
        """Let workers look at the certificate. Without one, replace them, as uvicorn does."""
        if not self.config.is_ssl:
            super().handle_hup()
            return
        for worker in self.processes:
            if worker.exitcode is None and worker.pid is not None:
                os.kill(worker.pid, signal.SIGHUP)


def serve(factory: str, *, host: str, port: int, workers: int, tls: TlsFiles | None = None) -> None:
    """Serve the Handler that `factory` (module:function) makes, in each worker, until SIGTERM or SIGINT; then drain.

    With `tls`, by https alone. Raises SystemExit if it cannot start.
    """
    config = uvicorn.Config(
        factory,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop" if tls is None else f"{TlsLoop.__module__}:{TlsLoop.__name__}",
        ssl_context_factory=None if tls is None else Certificate(tls),
        http=ProtocolFactory(),  # type: ignore[arg-type] # called as a class would be
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    raise_limit()  # before workers are started, which inherit it
    sockets = _bind(host, port)
    if workers > 1:
        gc.enable()  # for this process; each worker does so once it is ready
        with tempfile.TemporaryDirectory() as folder:
            os.environ[FOLDER_VARIABLE] = folder
            Workers(config, sockets=sockets).run()
        return

    def ignore(_signal: int, _frame: FrameType | None) -> None:
        # uvicorn raises the signal again when it has drained; the process must exit with 0, not by the signal.
        return

    signal.signal(signal.SIGTERM, ignore)
    signal.signal(signal.SIGINT, ignore)
    server = uvicorn.Server(config)
    server.run(sockets=sockets)
    if not server.started:
        sys.exit(1)


def _bind(host: str, port: int) -> list[socket.socket]:
    """Return a listening socket under several descriptors.

    The event loop accepts one connection a turn from each. Under overload turns are long, and new clients would wait for seconds.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        _log.error("cannot listen", host=host, port=port, reason=error.strerror)
        sys.exit(1)
    return [bound, *(bound.dup() for _ in range(ACCEPTED_AT_ONCE - 1))]


def find_shared_folder() -> Path | None:
    """Return the folder that this process shares with other workers, or None if it is the only one."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) if folder else None


def end_with_supervisor() -> None:
    """Let this process, if it is one of several workers, drain and end when its supervisor has ended, however that ended.

    Otherwise it would keep the port, and a new supervisor could not listen.
    """
    supervisor = multiprocessing.parent_process()
    if supervisor is None:
        return

    def wait() -> None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="waits for the supervisor to end", daemon=True).start()
