"""Standard OAuth 2 clients, authlib and requests-oauthlib, against the service."""

import gzip
import json
import warnings
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import httpx
import pytest
import zstandard

from test_support.processes import Service
from test_support.requirements import implements

with warnings.catch_warnings(record=True):  # authlib tells its authors' plans for its own modules
    from authlib.integrations.httpx_client import OAuth2Client
    from authlib.integrations.httpx_client.oauth2_client import OAuthError
    from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

PASSWORD = "Correct-horse-7"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def username(authorization: httpx.Client) -> str:
    name = f"user-{uuid4().hex}"
    body = {"username": name, "password": PASSWORD, "first_name": "Anna", "last_name": "Petrova"}
    authorization.post("/register", json=body).raise_for_status()
    return name


@pytest.fixture(scope="session")
def administrator(authorization_service: Service) -> dict[str, str]:
    """Headers of an administrator's requests."""
    password = (authorization_service.log.parent / "var/authorization_service/administrator_password").read_text().strip()
    answer = httpx.post(f"{authorization_service.url}/login", json={"username": "admin", "password": password}, trust_env=False)
    return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


@pytest.fixture
def client(authorization: httpx.Client, administrator: dict[str, str]) -> dict[str, Any]:
    """A service account, with its secret."""
    body = {"client_id": f"client-{uuid4().hex}", "scopes": ["read:default", "write:team-*"]}
    made: dict[str, Any] = authorization.post("/clients", json=body, headers=administrator).raise_for_status().json()
    return made


@pytest.fixture
def metadata(authorization: httpx.Client) -> dict[str, Any]:
    answer = authorization.get("/.well-known/oauth-authorization-server").raise_for_status()
    document = AuthorizationServerMetadata(answer.json())
    document.validate_issuer = lambda: None  # it must be https for authlib; a test has none
    for name in ("issuer", "token_endpoint", "jwks_uri", "revocation_endpoint", "introspection_endpoint"):
        assert document[name].startswith("http://")
    base = str(authorization.base_url).rstrip("/")
    return {
        name: value.replace(document["issuer"], base) if isinstance(value, str) else value for name, value in document.items()
    }


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Closes what a test opens."""
    with ExitStack() as stack:
        yield stack


class Browser:
    """authlib's client, with the endpoints of the metadata."""

    def __init__(self, opened: ExitStack, metadata: dict[str, Any], **options: Any) -> None:
        self.metadata = metadata
        self.session = opened.enter_context(OAuth2Client(token_endpoint=metadata["token_endpoint"], trust_env=False, **options))

    def ask(self, grant_type: str, **fields: str) -> dict[str, Any]:
        token: dict[str, Any] = self.session.fetch_token(self.metadata["token_endpoint"], grant_type=grant_type, **fields)
        return token


def introspect(metadata: dict[str, Any], administrator: dict[str, str], token: str) -> dict[str, Any]:
    with httpx.Client(base_url=metadata["issuer"], trust_env=False) as client:
        return introspect_at(client, administrator, token)


def introspect_at(authorization: httpx.Client, administrator: dict[str, str], token: str) -> dict[str, Any]:
    facts: dict[str, Any] = (
        authorization.post("/introspect", data={"token": token}, headers=administrator).raise_for_status().json()
    )
    return facts


