"""Decides whether a service exports traces and logs. Imports OpenTelemetry only if it does."""

import sys
from typing import TYPE_CHECKING

from shared_kernel.open_telemetry.settings import EXTRA, Exports, TelemetryUnusableError
from shared_kernel.telemetry import NO_TELEMETRY, Telemetry

if TYPE_CHECKING:
    from types import ModuleType


def start_telemetry(service: str, version: str) -> Telemetry:
    """Return the classes that export traces and logs as the environment says, or the usual ones where it asks for neither."""
    try:
        exports = Exports.read()
        return _load().assemble(exports, service, version) if any(exports) else NO_TELEMETRY
    except TelemetryUnusableError:
        return NO_TELEMETRY


def report_unusable_telemetry() -> None:
    """Write to standard error, in one line, why nothing is exported although the environment asks for it. The service goes on."""
    try:
        if any(Exports.read()):
            _load()
    except TelemetryUnusableError as error:
        sys.stderr.write(f"no traces and logs are exported: {error}\n")


def _load() -> "ModuleType":
    try:
        from shared_kernel.open_telemetry import assembly  # noqa: PLC0415 - takes long, and may not be installed
    except ModuleNotFoundError as error:
        raise TelemetryUnusableError(f"{error.name} is not installed; the extra `{EXTRA}` of the service has it") from error
    return assembly
