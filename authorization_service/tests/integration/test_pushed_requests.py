"""Pushed authorization requests (RFC 9126)."""

import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from test_support.authorization.people import Person
from test_support.authorization.signing_in import CALLBACK, Browser, Page, RegisteredClient, read_answer, read_claims
from test_support.problems import read_broken_rules
from test_support.processes import Service
from test_support.requirements import implements

PREFIX = "urn:ietf:params:oauth:request_uri:"


@pytest.fixture
def client(administrator: Person, authorization_service: Service) -> RegisteredClient:
    """A new confidential first-party client that must push its requests."""
    return RegisteredClient.register(
        administrator, authorization_service.url, public=False, require_pushed_authorization_requests=True
    )


def push(client: RegisteredClient, *, secret: str | None = None, **changes: str | None) -> httpx.Response:
    """Push an authorization request, as this client."""
    credentials = (client.client_id, secret or client.secret or "")
    return httpx.post(f"{client.url}/par", data=client.ask(**changes), auth=credentials, trust_env=False)


def refer(client: RegisteredClient, **changes: str | None) -> dict[str, str]:
    """Push a request; return the parameters with which the browser is sent to the service."""
    pushed = push(client, **changes)
    assert pushed.status_code == 201
    return {"client_id": client.client_id, "request_uri": pushed.json()["request_uri"]}


@implements("RFC 9126, 2.2")
def test_user_signs_in_by_a_pushed_request(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    pushed = push(client, nonce="a nonce")
    assert (pushed.status_code, pushed.headers["cache-control"]) == (201, "no-store")  # section 2.2
    assert pushed.json()["request_uri"].startswith(PREFIX)
    assert pushed.json()["expires_in"] == 60
    reference = {"client_id": client.client_id, "request_uri": pushed.json()["request_uri"]}
    answer = read_answer(browser.sign_in(anna, browser.open("/authorize", **reference)))
    assert answer["state"] == "a state"
    tokens = client.redeem(answer["code"]).json()
    assert read_claims(client.url, tokens["id_token"], client.client_id)["nonce"] == "a nonce"


@implements("RFC 9126, 4")
def test_reference_works_once(client: RegisteredClient, browser: Browser, anna: Person) -> None:  # sections 4 and 7.3
    browser.sign_in(anna)
    reference = refer(client)
    assert "code" in read_answer(browser.open("/authorize", **reference))
    with Browser(client.url) as thief:
        for again in (browser, thief):
            page = again.open("/authorize", **reference)
            assert (page.status_code, "location" in page.headers) == (400, False)
            assert "has expired or is complete" in Page(page).text


@implements("RFC 9126, 4")
def test_request_yields_one_code(administrator: Person, authorization_service: Service, browser: Browser, anna: Person) -> None:
    client = RegisteredClient.register(administrator, authorization_service.url, public=False, first_party=False)
    consent = browser.sign_in(anna, browser.open("/authorize", **refer(client)))
    # The page may be loaded again, but answered once.
    assert browser.client.get(str(consent.url)).status_code == 200
    assert "code" in read_answer(browser.send(consent, decision="allow"))
    assert browser.send(consent, decision="allow").status_code == 400
    assert browser.client.get(str(consent.url)).status_code == 400


@implements("RFC 9126, 2.2")
def test_reference_of_another_client_is_refused(
    client: RegisteredClient, administrator: Person, browser: Browser, anna: Person
) -> None:  # section 2.2: it is bound to the client
    browser.sign_in(anna)
    other = RegisteredClient.register(administrator, client.url, public=False)
    reference = refer(client)
    for client_id in (other.client_id, "nobody", "", "é"):
        page = browser.open("/authorize", **reference | {"client_id": client_id})
        assert (page.status_code, "location" in page.headers) == (400, False)
    # Trying uses nothing up.
    assert "code" in read_answer(browser.open("/authorize", **reference))


@implements("RFC 9126, 4")
def test_parameters_beside_the_reference_change_nothing(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    browser.sign_in(anna)
    reference = refer(client, scope="openid")
    more = {"redirect_uri": "https://evil.example/", "scope": "openid read:default", "state": "another"}
    answer = browser.open("/authorize", **reference | more)
    assert answer.headers["location"].startswith(f"{CALLBACK}?")
    assert read_answer(answer)["state"] == "a state"
    assert client.redeem(read_answer(answer)["code"]).json()["scope"] == "openid"


@pytest.mark.parametrize("reference", [f"{PREFIX}unknown", PREFIX, f"{PREFIX}{'x' * 5000}", f"{PREFIX}é"])
def test_unknown_reference_leads_nowhere(client: RegisteredClient, browser: Browser, reference: str) -> None:
    page = browser.open("/authorize", client_id=client.client_id, request_uri=reference)
    assert (page.status_code, "location" in page.headers) == (400, False)
    page = browser.open("/authorize", continuation=reference)
    assert (page.status_code, "location" in page.headers) == (400, False)


def test_pushed_reference_is_not_one_to_continue_with(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    browser.sign_in(anna)
    secret = refer(client)["request_uri"].removeprefix(PREFIX)
    assert browser.open("/authorize", continuation=secret).status_code == 400


@implements("RFC 9126, 6")
def test_client_that_must_push_cannot_ask_otherwise(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    # Section 6
    browser.sign_in(anna)
    answer = read_answer(browser.open("/authorize", **client.ask()))
    assert (answer["error"], answer["state"]) == ("invalid_request", "a state")
    posted = browser.follow(browser.client.post(f"{client.url}/authorize", data=client.ask()))
    assert read_answer(posted)["error"] == "invalid_request"


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "0"}])
def test_user_cannot_take_a_wish_out_of_a_pushed_request(
    client: RegisteredClient, browser: Browser, anna: Person, wish: dict[str, str]
) -> None:
    before = _read_time(client, browser.sign_in(anna, browser.open("/authorize", **refer(client))))
    time.sleep(1.1)  # auth_time has whole seconds
    page = browser.open("/authorize", **refer(client, **wish))
    assert page.url.path == "/sign-in"
    # Going on without signing in again leads back to the page.
    waiting = Page(page).forms[0].fields["request"]
    assert browser.client.get(f"{client.url}/authorize?{waiting}").headers["location"].startswith("/sign-in?")
    assert before < _read_time(client, browser.sign_in(anna, page))


def _read_time(client: RegisteredClient, answer: httpx.Response) -> int:
    """Return when the user has authenticated, by the tokens of a code."""
    id_token = client.redeem(read_answer(answer)["code"]).raise_for_status().json()["id_token"]
    auth_time: int = read_claims(client.url, id_token, client.client_id)["auth_time"]
    return auth_time


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),  # section 2.3
        ({"request_uri": f"{PREFIX}x"}, "invalid_request"),  # section 2.1: MUST NOT be provided
        ({"client_id": "another"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"state": "x" * 600}, "invalid_request"),
        ({"id_token_hint": "x" * 20000}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
    ],
)
@implements("RFC 9126, 2.1", "RFC 9126, 2.3")
def test_client_gets_the_error_of_a_request_that_is_not_valid(
    client: RegisteredClient, changes: dict[str, str | None], error: str
) -> None:
    refused = push(client, **changes)
    assert (refused.status_code, refused.json()["error"], refused.headers["cache-control"]) == (400, error, "no-store")


