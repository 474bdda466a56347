"""The attacks of RFC 9700 (security of OAuth 2.0), each tried and refused, and requests that must not be redirected."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from test_support.authorization.people import Person, register
from test_support.authorization.signing_in import CALLBACK, Browser, Page, RegisteredClient, read_answer
from test_support.processes import Service
from test_support.requirements import implements

ISSUER = "http://127.0.0.1:8080"


@pytest.fixture
def signed_in(browser: Browser, anna: Person) -> Browser:
    browser.sign_in(anna)
    return browser


def get_code(browser: Browser, client: RegisteredClient, **changes: str | None) -> str:
    return read_answer(browser.open("/authorize", **client.ask(**changes)))["code"]


def is_active(client: RegisteredClient, access_token: str) -> bool:
    bearer = {"Authorization": f"Bearer {access_token}"}
    return httpx.get(f"{client.url}/userinfo", headers=bearer, trust_env=False).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/", "https://client.example/callback/", "https://client.example/callback?x=1",
        "https://client.example/Callback", "https://client.example@evil.example/callback", "https://client.example:444/callback",
        "http://client.example/callback", "https://client.example/callback#fragment", "https://client.example/callback/../other",
        "//client.example/callback", "javascript:alert(1)", "https://client.example/callback%2f", "https://client.example.evil.example/callback",
        "https://[", "https://client.example:port/callback",
    ],
)  # fmt: skip
@implements("OAuth 2.1, 2.3.1", "RFC 6749, 3.1.2.4", "RFC 6749, 4.1.2.1", "RFC 9700, 4.1", "RFC 9700, 4.11")
def test_nothing_is_sent_to_an_address_that_is_not_registered(
    client: RegisteredClient, signed_in: Browser, address: str
) -> None:  # RFC 9700, sections 4.1 and 4.11; RFC 6749, section 4.1.2.1
    for more in ({}, {"prompt": "none"}, {"scope": ""}, {"response_type": "token"}):
        page = signed_in.open("/authorize", **client.ask(redirect_uri=address, **more))
        assert page.status_code == 400
        assert "location" not in page.headers
        assert address not in page.text


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1.evil.example:80/callback", "http://127.0.0.1:80@evil.example/callback", "http://localhost:8000/callback",
        "http://127.0.0.1:8000/other", "http://127.0.0.1:99999/callback", "http://127.0.0.1:8000/callback?more",
        "https://127.0.0.1:8000/callback", "http://127.0.0.2:8000/callback", "http://[::1]:8000/callback", "http://127.0.0.1:/callback",
    ],
)  # fmt: skip
@implements("RFC 8252, 7.3", "RFC 9700, 4.1")
def test_only_the_port_of_a_loopback_address_is_free(
    administrator: Person, authorization_service: Service, signed_in: Browser, address: str
) -> None:  # RFC 8252, section 7.3
    client = RegisteredClient.register(administrator, authorization_service.url, redirect_uris=["http://127.0.0.1/callback"])
    page = signed_in.open("/authorize", **client.ask(redirect_uri=address))
    assert (page.status_code, "location" in page.headers) == (400, False)


@implements("RFC 6749, 4.1.2.1")
def test_unknown_client_is_not_redirected(client: RegisteredClient, signed_in: Browser) -> None:
    for client_id in ("nobody", "", "x" * 1000, "é", None):
        page = signed_in.open("/authorize", **client.ask(client_id=client_id))
        assert (page.status_code, "location" in page.headers) == (400, False)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),  # RFC 6749, section 4.1.2.1
        ({"response_type": "token"}, "unsupported_response_type"),  # RFC 9700, section 2.1.2
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),  # RFC 9700, section 2.1.1
        ({"code_challenge": "short"}, "invalid_request"),  # RFC 7636, section 4.2
        ({"code_challenge_method": None}, "invalid_request"),  # would be plain: section 4.3
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),  # RFC 6749, section 3.3
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"scope": "openid " + "x" * 5000}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),  # OpenID Connect Core, section 3.1.2.1
        ({"prompt": "dance"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "9" * 400}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),  # section 3.1.2.6
        ({"registration": "{}"}, "registration_not_supported"),
        ({"nonce": "x" * 600}, "invalid_request"),
    ],
)
@implements(
    "OAuth 2.1, 4.1.1",
    "RFC 6749, 3.1.1",
    "RFC 6749, 4.1.2.1",
    "RFC 7636, 4.4.1",
    "OIDC Core, 3.1.2.1 prompt",
    "OIDC Core, 3.1.2.6",
    "RFC 9700, 2.1.2",
)
def test_client_gets_the_error_of_a_request_that_is_not_valid(
    client: RegisteredClient, signed_in: Browser, changes: dict[str, str | None], error: str
) -> None:
    answer = read_answer(signed_in.open("/authorize", **client.ask(**changes)))
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "a state", ISSUER)


@pytest.mark.parametrize("name", ["state", "scope", "nonce", "code_challenge"])
@implements("RFC 6749, 3.1 repeated")
def test_repeated_parameter_is_an_error(client: RegisteredClient, signed_in: Browser, name: str) -> None:
    # RFC 6749, section 3.1
    answer = read_answer(signed_in.client.get(f"{client.authorize_url(nonce='n')}&{name}=x"))
    assert answer["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@implements("RFC 6749, 3.1 repeated")
def test_repeated_address_is_not_redirected_to(client: RegisteredClient, signed_in: Browser, name: str) -> None:
    page = signed_in.client.get(f"{client.authorize_url()}&{name}={client.ask()[name]}")
    assert (page.status_code, "location" in page.headers) == (400, False)


@implements("RFC 6749, 3.1")
def test_unknown_and_empty_parameters_are_ignored(client: RegisteredClient, signed_in: Browser) -> None:
    # RFC 6749, section 3.1
    assert "code" in read_answer(signed_in.client.get(f"{client.authorize_url()}&display=popup&prompt=&max_age=&x=y"))


@implements("RFC 7636, 4.6", "RFC 9700, 4.5", "OAuth 2.1, 4.1.3")
def test_stolen_code_is_useless_without_the_verifier(client: RegisteredClient, signed_in: Browser) -> None:
    # Code injection: RFC 9700, section 4.5; RFC 7636, section 4.6
    code = get_code(signed_in, client)
    for verifier in ("x" * 43, client.challenge, "short", None):
        refused = client.redeem(code, code_verifier=verifier)
        assert refused.status_code == 400
        assert refused.json()["error"] in ("invalid_grant", "invalid_request")
    # One attempt uses it up: no verifier can be searched for.
    assert client.redeem(code).json()["error"] == "invalid_grant"


@implements("OAuth 2.1, 4.1.3", "RFC 9700, 4.8")
def test_downgrade_of_pkce_is_refused(client: RegisteredClient, signed_in: Browser) -> None:
    # RFC 9700, section 4.8.2: neither a code without a challenge nor an exchange without a verifier.
    assert "code" not in read_answer(signed_in.open("/authorize", **client.ask(code_challenge=None, code_challenge_method=None)))
    assert client.redeem(get_code(signed_in, client), code_verifier=None).json()["error"] == "invalid_request"


@implements("RFC 6749, 4.1.3", "OIDC Core, 3.1.3.2", "RFC 9700, 4.5")
def test_code_of_another_client_or_address_is_refused(
    client: RegisteredClient, administrator: Person, signed_in: Browser
) -> None:  # RFC 6749, section 4.1.3
    other = RegisteredClient.register(administrator, client.url)
    assert other.redeem(get_code(signed_in, client), code_verifier=client.verifier).json()["error"] == "invalid_grant"
    code = get_code(signed_in, client)
    assert client.redeem(code, redirect_uri="https://evil.example/").json()["error"] == "invalid_grant"


@implements("RFC 6749, 4.1.2", "OIDC Core, 3.1.3.2")
def test_replayed_code_ends_what_it_has_yielded(client: RegisteredClient, signed_in: Browser) -> None:
    # RFC 6749, section 4.1.2; RFC 9700, section 4.2.4
    code = get_code(signed_in, client)
    tokens = client.redeem(code).json()
    assert is_active(client, tokens["access_token"])
    assert client.redeem(code).json()["error"] == "invalid_grant"
    assert not is_active(client, tokens["access_token"])
    assert client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert client.redeem(code).json()["error"] == "invalid_grant"


@implements("OAuth 2.1, 4.3.1", "RFC 9700, 4.14")
def test_replayed_refresh_token_ends_the_session(client: RegisteredClient, signed_in: Browser) -> None:
    # RFC 9700, section 4.14.2
    old = client.redeem(get_code(signed_in, client)).json()["refresh_token"]
    middle = client.token(grant_type="refresh_token", refresh_token=old).json()["refresh_token"]
    latest = client.token(grant_type="refresh_token", refresh_token=middle).json()
    assert client.token(grant_type="refresh_token", refresh_token=old).json()["error"] == "invalid_grant"
    assert client.token(grant_type="refresh_token", refresh_token=latest["refresh_token"]).json()["error"] == "invalid_grant"
    assert not is_active(client, latest["access_token"])


@implements("RFC 9207, 2", "RFC 9700, 4.4")
def test_answers_name_their_issuer_against_mix_up(client: RegisteredClient, signed_in: Browser) -> None:
    # RFC 9700, section 4.4.2.1; RFC 9207, section 2: also in errors
    for changes in ({}, {"scope": None}):
        assert read_answer(signed_in.open("/authorize", **client.ask(**changes)))["iss"] == ISSUER
    metadata = httpx.get(f"{client.url}/.well-known/openid-configuration", trust_env=False).json()
    assert metadata["issuer"] == ISSUER


@implements("RFC 9700, 4.11")
def test_no_page_leads_to_another_site(browser: Browser, anna: Person) -> None:
    # Open redirect: RFC 9700, section 4.11.2
    for waiting in (
        "https://evil.example/",
        "//evil.example",
        "\\\\evil.example",
        "redirect_uri=https://evil.example/&client_id=x",
    ):
        page = browser.open("/sign-in", request=waiting)
        if page.status_code == 200:
            page = browser.send(page, username=anna.username, password=anna.password)
        assert "evil" not in page.headers.get("location", "")
        assert str(page.url).startswith(f"{browser.url}/")


@implements("RFC 6749, 10.12", "RFC 9700, 4.7", "OIDC Core, 3.1.2.3")
def test_page_of_another_site_does_not_sign_a_user_in(authorization_service: Service, anna: Person, browser: Browser) -> None:
    # CSRF on login: the victim would use the attacker's account.
    own = Page(browser.open("/sign-in")).forms[0]
    with Browser(authorization_service.url) as attacker:
        foreign = Page(attacker.open("/sign-in")).forms[0].fields["csrf_token"]
    credentials = {"username": anna.username, "password": anna.password}
    for fields, headers in (
        ({}, {}),
        ({"csrf_token": foreign}, {}),
        ({"csrf_token": own.fields["csrf_token"]}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf_token": own.fields["csrf_token"]}, {"Sec-Fetch-Site": "same-site"}),
        ({"csrf_token": "é"}, {}),
    ):
        refused = browser.client.post(own.action, data=credentials | fields, headers=headers)
        assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
    assert browser.client.post(own.action, data=credentials | own.fields | credentials).status_code == 303


@implements("RFC 6749, 10.12", "RFC 9700, 4.7")
def test_consent_is_not_given_by_another_site(administrator: Person, authorization_service: Service, signed_in: Browser) -> None:
    client = RegisteredClient.register(administrator, authorization_service.url, first_party=False)
    page = Page(signed_in.open("/authorize", **client.ask()))
    fields = page.forms[0].fields | {"decision": "allow"}
    for changes in ({"csrf_token": ""}, {"csrf_token": "0" * 64}):
        assert signed_in.client.post(page.forms[0].action, data=fields | changes).status_code == 403


@implements("RFC 6265bis, 4.1.3")
def test_planted_cookie_is_not_signed_in(authorization_service: Service, anna: Person) -> None:
    # Session fixation: signing in replaces the cookie.
    with Browser(authorization_service.url) as browser:
        page = browser.open("/sign-in")
        planted = dict(browser.client.cookies)
        browser.sign_in(anna, page)
        assert dict(browser.client.cookies) != planted
    attacker = httpx.get(f"{authorization_service.url}/signed-in", cookies=planted, trust_env=False)
    assert attacker.status_code == 303


@implements("RFC 6749, 10.13", "RFC 9700, 4.2", "RFC 9700, 4.16", "OIDC Core, 3.1.2.3")
def test_pages_are_not_framed_and_run_no_scripts_but_the_services_own(
    administrator: Person, authorization_service: Service, browser: Browser, anna: Person
) -> None:  # Clickjacking: RFC 9700, section 4.16
    client = RegisteredClient.register(
        administrator, authorization_service.url, first_party=False, logo_uri="https://client.example/logo.png"
    )
    pages = [browser.open("/sign-in"), browser.open("/create-account"), browser.open("/authorize", client_id="nobody")]
    pages.append(browser.sign_in(anna, browser.open("/authorize", **client.ask())))
    pages.append(browser.open("/signed-in"))
    for page in pages:
        policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["base-uri"] == "'none'"
        scripts = [element["src"] for element in Page(page).find("script")]
        assert scripts == (["/pages/passkeys.js"] if page is pages[0] else [])  # where passkeys sign in
        assert policy.get("script-src") == ("'self'" if scripts else None)
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["referrer-policy"] == "no-referrer"  # section 4.2.4
        assert page.headers["cache-control"] == "no-store"
        assert not any(name.startswith("on") or name == "style" for _, element in Page(page).elements for name in element)
    consent = pages[3].headers["content-security-policy"]
    assert "img-src 'self' https://client.example;" in consent
    assert "form-action 'self' https://client.example;" in consent


@implements("RFC 9700, 4.12")
def test_redirects_do_not_repeat_the_form(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    # RFC 9700, section 4.12: 307 would send the password on.
    form = Page(browser.open("/authorize", **client.ask())).forms[0]
    response = browser.client.post(form.action, data=form.fields | {"username": anna.username, "password": anna.password})
    assert response.status_code == 303
    assert browser.client.get(f"{browser.url}{response.headers['location']}").status_code == 303


def test_cookie_is_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    cookie = browser.open("/sign-in").headers["set-cookie"]
    assert cookie.split("=")[0] == "session"
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


@implements("RFC 6749, 10.14")
def test_text_of_a_client_is_text(administrator: Person, authorization_service: Service, browser: Browser, anna: Person) -> None:
    client = RegisteredClient.register(administrator, authorization_service.url, first_party=False, name="A & B \"C\" 'D'")
    page = browser.sign_in(anna, browser.open("/authorize", **client.ask(state='"><script>')))
    assert "A &amp; B &#34;C&#34;" in page.text
    assert not Page(page).find("script")


@implements("RFC 6749, 4.3.2")
def test_guessing_at_the_page_is_limited_as_at_login(authorization_service: Service, browser: Browser) -> None:
    victim = register(authorization_service)
    statuses: list[int] = []
    page = browser.open("/sign-in")
    for _ in range(12):
        page = browser.send(page, username=victim.username, password="Wrong-horse-7")
        statuses.append(page.status_code)
    assert statuses[:10] == [401] * 10
    assert statuses[-1] == 429
    assert int(browser.send(page, username=victim.username, password=victim.password).status_code) == 429


def test_everything_ends_with_the_password(client: RegisteredClient, signed_in: Browser, anna: Person) -> None:
    tokens = client.redeem(get_code(signed_in, client, scope="openid offline_access")).json()
    code = get_code(signed_in, client)
    changed = anna("POST", "/me/password", {"current_password": anna.password, "new_password": "Another-horse-8"})
    assert changed.status_code == 204
    assert client.redeem(code).json()["error"] == "invalid_grant"
    assert client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert read_answer(signed_in.open("/authorize", **client.ask(prompt="none")))["error"] == "login_required"


def test_disabled_user_has_no_browser_session(
    client: RegisteredClient, signed_in: Browser, anna: Person, administrator: Person
) -> None:
    assert administrator("PATCH", f"/users/{anna.username}", {"is_enabled": False}).status_code == 200
    assert read_answer(signed_in.open("/authorize", **client.ask(prompt="none")))["error"] == "login_required"


@implements("OIDC Back-Channel Logout, 2.7", "RFC 9700, 4.10")
def test_signing_out_ends_what_clients_got_but_for_longer_access(
    client: RegisteredClient, signed_in: Browser
) -> None:  # OpenID Connect Back-Channel Logout 1.0, section 2.7
    short, long = (
        client.redeem(get_code(signed_in, client, scope=scope)).json()
        for scope in ("openid", "openid offline_access")
    )  # fmt: skip
    code = get_code(signed_in, client)
    assert signed_in.send(signed_in.open("/signed-in")).status_code == 200
    assert not is_active(client, short["access_token"])
    assert is_active(client, long["access_token"])
    assert client.redeem(code).json()["error"] == "invalid_grant"
    assert read_answer(signed_in.open("/authorize", **client.ask(prompt="none")))["error"] == "login_required"


def test_deleted_client_ends_its_sessions(client: RegisteredClient, signed_in: Browser, administrator: Person) -> None:
    tokens = client.redeem(get_code(signed_in, client)).json()
    assert administrator("DELETE", f"/clients/{client.client_id}").status_code == 204
    assert client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status_code in (400, 401)
    assert signed_in.open("/authorize", **client.ask()).status_code == 400


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"redirect_uris": ["http://client.example/"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://client.example/#x"]}, "redirect_uris.0"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris.0"),
        ({"redirect_uris": ["data:text/html,x"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://user@client.example/"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://"]}, "redirect_uris.0"),
        ({"redirect_uris": ["/callback"]}, "redirect_uris.0"),
        ({"redirect_uris": [CALLBACK, CALLBACK]}, "redirect_uris.1"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"scopes": ["read:default"]}, "scopes"),
        ({"logo_uri": "com.example.app:/logo"}, "logo_uri"),
        ({"name": "\u202e"}, "name"),
        ({"client_id": "first-party"}, "client_id"),
    ],
)
@implements("RFC 6749, 3.1.2", "RFC 9700, 4.15")
def test_registration_names_what_is_wrong(administrator: Person, changes: dict[str, Any], field: str) -> None:
    body = {"client_id": "client-x", "public": True, "redirect_uris": [CALLBACK]} | changes
    refused = administrator("POST", "/clients", body)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]


@implements("RFC 8252, 7.1")
def test_program_may_have_a_scheme_of_its_own(
    administrator: Person, authorization_service: Service, signed_in: Browser
) -> None:  # RFC 8252, section 7.1
    client = RegisteredClient.register(administrator, authorization_service.url, redirect_uris=["com.example.app:/callback"])
    page = signed_in.open("/authorize", **client.ask())
    assert urlsplit(signed_in.send(page, decision="allow").headers["location"]).scheme == "com.example.app"
