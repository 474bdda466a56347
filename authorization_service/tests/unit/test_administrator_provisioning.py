"""Creating the first administrator in the background of a start."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from authorization_service.application.user.ensure_administrator import EnsureAdministrator
from authorization_service.application.user.register_user import RegisterUser
from authorization_service.domain.exceptions import SecretUnusableError
from authorization_service.infrastructure import provisioning
from authorization_service.infrastructure.provisioning import Provisioning
from shared_kernel.infrastructure.background import in_background
from test_support.authorization.fakes import GOOD_PASSWORD, NOON, RULES, InMemoryUserRepository, RecordingPasswordHasher

Start = Callable[[Callable[[], str]], Awaitable[Provisioning]]


@pytest.fixture
def users() -> InMemoryUserRepository:
    return InMemoryUserRepository()


@pytest.fixture
def hasher() -> RecordingPasswordHasher:
    return RecordingPasswordHasher()


@pytest.fixture
async def start(
    users: InMemoryUserRepository, hasher: RecordingPasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Start]:
    """Starts the provisioning of an administrator with this way to read the password."""
    monkeypatch.setattr(provisioning, "RETRY_SECONDS", 0.001)
    async with AsyncExitStack() as stack:

        async def start(read_password: Callable[[], str]) -> Provisioning:
            started = make_provisioning(users, hasher, read_password)
            await stack.enter_async_context(in_background(started.run()))
            return started

        yield start


def make_provisioning(
    users: InMemoryUserRepository, hasher: RecordingPasswordHasher, read_password: Callable[[], str]
) -> Provisioning:
    register = RegisterUser(users, RULES, hasher, new_id=uuid4, now=lambda: NOON)
    return Provisioning("administrator", EnsureAdministrator(users, register, "admin", read_password))


async def wait_until_available(provisioned: Provisioning) -> None:
    for _ in range(1000):
        if await provisioned.is_available():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("there is no administrator")


async def test_service_is_not_ready_before_the_administrator_exists(start: Start, users: InMemoryUserRepository) -> None:
    provisioned = await start(lambda: GOOD_PASSWORD)
    assert not await provisioned.is_available()
    await wait_until_available(provisioned)
    assert await users.find_by_username("admin") is not None


async def test_unavailable_store_is_retried(start: Start, users: InMemoryUserRepository) -> None:
    users.is_available = False
    provisioned = await start(lambda: GOOD_PASSWORD)
    await asyncio.sleep(0.02)
    assert not await provisioned.is_available()
    users.is_available = True
    await wait_until_available(provisioned)


async def test_full_store_is_retried(start: Start, users: InMemoryUserRepository) -> None:
    users.is_full = True
    provisioned = await start(lambda: GOOD_PASSWORD)
    await asyncio.sleep(0.02)
    assert not await provisioned.is_available()
    users.is_full = False
    await wait_until_available(provisioned)


async def test_busy_hasher_is_retried(start: Start, hasher: RecordingPasswordHasher) -> None:
    hasher.is_busy = True
    provisioned = await start(lambda: GOOD_PASSWORD)
    await asyncio.sleep(0.02)
    assert not await provisioned.is_available()
    hasher.is_busy = False
    await wait_until_available(provisioned)


def read_weak_password() -> str:
    return "weak-hunter2"


def read_no_file() -> str:
    raise SecretUnusableError("not for you")


def read_empty_file() -> str:
    raise SecretUnusableError("the secret file is empty")


@pytest.mark.parametrize("read_password", [read_weak_password, read_no_file, read_empty_file])
async def test_bad_password_file_is_logged_once_and_the_service_stays_not_ready(
    start: Start, users: InMemoryUserRepository, read_password: Callable[[], str]
) -> None:
    with capture_logs() as lines:
        provisioned = await start(read_password)
        await asyncio.sleep(0.02)
    assert not await provisioned.is_available()
    assert len(users) == 0
    (line,) = lines
    assert (line["log_level"], line["event"]) == ("error", "cannot make the administrator")
    assert line["reason"]
    assert "hunter2" not in str(line)


async def test_bug_is_logged_with_its_traceback(start: Start) -> None:
    def read_with_bug() -> str:
        raise RuntimeError("unforeseen")

    with capture_logs() as lines:
        provisioned = await start(read_with_bug)
        await asyncio.sleep(0.02)
    assert not await provisioned.is_available()
    (line,) = lines
    assert (line["log_level"], line["event"], line["exc_info"]) == ("error", "cannot make the administrator", True)


async def test_provisioning_ends_with_the_service(users: InMemoryUserRepository, hasher: RecordingPasswordHasher) -> None:
    users.is_available = False
    async with in_background(make_provisioning(users, hasher, lambda: GOOD_PASSWORD).run()):
        await asyncio.sleep(0)
    users.is_available = True
    await asyncio.sleep(0.02)
    assert len(users) == 0
