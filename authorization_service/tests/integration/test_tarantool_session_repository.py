"""The contract of SessionRepository, kept by Tarantool."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta

import pytest
import tarantool
from authorization_service.tests.session_repository_contract import SessionRepositoryContract, Store

from authorization_service.domain.events import sessions as events_of_sessions
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH
from authorization_service.infrastructure.db.repositories.tarantool_session_repository import TarantoolSessionRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolAddress, TarantoolConnection
from testing.processes import ROOT, Tarantool


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tarantool]:
    """A Tarantool whose service may read all events."""
    folder = tmp_path_factory.mktemp("telling")
    infrastructure = ROOT / "tarantool_infra"
    telling = folder / "telling.lua"
    telling.write_text(
        f"package.path = '{infrastructure}/?.lua;' .. package.path\n"
        "local instance = require('common.instance')\n"
        "local start = instance.start\n"
        "instance.start = function(settings)\n"
        "    table.insert(settings.readable_spaces, 'events')\n"
        "    start(settings)\n"
        "end\n"
        f"arg[0] = '{infrastructure}/authorization_tarantool/init.lua'\n"
        "dofile(arg[0])\n"
    )
    server = Tarantool("authorization", folder)
    server._command = ["tarantool", str(telling)]
    with server:
        yield server


def read_events(server: Tarantool) -> list[DomainEvent]:
    with closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as connection:
        stored = connection.select("events")
    return [
        getattr(events_of_sessions, kind)(
            user_id=user_id, occurred_at=EPOCH + timedelta(microseconds=occurred_at), **json.loads(data)
        )
        for _, kind, user_id, occurred_at, data in stored
    ]


class TestTarantoolSessionRepository(SessionRepositoryContract):
    @pytest.fixture
    async def store(self, database: Tarantool) -> AsyncIterator[Store]:
        connection = TarantoolConnection(TarantoolAddress("127.0.0.1", database.port, database.user, database.password_file))
        connection.start()
        yield Store(
            TarantoolUserRepository(connection),
            lambda policy: TarantoolSessionRepository(connection, policy, Revocations()),
            lambda: read_events(database),
        )
        await connection.close()
