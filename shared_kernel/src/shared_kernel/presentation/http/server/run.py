"""Runs a service under uvicorn until it is told to stop."""

import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
from types import FrameType

import structlog
import uvicorn
from uvicorn.supervisors import Multiprocess

from shared_kernel.presentation.http.server.protocol import HttpProtocol

DRAIN_SECONDS = 5
ACCEPTED_AT_ONCE = 16
"""How many connections are accepted in a turn of the event loop. More would cost a client that comes alone."""

_log = structlog.get_logger()


def serve(factory: str, *, host: str, port: int, workers: int) -> None:
    """Serve what `factory` (module:function) makes, in each worker, until SIGTERM or SIGINT; then answer what was accepted.

    Raises SystemExit if it cannot start.
    """
    config = uvicorn.Config(
        factory,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=HttpProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    sockets = _bind(host, port)
    if workers > 1:
        gc.enable()  # for this process; each worker does so once it is ready
        Multiprocess(config, sockets=sockets).run()
        return

    def remember(_signal: int, _frame: FrameType | None) -> None:
        # uvicorn raises the signal again when it has drained; the process shall end with 0 and not by the signal.
        return

    signal.signal(signal.SIGTERM, remember)
    signal.signal(signal.SIGINT, remember)
    server = uvicorn.Server(config)
    server.run(sockets=sockets)
    if not server.started:
        sys.exit(1)


def _bind(host: str, port: int) -> list[socket.socket]:
    """Return a socket under several descriptors.

    The loop accepts one connection a turn from each. While a storm makes turns long, new clients would wait for seconds.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        _log.error("cannot listen", host=host, port=port, reason=error.strerror)
        sys.exit(1)
    return [bound, *(bound.dup() for _ in range(ACCEPTED_AT_ONCE - 1))]


def end_with_supervisor() -> None:
    """Let this process, if it is one of several workers, drain and end when what started it is gone, however that ended.

    Nobody else would tell it to: it would hold the port, and whatever is started anew could not listen.
    """
    supervisor = multiprocessing.parent_process()
    if supervisor is None:
        return

    def wait() -> None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="waits for the supervisor to end", daemon=True).start()
