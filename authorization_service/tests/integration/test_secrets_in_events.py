"""Neither events nor the log contain secrets."""

import uuid
from contextlib import closing
from typing import Any

import httpx
import tarantool

from test_support.authorization.authenticator_app import AuthenticatorApp
from test_support.authorization.people import PASSWORD, Person, register
from test_support.authorization.signing_in import CALLBACK, RegisteredClient
from test_support.authorization.software_passkey import SoftwarePasskey
from test_support.processes import Service, Tarantool

NEW_PASSWORD = "Another-horse-8"
WRONG_PASSWORD = "Wrong-horse-9"
TYPES = {
    "UserRegistered", "LoggedIn", "LoginRefused", "SessionEnded", "RefreshTokenReused", "ProfileChanged", "PasswordChanged",
    "UserDisabled", "UserEnabled", "RoleChanged", "UserUnlocked", "UserLoggedOut", "UserDeleted", "GroupCreated",
    "GroupDeleted", "MemberAdded", "MemberRemoved", "GrantGiven", "GrantTaken", "ClientCreated", "ClientSecretChanged",
    "ClientDeleted", "FactorAdded", "FactorRemoved", "FactorRepeated", "RecoveryCodeUsed", "RecoveryCodesReplaced",
}  # fmt: skip

SECRETS = (
    "access_token", "refresh_token", "client_secret", "device_code", "user_code", "mfa_token", "enrolment", "secret", "uri",
    "request_uri",
)  # fmt: skip


class Tour:
    """Calls operations, and records which ones and which secrets they involved."""

    def __init__(self, service: Service, administrator: Person) -> None:
        self.service = service
        self.administrator = administrator
        self.taken: set[tuple[str, str]] = set()
        self.secrets = {PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, administrator.password, administrator.token}

    def __call__(self, person: Person, method: str, path: str, body: Any = None, *, form: Any = None, **names: str) -> Any:
        """Call an operation; return its response, of which all tokens and secrets are recorded."""
        self.taken.add((method.lower(), path))
        answer = person.send(method, path.format(**names), json=body, data=form)
        assert answer.status_code < 500
        content = answer.json() if answer.content else {}
        self.secrets |= {content[name] for name in SECRETS if name in content} | set(content.get("recovery_codes", ()))
        return content

    def log_in(self, person: Person, password: str = PASSWORD) -> dict[str, str]:
        tokens: dict[str, str] = self(person, "POST", "/login", {"username": person.username, "password": password})
        person.token = tokens["access_token"]
        return tokens


