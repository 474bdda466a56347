"""Making the first administrator in the background of a start."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from authorization_service.application.user.ensure_administrator import EnsureAdministrator
from authorization_service.application.user.register_user import RegisterUser
from authorization_service.domain.exceptions import SecretUnusableError
from authorization_service.presentation import provisioning
from authorization_service.presentation.provisioning import Provisioning
from test_support.authorization.fakes import GOOD_PASSWORD, NOON, RULES, InMemoryUserRepository, RecordingPasswordHasher

Start = Callable[[Callable[[], str]], Provisioning]


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
    monkeypatch.setattr(provisioning, "RETRY_SECONDS", 0.001)
    started: list[Provisioning] = []

    def start(read_password: Callable[[], str]) -> Provisioning:
        register = RegisterUser(users, RULES, hasher, new_id=uuid4, now=lambda: NOON)
        started.append(Provisioning("administrator", EnsureAdministrator(users, register, "admin", read_password)))
        return started[-1]

    yield start
    for provisioned in started:
        await provisioned.close()


async def wait_until_available(provisioned: Provisioning) -> None:
    for _ in range(1000):
        if await provisioned.is_available():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("there is no administrator")


async def test_a_start_is_not_ready_before_there_is_an_administrator(start: Start, users: InMemoryUserRepository) -> None:
    provisioned = start(lambda: GOOD_PASSWORD)
    assert not await provisioned.is_available()
    await wait_until_available(provisioned)
    assert await users.find_by_username("admin") is not None


async def test_a_store_that_comes_late_is_waited_for(start: Start, users: InMemoryUserRepository) -> None:
    users.is_available = False
    provisioned = start(lambda: GOOD_PASSWORD)
    await asyncio.sleep(0.02)
    assert not await provisioned.is_available()
    users.is_available = True
    await wait_until_available(provisioned)


async def test_a_full_store_is_waited_for(start: Start, users: InMemoryUserRepository) -> None:
    users.is_full = True
    provisioned = start(lambda: GOOD_PASSWORD)
    await asyncio.sleep(0.02)
    assert not await provisioned.is_available()
    users.is_full = False
    await wait_until_available(provisioned)


async def test_a_busy_hasher_is_waited_for(start: Start, hasher: RecordingPasswordHasher) -> None:
    hasher.is_busy = True
    provisioned = start(lambda: GOOD_PASSWORD)
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
async def test_a_bad_password_file_is_told_once_and_keeps_the_service_unready(
    start: Start, users: InMemoryUserRepository, read_password: Callable[[], str]
) -> None:
    with capture_logs() as lines:
        provisioned = start(read_password)
        await asyncio.sleep(0.02)
    assert not await provisioned.is_available()
    assert len(users) == 0
    (line,) = lines
    assert (line["log_level"], line["event"]) == ("error", "cannot make the administrator")
    assert line["reason"]
    assert "hunter2" not in str(line)


async def test_a_mistake_of_ours_is_told_with_its_traceback(start: Start) -> None:
    def read_with_a_mistake() -> str:
        raise RuntimeError("unforeseen")

    with capture_logs() as lines:
        provisioned = start(read_with_a_mistake)
        await asyncio.sleep(0.02)
    assert not await provisioned.is_available()
    (line,) = lines
    assert (line["log_level"], line["event"], line["exc_info"]) == ("error", "cannot make the administrator", True)


async def test_a_service_that_stops_early_stops_trying(start: Start, users: InMemoryUserRepository) -> None:
    users.is_available = False
    provisioned = start(lambda: GOOD_PASSWORD)
    await asyncio.sleep(0)
    await provisioned.close()
    users.is_available = True
    await asyncio.sleep(0.02)
    assert len(users) == 0
