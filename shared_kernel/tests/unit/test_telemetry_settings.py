"""When a service exports traces and logs, and that it loads nothing for it when it does not."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared_kernel.open_telemetry.settings import Exports, TelemetryUnusableError

ENDPOINT = "http://collector.example:4318"
NEITHER, BOTH = Exports(traces=False, logs=False), Exports(traces=True, logs=True)
TRACES, LOGS = Exports(traces=True, logs=False), Exports(traces=False, logs=True)

CREATE = """
import sys
from {service}.main import create_app
from shared_kernel.presentation.http.application.http_service import HttpService
service = create_app()
assert type(service) is HttpService, type(service)
exporters = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf", "requests")
print([name for name in sys.modules if name.startswith(exporters) or name == "shared_kernel.open_telemetry.assembly"])
"""
WITHOUT_THE_EXTRA = """
import sys
sys.modules["opentelemetry.sdk"] = None
from shared_kernel.open_telemetry.start import report_unusable_telemetry, start_telemetry
from shared_kernel.telemetry import NO_TELEMETRY
report_unusable_telemetry()
assert start_telemetry("a", "1") is NO_TELEMETRY
"""


@pytest.mark.parametrize(
    ("environment", "exports"),
    [
        ({}, NEITHER),
        ({"OTEL_SERVICE_NAME": "a", "OTEL_RESOURCE_ATTRIBUTES": "b=c", "OTEL_TRACES_SAMPLER": "always_on"}, NEITHER),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, NEITHER),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT}, BOTH),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, BOTH),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_SDK_DISABLED": "True"}, NEITHER),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_LOGS_EXPORTER": "none"}, TRACES),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, LOGS),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": ENDPOINT}, TRACES),
        ({"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": ENDPOINT}, LOGS),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, TRACES),
        ({"OTEL_LOGS_EXPORTER": "otlp"}, LOGS),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, NEITHER),
    ],
)
def test_what_is_exported(environment: dict[str, str], exports: Exports) -> None:
    assert Exports.read(environment) == exports


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER"),
        ({"OTEL_LOGS_EXPORTER": "console"}, "OTEL_LOGS_EXPORTER"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL"),
    ],
)
def test_what_cannot_be_exported_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(TelemetryUnusableError, match=named):
        Exports.read(environment)


def run(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=120
    )


@pytest.mark.parametrize("service", ["key_value_service", "authorization_service"])
def test_a_service_that_exports_nothing_is_made_of_the_usual_classes_and_loads_nothing(service: str, tmp_path: Path) -> None:
    assert run(CREATE.format(service=service), tmp_path).stdout == "[]\n"


def test_what_is_not_installed_is_one_line_and_the_service_goes_on(tmp_path: Path) -> None:
    ended = run(WITHOUT_THE_EXTRA, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=ENDPOINT)
    [line] = ended.stderr.splitlines()
    assert line.startswith("no traces and logs are exported: opentelemetry")
    assert "telemetry" in line


@pytest.mark.parametrize("service", ["key-value-service", "authorization-service"])
def test_an_unknown_propagator_is_a_broken_setting(service: str, tmp_path: Path) -> None:
    program = Path(sys.executable).parent / service
    (tmp_path / ".env").write_text("OTEL_PROPAGATORS=tracecontext,nonsense\n")
    ended = subprocess.run([program], cwd=tmp_path, env={}, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.returncode, ended.stderr) == (78, "broken setting OTEL_PROPAGATORS: nonsense: not installed\n")
