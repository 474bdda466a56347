"""Runs a service under uvicorn until it is told to stop."""

import signal
import sys
from types import FrameType

import uvicorn

from shared_kernel.presentation.http.http_service import HttpService

DRAIN_SECONDS = 10


def serve(service: HttpService, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then answer what was accepted, close and return. SystemExit if it cannot start."""

    def remember(_signal: int, _frame: FrameType | None) -> None:
        # uvicorn raises the signal again when it has drained; the process shall end with 0 and not by the signal.
        return

    signal.signal(signal.SIGTERM, remember)
    signal.signal(signal.SIGINT, remember)
    server = uvicorn.Server(
        uvicorn.Config(
            service,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
    server.run()
    if not server.started:
        sys.exit(1)
