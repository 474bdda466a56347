"""Both services, and the application with its service account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from microblog.core.config import Settings
from microblog.main import create_app
from test_support.store import Store

PASSWORD = "Correct-horse-7"


@pytest.fixture(scope="session")
def account(store: Store) -> dict[str, str]:
    """Where the services are, and the service account, which may do everything in its namespaces."""
    return {
        "store_url": store.key_value.url,
        "authorization_url": store.authorization.url,
        "client_id": "microblog",
        "client_secret": store.create_account("microblog", "admin:microblog*"),
    }


def make_settings(account: dict[str, str], **changes: Any) -> Settings:
    """Return settings with a namespace of their own."""
    members = {"namespace": f"microblog-{uuid4().hex}", "token_seconds": 0, **account, **changes}
    return Settings(_env_file=None, **members)


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the running application."""
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://microblog/api/v1") as http,
    ):
        yield http


@dataclass
class Person:
    """A registered user, and requests with its token."""

    id: str
    username: str
    http: httpx.AsyncClient
    token: str

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.http.request(method, path, headers={"Authorization": f"Bearer {self.token}"}, **options)

    async def post(self, text: str, *media: str) -> dict[str, Any]:
        """Post a tweet."""
        answer = await self.ask("POST", "/tweets", json={"text": text, "media": list(media)})
        tweet: dict[str, Any] = answer.raise_for_status().json()
        return tweet

    async def read_feed(self, **params: Any) -> list[str]:
        """Return the texts of all pages."""
        texts = []
        cursor: str | None = ""
        while cursor is not None:
            place = {"cursor": cursor} if cursor else {}
            page = (await self.ask("GET", "/feed", params=params | place)).raise_for_status().json()
            texts += [tweet["text"] for tweet in page["items"]]
            cursor = page["next_cursor"]
        return texts


@pytest.fixture
async def app(account: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with open_app(make_settings(account)) as http:
        yield http


async def register(http: httpx.AsyncClient, name: str = "anna") -> Person:
    """Register a user, and sign in."""
    username = f"{name}-{uuid4().hex[:8]}"
    (await http.post("/users", json={"username": username, "password": PASSWORD, "name": name.title()})).raise_for_status()
    answer = await http.post("/sessions", json={"username": username, "password": PASSWORD})
    person = Person("", username, http, answer.raise_for_status().json()["access_token"])
    person.id = (await person.ask("GET", "/me")).raise_for_status().json()["id"]
    return person


@pytest.fixture
def media_folder(tmp_path: Path) -> Path:
    return tmp_path / "media"