def live_as_a_user(tour: Tour, anna: Person) -> None:
    anna.token = ""
    tour(anna, "POST", "/register", {"username": f"u-{uuid.uuid4().hex}", "password": PASSWORD})
    for username, password in ((PASSWORD, WRONG_PASSWORD), (anna.username, WRONG_PASSWORD), (PASSWORD.lower(), PASSWORD)):
        tour(anna, "POST", "/login", {"username": username, "password": password})
        tour(anna, "POST", "/token", form={"grant_type": "password", "username": username, "password": password})
    tokens = tour.log_in(anna)
    second = tour(anna, "POST", "/refresh", {"refresh_token": tokens["refresh_token"]})
    for used in (second, tokens):
        tour(anna, "POST", "/refresh", {"refresh_token": used["refresh_token"]})
    anna.token = ""  # RFC 6749 wants no Bearer here
    tokens = tour(anna, "POST", "/token", form={"grant_type": "password", "username": anna.username, "password": PASSWORD})
    tour(anna, "POST", "/token", form={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    tour(anna, "POST", "/revoke", form={"token": tokens["access_token"]})
    for operation in ("/logout", "/logout/all"):
        tour.log_in(anna)
        tour(anna, "POST", operation)
    tour.log_in(anna)
    session = tour(anna, "GET", "/sessions")["sessions"][0]["id"]
    tour(anna, "DELETE", "/sessions/{session_id}", session_id=session)
    tour.log_in(anna)
    tour(anna, "PATCH", "/me", {"first_name": "Bella", "profile": {"pin": PASSWORD}})
    for current in (WRONG_PASSWORD, PASSWORD):
        tour(anna, "POST", "/me/password", {"current_password": current, "new_password": NEW_PASSWORD})


def use_a_passkey(tour: Tour, anna: Person, confirmation: dict[str, str]) -> None:
    passkey = SoftwarePasskey(tour.service.url.replace("127.0.0.1", "localhost"))
    begun = tour(anna, "POST", "/me/factors/passkeys", confirmation)
    made = {"challenge": begun["challenge"], "passkey": passkey.register(begun["options"])}
    tour(anna, "POST", "/me/factors/passkeys/confirm", made)
    begun = tour(anna, "POST", "/login/passkey/begin")
    login = {"challenge": begun["challenge"], "passkey": passkey.sign(begun["options"])}
    anna.token = tour(anna, "POST", "/login/passkey", login)["access_token"]


def have_a_second_factor(tour: Tour, anna: Person) -> None:
    password = {"password": NEW_PASSWORD}
    tour.log_in(anna, NEW_PASSWORD)
    begun = tour(anna, "POST", "/me/factors/totp", password)
    app = AuthenticatorApp(begun["uri"])
    for code in (app.wrong_code, app.code()):
        enrolled = tour(anna, "POST", "/me/factors/totp/confirm", {"enrolment": begun["enrolment"], "code": code})
    codes = iter(enrolled["recovery_codes"])
    for code in (app.wrong_code, app.last_code, app.code(), next(codes)):
        begun = tour(anna, "POST", "/login", {"username": anna.username, "password": NEW_PASSWORD})
        tokens = tour(anna, "POST", "/login/second-factor", {"mfa_token": begun["mfa_token"], "code": code})
    anna.token = tokens["access_token"]
    use_a_passkey(tour, anna, password | {"code": next(codes)})
    codes = iter(tour(anna, "POST", "/me/recovery-codes", password | {"code": next(codes)})["recovery_codes"])
    tour(anna, "DELETE", "/me/factors/{factor_id}", password | {"code": next(codes)}, factor_id=enrolled["id"])
    tour(tour.administrator, "DELETE", "/users/{username}/factors", username=anna.username)
    tour(tour.administrator, "PUT", "/policy", {"administrators_need_second_factor": False})


def be_administered(tour: Tour, anna: Person, group: str) -> None:
    administrator = tour.administrator
    user, both = {"username": anna.username}, {"username": anna.username, "name": group}
    tour(administrator, "POST", "/users/{username}/unlock", **user)
    for change in ({"is_enabled": False}, {"is_enabled": True, "role": "administrator"}, {"role": "member"}):
        tour(administrator, "PATCH", "/users/{username}", change, **user)
    tour.log_in(anna, NEW_PASSWORD)
    tour(administrator, "DELETE", "/users/{username}/sessions", **user)
    tour(administrator, "DELETE", "/users/{username}/sessions/{session_id}", session_id=str(uuid.uuid4()), **user)
    tour(administrator, "POST", "/signing-keys", {"compromised": "no"})  # rejected: other tests use the key
    tour(administrator, "PUT", "/groups/{name}", name=group)
    for method in ("PUT", "DELETE"):
        tour(administrator, method, "/groups/{name}/members/{username}", **both)
        tour(administrator, method, "/users/{username}/grants/{grant}", grant="read:a", **user)
        tour(administrator, method, "/groups/{name}/grants/{grant}", grant="read:a", name=group)
    tour(administrator, "DELETE", "/groups/{name}", name=group)
    tour(administrator, "DELETE", "/users/{username}", username=register(tour.service).username)


def use_a_client(tour: Tour, nobody: Person, client_id: str) -> None:
    administrator, nobody.token = tour.administrator, ""
    registration = {"client_id": client_id, "scopes": ["read:default"], "redirect_uris": [CALLBACK]}
    made = tour(administrator, "POST", "/clients", registration)
    for secret in (made["client_secret"], WRONG_PASSWORD):
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        tour(nobody, "POST", "/token", form=form)
        tour(administrator, "POST", "/introspect", form={"token": administrator.token})
    tour(nobody, "POST", "/device_authorization", form={"client_id": client_id, "client_secret": made["client_secret"]})
    confidential = RegisteredClient("", client_id, made["client_secret"])
    tour(nobody, "POST", "/par", form=confidential.ask() | {"client_secret": made["client_secret"]})
    tour(administrator, "POST", "/userinfo")
    tour(administrator, "POST", "/clients/{client_id}/secret", client_id=client_id)
    tour(administrator, "DELETE", "/clients/{client_id}", client_id=client_id)


def read_hashes(server: Tarantool) -> set[str]:
    """Return the stored hashes of passwords and of service accounts' secrets."""
    with closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as connection:
        hashes = {user[3] for user in connection.select("users")} | {client[1] for client in connection.select("clients")}
        return hashes - {""}  # of public clients


def read_all(administrator: Person) -> tuple[set[str], str]:
    """Return the types of all events, and all of their text."""
    types, text, after = set(), "", 0
    while after is not None:
        answer = administrator("GET", f"/events?after={after}&limit=1000").raise_for_status()
        types |= {event["type"] for event in answer.json()["events"]}
        text += answer.text
        after = answer.json()["next"]
    return types, text


def test_no_operation_leaves_a_secret_in_events_or_the_log(authorization_service: Service, administrator: Person) -> None:
    tour = Tour(authorization_service, administrator)
    anna = register(authorization_service)
    live_as_a_user(tour, anna)
    hashes = read_hashes(authorization_service.tarantool)
    be_administered(tour, anna, f"g-{uuid.uuid4().hex}")
    use_a_client(tour, anna, f"c-{uuid.uuid4().hex}")
    have_a_second_factor(tour, anna)
    tour.log_in(anna, NEW_PASSWORD)
    tour(anna, "DELETE", "/me", {"password": NEW_PASSWORD})

    document = httpx.get(f"{authorization_service.url}/openapi.json", trust_env=False).json()
    assert {(method, path) for path, item in document["paths"].items() for method in item if method != "get"} <= tour.taken
    types, text = read_all(administrator)
    assert types >= TYPES
    secrets = tour.secrets | hashes | read_hashes(authorization_service.tarantool)
    parts = {part for secret in secrets for part in (secret, secret.lower(), *(secret.split("$")[-1:] if "$" in secret else []))}
    assert len(parts) > 20
    for searched in (text, authorization_service.output):
        assert [part for part in parts if part in searched] == []
        for mark in ("$argon2", "eyJ"):
            assert mark not in searched
