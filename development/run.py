"""Runs the Procfile's four processes: what `make run` does once everything is installed."""

import os
import socket
import sys
import threading
import time
from pathlib import Path

import honcho.manager
import httpx
from honcho.environ import parse_procfile

from authorization_service.config import Settings as AuthorizationSettings
from key_value_service.config import Settings as KeyValueSettings
from shared_kernel.config import ServiceSettings

ROOT = Path(__file__).parent.parent
READY_SECONDS = 60
# Who depends on others stops first: the services drain while their databases still answer.
STOP_ORDER = (("authorization_service", "key_value_service"), ("authorization_tarantool", "key_value_tarantool"))

honcho.manager.KILL_WAIT = 20  # seconds from the first process's end until what still runs is killed


class Supervisor(honcho.manager.Manager):  # type: ignore[misc] # honcho has no types
    """honcho, which stops all processes when one ends, with an order to stop them in and a reason to tell."""

    failure: str | None = None
    _terminating: bool

    def terminate(self) -> None:
        """Stop all processes, in order."""
        if self._terminating:
            return
        self._terminating = True
        ended = [name for name, process in self._processes.items() if "returncode" in process]
        if ended and self.failure is None:
            self.failure = f"{' and '.join(ended)} ended; the last lines above tell why."
        threading.Thread(target=self._stop_in_order, daemon=True).start()

    def fail(self, reason: str) -> None:
        """Stop all processes because of something that none of them noticed."""
        self.failure = reason
        self.terminate()

    def is_stopping(self) -> bool:
        """Tell whether the processes have been told to end."""
        return self._terminating

    def _stop_in_order(self) -> None:
        for names in STOP_ORDER:
            processes = [self._processes[name] for name in names]
            while not all("pid" in process for process in processes):
                time.sleep(0.02)
            for process in processes:
                if "returncode" not in process:
                    self._procmgr.terminate(process["pid"])
            while not all("returncode" in process for process in processes):
                time.sleep(0.02)


def main() -> int:
    """Run until Ctrl-C, SIGTERM or a process's end; return the exit status."""
    os.chdir(ROOT)
    authorization, key_value = AuthorizationSettings.load(), KeyValueSettings.load()
    if "jwks_url" not in key_value.model_fields_set:
        # Who moves the authorization service to another port means the key-value service to find it there.
        key_value.jwks_url = f"http://{authorization.host}:{authorization.port}/.well-known/jwks.json"
    taken = list(_find_taken_ports(authorization, key_value))
    if taken:
        print("\n".join(taken), file=sys.stderr)
        return 1
    supervisor = Supervisor()
    environment = os.environ | _to_environment(authorization) | _to_environment(key_value)
    for name, command in parse_procfile(Path("Procfile").read_text(encoding="utf-8")).processes.items():
        supervisor.add_process(name, command, env=environment)
    threading.Thread(target=_announce_when_ready, args=(supervisor, authorization, key_value), daemon=True).start()
    supervisor.loop()
    if supervisor.failure is not None:
        print(f"\n{supervisor.failure} Everything was stopped.", file=sys.stderr)
        return 1
    print("\nEverything was stopped.")
    return 0


def _to_environment(settings: ServiceSettings) -> dict[str, str]:
    """Return the settings, defaults included, as the Procfile's commands read them."""
    return {settings.variable(name): str(value) for name, value in settings.model_dump().items()}


def _find_taken_ports(*services: ServiceSettings) -> list[str]:
    """Return a line for each port that something else listens on."""
    lines = []
    for settings in services:
        for host, port, field in (
            (settings.host, settings.port, "port"),
            (settings.tarantool_host, settings.tarantool_port, "tarantool_port"),
        ):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((host, port))
                except OSError as error:
                    name = settings.variable(field)
                    lines.append(f"cannot listen on {host}:{port}: {error.strerror}. Choose another port: {name}=… make run")
    return lines


def _announce_when_ready(supervisor: Supervisor, authorization: AuthorizationSettings, key_value: KeyValueSettings) -> None:
    authorization_url, key_value_url = (f"http://{settings.host}:{settings.port}" for settings in (authorization, key_value))
    deadline = time.monotonic() + READY_SECONDS
    waiting = [authorization_url, key_value_url]
    while waiting and not supervisor.is_stopping():
        if time.monotonic() > deadline:
            supervisor.fail(f"{' and '.join(waiting)} did not become ready within {READY_SECONDS} seconds.")
            return
        waiting = [url for url in waiting if not _is_ready(url)]
        time.sleep(0.1)
    if not supervisor.is_stopping():
        print(_describe(authorization_url, key_value_url, authorization), flush=True)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _describe(authorization_url: str, key_value_url: str, settings: AuthorizationSettings) -> str:
    password_file = settings.administrator_password_file.absolute()
    name = settings.administrator_username
    json_type = "-H 'Content-Type: application/json'"
    return f"""
Ready. Ctrl-C stops everything; data, keys and passwords stay in {ROOT / "var"}.

  authorization_service  {authorization_url}  (documentation: {authorization_url}/docs)
  key_value_service      {key_value_url}  (documentation: {key_value_url}/docs)
  administrator          {name}, whose first password is in {password_file}

Log in, write and read:

TOKEN=$(curl -s {authorization_url}/login {json_type} -d '{{"username": "{name}", "password": "'$(cat {password_file})'"}}' \
| python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
curl -s {key_value_url}/write -H "Authorization: Bearer $TOKEN" {json_type} -d '{{"data": {{"greeting": "hello", "answer": 42}}}}'
curl -s {key_value_url}/read -H "Authorization: Bearer $TOKEN" {json_type} -d '{{"keys": ["greeting", "answer", "absent"]}}'
"""


if __name__ == "__main__":
    sys.exit(main())
