"""TarantoolWatchTickets: the contract of WatchTickets, the limit of all, sweeping, and the end of a namespace."""

import asyncio
from pathlib import Path

import pytest

from key_value_service.domain.entities.namespace import NamespaceSettings
from key_value_service.domain.exceptions import InvalidWatchTicketError
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.infrastructure.db.repositories import tarantool_watch_tickets
from key_value_service.infrastructure.db.repositories.tarantool_namespace_repository import TarantoolNamespaceRepository
from key_value_service.infrastructure.db.repositories.tarantool_watch_tickets import TarantoolWatchTickets
from shared_kernel.application.availability import BusyError
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.connections import connected
from test_support.key_value.namespace_repository_contract import unused_name
from test_support.key_value.watch_tickets_contract import WatchTicketsContract, new_caller, new_digest
from test_support.processes import Tarantool


class TestTarantoolWatchTickets(WatchTicketsContract):
    @pytest.fixture
    def tickets(self, connection: TarantoolConnection) -> TarantoolWatchTickets:
        return TarantoolWatchTickets(connection)

    @pytest.fixture
    async def other(self, connection: TarantoolConnection) -> str:
        name = unused_name()
        await TarantoolNamespaceRepository(connection).put(name, NamespaceSettings())
        return name


async def is_kept(tickets: TarantoolWatchTickets) -> bool:
    try:
        await tickets.keep(DEFAULT_NAMESPACE, new_digest(), new_caller())
    except BusyError:
        return False
    return True


async def is_kept_soon(tickets: TarantoolWatchTickets) -> bool:
    for _ in range(100):
        if await is_kept(tickets):
            return True
        await asyncio.sleep(0.1)
    return False


async def test_there_are_at_most_so_many_tickets_until_they_expire_and_are_swept(
    database: Tarantool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tarantool_watch_tickets, "MAX_TICKETS", 60)
    async with connected(database) as connection:
        tickets = TarantoolWatchTickets(connection)
        for _ in range(59):
            assert await is_kept(tickets)
        monkeypatch.setattr(tarantool_watch_tickets, "LIFETIME_SECONDS", 2)
        assert await is_kept(tickets)
        assert not await is_kept(tickets)
        monkeypatch.undo()
        monkeypatch.setattr(tarantool_watch_tickets, "MAX_TICKETS", 60)
        assert await is_kept_soon(tickets)
        assert not await is_kept(tickets)


async def test_expired_ticket_is_refused(connection: TarantoolConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarantool_watch_tickets, "LIFETIME_SECONDS", 0.2)
    tickets, digest = TarantoolWatchTickets(connection), new_digest()
    await tickets.keep(DEFAULT_NAMESPACE, digest, new_caller())
    await asyncio.sleep(0.21)
    with pytest.raises(InvalidWatchTicketError):
        await tickets.redeem(DEFAULT_NAMESPACE, digest)


async def test_tickets_end_with_their_namespace(database: Tarantool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarantool_watch_tickets, "MAX_TICKETS", 1)
    async with connected(database) as connection:
        tickets, namespaces = TarantoolWatchTickets(connection), TarantoolNamespaceRepository(connection)
        name, digest = unused_name(), new_digest()
        await namespaces.put(name, NamespaceSettings())
        await tickets.keep(name, digest, new_caller())
        await namespaces.remove(name, is_forced=True)
        await namespaces.put(name, NamespaceSettings())
        with pytest.raises(InvalidWatchTicketError):
            await tickets.redeem(name, digest)
        assert await is_kept_soon(tickets)


async def test_tickets_do_not_outlive_tarantool_and_need_no_disk(tmp_path: Path) -> None:
    server, digest = Tarantool("key_value", tmp_path), new_digest()
    with server:
        files = sorted((path.name, path.stat().st_size) for path in (tmp_path / "data").iterdir())
        async with connected(server) as connection:
            for _ in range(100):
                await TarantoolWatchTickets(connection).keep(DEFAULT_NAMESPACE, new_digest(), new_caller())
            await TarantoolWatchTickets(connection).keep(DEFAULT_NAMESPACE, digest, new_caller())
        assert sorted((path.name, path.stat().st_size) for path in (tmp_path / "data").iterdir()) == files
        server.kill()
        server.start()
        async with connected(server) as connection:
            with pytest.raises(InvalidWatchTicketError):
                await TarantoolWatchTickets(connection).redeem(DEFAULT_NAMESPACE, digest)
