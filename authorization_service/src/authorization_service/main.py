"""Starts authorization_service."""

import sys

from authorization_service.composition.service import create_service
from authorization_service.config import Settings
from authorization_service.domain.exceptions import SecretUnusableError
from authorization_service.infrastructure.security.key_files import KeyFiles
from shared_kernel.config import BROKEN_SETTING
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.server.run import serve
from shared_kernel.presentation.logging import configure_logging


def create_app() -> HttpService:
    """Return what a worker process serves."""
    settings = Settings.load()
    configure_logging(settings.log_level)
    return create_service(settings)


def main() -> None:
    """Serve until stopped by a signal."""
    settings = Settings.load()
    configure_logging(settings.log_level)
    try:
        KeyFiles(settings.certificates_directory).ensure()
    except SecretUnusableError as error:
        sys.stderr.write(f"broken setting {Settings.variable('certificates_directory')}: {error}\n")
        sys.exit(BROKEN_SETTING)
    serve("authorization_service.main:create_app", host=settings.host, port=settings.port, workers=settings.workers)
