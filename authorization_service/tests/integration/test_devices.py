"""The device grant (RFC 8628)."""

from typing import Any

import httpx
import pytest

from test_support.authorization.people import Person
from test_support.authorization.signing_in import Browser, Page, RegisteredClient
from test_support.requirements import implements

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


def begin(client: RegisteredClient, scope: str = "openid read:default") -> dict[str, Any]:
    """Return the codes of a device."""
    form = {"client_id": client.client_id, "scope": scope}
    response = httpx.post(f"{client.url}/device_authorization", data=form, trust_env=False)
    assert response.headers["cache-control"] == "no-store"
    codes: dict[str, Any] = response.raise_for_status().json()
    return codes


def ask(client: RegisteredClient, codes: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = client.token(grant_type=DEVICE_CODE, device_code=codes["device_code"]).json()
    return answer


@implements("RFC 8628, 3.2", "RFC 8628, 3.4", "RFC 8628, 3.5", "RFC 8628, 6.1")
def test_user_allows_a_device_elsewhere(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    codes = begin(client)
    assert codes.keys() >= {"device_code", "user_code", "verification_uri", "expires_in", "interval"}  # section 3.2
    assert ask(client, codes)["error"] == "authorization_pending"  # section 3.5
    assert ask(client, codes)["error"] == "slow_down"
    page = browser.open("/device")
    page = browser.follow(browser.client.get(f"{browser.url}/device", params={"user_code": codes["user_code"].lower()}))
    page = browser.sign_in(anna, page)
    text = Page(page).text
    for words in (anna.username, codes["user_code"], "Read the namespace default", "Know who you are"):
        assert words in text
    assert "The device is connected" in Page(browser.send(page, decision="allow")).text
    tokens = ask(client, codes)
    assert tokens["scope"] == "openid read:default"
    assert {"access_token", "refresh_token", "id_token"} <= tokens.keys()
    assert ask(client, codes)["error"] == "invalid_grant"  # once
    # It does not end with the browser's session.
    browser.send(browser.open("/signed-in"))
    assert client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status_code == 200


@implements("RFC 8628, 3.5")
def test_user_denies_a_device(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    codes = begin(client)
    browser.sign_in(anna)
    page = browser.send(browser.open("/device", user_code=codes["user_code"]), decision="deny")
    assert "The device is not connected" in Page(page).text
    assert ask(client, codes)["error"] == "access_denied"


@implements("RFC 8628, 3.4")
def test_code_belongs_to_its_client(client: RegisteredClient, administrator: Person, browser: Browser, anna: Person) -> None:
    codes = begin(client)
    browser.sign_in(anna)
    browser.send(browser.open("/device", user_code=codes["user_code"]), decision="allow")
    other = RegisteredClient.register(administrator, client.url)
    assert ask(other, codes)["error"] == "invalid_grant"
    assert "access_token" in ask(client, codes)


@pytest.mark.parametrize("typed", ["nonsense", "BCDF-GHJK", "é", "B" * 100])
def test_unknown_code_leads_nowhere(browser: Browser, anna: Person, typed: str) -> None:
    browser.sign_in(anna)
    page = browser.open("/device", user_code=typed)
    assert page.status_code == 400
    assert "No device waits with this code" in Page(page).text


@implements("RFC 8628, 5.4")
def test_decision_is_not_sent_by_another_site(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    codes = begin(client)
    browser.sign_in(anna)
    form = {"user_code": codes["user_code"], "decision": "allow"}
    assert browser.client.post(f"{browser.url}/device", data=form).status_code == 403
    assert ask(client, codes)["error"] == "authorization_pending"


@implements("RFC 8628, 3.1")
def test_request_that_is_not_valid_gets_the_errors_of_rfc_6749(client: RegisteredClient) -> None:
    for form, status, error in (
        ({"scope": "openid"}, 401, "invalid_client"),
        ({"client_id": "nobody", "scope": "openid"}, 401, "invalid_client"),
        ({"client_id": client.client_id}, 400, "invalid_scope"),
        ({"client_id": client.client_id, "scope": "nonsense"}, 400, "invalid_scope"),
    ):
        refused = httpx.post(f"{client.url}/device_authorization", data=form, trust_env=False)
        assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert client.token(grant_type=DEVICE_CODE).json()["error"] == "invalid_request"
    assert client.token(grant_type=DEVICE_CODE, device_code="x").json()["error"] == "invalid_grant"
