"""The authorization code flow of OAuth 2.1 and OpenID Connect Core 1.0, from the first request to the tokens."""

import base64
import hashlib
import time
import uuid

import httpx
import jwt
import pytest

from test_support.authorization.authenticator_app import enrol
from test_support.authorization.people import Person, register
from test_support.authorization.signing_in import CALLBACK, Browser, Page, RegisteredClient, read_answer, read_claims
from test_support.processes import Service
from test_support.requirements import implements

ISSUER = "http://127.0.0.1:8080"


@pytest.fixture
def third_party(administrator: Person, authorization_service: Service) -> RegisteredClient:
    return RegisteredClient.register(administrator, authorization_service.url, first_party=False, name="Reports")


@implements(
    "RFC 6749, 4.1.2 state",
    "RFC 7636, 4.2",
    "OIDC Core, 2",
    "OIDC Core, 3.1.3.3",
    "OIDC Core, 3.1.3.6",
    "RFC 9207, 2",
    "RFC 9700, 2.1",
    "RFC 6749, 3.1 identity",
)
def test_user_signs_in_to_a_client(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    page = browser.open("/authorize", **client.ask(nonce="n-0S6"))
    assert page.status_code == 200
    answer = read_answer(browser.sign_in(anna, page))
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("a state", ISSUER)  # RFC 6749, section 4.1.2; RFC 9207, section 2
    response = client.redeem(answer["code"])
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"  # OpenID Connect Core, section 3.1.3.3
    tokens = response.json()
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "id_token", "scope"}
    claims = read_claims(client.url, tokens["id_token"], client.client_id)
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["nonce"] == "n-0S6"
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()  # section 3.1.3.6
    assert (claims["acr"], claims["amr"]) == ("1", ["pwd"])
    assert claims["auth_time"] <= claims["iat"] < claims["exp"]
    assert claims["sub"] == anna("GET", "/me").json()["id"]


@implements("RFC 6749, 3.3", "OIDC Core, 3.1.2.1")
def test_access_token_of_a_client_allows_what_was_asked_and_the_user_may(
    client: RegisteredClient, browser: Browser, anna: Person
) -> None:
    tokens = client.sign_in(browser, anna, scope="openid read:default read:secret unknown")
    assert tokens["scope"] == "openid read:default"
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims["client_id"] == client.client_id


