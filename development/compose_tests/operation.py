"""What those who look after a running project do, and what comes of it."""

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
    """An operator grants, and the user makes a namespace that nobody else may use."""
    client.register("stranger", password)
    stranger = client.log_in("stranger", password)
    authorization_service(project, "grants", "give", f"admin:{NAMESPACE[:-1]}*", "--user", username)
    token = client.log_in(username, password)
    report.equal(
        "who was given it may make a namespace", client.ask_key_value("PUT", f"/namespaces/{NAMESPACE}", {}, token)[0], 201
    )
    pair = f"/namespaces/{NAMESPACE}/pairs/a"
    report.equal("and write a pair in it", client.ask_key_value("PUT", pair, {"kept": 1}, token)[0], 201)
    report.equal("and read it", client.ask_key_value("GET", pair, None, token)[0], 200)
    report.equal("nobody else may", client.ask_key_value("GET", pair, None, stranger)[0], 403)


def check_events(report: Report, client: Client, administrator_password: str, username: str) -> None:
    """An administrator sees what has happened."""
    token = client.log_in("admin", administrator_password)
    told = client.ask_authorization("GET", f"/events?user={username}&limit=1000", None, token)[1].get("events", [])
    types = [event["type"] for event in told]
    report.check("the events tell of the user", holds={"UserRegistered", "LoggedIn", "GrantGiven"} <= set(types), found=types)


def check_metrics(report: Report, project: ComposeProject) -> None:
    """Prometheus, in the network of the services, hears of both."""
    for service, port in METRICS_PORTS.items():
        told = project.execute("key_value_service", "python", "-I", "-c", FETCH, service, str(port))
        report.check(f"{service} tells its metrics", holds="http_request_duration_seconds_count" in told, found=told[:500])


def check_keys(report: Report, project: ComposeProject, client: Client, username: str, password: str) -> None:
    """A rotation is published and refuses nobody; after that of a compromised key tokens of the old one are worth nothing."""
    before = client.log_in(username, password)
    (first,) = list_keys(project)
    waiting = json.loads(authorization_service(project, "keys", "rotate", "--json"))["key_id"]
    states = {key["key_id"]: key["state"] for key in list_keys(project)}
    report.equal("a new key waits to sign", states, {first["key_id"]: "signing", waiting: "waiting"})
    published = eventually(lambda: sorted(find_published_keys(client)), sorted(states))
    report.equal("and is published with the one that signs", published, sorted(states))
    report.check("a token from before is good", holds=is_believed(client, before))
    withdrawing = json.loads(authorization_service(project, "keys", "rotate", "--compromised", "--json"))["key_id"]
    report.equal(
        "a compromised key is not published", eventually(lambda: find_published_keys(client), [withdrawing]), [withdrawing]
    )
    after = client.log_in(username, password)
    report.check("a token of the new key is good", holds=eventually(lambda: is_believed(client, after), True))
    report.check("a token of the compromised one is not", holds=not eventually(lambda: is_believed(client, before), False))
    authorization_service(project, "keys", "prune")
    report.equal("what has expired is removed", [key["key_id"] for key in list_keys(project)], [withdrawing])


def authorization_service(project: ComposeProject, *arguments: str) -> str:
    """Run a command of the authorization service where it runs."""
    return project.execute("authorization_service", "authorization-service", *arguments)


def list_keys(project: ComposeProject) -> list[dict[str, Any]]:
    """Return the signing keys as the command line tells them."""
    keys: list[dict[str, Any]] = json.loads(authorization_service(project, "keys", "list", "--json"))
    return keys


def find_published_keys(client: Client) -> list[str]:
    """Return the ids of the keys that verifiers are told."""
    return [key["kid"] for key in client.ask_authorization("GET", "/.well-known/jwks.json", None, None)[1].get("keys", [])]


def is_believed(client: Client, token: str | None) -> bool:
    """Tell whether the key-value service lets this token read."""
    return client.read(token, ["a"]) is not None


def eventually(find: Callable[[], T], expected: T) -> T:
    """Return what is expected as soon as it is found; what is found in its place when the time is over."""
    deadline = time.monotonic() + FETCHED_WITHIN_SECONDS
    while (found := find()) != expected and time.monotonic() < deadline:
        time.sleep(0.2)
    return found
