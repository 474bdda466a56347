"""The contract of SigningKeyRepository, for Tarantool, and the event of a rotation."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from authorization_service.domain.events.keys import KeyRotated
from authorization_service.infrastructure.db.repositories.tarantool_signing_key_repository import TarantoolSigningKeyRepository
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.authorization.fakes import NOON
from test_support.authorization.kept_events import FOR_AGES, read_events
from test_support.authorization.signing_key_repository_contract import FIRST, HOUR, SigningKeyRepositoryContract, make_key
from test_support.connections import connected
from test_support.processes import Tarantool


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tarantool]:
    with Tarantool("authorization", tmp_path_factory.mktemp("keys"), **FOR_AGES) as server:
        yield server


@pytest.fixture
async def connection(server: Tarantool) -> AsyncIterator[TarantoolConnection]:
    async with connected(server) as connection:
        yield connection


@pytest.fixture
async def keys(connection: TarantoolConnection) -> TarantoolSigningKeyRepository:
    repository = TarantoolSigningKeyRepository(connection)
    await connection.call("keys.rotate", [["passing", "{}", 0, 0, 1], 1, True, []])  # ends the publication of all others
    await repository.prune(NOON)
    return repository


class TestSigningKeysInTarantool(SigningKeyRepositoryContract):
    pass


async def test_rotation_has_one_event(keys: TarantoolSigningKeyRepository, server: Tarantool) -> None:
    event = KeyRotated(
        user_id=None, occurred_at=NOON, key_id="second", signs_from="2026-01-02T13:00:00+00:00", compromised=False, by=None
    )
    await keys.adopt([FIRST])
    await keys.rotate(make_key("second", HOUR), NOON + 3 * HOUR, [event], although_waiting=False)
    await keys.rotate(make_key("third", HOUR), NOON + 3 * HOUR, [event], although_waiting=False)
    (recorded,) = [kept for kept in read_events(server) if kept.type == "KeyRotated"]
    assert recorded.data == {"key_id": "second", "signs_from": "2026-01-02T13:00:00+00:00", "compromised": False, "by": None}
    assert (recorded.user_id, recorded.occurred_at) == ("", NOON)


async def test_killed_tarantool_loses_no_rotation(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path) as server:
        async with connected(server) as connection:
            keys = TarantoolSigningKeyRepository(connection)
            await keys.adopt([FIRST])
            await keys.rotate(make_key("second", HOUR), NOON + 3 * HOUR, [], although_waiting=False)
            before = await keys.list()
        server.kill()
        server.start()
        async with connected(server) as connection:
            assert await TarantoolSigningKeyRepository(connection).list() == before
