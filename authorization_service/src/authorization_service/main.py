"""Starts authorization_service."""

import sys

from dishka import make_async_container

from authorization_service.config import Settings
from authorization_service.domain.exceptions import SecretUnusableError
from authorization_service.infrastructure.security.key_files import KeyFiles
from authorization_service.presentation.api.controllers import (
    administration,
    clients,
    events,
    grants,
    groups,
    keys,
    login,
    me,
    oauth,
    revocations,
    sessions,
    users,
)
from authorization_service.presentation.api.keys_provider import KeyRingProvider
from authorization_service.presentation.api.oauth_provider import OAuthProvider
from authorization_service.presentation.api.problems import PROBLEMS
from authorization_service.presentation.api.providers import ServiceProvider
from authorization_service.presentation.providers.clients import ClientsProvider
from authorization_service.presentation.providers.keys import KeysProvider
from authorization_service.presentation.providers.people import PeopleProvider
from authorization_service.presentation.providers.store import StoreProvider
from shared_kernel.config import BROKEN_SETTING
from shared_kernel.presentation.http.application.assembly import create_http_service
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.server.run import serve
from shared_kernel.presentation.logging import configure_logging

CONTROLLERS = (
    users.router,
    login.router,
    sessions.router,
    me.router,
    administration.router,
    groups.router,
    grants.router,
    revocations.router,
    keys.router,
    clients.router,
    oauth.router,
    oauth.metadata_router,
    events.router,
)


def create_service(settings: Settings) -> HttpService:
    """Return the service."""
    return create_http_service(
        title="authorization_service",
        description="Registers users, logs them in and issues the access tokens that key_value_service verifies by itself.",
        version="0.1.0",
        controllers=CONTROLLERS,
        problems=PROBLEMS,
        container=make_async_container(
            StoreProvider(),
            PeopleProvider(),
            ClientsProvider(),
            KeysProvider(),
            ServiceProvider(),
            KeyRingProvider(),
            OAuthProvider(),
            context={Settings: settings},
        ),
        max_body_bytes=settings.max_body_bytes,
        max_requests_under_way=settings.max_requests_under_way,
        metrics=settings.metrics,
        login_url="/token",
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
    try:
        KeyFiles(settings.certificates_directory).ensure()
    except SecretUnusableError as error:
        sys.stderr.write(f"broken setting {Settings.variable('certificates_directory')}: {error}\n")
        sys.exit(BROKEN_SETTING)
    serve("authorization_service.main:create_app", host=settings.host, port=settings.port, workers=settings.workers)