def test_wildcard_is_narrowed_to_what_the_user_may(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    assert client.sign_in(browser, anna, scope="read:*")["scope"] == "read:default"


def test_client_that_may_do_nothing_gets_no_token(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    answer = read_answer(browser.sign_in(anna, browser.open("/authorize", **client.ask(scope="read:secret"))))
    assert client.redeem(answer["code"]).json()["error"] == "invalid_scope"
    assert all(
        session["user_agent"] == "" or "httpx" in session["user_agent"] for session in anna("GET", "/sessions").json()["sessions"]
    )


def test_client_without_the_scope_account_does_not_manage_the_account(
    client: RegisteredClient, browser: Browser, anna: Person
) -> None:
    url, tokens = client.url, client.sign_in(browser, anna, scope="openid profile")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    for method, path in (("GET", "/me"), ("GET", "/sessions"), ("POST", "/logout/all"), ("GET", "/me/factors")):
        refused = httpx.request(method, url + path, headers=bearer, trust_env=False)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (
            403, 'Bearer error="insufficient_scope", scope="account"',
        )  # fmt: skip
    with Browser(url) as other:
        allowed = client.sign_in(other, anna, scope="openid account")
    assert (
        httpx.get(f"{url}/me", headers={"Authorization": f"Bearer {allowed['access_token']}"}, trust_env=False).status_code == 200
    )


def test_second_client_needs_no_second_sign_in(
    client: RegisteredClient, administrator: Person, browser: Browser, anna: Person
) -> None:
    first = client.sign_in(browser, anna)
    other = RegisteredClient.register(administrator, client.url)
    answer = read_answer(browser.open("/authorize", **other.ask()))
    second = other.redeem(answer["code"]).json()
    sid = [
        read_claims(client.url, tokens["id_token"], one.client_id)["sid"] for tokens, one in ((first, client), (second, other))
    ]
    assert sid[0] == sid[1]


@implements("OIDC Core, 3.1.2.4", "OIDC Core, 3.1.2.1 prompt")
def test_user_is_asked_once_for_consent_to_a_client_of_others(
    third_party: RegisteredClient, browser: Browser, anna: Person
) -> None:
    page = browser.sign_in(
        anna, browser.open("/authorize", **third_party.ask(scope="openid read:default write:default/config/*"))
    )
    text = Page(page).text
    for words in (
        "Reports",
        anna.username,
        "Read the namespace default",
        "keys that begin with config/ in the namespace default",
    ):
        assert words in text
    assert "code" in read_answer(browser.send(page, decision="allow"))
    assert "code" in read_answer(browser.open("/authorize", **third_party.ask(scope="openid read:default")))
    assert "Reports" in Page(browser.open("/authorize", **third_party.ask(scope="openid admin:default"))).text
    forced = browser.open("/authorize", **third_party.ask(prompt="consent"))
    assert "Reports" in Page(forced).text  # OpenID Connect Core, section 3.1.2.1


@implements("RFC 6749, 4.1.2.1", "OIDC Core, 3.1.2.4")
def test_user_that_refuses_is_sent_back_with_an_error(third_party: RegisteredClient, browser: Browser, anna: Person) -> None:
    page = browser.sign_in(anna, browser.open("/authorize", **third_party.ask()))
    answer = read_answer(browser.send(page, decision="deny"))
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "a state", ISSUER)


@implements("RFC 8252, 7.3", "RFC 8252, 8.6")
def test_program_on_the_users_machine_is_never_trusted_without_asking(
    administrator: Person, authorization_service: Service, browser: Browser, anna: Person
) -> None:  # RFC 8252, section 8.6
    native = RegisteredClient.register(administrator, authorization_service.url, redirect_uris=["http://127.0.0.1/callback"])
    native.redirect_uri = "http://127.0.0.1:49152/callback"  # any port: section 7.3
    page = browser.sign_in(anna, browser.open("/authorize", **native.ask()))
    assert "Allow it only if you have just started it yourself" in Page(page).text
    answer = browser.send(page, decision="allow")
    assert answer.headers["location"].startswith("http://127.0.0.1:49152/callback?code=")
    assert native.redeem(read_answer(answer)["code"]).status_code == 200
    assert browser.open("/authorize", **native.ask()).status_code == 200
    assert read_answer(browser.open("/authorize", **native.ask(prompt="none")))["error"] == "consent_required"


def test_console_asks_for_no_consent_at_its_own_address_and_at_no_other(
    authorization_service: Service, browser: Browser, anna: Person
) -> None:
    console = RegisteredClient(authorization_service.url, "console", redirect_uri="http://127.0.0.1:9080/console/")
    scope = "openid account administration admin:*"
    answer = browser.sign_in(anna, browser.open("/authorize", **console.ask(scope=scope)))
    tokens = console.redeem(read_answer(answer)["code"]).json()
    assert tokens["scope"].split() == ["openid", "account", "read:default", "write:default"]
    console.redirect_uri = "http://127.0.0.1:9081/console/"  # where any program of the machine may listen
    assert "Allow it only if you have just started it yourself" in Page(browser.open("/authorize", **console.ask())).text
    console.redirect_uri = "http://localhost:9081/console/"
    assert browser.open("/authorize", **console.ask()).status_code == 400


@implements("OIDC Core, 3.1.2.3", "OIDC Core, 3.1.2.6")
def test_prompt_none_asks_nothing(
    client: RegisteredClient, third_party: RegisteredClient, browser: Browser, anna: Person
) -> None:
    silent = client.ask(prompt="none")
    assert read_answer(browser.open("/authorize", **silent))["error"] == "login_required"  # section 3.1.2.6
    browser.sign_in(anna)
    assert "code" in read_answer(browser.open("/authorize", **silent))
    assert read_answer(browser.open("/authorize", **third_party.ask(prompt="none")))["error"] == "consent_required"


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "0"}])
@implements("OIDC Core, 2", "OIDC Core, 3.1.2.1 prompt")
def test_user_signs_in_again_where_the_client_wants_it(
    client: RegisteredClient, browser: Browser, anna: Person, wish: dict[str, str]
) -> None:
    before = client.sign_in(browser, anna)
    time.sleep(1.1)  # auth_time has whole seconds
    after = client.sign_in(browser, anna, **wish)
    times = [read_claims(client.url, tokens["id_token"], client.client_id)["auth_time"] for tokens in (before, after)]
    assert times[0] < times[1]


