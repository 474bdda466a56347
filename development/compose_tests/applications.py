"""The example applications in containers, beside the store: what people do there, and what happens when a part is away."""

import http.client
import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from compose_tests.compose import ComposeProject
from compose_tests.confinement import check_containers
from compose_tests.http_client import ANSWER_SECONDS, ask
from compose_tests.operation import authorization_service, eventually
from compose_tests.report import Report

FILES = (
    "examples/microblog/docker-compose.yml",
    "examples/coffee/docker/docker-compose.yml",
    "examples/accounts/docker-compose.yml",
)
SERVICES = ("microblog", "coffee", "coffee_worker", "coffee_redis", "accounts", "accounts_rabbitmq")
ONCE = ("microblog_account", "coffee_account", "accounts_account")
HEALTHY_SECONDS = 300
EVENT_SECONDS = 120
LISTEN_SECONDS = 5
PASSWORD = "Correct-horse-7"  # noqa: S105 - of users who live as long as the test


@dataclass(frozen=True)
class Ports:
    """Where each application is published."""

    microblog: int
    coffee: int
    accounts: int

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the compose files."""
        return {f"{name.upper()}_PUBLISHED_PORT": str(port) for name, port in vars(self).items()}


class Application:
    """An application, as its page uses it."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, method: str, path: str, body: object = None, token: str | None = None) -> tuple[int, Any]:
        """Send a request; return the status with the document, or with the text of what is no JSON."""
        return ask(http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS), method, path, body, token)

    def is_healthy(self) -> bool:
        """Return whether `/health` says so."""
        return self.ask("GET", "/health") == (HTTPStatus.OK, {"status": "ok"})

    def sign_in(self, path: str, username: str, password: str = PASSWORD) -> str | None:
        """Return an access token, or None where it is refused."""
        token: str | None = self.ask("POST", path, {"username": username, "password": password})[1].get("access_token")
        return token


def check_applications(report: Report, project: ComposeProject, ports: Ports, password_file: tuple[str, str]) -> None:
    """Check all three: started by one command on a store that has data already, used, and with a part killed.

    `password_file`: the service and the path of the administrator's password.
    """
    report.step("building and starting the examples beside the store")
    project.compose("up", "-d")
    health = project.wait_until_healthy(HEALTHY_SECONDS, SERVICES)
    report.step("waited for the health checks")
    report.equal("all of the examples are healthy", {name for name in SERVICES if health.get(name) != "healthy"}, set())
    if set(health.values()) != {"healthy"}:
        print(project.compose("logs", "--no-color", "--tail", "30", *SERVICES, *ONCE))
    containers = project.containers()
    ended = {name: containers[name]["State"]["ExitCode"] for name in ONCE}
    report.equal("their service accounts are made", ended, dict.fromkeys(ONCE, 0))
    check_containers(report, project, SERVICES)
    for name, port in vars(ports).items():
        application = Application(port)
        report.check(f"{name} answers /health", holds=application.is_healthy())
        status, page = application.ask("GET", "/")
        report.check(f"{name} has a page", holds=status == HTTPStatus.OK and "<title>" in page, found=page)
    service, path = password_file
    administrator_password = project.execute(service, "cat", path).strip()
    _check_microblog(report, project, Application(ports.microblog))
    _check_coffee(report, project, Application(ports.coffee), administrator_password)
    _check_accounts(report, project, Application(ports.accounts), administrator_password)


def _check_microblog(report: Report, project: ComposeProject, microblog: Application) -> None:
    report.step("posting in the microblog, and restarting it")
    registered = microblog.ask("POST", "/api/v1/users", {"username": "mia", "password": PASSWORD, "name": "Mia"})
    report.equal("somebody registers", registered[0], HTTPStatus.CREATED)
    token = microblog.sign_in("/api/v1/sessions", "mia")
    posted = microblog.ask("POST", "/api/v1/tweets", {"text": "Kept"}, token)
    report.equal("and posts", posted[0], HTTPStatus.CREATED)
    project.compose("restart", "microblog")
    report.check("it is back after a restart", holds=eventually(microblog.is_healthy, True, HEALTHY_SECONDS))
    status, feed = microblog.ask("GET", "/api/v1/feed", token=token)
    report.equal("nothing is lost", (status, feed.get("items")), (HTTPStatus.OK, [posted[1]]))


