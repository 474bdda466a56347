"""Runs a service under uvicorn until it is told to stop."""

import multiprocessing
import os
import signal
import sys
import threading
from types import FrameType

import uvicorn
from uvicorn.supervisors import Multiprocess

from shared_kernel.presentation.http.protocol import HttpProtocol

DRAIN_SECONDS = 5


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
    if workers > 1:
        Multiprocess(config, sockets=[config.bind_socket()]).run()
        return

    def remember(_signal: int, _frame: FrameType | None) -> None:
        # uvicorn raises the signal again when it has drained; the process shall end with 0 and not by the signal.
        return

    signal.signal(signal.SIGTERM, remember)
    signal.signal(signal.SIGINT, remember)
    server = uvicorn.Server(config)
    server.run()
    if not server.started:
        sys.exit(1)


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
