"""The application: everything is made once, here."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from coffee.api.dependencies import Services
from coffee.api.endpoints import router
from coffee.api.errors import add_handlers
from coffee.core.config import Settings
from coffee.core.security import make_authenticator
from coffee.db.migrations import versions
from coffee.db.session import make_client
from coffee.services.chat_service import ChatService
from coffee.services.coffee_service import CoffeeService
from coffee.services.live import LiveRooms
from coffee.services.notification_service import NotificationService
from coffee.services.review_service import ReviewService
from coffee.services.user_service import UserService
from coffee.tasks.celery_app import make_celery
from coffee.tasks.dispatcher import Dispatcher
from key_value_client import AsyncNamespace
from key_value_client.fastapi import add_page
from key_value_client.migrations import migrate


def make_services(namespace: AsyncNamespace) -> Services:
    """Put everything together."""
    coffees = CoffeeService(namespace)
    chats = ChatService(namespace, coffees)
    return Services(
        users=UserService(namespace),
        coffees=coffees,
        reviews=ReviewService(namespace, coffees),
        chats=chats,
        live=LiveRooms(namespace, chats),
        notifications=NotificationService(namespace),
    )


@asynccontextmanager
async def in_background(*coroutines: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run coroutines, which never end by themselves, while the block does."""
    tasks = [asyncio.create_task(each) for each in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application. While it runs, it watches the rooms and queues tasks, too."""
    settings = settings or Settings()

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with make_client(settings) as client, make_authenticator(settings) as app.state.authenticator:
            await migrate(client, settings.namespace, versions)
            namespace = client.namespace(settings.namespace)
            services = app.state.services = make_services(namespace)
            dispatcher = Dispatcher(make_celery(settings), namespace, settings.resend_seconds)
            async with in_background(services.live.run(), dispatcher.run()):
                yield
                await services.live.close()

    app = FastAPI(title="Coffee", version="1", lifespan=run)
    add_handlers(app)
    app.include_router(router)
    add_page(app, Path(__file__).parent / "static")
    return app
