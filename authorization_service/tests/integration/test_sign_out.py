"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0)."""

import pytest

from test_support.authorization.people import Person
from test_support.authorization.signing_in import Browser, Page, RegisteredClient, read_answer
from test_support.processes import Service
from test_support.requirements import implements

GOODBYE = "https://client.example/goodbye?from=store"


@pytest.fixture
def client(administrator: Person, authorization_service: Service) -> RegisteredClient:
    return RegisteredClient.register(
        administrator, authorization_service.url, post_logout_redirect_uris=[GOODBYE], name="Reports"
    )


def is_signed_in(browser: Browser, client: RegisteredClient) -> bool:
    return "code" in read_answer(browser.open("/authorize", **client.ask(prompt="none")))


@implements("OIDC RP-Initiated Logout, 2")
def test_client_that_knows_the_session_signs_the_user_out(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    tokens = client.sign_in(browser, anna)
    answer = browser.open(
        "/end-session", id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE, state="a state"
    )  # section 2
    assert answer.headers["location"] == f"{GOODBYE}&state=a+state"
    assert not is_signed_in(browser, client)
    # Once more: the user is signed out, and goes back.
    assert (
        browser.open("/end-session", client_id=client.client_id, post_logout_redirect_uri=GOODBYE).headers["location"] == GOODBYE
    )


@implements("OIDC RP-Initiated Logout, 2")
def test_request_may_be_posted(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    tokens = client.sign_in(browser, anna)
    page = browser.follow(browser.client.post(f"{client.url}/end-session", data={"id_token_hint": tokens["id_token"]}))
    assert "You are signed out" in Page(page).text
    assert not is_signed_in(browser, client)


def test_user_is_asked_where_anybody_could_have_sent_the_request(
    client: RegisteredClient, browser: Browser, anna: Person
) -> None:  # section 6
    tokens = client.sign_in(browser, anna)
    with Browser(client.url) as elsewhere:
        elsewhere_signed_in = client.sign_in(elsewhere, anna)
    for query in (
        {},
        {"client_id": client.client_id, "post_logout_redirect_uri": GOODBYE},
        {"id_token_hint": elsewhere_signed_in["id_token"]},
    ):
        page = browser.open("/end-session", **query)
        assert anna.username in Page(page).text
        assert is_signed_in(browser, client)
    page = browser.open("/end-session", id_token_hint=elsewhere_signed_in["id_token"], post_logout_redirect_uri=GOODBYE)
    assert "Reports asks to sign you out." in Page(page).text
    assert browser.send(page).headers["location"] == GOODBYE
    assert not is_signed_in(browser, client)
    assert tokens["id_token"] != elsewhere_signed_in["id_token"]


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "https://client.example/goodbye", f"{GOODBYE}&x=1", "https://client.example/callback"]
)
@implements("OIDC RP-Initiated Logout, 3", "RFC 9700, 4.11")
def test_nothing_is_sent_to_an_address_that_is_not_registered(
    client: RegisteredClient, browser: Browser, anna: Person, address: str
) -> None:  # section 3
    tokens = client.sign_in(browser, anna)
    for query in ({"id_token_hint": tokens["id_token"]}, {"client_id": client.client_id}, {}):
        page = browser.open("/end-session", post_logout_redirect_uri=address, **query)
        assert (page.status_code, "location" in page.headers) == (400, False)
    assert is_signed_in(browser, client)


@implements("OIDC RP-Initiated Logout, 2")
def test_hint_must_be_an_id_token_of_the_client(
    client: RegisteredClient, administrator: Person, browser: Browser, anna: Person
) -> None:  # section 2
    tokens = client.sign_in(browser, anna)
    other = RegisteredClient.register(administrator, client.url)
    for query in (
        {"id_token_hint": "nonsense"},
        {"id_token_hint": tokens["access_token"]},
        {"id_token_hint": tokens["id_token"], "client_id": other.client_id},
        {"client_id": "nobody"},
    ):
        assert browser.open("/end-session", **query).status_code == 400
    assert is_signed_in(browser, client)


@implements("RFC 9700, 4.7")
def test_sign_out_is_not_sent_by_another_site(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    client.sign_in(browser, anna)
    for fields in ({}, {"csrf_token": "0" * 64}):
        assert browser.client.post(f"{client.url}/sign-out", data={"request": "x=y"} | fields).status_code == 403
    assert is_signed_in(browser, client)
