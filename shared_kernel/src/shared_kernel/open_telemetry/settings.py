"""What is exported, as OpenTelemetry's environment variables say. Loads none of OpenTelemetry: that is done where it is used."""

import os
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import NamedTuple, Self

from dotenv import dotenv_values

EXTRA = "telemetry"
"""The optional dependencies of a service that exports."""

_PROTOCOL = "http/protobuf"


class TelemetryUnusableError(Exception):
    """Something is to be exported, and cannot be."""


def read_environment_file() -> None:
    """Put OpenTelemetry's variables of `.env` into the environment, which wins, as for the service's own settings.

    To be called before FastAPI is imported, which reads OTEL_PROPAGATORS, whatever is exported: the process ends with a line if
    that is broken.
    """
    for name, value in dotenv_values(".env").items():
        if name.startswith("OTEL_") and value is not None:
            os.environ.setdefault(name, value)
    _exit_if_propagators_are_unknown(os.environ)


def _exit_if_propagators_are_unknown(environment: Mapping[str, str]) -> None:
    named = {name.strip() for name in environment.get("OTEL_PROPAGATORS", "").split(",")} - {"", "none"}
    unknown = named - {point.name for point in entry_points(group="opentelemetry_propagator")} if named else named
    if unknown:
        sys.stderr.write(f"broken setting OTEL_PROPAGATORS: {', '.join(sorted(unknown))}: not installed\n")
        sys.exit(os.EX_CONFIG)


class Exports(NamedTuple):
    """Which signals are exported by OTLP."""

    traces: bool
    logs: bool

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the environment: nothing is exported unless an exporter or an endpoint is named. Raises TelemetryUnusableError.

        A variable that is empty counts as one that is not set (OpenTelemetry, Environment Variable Specification).
        """
        if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
            return cls(traces=False, logs=False)
        return cls(traces=_is_wanted(environment, "TRACES"), logs=_is_wanted(environment, "LOGS"))


def _is_wanted(environment: Mapping[str, str], signal: str) -> bool:
    exporter = environment.get(f"OTEL_{signal}_EXPORTER", "").strip().lower()
    if exporter not in ("", "otlp", "none"):
        raise TelemetryUnusableError(f"OTEL_{signal}_EXPORTER must be otlp or none")
    if exporter == "none" or not (exporter or _find(environment, signal, "ENDPOINT")):
        return False
    if _find(environment, signal, "PROTOCOL") not in ("", _PROTOCOL):
        raise TelemetryUnusableError(f"OTEL_EXPORTER_OTLP_PROTOCOL must be {_PROTOCOL}")
    return True


def _find(environment: Mapping[str, str], signal: str, name: str) -> str:
    """Return a variable of the exporter: the signal's own, or that of all signals."""
    own = environment.get(f"OTEL_EXPORTER_OTLP_{signal}_{name}", "").strip()
    return own or environment.get(f"OTEL_EXPORTER_OTLP_{name}", "").strip()
