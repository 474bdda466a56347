"""The contract of ClientRepository."""

import asyncio

import pytest

from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.domain.entities.client import Application, Client
from test_support.authorization.fakes import NOON


def make_client(client_id: str = "reporter", *, secret_hash: str = "", scopes: tuple[str, ...] = ("read:default",)) -> Client:
    return Client(client_id, secret_hash or "hash", scopes, NOON)


class ClientRepositoryContract:
    """Inherit it as `Test…` and define the fixture `clients`: a repository without clients."""

    async def test_a_client_is_found_as_it_was_added(self, clients: ClientRepository) -> None:
        client = make_client(scopes=("read:default", "write:team-*", "revocations"))
        assert await clients.add(client, [])
        assert await clients.find(client.id) == client
        assert await clients.find("nobody") is None
        read = await clients.read(client.id)
        assert read is not None
        assert read.client == client
        assert await clients.read("nobody") is None

    @pytest.mark.parametrize("is_public", [True, False])
    async def test_what_users_sign_in_to_is_found_as_it_was_added(self, clients: ClientRepository, is_public: bool) -> None:
        application = Application(
            redirect_uris=("https://reports.example/callback", "http://127.0.0.1/"),
            post_logout_redirect_uris=("https://reports.example/",),
            is_first_party=True,
            name="Reports & Sons",
            logo_uri="https://reports.example/logo.svg",
            must_push_requests=not is_public,
            backchannel_logout_uri="https://reports.example/logout",
        )
        client = Client("reports", "", (), NOON, is_public, application)
        assert await clients.add(client, [])
        assert await clients.find("reports") == client

    async def test_id_is_unique(self, clients: ClientRepository) -> None:
        assert await clients.add(make_client(), [])
        assert not await clients.add(make_client(secret_hash="another"), [])
        found = await clients.find("reporter")
        assert found is not None
        assert found.secret_hash == "hash"

    async def test_of_concurrent_additions_of_one_id_one_succeeds(self, clients: ClientRepository) -> None:
        added = await asyncio.gather(*(clients.add(make_client(secret_hash=str(number)), []) for number in range(50)))
        assert sum(added) == 1

    async def test_put_replaces(self, clients: ClientRepository) -> None:
        await clients.put(make_client())
        await clients.put(make_client(secret_hash="another"))
        found = await clients.find("reporter")
        assert found is not None
        assert found.secret_hash == "another"

    async def test_clients_are_listed_by_id_and_page_by_page(self, clients: ClientRepository) -> None:
        for client_id in ("c", "a", "b"):
            await clients.add(make_client(client_id), [])
        assert [client.id for client in await clients.list("", 2)] == ["a", "b"]
        assert [client.id for client in await clients.list("b", 2)] == ["c"]
        assert await clients.list("c", 2) == []

    async def test_a_secret_is_changed(self, clients: ClientRepository) -> None:
        await clients.add(make_client(), [])
        assert await clients.change_secret("reporter", "another", NOON, [])
        assert await clients.find("reporter") == make_client(secret_hash="another")

    async def test_deleted_client_is_not_found(self, clients: ClientRepository) -> None:
        await clients.add(make_client(), [])
        assert await clients.remove("reporter", NOON, [])
        assert await clients.find("reporter") is None
        assert not await clients.remove("reporter", NOON, [])

    @pytest.mark.parametrize("client_id", ["absent", ""])
    async def test_unknown_client_cannot_be_changed(self, clients: ClientRepository, client_id: str) -> None:
        assert not await clients.change_secret(client_id, "hash", NOON, [])
        assert not await clients.remove(client_id, NOON, [])
        assert await clients.find(client_id) is None
