"""Test docker-compose.cluster.yml: services and leaders are killed while a client writes through HAProxy."""

import re
import ssl
import threading
import time
from http import HTTPStatus
from subprocess import CalledProcessError

from compose_tests.compose import ComposeProject
from compose_tests.confinement import check_containers
from compose_tests.http_client import Client
from compose_tests.operation import eventually
from compose_tests.report import Report

# Tarantool 2.6 has no replica sets.
SINGLE_INSTANCES = {
    "AUTHORIZATION_TARANTOOL_PEERS": "",
    "AUTHORIZATION_TARANTOOL_ADDRESSES": "authorization_tarantool_1:3301",
    "KEY_VALUE_TARANTOOL_PEERS": "",
    "KEY_VALUE_TARANTOOL_ADDRESSES": "key_value_tarantool_1:3302",
}
HEALTHY_SECONDS = 300
WHOLE_SECONDS = 120
SERVICES = ("authorization_service", "key_value_service")
PASSWORD_FILE = "/var/lib/authorization_service/administrator_password"  # noqa: S105
CERTIFICATE = "/run/certificates/certificate.pem"
KILLS = 3
USER_PASSWORD = "Correct-horse-7"  # noqa: S105 - of a user who lives as long as the test


class Writer:
    """Writes one number after another through HAProxy, and knows the last one that was acknowledged."""

    def __init__(self, client: Client, token: str | None) -> None:
        self._client = client
        self._token = token
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.acknowledged = 0
        self._thread.start()

    def end(self) -> None:
        """Wait for the last answer."""
        self._ended.set()
        self._thread.join()

    def goes_on(self) -> bool:
        """Return whether something that is sent from now on is acknowledged within WHOLE_SECONDS."""
        wanted, deadline = self.acknowledged + 2, time.monotonic() + WHOLE_SECONDS
        while self.acknowledged < wanted and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.acknowledged >= wanted

    def _write(self) -> None:
        while not self._ended.is_set():
            number = self.acknowledged + 1
            if self._client.write(self._token, {"counter": number, f"kept-{number}": number}) == HTTPStatus.OK:
                self.acknowledged = number
            else:
                time.sleep(0.05)


def check_cluster(report: Report, project: ComposeProject, port: int, *, is_whole: bool) -> None:
    """Check the cluster: whole, or with single instances where the Tarantool has no replica sets."""
    members = range(1, 4 if is_whole else 2)
    tarantools = {kind: [f"{kind}_tarantool_{number}" for number in members] for kind in ("authorization", "key_value")}
    services = [f"{service}_{number}" for service in SERVICES for number in (1, 2)]
    wanted = [*(name for names in tarantools.values() for name in names), *services, "haproxy"]
    report.step(f"building and starting the cluster: {len(wanted)} containers")
    project.compose("up", "-d", *wanted)
    health = project.wait_until_healthy(HEALTHY_SECONDS, wanted)
    report.equal("all of the cluster is healthy", {name for name in wanted if health.get(name) != "healthy"}, set())
    if set(health.values()) != {"healthy"}:
        print(project.compose("logs", "--no-color", "--tail", "30"))
    check_containers(report, project)

    report.step("using it through HAProxy, with TLS")
    authority = project.execute("haproxy", "cat", CERTIFICATE)
    client = Client(port, port, ssl.create_default_context(cadata=authority))
    password = project.execute("authorization_service_1", "cat", PASSWORD_FILE).strip()
    report.check("the administrator logs in", holds=client.log_in("admin", password) is not None)
    report.equal("a user registers", client.register("anna", USER_PASSWORD), 201)
    token = client.log_in("anna", USER_PASSWORD)
    writer = Writer(client, token)
    try:
        report.check("and writes", holds=writer.goes_on())
        for service in services:
            _kill(project, service)
            report.check(f"writes go on without {service}", holds=writer.goes_on())
            logs_in = eventually(lambda: client.log_in("anna", USER_PASSWORD) is not None, True)
            report.check("and so do logins", holds=logs_in)
            _start(project, service)
            project.wait_until_healthy(HEALTHY_SECONDS, [service])
        for names in tarantools.values() if is_whole else ():
            _kill_leaders(report, project, names, client, writer)
    finally:
        writer.end()
    kept = {f"kept-{number}": number for number in range(1, writer.acknowledged + 1)}
    found: dict[str, object] = {}
    for first in range(1, writer.acknowledged + 1, 500):
        keys = [f"kept-{number}" for number in range(first, min(first + 500, writer.acknowledged + 1))]
        found |= client.read(token, keys) or {}
    report.check(f"all {writer.acknowledged} acknowledged writes are there", holds=found == kept)


def _kill_leaders(report: Report, project: ComposeProject, names: list[str], client: Client, writer: Writer) -> None:
    report.step(f"killing {KILLS} leaders of {', '.join(names)}")
    for _ in range(KILLS):
        leader = _find_leader(project, names)
        _kill(project, leader)
        began = time.monotonic()
        report.check(f"writes go on without {leader}", holds=writer.goes_on())
        logs_in = eventually(lambda: client.log_in("anna", USER_PASSWORD) is not None, True)
        report.check("and so do logins", holds=logs_in)
        print(f"          after {time.monotonic() - began:.1f} s", flush=True)
        _start(project, leader)
        deadline = time.monotonic() + WHOLE_SECONDS
        while not _is_whole(project, names) and time.monotonic() < deadline:
            time.sleep(0.5)
        report.check("the set is whole again", holds=_is_whole(project, names))


def _find_leader(project: ComposeProject, names: list[str]) -> str:
    """Return the member that serves. Raises StopIteration if none does within WHOLE_SECONDS."""
    deadline = time.monotonic() + WHOLE_SECONDS
    while not (found := _serving(project, names)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return next(iter(found))


def _serving(project: ComposeProject, names: list[str]) -> list[str]:
    return [name for name in names if re.search("^is_serving: true", _status(project, name), re.MULTILINE)]


def _is_whole(project: ComposeProject, names: list[str]) -> bool:
    return all(re.search("^connected: 3", _status(project, name), re.MULTILINE) for name in names)


def _status(project: ComposeProject, name: str) -> str:
    try:
        return project.execute(name, "sh", "-c", "../entrypoint.sh ../cluster.lua status || true")
    except CalledProcessError:  # it is being restarted
        return ""


def _kill(project: ComposeProject, service: str) -> None:
    project.docker("kill", project.containers()[service]["Id"])


def _start(project: ComposeProject, service: str) -> None:
    project.docker("start", project.containers()[service]["Id"])
