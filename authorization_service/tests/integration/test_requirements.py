"""What OAuth 2.1 and OpenID Connect require beside what the tests of the flows show; see `documentation/conformance.md`."""

import hashlib
from contextlib import closing
from typing import Any

import httpx
import pytest
import tarantool

from test_support.authorization.people import Person
from test_support.authorization.signing_in import CALLBACK, Browser, RegisteredClient, read_answer
from test_support.processes import Service
from test_support.requirements import implements


@pytest.fixture
def confidential(administrator: Person, authorization_service: Service) -> RegisteredClient:
    """A new first-party client with a secret, and with scopes of its own."""
    return RegisteredClient.register(administrator, authorization_service.url, public=False, scopes=["read:default"])


@pytest.fixture
def signed_in(browser: Browser, anna: Person) -> Browser:
    browser.sign_in(anna)
    return browser


def get_tokens(client: RegisteredClient, browser: Browser, **changes: str | None) -> dict[str, Any]:
    """Return the tokens of a code, where the user has signed in already."""
    code = read_answer(browser.open("/authorize", **client.ask(**changes)))["code"]
    tokens: dict[str, Any] = client.redeem(code).raise_for_status().json()
    return tokens


@implements("RFC 6749, 2.3.1 URI")
def test_credentials_are_not_taken_from_the_address(confidential: RegisteredClient) -> None:
    assert confidential.secret is not None
    credentials = {"client_id": confidential.client_id, "client_secret": confidential.secret}
    form = {"grant_type": "client_credentials"}
    refused = httpx.post(f"{confidential.url}/token", params=credentials, data=form, trust_env=False)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert httpx.post(f"{confidential.url}/token", data=form | credentials, trust_env=False).status_code == 200


@implements("RFC 6749, 3.1.2")
def test_query_of_a_redirect_uri_is_retained(administrator: Person, authorization_service: Service, signed_in: Browser) -> None:
    address = f"{CALLBACK}?tenant=a&b=%20c"
    client = RegisteredClient.register(administrator, authorization_service.url, redirect_uris=[address])
    for changes in ({}, {"response_type": "token"}):
        answer = signed_in.open("/authorize", **client.ask(**changes))
        assert answer.headers["location"].startswith(f"{address}&")


@implements("RFC 6749, 3.1.2.3")
def test_one_of_several_redirect_uris_is_named(administrator: Person, authorization_service: Service, signed_in: Browser) -> None:
    several = RegisteredClient.register(administrator, authorization_service.url, redirect_uris=[CALLBACK, f"{CALLBACK}/2"])
    unnamed = {"redirect_uri": None, "scope": "read:default"}
    page = signed_in.open("/authorize", **several.ask(**unnamed))
    assert (page.status_code, "location" in page.headers) == (400, False)
    assert "code" in read_answer(signed_in.open("/authorize", **several.ask(redirect_uri=f"{CALLBACK}/2")))
    one = RegisteredClient.register(administrator, authorization_service.url)
    assert signed_in.open("/authorize", **one.ask(**unnamed)).headers["location"].startswith(f"{CALLBACK}?code=")


@implements("OIDC Core, 3.1.2.1 redirect_uri")
@pytest.mark.parametrize("scope", ["openid", "read:default openid"])
def test_request_for_an_id_token_names_its_redirect_uri(client: RegisteredClient, signed_in: Browser, scope: str) -> None:
    page = signed_in.open("/authorize", **client.ask(redirect_uri=None, scope=scope))
    assert (page.status_code, "location" in page.headers) == (400, False)


@implements("RFC 6749, 3.2")
def test_token_endpoint_takes_posts_alone(confidential: RegisteredClient) -> None:
    query = {"grant_type": "client_credentials", "client_id": confidential.client_id, "client_secret": confidential.secret or ""}
    assert httpx.get(f"{confidential.url}/token", params=query, trust_env=False).status_code == 405


@implements("RFC 6749, 4.1.2", "RFC 6749, 4.1.3")
def test_code_that_has_expired_is_refused(client: RegisteredClient, signed_in: Browser, authorization_service: Service) -> None:
    (cookie,) = signed_in.client.cookies.values()
    server = authorization_service.tarantool
    request = [client.client_id, client.redirect_uri, client.challenge, "openid", None]
    with closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as connection:
        for code, lifetime in (("expired", 0), ("good", 3600 * 10**6)):
            code_hash = hashlib.sha256(f"{client.client_id} {code}".encode()).hexdigest()
            connection.call("codes.issue", code_hash, hashlib.sha256(cookie.encode()).hexdigest(), request, lifetime)
    assert client.redeem(f"{client.client_id} expired").json()["error"] == "invalid_grant"
    assert client.redeem(f"{client.client_id} good").status_code == 200


@implements("RFC 6749, 5.1")
def test_responses_with_tokens_are_not_cached(
    client: RegisteredClient, confidential: RegisteredClient, signed_in: Browser
) -> None:
    code = read_answer(signed_in.open("/authorize", **client.ask()))["code"]
    exchanged = client.redeem(code)
    refreshed = client.token(grant_type="refresh_token", refresh_token=exchanged.json()["refresh_token"])
    for response in (exchanged, refreshed, confidential.token(grant_type="client_credentials")):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("application/json")
        assert (response.headers["cache-control"], response.headers["pragma"]) == ("no-store", "no-cache")
        assert response.json()["token_type"] == "Bearer"


