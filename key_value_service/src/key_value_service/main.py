"""Starts key_value_service."""

from dishka import make_async_container

from key_value_service.config import Settings
from key_value_service.presentation.api.controllers import changes, namespaces, one_pair, pairs, ranges, transactions, transfer
from key_value_service.presentation.api.problems import PROBLEMS
from key_value_service.presentation.api.providers import ServiceProvider
from shared_kernel.presentation.http.application.assembly import create_http_service
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.server.run import serve
from shared_kernel.presentation.logging import configure_logging


def create_service(settings: Settings) -> HttpService:
    """Return the service."""
    return create_http_service(
        title="key_value_service",
        description="Writes and reads key-value pairs for callers with an access token of authorization_service.",
        version="0.1.0",
        controllers=[
            pairs.router,
            one_pair.router,
            ranges.router,
            transactions.router,
            changes.router,
            changes.waiting_router,
            namespaces.router,
            transfer.router,
        ],
        problems=PROBLEMS,
        container=make_async_container(ServiceProvider(), context={Settings: settings}),
        max_body_bytes=settings.max_body_bytes,
        max_requests_under_way=settings.max_requests_under_way,
        metrics=settings.metrics,
        # As a browser finds it; settings.token_url is how this service does.
        login_url=f"{settings.issuer.rstrip('/')}/token",
    )


def create_app() -> HttpService:
    """Return what a worker process serves."""
    settings = Settings.load()
    configure_logging(settings.log_level)
    return create_service(settings)


def main() -> None:
    """Serve until told to stop."""
    settings = Settings.load()
    configure_logging(settings.log_level)
    serve("key_value_service.main:create_app", host=settings.host, port=settings.port, workers=settings.workers)