@implements("OIDC Core, 3.1.2.1 id_token_hint")
def test_id_token_hint_names_who_must_have_signed_in(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    tokens = client.sign_in(browser, anna)
    mine = client.ask(prompt="none", id_token_hint=tokens["id_token"])
    assert "code" in read_answer(browser.open("/authorize", **mine))
    for hint in ("nonsense", tokens["access_token"], tokens["id_token"][:-4] + "AAAA"):
        answer = read_answer(browser.open("/authorize", **client.ask(prompt="none", id_token_hint=hint)))
        assert answer["error"] == "login_required"


@implements("RFC 6749, 10.14")
def test_login_hint_is_filled_in(client: RegisteredClient, browser: Browser) -> None:
    page = browser.open("/authorize", **client.ask(login_hint='anna"><script>'))
    assert Page(page).forms[0].fields["username"] == 'anna"><script>'


@implements("OAuth 2.1, 4.3.1", "RFC 6749, 6", "OIDC Core, 12.2")
def test_refresh_token_of_a_public_client_rotates(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    tokens = client.sign_in(browser, anna, scope="openid read:default")
    renewed = client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert renewed["refresh_token"] != tokens["refresh_token"]
    first, second = (read_claims(client.url, each["id_token"], client.client_id) for each in (tokens, renewed))
    for claim in ("iss", "sub", "aud", "auth_time", "sid"):  # OpenID Connect Core, section 12.2
        assert first[claim] == second[claim]
    assert "nonce" not in second
    narrowed = client.token(grant_type="refresh_token", refresh_token=renewed["refresh_token"], scope="openid").json()
    assert narrowed["scope"] == "openid"


@implements("RFC 6749, 6")
def test_refresh_token_is_bound_to_its_client(
    client: RegisteredClient, administrator: Person, browser: Browser, anna: Person
) -> None:  # RFC 6749, section 6
    refresh_token = client.sign_in(browser, anna)["refresh_token"]
    other = RegisteredClient.register(administrator, client.url, public=False)
    for thief in (other, RegisteredClient.register(administrator, client.url)):
        assert thief.token(grant_type="refresh_token", refresh_token=refresh_token).json()["error"] == "invalid_grant"
    without_client = httpx.post(f"{client.url}/refresh", json={"refresh_token": refresh_token}, trust_env=False)
    assert without_client.status_code == 401
    assert client.token(grant_type="refresh_token", refresh_token=refresh_token).status_code == 200


@implements("RFC 6749, 3.2.1", "RFC 6749, 4.1.3", "OIDC Core, 3.1.3.2")
def test_confidential_client_authenticates_itself(
    administrator: Person, authorization_service: Service, browser: Browser, anna: Person
) -> None:  # RFC 6749, section 4.1.3
    client = RegisteredClient.register(administrator, authorization_service.url, public=False)
    answer = read_answer(browser.sign_in(anna, browser.open("/authorize", **client.ask())))
    form = {
        "grant_type": "authorization_code", "code": answer["code"], "code_verifier": client.verifier,
        "redirect_uri": CALLBACK, "client_id": client.client_id,
    }  # fmt: skip
    refused = httpx.post(f"{client.url}/token", data=form, trust_env=False)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    tokens = client.redeem(answer["code"]).json()
    named = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": client.client_id}
    assert httpx.post(f"{client.url}/token", data=named, trust_env=False).json()["error"] == "invalid_grant"
    assert client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status_code == 200


def test_public_client_with_an_empty_secret_is_taken_for_what_it_is(
    client: RegisteredClient, browser: Browser, anna: Person
) -> None:
    answer = read_answer(browser.sign_in(anna, browser.open("/authorize", **client.ask())))
    client.secret = ""
    assert client.redeem(answer["code"]).status_code == 200


@implements("RFC 6749, 4.4", "RFC 7662, 2.1")
def test_public_client_gets_no_tokens_of_its_own(client: RegisteredClient) -> None:
    assert client.token(grant_type="client_credentials").json()["error"] == "unauthorized_client"
    introspection = httpx.post(
        f"{client.url}/introspect", data={"token": "x", "client_id": client.client_id, "client_secret": ""}, trust_env=False
    )
    assert introspection.json()["error"] == "invalid_client"


@implements("OIDC Core, 5.3.1", "OIDC Core, 5.3.2", "OIDC Core, 5.3.3", "OIDC Core, 5.4", "RFC 6750, 3")
def test_user_info_has_the_claims_of_the_scopes(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    tokens = client.sign_in(browser, anna, scope="openid profile email")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    got = httpx.get(f"{client.url}/userinfo", headers=bearer, trust_env=False).json()
    assert got == {
        "sub": read_claims(client.url, tokens["id_token"], client.client_id)["sub"], "name": "Anna Petrova",
        "given_name": "Anna", "family_name": "Petrova", "preferred_username": anna.username,
    }  # fmt: skip
    posted = httpx.post(f"{client.url}/userinfo", headers=bearer, trust_env=False)  # section 5.3.1
    assert posted.json() == got
    refused = anna("GET", "/userinfo")  # no client, so no `openid`
    assert (refused.status_code, refused.headers["www-authenticate"]) == (
        403,
        'Bearer error="insufficient_scope", scope="openid"',
    )


@implements("OIDC Core, 3.1.2.1")
def test_email_address_may_be_a_username(client: RegisteredClient, browser: Browser, authorization_service: Service) -> None:
    person = register(authorization_service, f"Anna+{uuid.uuid4().hex}@Mail.Example.org")
    person.username = person.username.lower()  # as usernames are, in any case
    tokens = client.sign_in(browser, person, scope="openid profile email")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    described = httpx.get(f"{client.url}/userinfo", headers=bearer, trust_env=False).json()
    assert described["email"].lower() == described["preferred_username"].lower() == person.username
    assert described["email_verified"] is False


def test_user_sees_the_name_and_the_logo_of_a_client(
    administrator: Person, authorization_service: Service, browser: Browser, anna: Person
) -> None:
    logo = "https://client.example:8443/logo.png?size=1"
    client = RegisteredClient.register(administrator, authorization_service.url, first_party=False, name="Reports", logo_uri=logo)
    sign_in = browser.open("/authorize", **client.ask())
    assert "Reports" in Page(sign_in).text
    assert not Page(sign_in).find("img")
    consent = browser.sign_in(anna, sign_in)
    assert "Reports" in Page(consent).text
    # The browser gets it from the client, and from nowhere else, and does not say from which page.
    assert [image["src"] for image in Page(consent).find("img")] == [logo]
    assert "img-src 'self' https://client.example:8443;" in consent.headers["content-security-policy"]
    assert consent.headers["referrer-policy"] == "no-referrer"


def test_request_may_be_posted(client: RegisteredClient, browser: Browser, anna: Person) -> None:  # section 3.1.2.1
    browser.sign_in(anna)
    answer = read_answer(browser.follow(browser.client.post(f"{client.url}/authorize", data=client.ask(nonce="n"))))
    claims = read_claims(client.url, client.redeem(answer["code"]).json()["id_token"], client.client_id)
    assert claims["nonce"] == "n"


@implements("OIDC Discovery, 3", "RFC 8414, 3", "RFC 9207, 3")
def test_metadata_names_everything(client: RegisteredClient) -> None:
    found = [
        httpx.get(f"{client.url}/.well-known/{name}", trust_env=False).json()
        for name in ("openid-configuration", "oauth-authorization-server")
    ]
    assert found[0] == found[1]
    assert found[0]["issuer"] == ISSUER
    assert found[0]["code_challenge_methods_supported"] == ["S256"]
    assert found[0]["authorization_response_iss_parameter_supported"] is True
    required = {  # OpenID Connect Discovery 1.0, section 3
        "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
        "subject_types_supported", "id_token_signing_alg_values_supported",
    }  # fmt: skip
    assert required <= found[0].keys()


@implements("RFC 6749, 3.1 identity")
def test_user_with_a_second_factor_is_asked_for_it(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    app, _ = enrol(anna)
    page = browser.sign_in(anna, browser.open("/authorize", **client.ask()))
    assert "Second factor" in Page(page).text
    assert read_answer(browser.open("/authorize", **client.ask(prompt="none")))["error"] == "login_required"
    page = browser.send(page, code="000000")
    assert page.status_code == 401
    answer = read_answer(browser.send(page, code=app.code()))
    claims = read_claims(client.url, client.redeem(answer["code"]).json()["id_token"], client.client_id)
    assert (claims["acr"], claims["amr"]) == ("2", ["pwd", "otp", "mfa"])


def test_second_step_needs_the_first(client: RegisteredClient, browser: Browser, anna: Person) -> None:
    app, _ = enrol(anna)
    code = app.code()
    page = browser.sign_in(anna, browser.open("/authorize", **client.ask()))
    for token in ("", "nonsense", "x" * 43):
        assert browser.send(page, mfa_token=token, code=code).status_code == 401
    assert browser.client.post(f"{client.url}/sign-in/second-factor", data={"code": code}).status_code == 403
    assert "code" in read_answer(browser.send(page, code=code))


def test_browser_in_which_a_factor_was_not_used_is_signed_out_by_adding_one(
    client: RegisteredClient, browser: Browser, anna: Person
) -> None:
    tokens = client.sign_in(browser, anna, scope="openid offline_access")
    enrol(anna)
    assert read_answer(browser.open("/authorize", **client.ask(prompt="none")))["error"] == "login_required"
    assert client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()["error"] == "invalid_grant"