def test_authlib_logs_a_user_in_refreshes_and_revokes(
    opened: ExitStack, metadata: dict[str, Any], username: str, administrator: dict[str, str], authorization: httpx.Client
) -> None:
    browser = Browser(opened, metadata, client_id="a-tool", token_endpoint_auth_method="none")
    first = browser.ask("password", username=username, password=PASSWORD)
    assert first["token_type"] == "Bearer"
    assert first["scope"] == "read:default write:default"
    me = authorization.get("/me", headers={"Authorization": f"Bearer {first['access_token']}"})
    assert me.json()["username"] == username
    second = browser.session.refresh_token(metadata["token_endpoint"])
    assert second["refresh_token"] != first["refresh_token"]
    assert introspect(metadata, administrator, second["access_token"])["active"]
    assert introspect(metadata, administrator, second["refresh_token"])["token_type"] == "refresh_token"
    assert introspect(metadata, administrator, first["refresh_token"]) == {"active": False}
    answer = browser.session.revoke_token(metadata["revocation_endpoint"], token=second["refresh_token"])
    assert answer.status_code == 200
    for token in (second["access_token"], second["refresh_token"]):
        assert introspect(metadata, administrator, token) == {"active": False}


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_logs_a_service_account_in(
    opened: ExitStack, metadata: dict[str, Any], client: dict[str, Any], method: str
) -> None:
    assert method in metadata["token_endpoint_auth_methods_supported"]
    credentials = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    browser = Browser(opened, metadata, **credentials, token_endpoint_auth_method=method)
    token = browser.ask("client_credentials")
    assert token["scope"] == "read:default write:team-*"
    assert "refresh_token" not in token
    narrowed = browser.ask("client_credentials", scope="write:team-a read:other")
    assert narrowed["scope"] == "write:team-a"
    with pytest.raises(OAuthError) as refused:
        browser.ask("client_credentials", scope="admin:default")
    assert refused.value.error == "invalid_scope"
    answer = browser.session.introspect_token(metadata["introspection_endpoint"], token=token["access_token"])
    assert answer.json()["sub"] == answer.json()["client_id"] == client["client_id"]
    wrong = Browser(opened, metadata, **credentials | {"client_secret": "wrong"}, token_endpoint_auth_method=method)
    with pytest.raises(OAuthError) as refused:
        wrong.ask("client_credentials")
    assert refused.value.error == "invalid_client"


def make_session(opened: ExitStack, monkeypatch: pytest.MonkeyPatch, client: Any) -> OAuth2Session:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    session = opened.enter_context(OAuth2Session(client=client))
    session.trust_env = False
    return session


def test_requests_oauthlib_logs_a_user_in_and_refreshes(
    opened: ExitStack, metadata: dict[str, Any], username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session(opened, monkeypatch, LegacyApplicationClient("a-tool"))
    url = metadata["token_endpoint"]
    first = session.fetch_token(url, username=username, password=PASSWORD, include_client_id=True)
    second = session.refresh_token(url)
    assert second["access_token"] != first["access_token"]
    again = session.refresh_token(url, refresh_token=first["refresh_token"])  # as if the response had been lost
    assert again["refresh_token"] == second["refresh_token"]
    second = session.refresh_token(url, refresh_token=again["refresh_token"])
    with pytest.raises(InvalidGrantError):  # the first one again: stolen
        session.refresh_token(url, refresh_token=first["refresh_token"])
    with pytest.raises(InvalidGrantError):  # and so the session has ended
        session.refresh_token(url, refresh_token=second["refresh_token"])


@pytest.mark.parametrize("in_body", [False, True])
def test_requests_oauthlib_logs_a_service_account_in(
    opened: ExitStack, metadata: dict[str, Any], client: dict[str, Any], monkeypatch: pytest.MonkeyPatch, in_body: bool
) -> None:
    session = make_session(opened, monkeypatch, BackendApplicationClient(client["client_id"]))
    token = session.fetch_token(
        metadata["token_endpoint"],
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        include_client_id=in_body or None,
    )
    assert token["expires_in"] == 900


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


@pytest.mark.parametrize(
    ("body", "headers", "status", "error"),
    [
        ("grant_type=password&username=u", {}, 400, "invalid_request"),
        ("grant_type=password&username=u&username=v&password=p", {}, 400, "invalid_request"),
        ("grant_type=password&username=nobody&password=Wrong-pass-1", {}, 400, "invalid_grant"),
        ("grant_type=refresh_token&refresh_token=x", {}, 400, "invalid_grant"),
        ("grant_type=refresh_token", {}, 400, "invalid_request"),
        ("username=u&password=p", {}, 400, "invalid_request"),
        ("", {}, 400, "invalid_request"),
        ("grant_type=%FF", {}, 400, "invalid_request"),
        ("grant_type=authorization_code&code=x", {}, 401, "invalid_client"),
        ("grant_type=urn:example:dance", {}, 400, "unsupported_grant_type"),
        ("grant_type=client_credentials", {}, 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=a", {}, 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=a&client_secret=b", {}, 401, "invalid_client"),
        ("grant_type=client_credentials", basic("a", "b"), 401, "invalid_client"),
        ("grant_type=client_credentials", {"Authorization": "Basic ???"}, 401, "invalid_client"),
        ("grant_type=client_credentials", {"Authorization": "Basic YQ=="}, 401, "invalid_client"),
        ("grant_type=client_credentials", {"Authorization": "Bearer x"}, 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=a&client_secret=b", basic("a", "b"), 400, "invalid_request"),
        ("grant_type=password&username=u&password=Wrong-pass-1", basic("a", "b"), 401, "invalid_client"),
        ("&".join(["a=b"] * 51), {}, 400, "invalid_request"),
    ],
)
@implements("RFC 6749, 2.3", "RFC 6749, 3.2", "RFC 6749, 5.2")
def test_invalid_token_request_is_rejected_as_in_rfc_6749(
    authorization: httpx.Client, body: str, headers: dict[str, str], status: int, error: str
) -> None:
    answer = authorization.post("/token", content=body, headers=FORM | headers)
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) is (status == 401)
    assert "Wrong-pass-1" not in answer.text


def test_token_request_in_json_is_rejected(authorization: httpx.Client) -> None:
    answer = authorization.post(
        "/token", content=json.dumps({"grant_type": "password"}), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]) == (415, "invalid_request")


