"""Both services, Redis, and the application and its workers as processes."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from coffee.core.config import Settings
from coffee.db.session import make_client
from coffee.scripts.init_db import init_db
from key_value_client import AsyncNamespace
from test_support.applications import Application
from test_support.processes import reserve_port
from test_support.redis_server import Redis
from test_support.store import Store

WAIT_SECONDS = 150
PASSWORD = "Correct-horse-7"


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with Redis(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="session")
def secret(store: Store) -> str:
    """The secret of the application's service account, which may do everything in its namespaces."""
    return store.create_account("coffee", "admin:coffee*")


@pytest.fixture(scope="session")
def account(store: Store, secret: str, redis: Redis) -> dict[str, str]:
    """Settings without the namespace and the port."""
    return {
        "COFFEE_STORE_URL": store.key_value.url,
        "COFFEE_AUTHORIZATION_URL": store.authorization.url,
        "COFFEE_CLIENT_SECRET": secret,
        "COFFEE_TOKEN_SECONDS": "0",
        "COFFEE_REDIS_URL": redis.url,
    }


def make_environment(account: dict[str, str], **changes: str) -> dict[str, str]:
    """Return settings with a namespace, a port and a queue of their own."""
    return account | {
        "PATH": os.environ["PATH"],
        "COFFEE_PORT": str(reserve_port()),
        "COFFEE_NAMESPACE": f"coffee-{uuid4().hex}",
        "COFFEE_QUEUE": f"coffee-{uuid4().hex}",
        **changes,
    }


def read_settings(environment: dict[str, str]) -> Settings:
    members: dict[str, Any] = {
        name.removeprefix("COFFEE_").lower(): value for name, value in environment.items() if name.startswith("COFFEE_")
    }
    return Settings(_env_file=None, **members)


class Coffee(Application):
    """`coffee COMMAND`."""

    def __init__(self, folder: Path, environment: dict[str, str], *arguments: str) -> None:
        super().__init__("coffee", folder, environment, int(environment["COFFEE_PORT"]), *arguments)

    def kill_all(self) -> None:
        """Kill the process with all that it has started."""
        os.killpg(self.pid, signal.SIGKILL)
        self.wait()


@pytest.fixture(scope="session")
def environment(account: dict[str, str]) -> dict[str, str]:
    return make_environment(account)


@pytest.fixture(scope="session")
def app(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coffee]:
    with Coffee(tmp_path_factory.mktemp("run"), environment, "run") as running:
        yield running.wait_until_ready()


@pytest.fixture(scope="session")
def worker(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coffee]:
    with Coffee(tmp_path_factory.mktemp("worker"), environment | {"COFFEE_WORKER_CONCURRENCY": "1"}, "worker") as running:
        yield running


@asynccontextmanager
async def open_namespace(environment: dict[str, str]) -> AsyncIterator[AsyncNamespace]:
    """Yield the namespace of the settings, with the data of the newest version."""
    settings = read_settings(environment)
    await init_db(settings)
    async with make_client(settings) as client:
        yield client.namespace(settings.namespace)


@pytest.fixture
async def namespace(account: dict[str, str]) -> AsyncIterator[AsyncNamespace]:
    """A namespace of the test's own, for services without the application."""
    async with open_namespace(make_environment(account)) as namespace:
        yield namespace


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return as soon as the condition holds. Raises TimeoutError."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not await holds():  # noqa: ASYNC110 - other processes change it
            await asyncio.sleep(0.2)


@dataclass
class Person:
    """A registered user, and requests with its token."""

    id: str
    name: str
    token: str
    http: httpx.AsyncClient

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **options)

    async def get(self, path: str, **params: Any) -> Any:
        return (await self.ask("GET", path, params=params)).raise_for_status().json()

    async def post(self, path: str, **members: Any) -> Any:
        return (await self.ask("POST", path, json=members)).raise_for_status().json()

    async def read_all(self, path: str, **params: Any) -> list[Any]:
        """Return the items of all pages."""
        items: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await self.get(path, **params, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next_cursor"]
        return items


@pytest.fixture
async def http(app: Coffee) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{app.url}/api/v1", trust_env=False, timeout=60) as http:
        yield http


async def log_in(http: httpx.AsyncClient, username: str, password: str = PASSWORD) -> Person:
    answer = await http.post("/auth/login", json={"username": username, "password": password})
    person = Person("", "", answer.raise_for_status().json()["access_token"], http)
    me = await person.get("/users/me")
    person.id, person.name = me["id"], me["name"]
    return person


async def register(http: httpx.AsyncClient, name: str = "anna") -> Person:
    """Register a user, and sign in."""
    username = f"{name}-{uuid4().hex[:8]}"
    body = {"username": username, "password": PASSWORD, "name": name.title()}
    (await http.post("/auth/register", json=body)).raise_for_status()
    return await log_in(http, username)


@pytest.fixture(scope="session")
def administrators() -> list[Person]:
    """The administrator, once it has signed in: passwords are costly to check."""
    return []


@pytest.fixture
async def administrator(http: httpx.AsyncClient, store: Store, administrators: list[Person]) -> Person:
    if not administrators:
        administrators.append(await log_in(http, "admin", store.administrator_password))
    return replace(administrators[0], http=http)


async def give_role(administrator: Person, person: Person, role: str) -> Person:
    (await administrator.ask("PUT", f"/users/{person.id}/role", json={"role": role})).raise_for_status()
    return person


async def add_coffee(roaster: Person, **changes: Any) -> dict[str, Any]:
    members = {"name": f"Guji {uuid4().hex[:6]}", "origin": "Ethiopia", "roast": "light", "description": "Peach."}
    coffee: dict[str, Any] = await roaster.post("/coffees", **(members | changes))
    return coffee
