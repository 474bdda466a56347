"""Logouts that clients are told of (OpenID Connect Back-Channel Logout 1.0)."""

import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import jwt
import pytest
import tarantool

from test_support.authorization.authenticator_app import enrol
from test_support.authorization.logout_receiver import LogoutReceiver
from test_support.authorization.people import Person, log_in_as_administrator, register
from test_support.authorization.signing_in import Browser, Page, RegisteredClient, read_answer, read_claims
from test_support.problems import read_broken_rules
from test_support.processes import Service, Tarantool, reserve_port, wait_until
from test_support.requirements import implements

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOOPBACK = "127.0.0.0/8"
NEW_PASSWORD = "Another-horse-8"


class Provider(NamedTuple):
    """A service that may tell clients on this machine, and a server of theirs."""

    service: Service
    administrator: Person
    receiver: LogoutReceiver

    def register(self, **registration: Any) -> tuple[RegisteredClient, str]:
        """Register a client; return it and the path at which it is told of logouts."""
        path = f"/{uuid.uuid4().hex}?logout=1"
        uri = f"{self.receiver.url}{path}"
        return RegisteredClient.register(self.administrator, self.service.url, backchannel_logout_uri=uri, **registration), path

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a stored function, as the service does."""
        return call(self.service.tarantool, function, *arguments)


def call(server: Tarantool, function: str, *arguments: Any) -> list[Any]:
    """Call a stored function, and return the list that it does."""
    with closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as connection:
        (answer,) = connection.call(function, *arguments).data
    result: list[Any] = answer
    return result


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("back_channel")
    with (
        Tarantool("authorization", folder / "tarantool") as server,
        Service("authorization", folder, server, AUTHORIZATION_LOGOUT_NETWORKS=LOOPBACK) as service,
        LogoutReceiver() as receiver,
    ):
        service.wait_until_ready()
        yield Provider(service, log_in_as_administrator(service, folder), receiver)


@pytest.fixture
def person(provider: Provider) -> Person:
    return register(provider.service)


@pytest.fixture
def browser(provider: Provider) -> Iterator[Browser]:
    with Browser(provider.service.url) as browser:
        yield browser


def read_sid(client: RegisteredClient, tokens: dict[str, Any]) -> str:
    """Return the browser session of an ID token."""
    sid: str = read_claims(client.url, tokens["id_token"], client.client_id)["sid"]
    return sid


def read_told_sids(client: RegisteredClient, tokens: list[str]) -> list[str]:
    return [read_claims(client.url, token, client.client_id)["sid"] for token in tokens]


def sign_out(browser: Browser) -> None:
    assert "You are signed out" in browser.send(browser.open("/signed-in")).text


@implements("OIDC Back-Channel Logout, 2.4", "OIDC Back-Channel Logout, 2.5", "OIDC Back-Channel Logout, 2.7")
def test_clients_of_the_browser_are_told_that_the_user_has_signed_out(
    provider: Provider, browser: Browser, person: Person
) -> None:
    (first, first_path), (longer, longer_path), (_, other_path) = (provider.register() for _ in range(3))
    tokens = first.sign_in(browser, person)
    answer = read_answer(browser.open("/authorize", **longer.ask(scope="openid offline_access")))
    assert longer.redeem(answer["code"]).status_code == 200
    sign_out(browser)
    for client, path in ((first, first_path), (longer, longer_path)):
        (told,) = provider.receiver.wait_for(path)
        assert told.content_type == "application/x-www-form-urlencoded"  # section 2.5
        assert jwt.get_unverified_header(told.token)["typ"] == "logout+jwt"  # section 2.4
        claims = read_claims(client.url, told.token, client.client_id)
        assert claims.keys() == {"iss", "sub", "aud", "iat", "exp", "jti", "events", "sid"}  # and no nonce
        assert claims["events"] == {EVENT: {}}
        assert claims["sub"] == person("GET", "/me").json()["id"]
        assert claims["sid"] == read_sid(first, tokens)
        assert 0 < claims["exp"] - claims["iat"] <= 120
    assert provider.receiver.find(other_path) == []


def end_at_the_account_page(_: Provider, person: Person) -> None:
    for session in person("GET", "/sessions").json()["sessions"]:
        assert session["is_current"] or person("DELETE", f"/sessions/{session['id']}").status_code == 204


def change_password(_: Provider, person: Person) -> None:
    body = {"current_password": person.password, "new_password": NEW_PASSWORD}
    assert person("POST", "/me/password", body).status_code == 204


def log_out_everywhere(_: Provider, person: Person) -> None:
    assert person("POST", "/logout/all").status_code == 204


def delete_account(_: Provider, person: Person) -> None:
    assert person("DELETE", "/me", {"password": person.password}).status_code == 204


def disable(provider: Provider, person: Person) -> None:
    change = {"is_enabled": False}
    assert provider.administrator("PATCH", f"/users/{person.username}", change).status_code == 200


def delete_user(provider: Provider, person: Person) -> None:
    assert provider.administrator("DELETE", f"/users/{person.username}").status_code == 204


def end_as_an_administrator(provider: Provider, person: Person) -> None:
    assert provider.administrator("DELETE", f"/users/{person.username}/sessions").status_code == 204


def add_factor(_: Provider, person: Person) -> None:
    enrol(person)


@pytest.mark.parametrize(
    "end",
    [
        end_at_the_account_page,
        change_password,
        log_out_everywhere,
        delete_account,
        disable,
        delete_user,
        end_as_an_administrator,
        add_factor,
    ],
)
def test_client_is_told_whatever_has_ended_the_session(
    provider: Provider, browser: Browser, person: Person, end: Callable[[Provider, Person], None]
) -> None:
    client, path = provider.register()
    sid = read_sid(client, client.sign_in(browser, person))
    end(provider, person)
    told = provider.receiver.wait_for(path)
    assert read_told_sids(client, [each.token for each in told]) == [sid]


def test_client_is_told_that_a_user_does_not_allow_it_any_more(provider: Provider, browser: Browser, person: Person) -> None:
    client, path = provider.register(first_party=False, name="Reports")
    consent = browser.sign_in(person, browser.open("/authorize", **client.ask()))
    code = read_answer(browser.send(consent, decision="allow"))["code"]
    tokens = client.redeem(code).json()
    assert client.redeem(code).status_code == 400  # replayed: the session ends
    provider.receiver.wait_for(path)
    assert client.redeem(read_answer(browser.open("/authorize", **client.ask(prompt="none")))["code"]).status_code == 200
    (withdrawal,) = [form for form in Page(browser.open("/account")).forms if client.client_id in form.fields.values()]
    browser.follow(browser.client.post(withdrawal.action, data=withdrawal.fields))
    told = provider.receiver.wait_for(path, 2)
    assert set(read_told_sids(client, [each.token for each in told])) == {read_sid(client, tokens)}


def test_client_is_not_told_of_what_it_has_done_itself(provider: Provider, browser: Browser, person: Person) -> None:
    client, path = provider.register()
    tokens = client.sign_in(browser, person)
    revocation = {"token": tokens["refresh_token"], "client_id": client.client_id}
    assert httpx.post(f"{client.url}/revoke", data=revocation, trust_env=False).status_code == 200
    for _ in range(7):  # renewals without asking displace earlier ones
        code = read_answer(browser.open("/authorize", **client.ask(prompt="none")))["code"]
        assert client.redeem(code).status_code == 200
    assert provider.call("logout_notices.claim", 100, 0, [], 0) == []
    assert provider.receiver.find(path) == []


def test_browser_session_keeps_its_id_where_the_same_user_signs_in_again(
    provider: Provider, browser: Browser, person: Person
) -> None:
    early, early_path = provider.register()
    late, _ = provider.register()
    before = early.sign_in(browser, person)
    after = late.sign_in(browser, person, prompt="login")
    assert read_sid(early, before) == read_sid(late, after)
    sign_out(browser)
    provider.receiver.wait_for(early_path)
    ended = early.token(grant_type="refresh_token", refresh_token=before["refresh_token"])
    assert ended.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("status", [400, 500, 302, 307])
def test_client_that_does_not_confirm_is_told_again(provider: Provider, browser: Browser, person: Person, status: int) -> None:
    client, path = provider.register()
    provider.receiver.statuses[path] = deque([status])
    sid = read_sid(client, client.sign_in(browser, person))
    sign_out(browser)
    provider.receiver.wait_for(path)
    wait_until(lambda: f"status {status}" in provider.service.output, "the log's line")
    assert provider.call("logout_notices.claim", 100, 0, [], 0) == []  # it waits
    provider.call("logout_notices.postpone", client.client_id, sid, 1, 0)
    first, second = provider.receiver.wait_for(path, 2)
    ids = {read_claims(client.url, told.token, client.client_id)["jti"] for told in (first, second)}
    assert len(ids) == 2  # a client may refuse a token that it has seen
    assert provider.receiver.find("/redirected") == []
    for secret in (first.token, provider.receiver.url):
        assert secret not in provider.service.output


def test_slow_client_holds_up_no_other(provider: Provider, person: Person) -> None:
    (slow, slow_path), (quick, quick_path) = provider.register(), provider.register()
    provider.receiver.held.add(slow_path)
    with Browser(slow.url) as one, Browser(quick.url) as other:
        slow.sign_in(one, person)
        quick.sign_in(other, person)
        sign_out(one)
        provider.receiver.wait_for(slow_path)
        sign_out(other)
        provider.receiver.wait_for(quick_path)
    assert not provider.receiver.release.is_set()
    provider.receiver.held.discard(slow_path)
    provider.receiver.release.set()


def test_deleted_client_is_told_nothing(provider: Provider, browser: Browser, person: Person) -> None:
    client, path = provider.register()
    provider.receiver.statuses[path] = deque([500])
    sid = read_sid(client, client.sign_in(browser, person))
    sign_out(browser)
    provider.receiver.wait_for(path)
    wait_until(lambda: client.client_id in provider.service.output, "the log's line")
    assert provider.administrator("DELETE", f"/clients/{client.client_id}").status_code == 204
    provider.call("logout_notices.postpone", client.client_id, sid, 1, 0)
    assert provider.call("logout_notices.claim", 100, 0, [], 0) == []
    assert len(provider.receiver.find(path)) == 1


def test_client_is_told_after_crashes_of_the_service_and_its_tarantool(tmp_path: Path) -> None:
    port = reserve_port()
    with (
        Tarantool("authorization", tmp_path / "tarantool") as server,
        Service("authorization", tmp_path, server, AUTHORIZATION_LOGOUT_NETWORKS=LOOPBACK) as service,
    ):
        service.wait_until_ready()
        administrator = log_in_as_administrator(service, tmp_path)
        uri = f"http://127.0.0.1:{port}/logout"
        client = RegisteredClient.register(administrator, service.url, backchannel_logout_uri=uri)
        with Browser(service.url) as browser:
            sid = read_sid(client, client.sign_in(browser, register(service)))
            sign_out(browser)
        wait_until(lambda: "was not told" in service.output, "the first attempt")
        service.kill()
        server.kill()
        server.start()
        call(server, "logout_notices.postpone", client.client_id, sid, 1, 0)
        with LogoutReceiver(port) as up:
            service.start().wait_until_ready()
            (told,) = up.wait_for("/logout")
            assert read_told_sids(client, [told.token]) == [sid]


def test_nothing_is_sent_to_the_services_own_network(
    provider: Provider, administrator: Person, authorization_service: Service, anna: Person
) -> None:
    # The session's service has no setting that allows it.
    path = f"/{uuid.uuid4().hex}"
    uri = f"http://localhost:{provider.receiver.port}{path}"
    client = RegisteredClient.register(administrator, authorization_service.url, backchannel_logout_uri=uri)
    with Browser(authorization_service.url) as inner:
        client.sign_in(inner, anna)
        sign_out(inner)
    wait_until(lambda: client.client_id in authorization_service.output, "the log's line")
    (line,) = [line for line in authorization_service.output.splitlines() if client.client_id in line and "not told" in line]
    assert "the address is not public, and not in AUTHORIZATION_LOGOUT_NETWORKS" in line
    assert provider.receiver.find(path) == []


@implements("OIDC Back-Channel Logout, 2.1")
def test_metadata_says_that_clients_are_told(provider: Provider) -> None:  # section 2.1
    metadata = httpx.get(f"{provider.service.url}/.well-known/openid-configuration", trust_env=False).json()
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True


@pytest.mark.parametrize(
    "uri", ["http://client.example/logout", "https://client.example/#x", "com.example.app:/logout", "/logout", "https://"]
)
@implements("OIDC Back-Channel Logout, 2.2")
def test_address_is_one_that_can_be_sent_to(administrator: Person, uri: str) -> None:  # section 2.2
    body = {"client_id": "client-x", "backchannel_logout_uri": uri}
    assert {field for field, _ in read_broken_rules(administrator("POST", "/clients", body))} == {"backchannel_logout_uri"}


@implements("OIDC Back-Channel Logout, 2.4")
def test_logout_token_is_taken_for_no_other(provider: Provider, browser: Browser, person: Person) -> None:
    client, path = provider.register()
    client.sign_in(browser, person)
    sign_out(browser)
    (told,) = provider.receiver.wait_for(path)
    bearer = {"Authorization": f"Bearer {told.token}"}
    assert httpx.get(f"{client.url}/userinfo", headers=bearer, trust_env=False).status_code == 401
    assert browser.open("/end-session", id_token_hint=told.token).status_code == 400
