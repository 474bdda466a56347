"""Test `docker compose up` on this machine, of both compose files and those of the examples: `make test-compose`.

Starts a fresh copy of the working tree under its own project name and ports, checks it from inside and outside, and removes
it again. Uses a running engine, or starts its own for the test (as root; it installs Debian's packages if they are absent).
Builds stand-ins where the official base images cannot be pulled; COMPOSE_BASE=official or COMPOSE_BASE=stand-in forces the
choice. Stand-ins are kept for the next run: in the engine that was running, or in var/compose_tests.
"""

import os
import resource
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from compose_tests.applications import FILES, Ports, check_applications
from compose_tests.backups import check_backups
from compose_tests.base_images import STAND_IN_OF_2_6, choose_base_images
from compose_tests.bill_of_materials import check_bills_of_materials
from compose_tests.cluster import SINGLE_INSTANCES, check_cluster
from compose_tests.compose import ComposeProject
from compose_tests.confinement import check_containers, check_network, check_secrets
from compose_tests.engine import docker_engine
from compose_tests.http_client import UNREACHABLE, Client, find_free_ports
from compose_tests.operation import METRICS_PORTS, check_events, check_keys, check_metrics, check_namespaces
from compose_tests.report import Report
from compose_tests.tree import ROOT, copy_of_the_tree, litter_in

CACHE = ROOT / "var" / "compose_tests"
CLUSTER_FILE = "docker-compose.cluster.yml"
MAX_OPEN_FILES = 65_536  # of docker-compose.yml
COLLECTION = ROOT / "postman_tests" / "key_value_store.postman_collection.json"
HEALTHY_SECONDS = 180
LIVE_SECONDS = 30
ADMINISTRATOR = ("authorization_service", "/var/lib/authorization_service/administrator_password")
SECRETS = {
    "the administrator's password": ADMINISTRATOR,
    "the authorization Tarantool's password": ("authorization_tarantool", "/run/authorization_tarantool/password"),
    "the key-value Tarantool's password": ("key_value_tarantool", "/run/key_value_tarantool/password"),
}
MIN_SECRET = 20
USER_PASSWORD = "Correct-horse-7"  # noqa: S105 - of a user who lives as long as the test
PREFIXES_OF_SETTINGS = (
    "ACCOUNTS_", "AUTHORIZATION_", "AWS_", "BACKUP_", "COFFEE_", "COMPOSE_", "HAPROXY_", "KEY_VALUE_", "MICROBLOG_", "NODE_IMAGE",
    "PUBLISHED_ADDRESS", "PYTHON_IMAGE", "RABBITMQ_", "REDIS_", "TARANTOOL_",
)  # fmt: skip


