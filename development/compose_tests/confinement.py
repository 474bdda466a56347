"""Checks of what a container must not do, and of what an image must not contain."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from compose_tests.compose import ComposeProject
from compose_tests.report import Report

CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2)
except OSError:
    print("refused")
else:
    print("connected")
"""


def check_containers(report: Report, project: ComposeProject, services: Collection[str] | None = None) -> None:
    """Check that each container, by default of all services, is unprivileged, without capabilities, on read-only files."""
    for service, container in sorted(project.containers().items()):
        if not container["State"]["Running"] or service not in (services or [service]):  # it had one thing to do
            continue
        status = dict(re.findall(r"^(\w+):\s*(.*)$", project.execute(service, "cat", "/proc/1/status"), re.MULTILINE))
        report.check(f"{service} does not run as root", holds="0" not in status["Uid"].split(), found=status["Uid"])
        report.equal(f"{service} has no capability", {int(status[f"Cap{name}"], 16) for name in ("Eff", "Prm", "Bnd")}, {0})
        report.equal(f"{service} cannot gain privileges", status["NoNewPrivs"], "1")
        mounts = project.execute(service, "cat", "/proc/1/mounts").splitlines()
        access = next(mount.split()[3].split(",")[0] for mount in mounts if mount.split()[1] == "/")
        report.equal(f"{service} has a read-only root", access, "ro")
        report.equal(f"{service} is restarted", container["HostConfig"]["RestartPolicy"]["Name"], "unless-stopped")
        volumes = [mount["Name"] for mount in container["Mounts"] if mount["Type"] == "volume"]
        report.check(f"{service} has named volumes only", holds=not any(map(_is_anonymous, volumes)), found=volumes)


def check_network(report: Report, project: ComposeProject) -> None:
    """Check that services are published on this machine only, and that a Tarantool is reachable by its own service only."""
    containers = project.containers()
    published = {name: _published(container) for name, container in containers.items()}
    for name, addresses in sorted(published.items()):
        if name.endswith("_service"):
            report.equal(f"{name} is published on this machine only", addresses, {"127.0.0.1"})
        else:
            report.equal(f"{name} is not published", addresses, set())
    for service, tarantool, port, expected in (
        ("authorization_service", "authorization_tarantool", 3301, "connected"),
        ("authorization_service", "key_value_tarantool", 3302, "refused"),
        ("key_value_service", "key_value_tarantool", 3302, "connected"),
        ("key_value_service", "authorization_tarantool", 3301, "refused"),
    ):
        address = next(iter(containers[tarantool]["NetworkSettings"]["Networks"].values()))["IPAddress"]
        found = project.execute(service, "python", "-c", CONNECT, address, str(port)).strip()
        report.equal(f"{service} to {tarantool}: {expected}", found, expected)


def check_secrets(report: Report, project: ComposeProject, secrets: Mapping[str, str]) -> None:
    """Check that no secret is in an image, in the engine's description of a container, or in a log."""
    containers = project.containers()
    found = _found_in_images(project, {container["Image"] for container in containers.values()}, secrets)
    report.check("no secret is in an image", holds=not found, found=sorted(found))
    for place, text in (
        ("the engine's description of a container", json.dumps(containers)),
        ("a log", project.compose("logs", "--no-color")),
    ):
        report.check(f"no secret is in {place}", holds=not any(secret in text for secret in secrets.values()))


def _is_anonymous(volume: str) -> bool:
    return re.fullmatch("[0-9a-f]{64}", volume) is not None


def _published(container: Mapping[str, Any]) -> set[str]:
    ports: Mapping[str, list[dict[str, str]] | None] = container["NetworkSettings"]["Ports"]
    return {binding["HostIp"] for bindings in ports.values() for binding in bindings or ()}


def _found_in_images(project: ComposeProject, images: set[str], secrets: Mapping[str, str]) -> set[str]:
    """Search all layers of the images, also files that a later layer hides."""
    found = set()
    overlap = max(map(len, secrets.values()))
    window = b""
    for chunk in project.output_of("docker", "save", *sorted(images)):
        window = window[-overlap:] + chunk
        found |= {name for name, secret in secrets.items() if secret.encode() in window}
    return found
