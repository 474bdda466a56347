"""Both services, RabbitMQ, and the accounts as processes."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.processes import ProcessUnderTest, reserve_port, wait_until
from test_support.rabbitmq import RabbitMQ
from test_support.store import Store, running_store

PROGRAM = str(Path(sys.executable).parent / "accounts")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with running_store(tmp_path_factory.mktemp("store"), {}) as store:
        yield store


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as running:
        yield running


def create_key(store: Store, client_id: str, scope: str) -> str:
    """Create a service account; return its API key."""
    return f"{client_id}:{store.create_account(client_id, scope)}"


@pytest.fixture(scope="session")
def keys(store: Store) -> dict[str, str]:
    """API keys by role, and the service's own."""
    roles = {role: create_key(store, role, f"{role}:accounts*") for role in ("read", "write", "admin")}
    return roles | {"own": create_key(store, "accounts", "admin:accounts*")}


class Accounts(ProcessUnderTest):
    """`accounts COMMAND`."""

    def __init__(self, folder: Path, environment: dict[str, str], *arguments: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{environment['PORT']}"
        super().__init__([PROGRAM, *arguments], environment, folder / f"{arguments[0]}.log")

    def answers(self) -> bool:
        """Return whether the service answers. Fails if its process has ended."""
        assert self.is_running(), self.output
        try:
            return httpx.get(f"{self.url}/health", trust_env=False).is_success
        except httpx.TransportError:
            return False


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


@pytest.fixture(scope="module")
def environment(
    store: Store, keys: dict[str, str], rabbitmq: RabbitMQ, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    return make_environment(store, keys, tmp_path_factory.mktemp("accounts"), rabbitmq.url)


@pytest.fixture(scope="module")
def accounts(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    with Accounts(tmp_path_factory.mktemp("run"), environment, "run") as running:
        wait_until(running.answers, "the accounts")
        yield running


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


def read_problem(answer: httpx.Response, status: int, kind: str, field: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    members = answer.json()
    assert members["type"] == f"urn:problem-type:{kind}"
    if field is not None:
        assert field in [each["field"] for each in members["errors"]]
