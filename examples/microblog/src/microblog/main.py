"""The application: everything is made once, here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from key_value_client import AsyncClient, AsyncNamespace
from key_value_client.fastapi import add_page
from key_value_client.migrations import migrate
from microblog.api import v1
from microblog.api.dependencies import Services
from microblog.api.errors import add_handlers
from microblog.core.config import Settings
from microblog.core.security import make_authenticator
from microblog.migrations import versions
from microblog.repositories.media import MediaRepository
from microblog.repositories.rankings import RankingRepository
from microblog.repositories.tweets import TweetRepository
from microblog.repositories.users import UserRepository
from microblog.services.feed import FeedService
from microblog.services.live import LiveFeed
from microblog.services.media import MediaService
from microblog.services.tweets import TweetService
from microblog.services.users import UserService
from microblog.storage.disk import FilesOnDisk
from microblog.storage.store import StoredFiles


def make_client(settings: Settings) -> AsyncClient:
    """Return a client of the store, as the application's service account. Live feeds hold a connection each."""
    return AsyncClient(
        settings.store_url,
        authorization_url=settings.authorization_url,
        client_id=settings.client_id,
        client_secret=settings.read_client_secret(),
        http_options={"limits": httpx.Limits(max_connections=None, max_keepalive_connections=100), "trust_env": False},
    )


def make_services(settings: Settings, namespace: AsyncNamespace) -> Services:
    """Put everything together."""
    users, tweets = UserRepository(namespace), TweetRepository(namespace)
    files = StoredFiles(namespace) if settings.media_storage == "store" else FilesOnDisk(settings.media_folder)
    return Services(
        settings=settings,
        users=UserService(users),
        tweets=TweetService(tweets, files),
        media=MediaService(MediaRepository(namespace), files, settings.max_media_bytes),
        feed=FeedService(users, tweets, RankingRepository(namespace)),
        profiles=users,
        live=LiveFeed(namespace, users, tweets),
    )


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application."""
    settings = settings or Settings()

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with make_client(settings) as client, make_authenticator(settings) as app.state.authenticator:
            await migrate(client, settings.namespace, versions)
            app.state.services = make_services(settings, client.namespace(settings.namespace))
            yield

    app = FastAPI(title="Microblog", version="1", lifespan=run)
    add_handlers(app)
    app.include_router(v1.router)
    add_page(app, Path(__file__).parent / "static")
    return app
