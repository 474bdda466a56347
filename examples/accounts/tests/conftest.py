"""Both services, and the accounts as processes."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.applications import Application
from test_support.processes import reserve_port
from test_support.store import Store


def create_key(store: Store, client_id: str, scope: str) -> str:
    """Create a service account; return its API key."""
    return f"{client_id}:{store.create_account(client_id, scope)}"


@pytest.fixture(scope="session")
def keys(store: Store) -> dict[str, str]:
    """API keys by role, and the service's own."""
    roles = {role: create_key(store, role, f"{role}:accounts*") for role in ("read", "write", "admin")}
    return roles | {"own": create_key(store, "accounts", "admin:accounts*")}


class Accounts(Application):
    """`accounts COMMAND`."""

    def __init__(self, folder: Path, environment: dict[str, str], *arguments: str) -> None:
        super().__init__("accounts", folder, environment, int(environment["PORT"]), *arguments)


def make_environment(store: Store, keys: dict[str, str], folder: Path, rabbitmq_url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PORT": str(reserve_port()),
        "LOG_DIR": str(folder / "logs"),
        "STORE_URL": store.key_value.url,
        "AUTHORIZATION_URL": store.authorization.url,
        "CLIENT_SECRET": keys["own"].partition(":")[2],
        "NAMESPACE": f"accounts-{uuid4().hex}",
        "EXCHANGE": f"accounts-{uuid4().hex}",
        "RABBITMQ_URL": rabbitmq_url,
    }


@pytest.fixture(scope="session")
def environment(store: Store, keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings with a RabbitMQ that is away: everything works, and events wait."""
    return make_environment(store, keys, tmp_path_factory.mktemp("accounts"), f"amqp://127.0.0.1:{reserve_port()}/")


@pytest.fixture(scope="session")
def accounts(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    with Accounts(tmp_path_factory.mktemp("run"), environment, "run") as running:
        yield running.wait_until_ready()


@pytest.fixture
async def api(accounts: Accounts, keys: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the role `admin`."""
    headers = {"Api-Key": keys["admin"]}
    async with httpx.AsyncClient(base_url=f"{accounts.url}/api/v1", headers=headers, trust_env=False, timeout=60) as http:
        yield http


async def create_user(api: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    body = {"username": f"anna-{uuid4().hex[:12]}", "first_name": "Anna"} | members
    user: dict[str, Any] = (await api.post("/users/", json=body)).raise_for_status().json()
    return user


async def create_group(api: httpx.AsyncClient) -> str:
    group_id: str = (await api.post("/groups/", json={"name": f"group {uuid4().hex}"})).raise_for_status().json()["id"]
    return group_id


async def read_all(api: httpx.AsyncClient, path: str, **params: str) -> list[dict[str, Any]]:
    """Return the items of all pages, which are small ones."""
    items: list[dict[str, Any]] = []
    place: dict[str, str] = {}
    while True:
        page = (await api.get(path, params={"limit": "2"} | params | place)).raise_for_status().json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        place = {"cursor": page["next_cursor"]}