@implements("RFC 9126, 2")
def test_client_authenticates_itself_as_at_the_token_endpoint(client: RegisteredClient, administrator: Person) -> None:
    # Section 2
    refused = push(client, secret="wrong")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    form = client.ask()
    for credentials in ({}, {"client_secret": "wrong"}):
        refused = httpx.post(f"{client.url}/par", data=form | credentials, trust_env=False)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert client.secret is not None
    assert httpx.post(f"{client.url}/par", data=form | {"client_secret": client.secret}, trust_env=False).status_code == 201
    nobody = httpx.post(f"{client.url}/par", data={"scope": "openid"}, trust_env=False)
    assert (nobody.status_code, nobody.json()["error"]) == (401, "invalid_client")
    public = RegisteredClient.register(administrator, client.url)
    refused = httpx.post(f"{client.url}/par", data=public.ask(), trust_env=False)
    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")


def test_repeated_parameter_is_an_error(client: RegisteredClient) -> None:  # RFC 6749, section 3.1
    assert client.secret is not None
    refused = httpx.post(
        f"{client.url}/par", content=f"{urlencode(client.ask())}&state=x", auth=(client.client_id, client.secret),
        headers={"content-type": "application/x-www-form-urlencoded"}, trust_env=False,
    )  # fmt: skip
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@implements("RFC 9126, 5")
def test_metadata_names_the_endpoint(client: RegisteredClient) -> None:  # section 5
    metadata = httpx.get(f"{client.url}/.well-known/oauth-authorization-server", trust_env=False).json()
    assert metadata["pushed_authorization_request_endpoint"] == "http://127.0.0.1:8080/par"
    assert metadata["require_pushed_authorization_requests"] is False


@implements("RFC 9126, 2.3")
def test_endpoint_takes_only_posts(client: RegisteredClient) -> None:  # section 2.3
    assert httpx.get(f"{client.url}/par", trust_env=False).status_code == 405


@implements("OIDC Core, 3.1.2.6")
def test_request_uri_of_other_kinds_is_not_supported(
    administrator: Person, authorization_service: Service, browser: Browser
) -> None:  # OpenID Connect Core, section 3.1.2.6
    client = RegisteredClient.register(administrator, authorization_service.url)
    answer = read_answer(browser.open("/authorize", **client.ask(request_uri="https://client.example/request.jwt")))
    assert answer["error"] == "request_uri_not_supported"


def test_deleted_client_has_no_request(client: RegisteredClient, administrator: Person, browser: Browser) -> None:
    page = browser.open("/authorize", **refer(client))
    assert administrator("DELETE", f"/clients/{client.client_id}").status_code == 204
    waiting = Page(page).forms[0].fields["request"]
    assert browser.client.get(f"{client.url}/authorize?{waiting}").status_code == 400


def test_public_client_cannot_be_made_to_push(administrator: Person) -> None:
    body: dict[str, Any] = {
        "client_id": "client-x", "public": True, "redirect_uris": [CALLBACK], "require_pushed_authorization_requests": True,
    }  # fmt: skip
    assert read_broken_rules(administrator("POST", "/clients", body)) == {("require_pushed_authorization_requests", "public")}