def main() -> None:
    """Run all steps and exit with 0 if every check passed. With an argument, the program of a Tarantool 3: the cluster alone."""
    program = Path(sys.argv[1]).resolve(strict=True) if len(sys.argv) > 1 else None
    _on_every_signal(_stop)
    report = Report()
    report.step("finding or starting an engine")
    with docker_engine(CACHE / "engine") as environment, copy_of_the_tree() as folder:
        report.step("getting or making the base images")
        choice = os.environ.get("COMPOSE_BASE", "auto")
        files = [folder / file for file in (CLUSTER_FILE, *FILES)]
        images = choose_base_images(choice, files, CACHE, environment, program)
        # Without the caller's own settings: the defaults must work.
        neutral = {name: value for name, value in environment.items() if not name.startswith(PREFIXES_OF_SETTINGS)}
        # No container may have more open files than the machine allows this process.
        neutral["MAX_OPEN_FILES"] = str(min(MAX_OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        if program is None:
            _test_store(report, folder, neutral | images)
        _test_cluster(report, folder, neutral | images)
    print(f"{report.passed} passed, {report.failed} failed")
    sys.exit(report.failed > 0)


def _test_store(report: Report, folder: Path, environment: Mapping[str, str]) -> None:
    authorization_port, key_value_port, *others = find_free_ports(5)
    client, ports = Client(authorization_port, key_value_port), Ports(*others)
    settings = {
        "AUTHORIZATION_PUBLISHED_PORT": str(client.authorization_port),
        "KEY_VALUE_PUBLISHED_PORT": str(client.key_value_port),
        "AUTHORIZATION_METRICS_PORT": str(METRICS_PORTS["authorization_service"]),
        "KEY_VALUE_METRICS_PORT": str(METRICS_PORTS["key_value_service"]),
        "COMPOSE_PROFILES": "backup",
        "KEY_VALUE_BACKUP_STATUS_FILE": "/run/backup/status",
        "RABBITMQ_PASSWORD": secrets.token_hex(16),
        **ports.settings,
    }
    name, environment = f"key_value_store_test_{os.getpid()}", {**environment, **settings}
    project = ComposeProject(name, folder, environment)
    whole = ComposeProject(name, folder, environment, "docker-compose.yml", *FILES)

    def run() -> None:
        _run(report, project, client, folder)
        check_applications(report, whole, ports, ADMINISTRATOR)

    _test(report, whole, run)


def _test_cluster(report: Report, folder: Path, environment: Mapping[str, str]) -> None:
    [port], name = find_free_ports(1), f"key_value_cluster_test_{os.getpid()}"
    is_whole = not environment["TARANTOOL_IMAGE"].endswith(STAND_IN_OF_2_6)
    settings = {"TLS_PUBLISHED_PORT": str(port), "AUTHORIZATION_ACCESS_TOKEN_SECONDS": "3600"} | (
        {} if is_whole else SINGLE_INSTANCES
    )
    project = ComposeProject(name, folder, {**environment, **settings}, CLUSTER_FILE)
    _test(report, project, lambda: check_cluster(report, project, port, is_whole=is_whole))


def _test(report: Report, project: ComposeProject, run: Callable[[], None]) -> None:
    try:
        run()
    finally:
        _on_every_signal(signal.SIG_IGN)
        report.step("removing containers, images, networks and volumes")
        project.remove()
        _on_every_signal(_stop)


def _run(report: Report, project: ComposeProject, client: Client, folder: Path) -> None:
    litter = litter_in(folder)
    report.step(f"building and starting with docker compose {project.version}; the first time takes minutes")
    project.compose("up", "-d")
    _check_health(report, project)

    report.step("checking confinement")
    report.equal("there are five containers", len(project.containers()), 5)
    check_containers(report, project)
    check_bills_of_materials(report, project)
    check_network(report, project)
    check_secrets(report, project, litter | _secrets(report, project))

    report.step("using the two services together")
    password = _read(project, *ADMINISTRATOR)
    value = {"written": ["before", 1.0, None]}
    report.check("the administrator logs in", holds=client.log_in("admin", password) is not None)
    listed = project.execute("authorization_service", "authorization-service", "users", "list", "--json")
    report.check("the command line lists the administrator", holds='"username": "admin"' in listed, found=listed)
    report.equal("a user registers", client.register("anna", USER_PASSWORD), 201)
    token = client.log_in("anna", USER_PASSWORD)
    report.equal("the user writes a pair", client.write(token, {"survivor": value}), 200)
    report.equal("and reads it", client.read(token, ["survivor"]), {"survivor": value})
    report.equal("a read without a token is refused", client.read(None, ["survivor"]), None)
    report.equal("the console is served, and knows its client", client.find_console_client(), "console")
    _run_collection(report, client, password)

    report.step("operating it")
    check_namespaces(report, project, client, "anna", USER_PASSWORD)
    check_events(report, client, password, "anna")
    check_metrics(report, project)
    check_keys(report, project, client, "anna", USER_PASSWORD)
    token = client.log_in("anna", USER_PASSWORD)

    report.step("taking everything down, and starting the key-value service alone")
    project.compose("down")
    project.compose("up", "-d", "key_value_service")
    report.equal(
        "only its Tarantool is started with it", sorted(project.containers()), ["key_value_service", "key_value_tarantool"]
    )
    report.equal("it is live", _eventually_live(client), 200)
    report.equal("it is not ready", client.key_value_health("ready"), 503)

    report.step("starting the rest")
    project.compose("up", "-d")
    _check_health(report, project)
    report.equal("the administrator's password is the same", _read(project, *ADMINISTRATOR), password)
    report.check("the administrator logs in with it", holds=client.log_in("admin", password) is not None)
    report.equal(
        "a token issued before is still accepted, and the pair is there", client.read(token, ["survivor"]), {"survivor": value}
    )
    token = client.log_in("anna", USER_PASSWORD)
    report.equal("a new token is accepted, too", client.read(token, ["survivor"]), {"survivor": value})

    report.step("backing up, and restoring")
    check_backups(report, project, client, token)

    report.step("stopping the authorization service, then everything")
    project.compose("stop", "authorization_service")
    report.equal("the pair is still read", client.read(token, ["survivor"]), {"survivor": value})
    project.compose("stop")
    for service, container in sorted(project.containers().items()):
        report.equal(f"{service} ends with 0", container["State"]["ExitCode"], 0)


def _check_health(report: Report, project: ComposeProject) -> None:
    health = project.wait_until_healthy(HEALTHY_SECONDS)
    report.step("waited for the health checks")
    for service in project.services:
        report.equal(f"{service} is healthy", health.get(service, "no container"), "healthy")
    if set(health.values()) != {"healthy"}:
        print(project.compose("logs", "--no-color", "--tail", "30"))


def _secrets(report: Report, project: ComposeProject) -> dict[str, str]:
    """Return the secrets that the first start created, and check their length and permissions."""
    found = {}
    for name, (service, path) in SECRETS.items():
        found[name] = _read(project, service, path)
        report.check(f"{name} has at least {MIN_SECRET} characters", holds=len(found[name]) >= MIN_SECRET)
        mode = project.execute(service, "stat", "--format=%a", path).strip()
        report.check(f"{name} is not world-readable", holds=mode in {"600", "640"}, found=mode)
    key = project.execute("authorization_service", "sh", "-c", "cat /var/lib/authorization_service/certificates/*.pem")
    # One line from the middle: the first and the last are the same in every key.
    return found | {"the signing key": key.splitlines()[10]}


def _read(project: ComposeProject, service: str, path: str) -> str:
    return project.execute(service, "cat", path).strip()


def _run_collection(report: Report, client: Client, administrator_password: str) -> None:
    newman = COLLECTION.parent / "node_modules" / ".bin" / "newman"
    if not newman.exists():
        sys.exit("newman is not installed: run `make test-compose`, which installs it.")
    run = subprocess.run(
        [
            newman, "run", COLLECTION, "--color", "off",
            "--env-var", f"authorization_url=http://127.0.0.1:{client.authorization_port}",
            "--env-var", f"key_value_url=http://127.0.0.1:{client.key_value_port}",
            "--env-var", "administrator_username=admin",
            "--env-var", f"administrator_password={administrator_password}",
        ],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )  # fmt: skip
    report.check("newman passes the Postman collection", holds=run.returncode == 0, found=run.stdout)


def _eventually_live(client: Client) -> int:
    deadline = time.monotonic() + LIVE_SECONDS
    while (status := client.key_value_health("live")) == UNREACHABLE and time.monotonic() < deadline:
        time.sleep(0.5)
    return status


def _on_every_signal(action: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, action)


def _stop(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
