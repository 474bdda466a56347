"""Shutdown in two steps, so that load balancers lead nobody to a process that is about to end."""

import asyncio
import multiprocessing
import signal
from types import FrameType

import structlog

_log = structlog.get_logger()


class Departure:
    """Delays SIGTERM: for some seconds the process says that it is not ready, and goes on serving; then it drains and ends.

    A load balancer that checks readiness leads requests elsewhere meanwhile. A second SIGTERM, and SIGINT, end the process
    without a delay, and so does the end of the supervisor of several workers, whose successor needs the port.
    """

    def __init__(self, delay_seconds: float) -> None:
        self._delay_seconds = delay_seconds
        self.has_begun = False
        """Whether the process is about to end."""

    def listen(self) -> None:
        """Delay SIGTERM from now on, if there is a delay. To be called in the main thread, where a loop runs."""
        if not self._delay_seconds:
            return
        loop = asyncio.get_running_loop()
        end = signal.getsignal(signal.SIGTERM)
        assert callable(end)  # noqa: S101 - for the type checker: the server listens already

        def depart(number: int, frame: FrameType | None) -> None:
            if self.has_begun or _is_supervisor_gone():
                end(number, frame)
                return
            self.has_begun = True
            loop.call_soon_threadsafe(loop.call_later, self._delay_seconds, end, number, None)
            _log.info("not ready any more, and shutting down later", seconds=self._delay_seconds)

        signal.signal(signal.SIGTERM, depart)


def _is_supervisor_gone() -> bool:
    supervisor = multiprocessing.parent_process()
    return supervisor is not None and not supervisor.is_alive()
