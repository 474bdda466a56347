"""What the compositions of both services are given that differs where a service exports traces or logs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.presentation.http.application.parts import USUAL_PARTS, Parts

Transport = TypeVar("Transport")


def leave_untraced(transport: Transport) -> Transport:
    """Return the transport of an HTTP client as it is."""
    return transport


@dataclass(frozen=True)
class Telemetry:
    """The usual classes, or those that trace: chosen once, when the service starts."""

    parts: Parts = USUAL_PARTS
    tarantool: Callable[..., TarantoolConnection] = TarantoolConnection
    trace_transport: Callable[[Any], Any] = leave_untraced
    """For requests to the other service, which join the trace there."""
    trace_foreign_transport: Callable[[Any], Any] = leave_untraced
    """For requests to anybody else, who learns nothing of the trace."""
    log_processors: tuple[structlog.typing.Processor, ...] = ()


NO_TELEMETRY = Telemetry()
