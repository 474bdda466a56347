"""Service accounts: rules, administration and authentication."""

from datetime import timedelta

import pytest

from authorization_service.application.auth.access_token_issuer import AccessTokenLifetime
from authorization_service.application.client.authenticate_client import MAX_SECRET, AuthenticateClient, ClientCredentials
from authorization_service.application.client.ensure_client import (
    COMMAND,
    COMMAND_APPLICATION,
    KEY_VALUE_CLIENT,
    EnsureFirstPartyClients,
    EnsureKeyValueClient,
)
from authorization_service.application.client.manage_clients import (
    ChangeClientSecret,
    ClientWithSecret,
    CreateClient,
    DeleteClient,
)
from authorization_service.domain.entities.client import MAX_SCOPES, Application
from authorization_service.domain.events.clients import ClientCreated, ClientDeleted, ClientSecretChanged
from authorization_service.domain.exceptions import ClientIdTakenError, InvalidClientError, NoSuchClientError
from authorization_service.domain.value_objects.random_secret import RandomSecret
from shared_kernel.domain.rules import RulesBrokenError
from test_support.authorization.client_repository_contract import ClientRepositoryContract, make_client
from test_support.authorization.fake_clients import InMemoryClientRepository
from test_support.authorization.fakes import ADMINISTRATOR, AS_ADMINISTRATOR, NOON, REQUIRE_ADMINISTRATOR, make_user

BY = str(ADMINISTRATOR.id)
LIFETIME = AccessTokenLifetime(timedelta(minutes=15))


@pytest.fixture
def clients() -> InMemoryClientRepository:
    return InMemoryClientRepository()


class TestClientsInMemory(ClientRepositoryContract):
    pass


@pytest.mark.parametrize("client_id", ["a", "key_value_service", "0-9.b", "a" * 64])
def test_valid_id_is_accepted(client_id: str) -> None:
    assert make_client(client_id).id == client_id


@pytest.mark.parametrize("client_id", ["", "A", "_a", "-a", ".a", "a b", "a:b", "é", "a\n", "a" * 65])
def test_invalid_id_is_rejected(client_id: str) -> None:
    with pytest.raises(RulesBrokenError) as refused:
        make_client(client_id)
    assert [violation.field for violation in refused.value.violations] == ["client_id"]


def test_id_in_the_form_of_a_user_id_is_rejected() -> None:
    with pytest.raises(RulesBrokenError) as refused:
        make_client(str(make_user("anna").id))
    assert [(violation.field, violation.rule) for violation in refused.value.violations] == [("client_id", "user_id")]


@pytest.mark.parametrize(
    ("scopes", "broken"),
    [
        (("revocation",), ("scopes.0", "grant")),
        (("read:default", "read:Default"), ("scopes.1", "grant")),
        (("revocations", "revocations"), ("scopes.1", "unique")),
        (tuple(f"read:n{number}" for number in range(MAX_SCOPES + 1)), ("scopes", "count")),
        (("read:default/config/*", "read:default/%61"), ("scopes.1", "grant")),
        (tuple(f"read:default/{number:0400}" for number in range(10)), ("scopes", "length")),
    ],
)
def test_invalid_scope_is_rejected(scopes: tuple[str, ...], broken: tuple[str, str]) -> None:
    with pytest.raises(RulesBrokenError) as refused:
        make_client(scopes=scopes)
    assert [(violation.field, violation.rule) for violation in refused.value.violations] == [broken]


def show(made: ClientWithSecret) -> str:
    assert made.secret is not None
    return made.secret.text


async def test_client_is_authenticated_by_its_secret_which_is_not_stored(clients: InMemoryClientRepository) -> None:
    created = await CreateClient(REQUIRE_ADMINISTRATOR, clients, lambda: NOON)(AS_ADMINISTRATOR, "reporter", ["read:default"])
    secret = show(created)
    assert len(secret) == 43
    kept = await clients.find("reporter")
    assert secret not in repr(kept) + repr(created) + repr(clients.events)
    assert (await AuthenticateClient(clients)(ClientCredentials("reporter", secret))).client == kept
    assert clients.events == [ClientCreated(user_id=BY, occurred_at=NOON, client_id="reporter", scopes=("read:default",), by=BY)]


async def test_id_is_unique(clients: InMemoryClientRepository) -> None:
    create = CreateClient(REQUIRE_ADMINISTRATOR, clients, lambda: NOON)
    await create(AS_ADMINISTRATOR, "reporter", [])
    with pytest.raises(ClientIdTakenError):
        await create(AS_ADMINISTRATOR, "reporter", [])


