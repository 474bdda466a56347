"""The contract of ClientRepository, for Tarantool, and the effects of changes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from authorization_service.domain.events.clients import ClientCreated, ClientDeleted, ClientSecretChanged
from authorization_service.infrastructure.db.repositories.tarantool_client_repository import TarantoolClientRepository
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.authorization.client_repository_contract import ClientRepositoryContract, make_client
from test_support.authorization.fakes import NOON
from test_support.connections import connected
from test_support.processes import Tarantool


@pytest.fixture
async def connection(authorization_tarantool: Tarantool) -> AsyncIterator[TarantoolConnection]:
    async with connected(authorization_tarantool) as connection:
        yield connection


@pytest.fixture
async def clients(connection: TarantoolConnection) -> TarantoolClientRepository:
    repository = TarantoolClientRepository(connection)
    for client in await repository.list("", 1000):
        await repository.remove(client.id, NOON, [])
    return repository


class TestClientsInTarantool(ClientRepositoryContract):
    pass


async def follow(connection: TarantoolConnection, after: int) -> Any:
    return await connection.call("revocations.follow", [after, 0])


async def test_new_secret_and_deletion_revoke_the_clients_tokens(
    clients: TarantoolClientRepository, connection: TarantoolConnection
) -> None:
    await clients.add(make_client(), [ClientCreated(user_id="u", occurred_at=NOON, client_id="reporter", scopes=(), by="u")])
    _, before, _ = await follow(connection, 0)
    event = ClientSecretChanged(user_id="u", occurred_at=NOON, client_id="reporter", by="u")
    far = NOON.replace(year=2100)
    await clients.change_secret("reporter", "another", far, [event])
    await clients.remove("reporter", far, [ClientDeleted(user_id="u", occurred_at=NOON, client_id="reporter", by="u")])
    _, _, revoked = await follow(connection, before)
    assert [(kind, subject, expires_at) for _, kind, subject, _, expires_at in revoked] == [
        ("subject", "reporter", far.timestamp())
    ] * 2