@implements("RFC 6749, 2.3.1")
def test_a_client_s_id_and_secret_are_form_encoded_in_basic(authorization: httpx.Client, client: dict[str, Any]) -> None:
    encoded_id = "".join(f"%{byte:02X}" for byte in client["client_id"].encode())
    headers = FORM | basic(encoded_id, client["client_secret"])
    assert authorization.post("/token", content="grant_type=client_credentials", headers=headers).is_success


@implements("RFC 7009, 2.2")
def test_revoking_an_unknown_token_succeeds(authorization: httpx.Client) -> None:
    for token in ("x", "x" * 86, "a.b.c"):
        answer = authorization.post("/revoke", data={"token": token})
        assert (answer.status_code, answer.json()) == (200, {})


def test_revoking_an_access_token_ends_its_session(authorization: httpx.Client, username: str) -> None:
    tokens = authorization.post("/login", json={"username": username, "password": PASSWORD}).json()
    assert authorization.post("/revoke", data={"token": tokens["access_token"], "token_type_hint": "access_token"}).is_success
    assert authorization.get("/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}).status_code == 401


@implements("RFC 7009, 2.2.1")
def test_new_secret_revokes_a_service_accounts_access_tokens(
    authorization: httpx.Client, client: dict[str, Any], administrator: dict[str, str]
) -> None:
    fields = {"grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"]}
    token = authorization.post("/token", data=fields).json()["access_token"]
    refused = authorization.post("/revoke", data={"token": token})
    assert (refused.status_code, refused.json()["error"]) == (400, "unsupported_token_type")
    changed = authorization.post(f"/clients/{client['client_id']}/secret", headers=administrator).raise_for_status().json()
    assert changed["client_secret"] != client["client_secret"]
    assert authorization.post("/token", data=fields).status_code == 401
    new = authorization.post("/token", data=fields | {"client_secret": changed["client_secret"]})
    assert new.is_success
    authorization.delete(f"/clients/{client['client_id']}", headers=administrator).raise_for_status()
    assert authorization.post("/token", data=fields | {"client_secret": changed["client_secret"]}).status_code == 401


