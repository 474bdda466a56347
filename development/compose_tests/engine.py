"""A Docker engine: a running one, or one that is started for the test."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from compose_tests.machine_network import network_left_as_found

NEED = Path(__file__).parents[1] / "tools" / "need.sh"
# Debian's package of each command.
PACKAGES = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "docker-compose": "docker-compose",
    "debootstrap": "debootstrap",
    "ip": "iproute2",
}
START_SECONDS = 60
STOP_SECONDS = 60


@contextmanager
def docker_engine(data: Path) -> Iterator[dict[str, str]]:
    """Provide an engine; yields the environment in which `docker` and `docker compose` find it.

    An engine that is started here keeps its base images in `data` and listens on a socket of its own; apart from these images
    and the installed packages it leaves nothing behind.
    """
    if _answers(os.environ):
        yield dict(os.environ)
        return
    if os.geteuid() != 0:
        sys.exit("No Docker engine is running, and starting one needs root.")
    for command, package in PACKAGES.items():
        subprocess.run([NEED, command, package], check=True)
    if _answers(os.environ):  # Debian's package starts an engine where there is a service manager.
        yield dict(os.environ)
        return
    # A socket's address must be short, and a checkout's may be long.
    with (
        tempfile.TemporaryDirectory(prefix="docker_", dir="/run") as directory,
        network_left_as_found(),
        _own_engine(Path(directory), data) as environment,
    ):
        yield environment


def _answers(environment: Mapping[str, str]) -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], env=environment, capture_output=True, check=False).returncode == 0


@contextmanager
def _own_engine(directory: Path, data: Path) -> Iterator[dict[str, str]]:
    data.mkdir(parents=True, exist_ok=True)
    host = f"unix://{directory}/docker.sock"
    log_path = directory / "dockerd.log"
    with log_path.open("wb") as log:
        # In its own session: Ctrl-C does not reach it, so that it is there for the clean-up. If this process is killed, it ends.
        engine = subprocess.Popen(
            [
                "setpriv", "--pdeathsig", "TERM",
                "dockerd", "--host", host, "--pidfile", f"{directory}/docker.pid",
                "--data-root", str(data), "--exec-root", f"{directory}/exec",
            ],
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    environment = {**os.environ, "DOCKER_HOST": host}
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(environment):
            if engine.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"dockerd does not start:\n{log_path.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield environment
    finally:
        _empty(environment)
        engine.terminate()
        try:
            engine.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            engine.kill()


def _empty(environment: Mapping[str, str]) -> None:
    """Remove everything but named images, which are base images."""

    def docker(*arguments: str) -> str:
        command = ["docker", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout

    if containers := docker("container", "ls", "--all", "--quiet").split():
        docker("container", "rm", "--force", "--volumes", *containers)
    docker("system", "prune", "--force", "--volumes")
