"""Starts key_value_service."""

from importlib.metadata import version

from key_value_service.composition import create_service
from key_value_service.config import Settings
from shared_kernel.open_telemetry.start import report_unusable_telemetry, start_telemetry
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.server.run import serve
from shared_kernel.presentation.logging import configure_logging


def create_app() -> HttpService:
    """Return the service for a worker process."""
    settings = Settings.load()
    telemetry = start_telemetry("key_value_service", version("key-value-service"))
    configure_logging(settings.log_level, more=telemetry.log_processors)
    return create_service(settings, telemetry)


def main() -> None:
    """Serve until the process is asked to stop."""
    settings = Settings.load()
    configure_logging(settings.log_level)
    report_unusable_telemetry()
    tls = settings.find_tls()
    serve("key_value_service.main:create_app", host=settings.host, port=settings.port, workers=settings.workers, tls=tls)
