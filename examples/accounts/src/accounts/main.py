"""The application: everything is made once, here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, Request, Response
from loguru import logger
from starlette.middleware.base import RequestResponseEndpoint

from accounts.db import make_authenticator, make_client
from accounts.dependencies import Services
from accounts.exceptions import add_handlers
from accounts.logger_config import configure_logging
from accounts.migrations import versions
from accounts.queue.publisher import Publisher
from accounts.routers.accounts import router
from accounts.services.contact_types import ContactTypeService
from accounts.services.user_contacts import UserContactService
from accounts.services.user_groups import UserGroupService
from accounts.services.users import UserService
from accounts.settings import Settings
from key_value_client import AsyncNamespace
from key_value_client.fastapi import add_page
from key_value_client.migrations import migrate


def make_services(settings: Settings, namespace: AsyncNamespace) -> Services:
    """Put everything together."""
    users, types = UserService(namespace), ContactTypeService(namespace)
    contacts, groups = UserContactService(namespace, users, types), UserGroupService(namespace, users)
    return Services(settings.namespace, users, types, contacts, groups)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application. While it runs, it publishes the events, too."""
    settings = settings or Settings()
    configure_logging(settings)

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with make_client(settings) as client, make_authenticator(settings) as app.state.authenticator:
            await migrate(client, settings.namespace, versions)
            namespace = client.namespace(settings.namespace)
            app.state.services = make_services(settings, namespace)
            publishing = asyncio.create_task(Publisher(settings, namespace).run())
            yield
            publishing.cancel()
            with suppress(asyncio.CancelledError):
                await publishing
        await logger.complete()

    app = FastAPI(title="Accounts", version="1", debug=settings.debug, lifespan=run)
    add_handlers(app)
    app.include_router(router)
    add_page(app, Path(__file__).parent / "static")

    @app.middleware("http")
    async def log_request(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        logger.info("{} {}", request.method, request.url.path, status=response.status_code)
        return response

    return app
