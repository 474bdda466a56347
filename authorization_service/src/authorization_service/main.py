"""Starts authorization_service."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from authorization_service.composition.service import create_service
from authorization_service.config import Settings
from authorization_service.domain.exceptions import SecretUnusableError
from authorization_service.infrastructure.security.factor_key import FernetSealer
from authorization_service.infrastructure.security.key_files import KeyFiles
from shared_kernel.config import BROKEN_SETTING
from shared_kernel.open_telemetry.start import report_unusable_telemetry, start_telemetry
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.server.run import serve
from shared_kernel.presentation.logging import configure_logging


def create_app() -> HttpService:
    """Return what a worker process serves."""
    settings = Settings.load()
    telemetry = start_telemetry("authorization_service", version("authorization-service"))
    configure_logging(settings.log_level, more=telemetry.log_processors)
    return create_service(settings, telemetry)


@contextmanager
def _exit_if_unusable(setting: str) -> Iterator[None]:
    try:
        yield
    except SecretUnusableError as error:
        sys.stderr.write(f"broken setting {Settings.variable(setting)}: {error}\n")
        sys.exit(BROKEN_SETTING)


def main() -> None:
    """Serve until stopped by a signal."""
    settings = Settings.load()
    configure_logging(settings.log_level)
    report_unusable_telemetry()
    with _exit_if_unusable("certificates_directory"):
        KeyFiles(settings.certificates_directory).ensure()
    with _exit_if_unusable("factor_key_file"):
        FernetSealer.load(settings.factor_key_file)
    tls = settings.find_tls()
    serve("authorization_service.main:create_app", host=settings.host, port=settings.port, workers=settings.workers, tls=tls)
