"""Operate a running project: grants, events, metrics, key rotation."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from compose_tests.compose import ComposeProject
from compose_tests.http_client import Client
from compose_tests.report import Report

T = TypeVar("T")

METRICS_PORTS = {"authorization_service": 8081, "key_value_service": 9081}
NAMESPACE = "team-1"
# A verifier fetches unknown keys at once, but pauses between two fetches.
FETCHED_WITHIN_SECONDS = 15
FETCH = """
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=4)
connection.request("GET", "/metrics")
print(connection.getresponse().read().decode())
"""


def check_namespaces(report: Report, project: ComposeProject, client: Client, username: str, password: str) -> None:
    """Grant a user a namespace; check that the user can create and use it, and that others cannot."""
    client.register("stranger", password)
    stranger = client.log_in("stranger", password)
    authorization_service(project, "grants", "give", f"admin:{NAMESPACE[:-1]}*", "--user", username)
    token = client.log_in(username, password)
    report.equal(
        "a user with the grant creates the namespace", client.ask_key_value("PUT", f"/namespaces/{NAMESPACE}", {}, token)[0], 201
    )
    pair = f"/namespaces/{NAMESPACE}/pair?key=a"
    report.equal("and writes a pair in it", client.ask_key_value("PUT", pair, {"kept": 1}, token)[0], 201)
    report.equal("and reads it", client.ask_key_value("GET", pair, None, token)[0], 200)
    report.equal("another user is refused", client.ask_key_value("GET", pair, None, stranger)[0], 403)


def check_events(report: Report, client: Client, administrator_password: str, username: str) -> None:
    """Check that an administrator can read a user's events."""
    token = client.log_in("admin", administrator_password)
    events = client.ask_authorization("GET", f"/events?user={username}&limit=1000", None, token)[1].get("events", [])
    types = [event["type"] for event in events]
    report.check("the user's events are listed", holds={"UserRegistered", "LoggedIn", "GrantGiven"} <= set(types), found=types)


def check_metrics(report: Report, project: ComposeProject) -> None:
    """Check that both services serve metrics to their network, where Prometheus would be."""
    for service, port in METRICS_PORTS.items():
        metrics = project.execute("key_value_service", "python", "-I", "-c", FETCH, service, str(port))
        report.check(f"{service} serves metrics", holds="http_request_duration_seconds_count" in metrics, found=metrics[:500])


def check_keys(report: Report, project: ComposeProject, client: Client, username: str, password: str) -> None:
    """Check that a rotated key is published and tokens stay valid, and that a compromised key's tokens are rejected."""
    before = client.log_in(username, password)
    (first,) = list_keys(project)
    waiting = json.loads(authorization_service(project, "keys", "rotate", "--json"))["key_id"]
    states = {key["key_id"]: key["state"] for key in list_keys(project)}
    report.equal("the new key is waiting to sign", states, {first["key_id"]: "signing", waiting: "waiting"})
    published = eventually(lambda: sorted(find_published_keys(client)), sorted(states))
    report.equal("and is published beside the signing key", published, sorted(states))
    report.check("a token issued before is accepted", holds=is_accepted(client, before))
    withdrawing = json.loads(authorization_service(project, "keys", "rotate", "--compromised", "--json"))["key_id"]
    report.equal(
        "a compromised key is no longer published", eventually(lambda: find_published_keys(client), [withdrawing]), [withdrawing]
    )
    after = client.log_in(username, password)
    report.check("a token of the new key is accepted", holds=eventually(lambda: is_accepted(client, after), True))
    report.check("a token of the compromised key is rejected", holds=not eventually(lambda: is_accepted(client, before), False))
    authorization_service(project, "keys", "prune")
    report.equal("expired keys are pruned", [key["key_id"] for key in list_keys(project)], [withdrawing])


def authorization_service(project: ComposeProject, *arguments: str) -> str:
    """Run a command of the authorization service in its container."""
    return project.execute("authorization_service", "authorization-service", *arguments)


def list_keys(project: ComposeProject) -> list[dict[str, Any]]:
    """Return the signing keys that the command line lists."""
    keys: list[dict[str, Any]] = json.loads(authorization_service(project, "keys", "list", "--json"))
    return keys


def find_published_keys(client: Client) -> list[str]:
    """Return the ids of the published keys."""
    return [key["kid"] for key in client.ask_authorization("GET", "/.well-known/jwks.json", None, None)[1].get("keys", [])]


def is_accepted(client: Client, token: str | None) -> bool:
    """Return whether the key-value service accepts the token for a read."""
    return client.read(token, ["a"]) is not None


def eventually(find: Callable[[], T], expected: T, seconds: float = FETCHED_WITHIN_SECONDS) -> T:
    """Return the expected value as soon as `find` returns it, or what it returns after so many seconds."""
    deadline = time.monotonic() + seconds
    while (found := find()) != expected and time.monotonic() < deadline:
        time.sleep(0.2)
    return found
