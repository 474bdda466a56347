"""What a service is assembled from that differs where its requests are traced."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from dishka import AsyncContainer

from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.telemetry.request_log import RecordSink, RequestLog
from shared_kernel.presentation.http.telemetry.request_meter import RequestMeter


def _leave(container: AsyncContainer) -> AsyncContainer:
    return container


async def _do_nothing() -> None:
    pass


@dataclass(frozen=True)
class Parts:
    """The usual parts, or others in their place. They are chosen once, so that a request does not ask whether it is traced."""

    service: Callable[..., HttpService] = HttpService
    request_log: Callable[..., RequestLog] = RequestLog
    meter: Callable[[], RequestMeter] = RequestMeter
    more_sinks: tuple[RecordSink, ...] = ()
    """Those that receive the records of requests beside the access log and the metrics."""
    container: Callable[[AsyncContainer], Any] = _leave
    """Returns the container that controllers get what they need from."""
    shut_down: Callable[[], Awaitable[None]] = _do_nothing
    """Called when all else has ended."""


USUAL_PARTS = Parts()
