"""One project of docker compose: its commands, containers and images."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

READ_AT_ONCE = 1 << 24  # bytes
MARKS_OF_FIRST_STAGES = ("/opt/poetry", "in examples/")
SHOWN_OF_A_FAILURE = 5000  # characters


class ComposeProject:
    """A project under its own name, made from a folder's compose files: each that follows adds to the first one."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str], *files: str) -> None:
        self._environment = dict(environment)
        self._command = [*_compose_command(environment), "--project-name", name]
        for file in files or ("docker-compose.yml",):
            self._command += ["--file", str(folder / file)]
        self._folder = folder
        self._unnamed_images_of_others = self._unnamed_images()

    @property
    def version(self) -> str:
        """The version of docker compose."""
        return self.compose("version", "--short").strip()

    @property
    def services(self) -> list[str]:
        """The services in the compose file that `up` starts: those of no profile, or of one of COMPOSE_PROFILES."""
        # What `config --services` lists of the profiles differs between versions of docker compose.
        [services] = re.findall(r"^services:\n((?:[ ].*\n|\n)+)", self.compose("config"), re.MULTILINE)
        chosen = set(self._environment.get("COMPOSE_PROFILES", "").split(","))
        blocks = re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", services, re.MULTILINE)
        return sorted(name for name, block in blocks if not (of := _find_profiles(block)) or of & chosen)

    def compose(self, *arguments: str) -> str:
        """Run a command of docker compose and return what it prints. Raises CalledProcessError if it fails."""
        return self._run([*self._command, *arguments])

    def docker(self, *arguments: str) -> str:
        """Run a command of docker and return what it prints. Raises CalledProcessError if it fails."""
        return self._run(["docker", *arguments])

    def output_of(self, *command: str) -> Iterator[bytes]:
        """Run a command and yield its output in chunks. Raises CalledProcessError if it fails."""
        with subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE) as process:
            while process.stdout and (chunk := process.stdout.read(READ_AT_ONCE)):
                yield chunk
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return the engine's description of each container, by service."""
        identifiers = self.compose("ps", "--quiet", "--all").split()
        if not identifiers:
            return {}
        known = json.loads(self.docker("container", "inspect", *identifiers))
        return {container["Config"]["Labels"]["com.docker.compose.service"]: container for container in known}

    def wait_until_healthy(self, seconds: float, services: Collection[str] | None = None) -> dict[str, str]:
        """Wait for `seconds` at most until the containers of services, by default of all, are healthy; return their health."""
        wanted, deadline = set(self.services if services is None else services), time.monotonic() + seconds
        while True:
            states = {name: container["State"] for name, container in self.containers().items() if name in wanted}
            health = {name: state["Health"]["Status"] for name, state in states.items()}
            is_over = time.monotonic() > deadline
            if is_over or (set(health) == wanted and set(health.values()) == {"healthy"}):
                return health
            time.sleep(0.5)

    def execute(self, service: str, *command: str) -> str:
        """Run a command in a service's container and return what it prints."""
        return self.compose("exec", "-T", service, *command)

    def remove(self) -> None:
        """Remove the project's containers, networks, volumes and images."""
        self._try([*self._command, "down", "--volumes", "--rmi", "local", "--remove-orphans"])
        # The old builder leaves its first stage as an image without a name.
        for image in self._unnamed_images() - self._unnamed_images_of_others:
            history = self._try(["docker", "history", "--no-trunc", image])
            if any(mark in history for mark in MARKS_OF_FIRST_STAGES):
                self._try(["docker", "image", "rm", image])

    def _unnamed_images(self) -> set[str]:
        return set(self._try(["docker", "image", "ls", "--quiet", "--no-trunc", "--filter", "dangling=true"]).split())

    def _try(self, command: list[str]) -> str:
        return subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, check=False
        ).stdout

    def _run(self, command: list[str]) -> str:
        result = subprocess.run(command, cwd=self._folder, env=self._environment, capture_output=True, text=True, check=False)
        if result.returncode:
            print(result.stdout[-SHOWN_OF_A_FAILURE:], result.stderr[-SHOWN_OF_A_FAILURE:], sep="\n", flush=True)
            result.check_returncode()
        return result.stdout


def _compose_command(environment: Mapping[str, str]) -> list[str]:
    plugin = subprocess.run(["docker", "compose", "version"], env=environment, capture_output=True, check=False)
    if plugin.returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    sys.exit("Neither `docker compose` nor `docker-compose` is installed.")


def _find_profiles(block: str) -> set[str]:
    """Return the profiles of a service, whose part of the compose file `docker compose config` has printed."""
    found = re.search(r"^    profiles:\n((?:    +- .*\n)+)", block, re.MULTILINE)
    return set(re.findall(r"- \W*(\w+)", found[1])) if found else set()
