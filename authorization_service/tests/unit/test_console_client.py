"""The client of the console, and the settings that say where that is."""

import pytest
from pydantic import ValidationError

from authorization_service.application.client.console import CONSOLE, make_console_application
from authorization_service.application.client.ensure_client import EnsureFirstPartyClients
from authorization_service.config import Settings
from test_support.authorization.fake_clients import InMemoryClientRepository
from test_support.authorization.fakes import NOON

ADDRESS = "https://store.example.org/console/"


async def test_console_is_a_public_first_party_client_at_the_addresses_of_the_settings() -> None:
    clients = InMemoryClientRepository()
    for address in ("https://before.example.org/console/", ADDRESS):
        await EnsureFirstPartyClients(clients, lambda: NOON, {CONSOLE: make_console_application([address])})()
    made = await clients.find(CONSOLE)
    assert made is not None
    assert (made.is_public, made.application.is_first_party) == (True, True)
    assert made.application.redirect_uris == (ADDRESS,)
    assert made.application.post_logout_redirect_uris == (f"{ADDRESS}-/signed-out",)


@pytest.mark.parametrize(
    "addresses",
    ["https://store.example.org/console", "http://store.example.org/console/", "com.example.app:/", "console/", "https://a/?b=/"],
)
def test_address_that_no_console_can_have_is_a_broken_setting(addresses: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHORIZATION_CONSOLE_ADDRESSES", addresses)
    with pytest.raises(ValidationError):
        Settings()


def test_pages_of_the_console_may_use_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHORIZATION_CONSOLE_ADDRESSES", f"{ADDRESS} http://[::1]:9080/console/")
    monkeypatch.setenv("AUTHORIZATION_ALLOWED_ORIGINS", "https://docs.example.org https://store.example.org")
    assert Settings().origins == ("https://docs.example.org", "https://store.example.org", "http://[::1]:9080")
    monkeypatch.setenv("AUTHORIZATION_ALLOWED_ORIGINS", "")
    monkeypatch.setenv("AUTHORIZATION_CONSOLE_ADDRESSES", "")
    assert Settings().origins == ()