@pytest.mark.parametrize("headers", [{}, basic("a", "b"), {"Authorization": "Bearer x"}])
@implements("RFC 7662, 2.1")
def test_introspection_requires_authentication(authorization: httpx.Client, headers: dict[str, str]) -> None:
    answer = authorization.post("/introspect", data={"token": "x"}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]


def test_administrators_token_with_a_narrower_scope_administers_nothing(
    authorization: httpx.Client, authorization_service: Service
) -> None:
    password = (authorization_service.log.parent / "var/authorization_service/administrator_password").read_text().strip()
    form = {"grant_type": "password", "username": "admin", "password": password, "scope": "read:default"}
    token = authorization.post("/token", data=form).raise_for_status().json()
    assert token["scope"] == "read:default"
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    backdoor = {"client_id": f"client-{uuid4().hex}", "scopes": ["admin:*"]}
    for answer in (
        authorization.post("/clients", json=backdoor, headers=headers),
        authorization.put("/users/admin/grants/admin:*", headers=headers),
        authorization.get("/events", headers=headers),
    ):
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:problem-type:insufficient-scope")
        assert 'scope="administration"' in answer.headers["www-authenticate"]
    assert authorization.post("/introspect", data={"token": "x"}, headers=headers).json()["error"] == "access_denied"
    refreshed = authorization.post("/refresh", json={"refresh_token": token["refresh_token"]}).raise_for_status().json()
    headers = {"Authorization": f"Bearer {refreshed['access_token']}"}
    assert authorization.get("/events", headers=headers).status_code == 403
    wider = {"grant_type": "refresh_token", "refresh_token": refreshed["refresh_token"], "scope": "administration"}
    assert authorization.post("/token", data=wider).json()["error"] == "invalid_scope"


def test_service_account_is_limited_to_keys(authorization: httpx.Client, administrator: dict[str, str]) -> None:
    body = {"client_id": f"client-{uuid4().hex}", "scopes": ["read:default/config/*", "write:default/caf%C3%A9"]}
    created = authorization.post("/clients", json=body, headers=administrator).raise_for_status().json()
    form = {"grant_type": "client_credentials", "client_id": body["client_id"], "client_secret": created["client_secret"]}
    for requested, scope in (
        (None, "read:default/config/* write:default/caf%C3%A9"),
        ("read:default/config/app read:default write:default/*", "read:default/config/app"),
        ("write:default/caf%C3%A9", "write:default/caf%C3%A9"),
        ("write:default/caf%c3%a9 read:default/conf*", None),
    ):
        answer = authorization.post("/token", data=form | ({} if requested is None else {"scope": requested}))
        if scope is None:
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
        else:
            assert introspect_at(authorization, administrator, answer.json()["access_token"])["scope"] == scope


def test_scope_beyond_the_size_of_a_token_is_rejected(authorization: httpx.Client, administrator: dict[str, str]) -> None:
    body = {"client_id": f"client-{uuid4().hex}", "scopes": ["read:*"]}
    made = authorization.post("/clients", json=body, headers=administrator).raise_for_status().json()
    form = {"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": made["client_secret"]}
    scopes = [f"read:n{number:03}" for number in range(409)]
    longest = authorization.post("/token", data=form | {"scope": " ".join(scopes)}).raise_for_status().json()
    assert introspect_at(authorization, administrator, longest["access_token"])["scope"].split() == scopes
    too_many = authorization.post("/token", data=form | {"scope": " ".join([*scopes, "read:last"])})
    assert (too_many.status_code, too_many.json()["error"]) == (400, "invalid_scope")


@implements("RFC 9700, 4.15")
def test_service_account_cannot_impersonate_a_user(
    authorization: httpx.Client, username: str, administrator: dict[str, str]
) -> None:
    user_id = authorization.get(f"/users/{username}", headers=administrator).json()["id"]
    refused = authorization.post("/clients", json={"client_id": user_id, "scopes": []}, headers=administrator)
    assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (422, "user_id")


