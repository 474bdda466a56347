"""The application: everything is made once, here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint

from key_value_client import AsyncClient, AsyncNamespace
from key_value_client.authentication import AsyncAuthenticator
from key_value_client.migrations import migrate
from microblog.api import v1
from microblog.api.dependencies import Services
from microblog.api.errors import add_handlers
from microblog.core.config import Settings
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

STATIC = Path(__file__).parent / "static"
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def make_client(settings: Settings) -> AsyncClient:
    """Return a client of the store, as the application's service account. Live feeds hold a connection each."""
    return AsyncClient(
        settings.store_url,
        authorization_url=settings.authorization_url,
        client_id=settings.client_id,
        client_secret=settings.read_client_secret(),
        http_options={"limits": httpx.Limits(max_connections=None, max_keepalive_connections=100), "trust_env": False},
    )


def make_authenticator(settings: Settings) -> AsyncAuthenticator:
    """Return what tells who sends a request."""
    secret = settings.read_client_secret()
    return AsyncAuthenticator(settings.authorization_url, settings.client_id, secret, kept_for=settings.token_seconds)


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
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/", include_in_schema=False)
    async def show_page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    @app.get("/health", tags=["health"])
    async def check_health() -> dict[str, str]:
        """Return 200 while the application runs."""
        return {"status": "ok"}

    @app.middleware("http")
    async def add_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        if not request.url.path.startswith("/docs"):
            response.headers.update(SECURITY_HEADERS)
        return response

    return app