@pytest.mark.parametrize("secret", ["", "wrong", "é", "x" * (MAX_SECRET + 1)])
@pytest.mark.parametrize("client_id", ["reporter", "nobody", "", "x" * 10_000])
async def test_wrong_credentials_are_rejected(clients: InMemoryClientRepository, client_id: str, secret: str) -> None:
    await CreateClient(REQUIRE_ADMINISTRATOR, clients, lambda: NOON)(AS_ADMINISTRATOR, "reporter", [])
    with pytest.raises(InvalidClientError):
        await AuthenticateClient(clients)(ClientCredentials(client_id, secret))


async def test_hash_is_not_accepted_as_the_secret(clients: InMemoryClientRepository) -> None:
    created = await CreateClient(REQUIRE_ADMINISTRATOR, clients, lambda: NOON)(AS_ADMINISTRATOR, "reporter", [])
    with pytest.raises(InvalidClientError):
        await AuthenticateClient(clients)(ClientCredentials("reporter", created.client.secret_hash))


async def test_changed_secret_replaces_the_old_one(clients: InMemoryClientRepository) -> None:
    old = await CreateClient(REQUIRE_ADMINISTRATOR, clients, lambda: NOON)(AS_ADMINISTRATOR, "reporter", [])
    new = await ChangeClientSecret(REQUIRE_ADMINISTRATOR, clients, lambda: NOON, LIFETIME)(AS_ADMINISTRATOR, "reporter")
    assert (await AuthenticateClient(clients)(ClientCredentials("reporter", show(new)))).client == new.client
    with pytest.raises(InvalidClientError):
        await AuthenticateClient(clients)(ClientCredentials("reporter", show(old)))
    assert clients.revoked == [("reporter", NOON + LIFETIME)]
    assert clients.events[1:] == [ClientSecretChanged(user_id=BY, occurred_at=NOON, client_id="reporter", by=BY)]


async def test_deleted_client_is_not_authenticated(clients: InMemoryClientRepository) -> None:
    created = await CreateClient(REQUIRE_ADMINISTRATOR, clients, lambda: NOON)(AS_ADMINISTRATOR, "reporter", [])
    delete = DeleteClient(REQUIRE_ADMINISTRATOR, clients, lambda: NOON, LIFETIME)
    await delete(AS_ADMINISTRATOR, "reporter")
    with pytest.raises(InvalidClientError):
        await AuthenticateClient(clients)(ClientCredentials("reporter", show(created)))
    assert clients.revoked == [("reporter", NOON + LIFETIME)]
    assert clients.events[1:] == [ClientDeleted(user_id=BY, occurred_at=NOON, client_id="reporter", by=BY)]
    with pytest.raises(NoSuchClientError):
        await delete(AS_ADMINISTRATOR, "reporter")
    with pytest.raises(NoSuchClientError):
        await ChangeClientSecret(REQUIRE_ADMINISTRATOR, clients, lambda: NOON, LIFETIME)(AS_ADMINISTRATOR, "reporter")


async def test_the_key_value_service_s_account_follows_the_shared_secret(clients: InMemoryClientRepository) -> None:
    for secret in ("first", "first", "second"):
        await EnsureKeyValueClient(clients, lambda: NOON, lambda secret=secret: secret)()  # type: ignore[misc]
        client, _ = await AuthenticateClient(clients)(ClientCredentials(KEY_VALUE_CLIENT, secret))
        assert client.scopes == ("revocations",)
    assert RandomSecret("first").matches(RandomSecret("first").hash)
    with pytest.raises(InvalidClientError):
        await AuthenticateClient(clients)(ClientCredentials(KEY_VALUE_CLIENT, "first"))


async def test_first_party_clients_are_made_and_kept_as_they_have_to_be(clients: InMemoryClientRepository) -> None:
    await EnsureFirstPartyClients(clients, lambda: NOON, {COMMAND: Application(redirect_uris=("http://127.0.0.1/old",))})()
    for _ in range(2):
        await EnsureFirstPartyClients(clients, lambda: NOON, {COMMAND: COMMAND_APPLICATION})()
        client, _ = await AuthenticateClient(clients)(ClientCredentials(COMMAND, None))
        assert (client.is_public, client.application) == (True, COMMAND_APPLICATION)


async def test_service_account_with_the_id_of_a_first_party_client_stays_what_it_is(clients: InMemoryClientRepository) -> None:
    account = make_client(COMMAND)
    await clients.add(account, [])
    await EnsureFirstPartyClients(clients, lambda: NOON, {COMMAND: COMMAND_APPLICATION})()
    assert await clients.find(COMMAND) == account