@implements("RFC 6749, 10.10")
def test_codes_and_tokens_have_256_random_bits(client: RegisteredClient, signed_in: Browser) -> None:
    codes = {read_answer(signed_in.open("/authorize", **client.ask()))["code"] for _ in range(20)}
    assert len(codes) == 20
    assert {len(code) for code in codes} == {43}  # base64url
    for position in range(42):  # no part of it is fixed
        assert len({code[position] for code in codes}) > 1
    assert len(get_tokens(client, signed_in)["refresh_token"]) == 86


@implements("RFC 6750, 2", "RFC 6750, 3", "RFC 9700, 4.3", "OIDC Core, 5.3.3")
def test_token_is_taken_from_the_header_alone(client: RegisteredClient, signed_in: Browser) -> None:
    token = get_tokens(client, signed_in)["access_token"]
    url = f"{client.url}/userinfo"
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False).status_code == 200
    for refused in (
        httpx.get(url, params={"access_token": token}, trust_env=False),
        httpx.post(url, params={"access_token": token}, trust_env=False),
        httpx.post(url, data={"access_token": token}, trust_env=False),
    ):
        assert refused.status_code in (400, 401, 415, 422)
        assert "sub" not in refused.json()
    wrong = httpx.get(url, headers={"Authorization": f"Bearer {token[:-4]}AAAA"}, trust_env=False)
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
    none = httpx.get(url, trust_env=False)
    assert (none.status_code, none.headers["www-authenticate"]) == (401, "Bearer")


@implements("RFC 7009, 2.1", "RFC 7662, 2.2")
def test_client_revokes_its_own_tokens_alone(
    client: RegisteredClient, confidential: RegisteredClient, administrator: Person, signed_in: Browser
) -> None:
    other = RegisteredClient.register(administrator, client.url, public=False)
    tokens = get_tokens(confidential, signed_in)

    def introspect() -> dict[str, Any]:
        form = {"token": tokens["refresh_token"], "client_id": other.client_id, "client_secret": other.secret or ""}
        found: dict[str, Any] = httpx.post(f"{client.url}/introspect", data=form, trust_env=False).raise_for_status().json()
        return found

    for form in (
        {"client_id": client.client_id},
        {"client_id": other.client_id, "client_secret": other.secret or ""},
        {},
        {"client_id": confidential.client_id},
    ):
        for token in (tokens["refresh_token"], tokens["access_token"]):
            refused = httpx.post(f"{client.url}/revoke", data={"token": token} | form, trust_env=False)
            assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert introspect()["active"]
    own = {"client_id": confidential.client_id, "client_secret": confidential.secret or ""}
    revoked = httpx.post(f"{client.url}/revoke", data={"token": tokens["refresh_token"]} | own, trust_env=False)
    assert revoked.status_code == 200
    assert introspect() == {"active": False}


@implements("OIDC Core, 3.1.2.1 scope")
def test_request_without_openid_is_none_of_openid_connect(client: RegisteredClient, signed_in: Browser) -> None:
    tokens = get_tokens(client, signed_in, scope="read:default profile", nonce="n")
    assert "id_token" not in tokens
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert httpx.get(f"{client.url}/userinfo", headers=bearer, trust_env=False).status_code == 403


@implements("OIDC Core, 15.1")
def test_wishes_that_have_no_effect_are_no_errors(client: RegisteredClient, signed_in: Browser) -> None:
    wishes = {"display": "popup", "ui_locales": "fr-CA fr en", "claims_locales": "de", "acr_values": "urn:x 2", "claims": "{}"}
    assert "code" in read_answer(signed_in.open("/authorize", **client.ask(**wishes)))


@implements("RFC 9700, 4.2", "RFC 9700, 4.3")
def test_redirect_with_a_code_is_neither_kept_nor_told_to_others(client: RegisteredClient, signed_in: Browser) -> None:
    answer = signed_in.open("/authorize", **client.ask())
    assert "code" in read_answer(answer)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    # What the browser's history keeps is of no use: the code is for one use.
    code = read_answer(answer)["code"]
    assert client.redeem(code).status_code == 200
    assert client.redeem(code).json()["error"] == "invalid_grant"


@implements("RFC 9700, 4.5", "RFC 9700, 2.1")
def test_code_of_an_attacker_is_useless_in_the_victims_browser(
    client: RegisteredClient, authorization_service: Service, administrator: Person
) -> None:
    # The attacker lets the victim's browser return with the attacker's code: the client has another verifier for that browser.
    attacker = RegisteredClient(client.url, client.client_id)
    with Browser(authorization_service.url) as elsewhere:
        elsewhere.sign_in(administrator)
        injected = read_answer(elsewhere.open("/authorize", **attacker.ask(state="attacker's")))
    begun = client.ask(state="victim's")
    assert injected["state"] != begun["state"]
    assert client.redeem(injected["code"]).json()["error"] == "invalid_grant"


@implements("RFC 9700, 4.4", "RFC 9207, 2")
def test_answers_of_every_kind_name_the_issuer_of_the_metadata(
    administrator: Person, client: RegisteredClient, browser: Browser, anna: Person
) -> None:
    issuer = httpx.get(f"{client.url}/.well-known/openid-configuration", trust_env=False).json()["issuer"]
    third_party = RegisteredClient.register(administrator, client.url, first_party=False)
    answers = [
        browser.open("/authorize", **client.ask(prompt="none")),
        browser.sign_in(anna, browser.open("/authorize", **client.ask())),
        browser.open("/authorize", **client.ask(response_type="token")),
        browser.send(browser.open("/authorize", **third_party.ask()), decision="deny"),
        browser.send(browser.open("/authorize", **third_party.ask()), decision="allow"),
    ]
    assert [read_answer(answer).get("iss") for answer in answers] == [issuer] * 5