def test_clients_are_listed_without_secrets(
    authorization: httpx.Client, client: dict[str, Any], administrator: dict[str, str]
) -> None:
    listed = authorization.get("/clients", headers=administrator, params={"limit": 1000}).json()["clients"]
    ids = [one["client_id"] for one in listed]
    assert ids == sorted(ids)
    assert {client["client_id"], "key_value_service"} <= set(ids)
    assert client["client_secret"] not in json.dumps(listed)
    first = authorization.get("/clients", headers=administrator, params={"limit": 1}).json()
    assert first["next_cursor"] == ids[0]
    rest = {"cursor": ids[0], "limit": len(ids) - 1}
    behind = authorization.get("/clients", headers=administrator, params=rest).json()
    assert ([one["client_id"] for one in behind["clients"]], behind["next_cursor"]) == (ids[1:], None)


@implements("RFC 6749, 2.2")
def test_client_id_is_unique(authorization: httpx.Client, client: dict[str, Any], administrator: dict[str, str]) -> None:
    body = {"client_id": client["client_id"], "scopes": []}
    answer = authorization.post("/clients", json=body, headers=administrator)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem-type:client-id-taken")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/token"), ("POST", "/revoke"), ("POST", "/introspect"), ("POST", "/login"), ("GET", "/me"),
     ("GET", "/.well-known/oauth-authorization-server"), ("GET", "/.well-known/jwks.json"), ("GET", "/nothing")],
)  # fmt: skip
def test_only_allowed_origins_may_read_responses(authorization: httpx.Client, method: str, path: str) -> None:
    allowed, other = {"origin": "http://127.0.0.1:9080"}, {"origin": "http://evil.example"}
    asked = {"access-control-request-method": method, "access-control-request-headers": "authorization,x-requested-with"}
    for answer in (authorization.options(path, headers=allowed | asked), authorization.request(method, path, headers=allowed)):
        assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:9080"
        assert "access-control-allow-credentials" not in answer.headers
    assert authorization.options(path, headers=allowed | asked).status_code == 204
    for answer in (authorization.options(path, headers=other | asked), authorization.request(method, path, headers=other)):
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]


def test_scheme_and_credentials_may_have_several_spaces_between(
    authorization: httpx.Client, client: dict[str, Any], administrator: dict[str, str]
) -> None:
    for credentials in (basic(client["client_id"], client["client_secret"]), administrator):
        spaced = {name: value.replace(" ", "   ") for name, value in credentials.items()}
        answer = authorization.post("/introspect", content="token=x", headers=FORM | spaced)
        assert answer.raise_for_status().json() == {"active": False}


@implements("RFC 6749, 3.2")
def test_token_endpoint_ignores_unknown_parameters_and_the_others_name_them(authorization: httpx.Client) -> None:
    answer = authorization.post("/token?resource=x", content="grant_type=x&unknown=1", headers=FORM)
    assert answer.json()["error"] == "unsupported_grant_type"
    for path in ("/revoke", "/introspect"):
        answer = authorization.post(f"{path}?resource=x", content="token=x", headers=FORM)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert "resource" in answer.json()["error_description"]


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_form_may_be_compressed(authorization: httpx.Client, coding: str, compress: Callable[[bytes], bytes]) -> None:
    answer = authorization.post("/token", content=compress(b"grant_type=x"), headers=FORM | {"content-encoding": coding})
    assert answer.json()["error"] == "unsupported_grant_type"
    answer = authorization.post("/token", content=compress(bytes(200_000)), headers=FORM | {"content-encoding": coding})
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


def test_the_key_value_service_s_own_account_may_follow_revocations(
    authorization: httpx.Client, authorization_service: Service
) -> None:
    file = authorization_service.log.parent / "var/secrets/key_value_client_secret"
    assert file.stat().st_mode & 0o777 == 0o600
    fields = {"grant_type": "client_credentials"}
    answer = authorization.post("/token", data=fields, headers=basic("key_value_service", file.read_text().strip()))
    headers = {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}
    assert authorization.get("/revocations", headers=headers).is_success
    assert authorization.get("/me", headers=headers).status_code == 404
