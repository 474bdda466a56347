"""Runs a service under uvicorn until it is told to stop."""

import signal
import sys
from types import FrameType

import uvicorn
from pydantic import ValidationError
from shared_kernel.presentation.http.http_service import HttpService

DRAIN_SECONDS = 10
BROKEN_SETTING = 78  # EX_CONFIG of sysexits.h


def serve(service: HttpService, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then answer what was accepted, close and return. Exits with 1 if it cannot start."""

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
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
    server.run()
    if not server.started:
        sys.exit(1)


def explain_broken_settings(error: ValidationError, prefix: str) -> str:
    """Return one line a broken setting, with the environment variable's name and without its value."""
    return "\n".join(
        f"broken setting {prefix}{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False)
    )