def _check_coffee(report: Report, project: ComposeProject, coffee: Application, administrator_password: str) -> None:
    report.step("talking about coffee, and killing the worker")
    tokens = {}
    for name in ("kim", "lee"):
        registered = coffee.ask("POST", "/api/v1/auth/register", {"username": name, "password": PASSWORD, "name": name})
        report.equal(f"{name} registers", registered[0], HTTPStatus.CREATED)
        tokens[name] = coffee.sign_in("/api/v1/auth/login", name)
    status, room = coffee.ask("POST", "/api/v1/rooms", {"topic": "Grind size"}, tokens["kim"])
    report.equal("kim opens a room", status, HTTPStatus.CREATED)

    def say(text: str) -> int:
        return coffee.ask("POST", f"/api/v1/rooms/{room['id']}/messages", {"text": text}, tokens["lee"])[0]

    def read_notifications() -> list[str]:
        return [each["text"] for each in coffee.ask("GET", "/api/v1/notifications", token=tokens["kim"])[1]["items"]]

    report.equal("lee says something", say("Finer"), HTTPStatus.CREATED)
    report.equal("kim is notified", eventually(read_notifications, ["lee: Finer"], EVENT_SECONDS), ["lee: Finer"])
    project.docker("kill", project.containers()["coffee_worker"]["Id"])
    report.equal("lee goes on without a worker", say("Coarser"), HTTPStatus.CREATED)
    project.compose("up", "-d", "coffee_worker")
    both = ["lee: Coarser", "lee: Finer"]
    report.equal("kim is notified of both", eventually(read_notifications, both, EVENT_SECONDS), both)
    administrator = coffee.sign_in("/api/v1/auth/login", "admin", administrator_password)

    def list_waiting() -> list[Any]:
        waiting: list[Any] = coffee.ask("GET", "/api/v1/tasks/waiting", token=administrator)[1]["items"]
        return waiting

    report.equal("no event waits", eventually(list_waiting, [], EVENT_SECONDS), [])
    report.equal("and kim was notified once of each", read_notifications(), both)


def _check_accounts(report: Report, project: ComposeProject, accounts: Application, administrator_password: str) -> None:
    report.step("adding users to the accounts, also while RabbitMQ is stopped")
    authorization_service(project, "grants", "give", "admin:accounts", "--user", "admin")
    token = accounts.sign_in("/api/v1/sessions/", "admin", administrator_password)
    heard = _listen(project)  # from now on, a queue keeps the events
    added = []
    for name in ("noa", "ole"):
        if name == "ole":
            project.compose("stop", "accounts_rabbitmq")
        status, user = accounts.ask("POST", "/api/v1/users/", {"username": name, "first_name": name}, token)
        report.equal(f"{name} is added", status, HTTPStatus.CREATED)
        added.append(f"user.created {user.get('id')}")
    report.check("without RabbitMQ, the service is healthy", holds=accounts.is_healthy())
    project.compose("up", "-d", "accounts_rabbitmq")
    deadline = time.monotonic() + EVENT_SECONDS
    while sorted(heard) != sorted(added) and time.monotonic() < deadline:
        heard += _listen(project)
    report.equal("a consumer hears of both, once of each", sorted(heard), sorted(added))


def _listen(project: ComposeProject) -> list[str]:
    """Consume events for LISTEN_SECONDS; return the types and subjects of those that are new to the consumer."""
    command = f"timeout --signal INT {LISTEN_SECONDS} accounts consume || true"
    return re.findall(r"user\.created \S+", project.execute("accounts", "sh", "-c", command))
