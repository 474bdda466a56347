"""Run the Procfile's four processes: `make run`, after the installation."""

import contextlib
import ctypes
import json
import os
import shlex
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import honcho.manager
import httpx
from honcho.environ import parse_procfile
from honcho.printer import Printer
from honcho.process import Process

from authorization_service.config import Settings as AuthorizationSettings
from key_value_service.config import Settings as KeyValueSettings
from shared_kernel.config import ServiceSettings

ROOT = Path(__file__).parents[2]
RUNNING = Path("var/run.json")  # names and process ids of the running processes
READY_SECONDS = 60
# Dependents stop first: the services drain while their databases still answer.
STOP_ORDER = (("authorization_service", "key_value_service"), ("authorization_tarantool", "key_value_tarantool"))
PR_SET_PDEATHSIG = 1  # prctl(2)

honcho.manager.KILL_WAIT = 20  # seconds from the first process's end until what still runs is killed


class Output:
    """Standard output, or nothing once its reader is gone: `make run | tee` and closed terminals must not interrupt a stop."""

    def write(self, text: str) -> None:
        """Write and flush."""
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def flush(self) -> None:
        """Do nothing: what is written is flushed."""

    def isatty(self) -> bool:
        """Return whether standard output is a terminal."""
        return sys.stdout.isatty()


class Child(Process):  # type: ignore[misc] # honcho has no types
    """A process that does not outlive the supervisor, even if that is killed (see setpriv in the Procfile)."""

    def run(self, *arguments: Any) -> None:
        """Run in a process of its own."""
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        super().run(*arguments)


class Supervisor(honcho.manager.Manager):  # type: ignore[misc] # honcho has no types
    """honcho, which stops all processes when one ends, with a stop order and the reason of a failure."""

    failure: str | None = None
    _terminating: bool

    def __init__(self, output: Output) -> None:
        super().__init__(Printer(output))
        self._process_ctor = Child

    def terminate(self) -> None:
        """Stop all processes, in order."""
        if self._terminating:
            return
        self._terminating = True
        ended = [name for name, process in self._processes.items() if "returncode" in process]
        if ended and self.failure is None:
            self.failure = f"{' and '.join(ended)} ended; its last lines above say why."
        threading.Thread(target=self._stop_in_order, daemon=True).start()

    def fail(self, reason: str) -> None:
        """Stop all processes for a reason that no process has reported itself."""
        self.failure = reason
        self.terminate()

    def is_stopping(self) -> bool:
        """Return whether the processes are being stopped."""
        return self._terminating

    def process_ids(self) -> dict[str, int]:
        """Return the process ids by name."""
        return {name: process["pid"] for name, process in self._processes.items() if "pid" in process}

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
    """Run until Ctrl-C, SIGTERM, SIGHUP or a process's end; return the exit status."""
    os.chdir(ROOT)
    authorization, key_value = AuthorizationSettings.load(), KeyValueSettings.load()
    _connect_services(authorization, key_value)
    refusals = _find_taken_addresses(authorization, key_value)
    if refusals:
        sys.stderr.write("\n".join([*refusals, *_describe_earlier_run()]) + "\n")
        return 1
    output = Output()
    supervisor = Supervisor(output)
    environment = os.environ | _to_environment(authorization) | _to_environment(key_value)
    for name, command in parse_procfile(Path("Procfile").read_text(encoding="utf-8")).processes.items():
        supervisor.add_process(name, command, env=environment)
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    threading.Thread(target=_announce_when_ready, args=(supervisor, authorization, key_value, output), daemon=True).start()
    supervisor.loop()
    RUNNING.unlink(missing_ok=True)
    output.write(f"\n{supervisor.failure or ''} Everything was stopped.\n".replace("\n ", "\n"))
    return 0 if supervisor.failure is None else 1


def _connect_services(authorization: AuthorizationSettings, key_value: KeyValueSettings) -> None:
    """Set each service's defaults to the other one's address, so that a change of port needs one setting."""
    address = _find_address(authorization)
    origins = (_find_address(key_value), f"{_find_scheme(key_value)}://localhost:{key_value.port}")
    consoles = [f"{origin}{key_value.root_path}/console/" for origin in origins]
    _set_defaults(authorization, issuer=address, allowed_origins=" ".join(origins), console_addresses=" ".join(consoles))
    _set_defaults(
        key_value,
        issuer=authorization.issuer,
        jwks_url=f"{address}/.well-known/jwks.json",
        revocations_url=f"{address}/revocations",
        token_url=f"{address}/token",
    )


def _find_address(settings: ServiceSettings) -> str:
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host
    return f"{_find_scheme(settings)}://{host}:{settings.port}"


def _find_scheme(settings: ServiceSettings) -> str:
    return "https" if settings.tls_certificate_file else "http"


def _set_defaults(settings: ServiceSettings, **values: str) -> None:
    for name, value in values.items():
        if name not in settings.model_fields_set:
            setattr(settings, name, value)


def _to_environment(settings: ServiceSettings) -> dict[str, str]:
    """Return the settings, defaults included, as the Procfile's commands read them."""
    return {settings.variable(name): str(value) for name, value in settings.model_dump().items()}


def _find_taken_addresses(*services: ServiceSettings) -> list[str]:
    """Return a line for each address that cannot be bound: it is taken, or two settings have the same one."""
    lines = []
    with contextlib.ExitStack() as probes:
        for settings in services:
            for prefix in ("", "tarantool_"):
                host, port = getattr(settings, f"{prefix}host"), getattr(settings, f"{prefix}port")
                probe = probes.enter_context(socket.socket())
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((host, port))
                    probe.listen()
                except OSError as error:
                    names = f"{settings.variable(f'{prefix}host')} and {settings.variable(f'{prefix}port')}"
                    lines.append(f"cannot listen on {host}:{port}: {error.strerror}. It is set by {names}.")
    return lines


def _describe_earlier_run() -> list[str]:
    """Return a line about processes of an earlier run that are still running, or none."""
    with contextlib.suppress(OSError, ValueError):
        earlier = {name: pid for name, pid in json.loads(RUNNING.read_text()).items() if Path(f"/proc/{pid}").exists()}
        if earlier:
            named = ", ".join(f"{name} ({pid})" for name, pid in earlier.items())
            pids = " ".join(str(pid) for pid in earlier.values())
            return [f"An earlier `make run` in this folder is still running: {named}. To end it: kill {pids}"]
    return []


def _announce_when_ready(
    supervisor: Supervisor, authorization: AuthorizationSettings, key_value: KeyValueSettings, output: Output
) -> None:
    authorization_url, key_value_url = (
        f"{_find_scheme(settings)}://{settings.host}:{settings.port}" for settings in (authorization, key_value)
    )
    deadline = time.monotonic() + READY_SECONDS
    waiting = [authorization_url, key_value_url]
    while waiting and not supervisor.is_stopping():
        if time.monotonic() > deadline:
            supervisor.fail(f"{' and '.join(waiting)} did not become ready within {READY_SECONDS} seconds.")
            return
        waiting = [url for url in waiting if not _is_ready(url)]
        time.sleep(0.1)
    if not supervisor.is_stopping():
        RUNNING.write_text(json.dumps({"make run": os.getpid()} | supervisor.process_ids()))
        output.write(_describe(authorization_url, key_value_url, authorization, key_value))


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=2.0, trust_env=False, verify=False).is_success  # noqa: S501 - its own process
    except httpx.HTTPError:
        return False


def _describe(authorization_url: str, key_value_url: str, settings: AuthorizationSettings, key_value: KeyValueSettings) -> str:
    password_file = settings.administrator_password_file.absolute()
    name = settings.administrator_username
    json_type = "-H 'Content-Type: application/json'"
    return f"""
Ready. Ctrl-C stops everything; data, keys and passwords stay in {ROOT / "var"}.
{_describe_console(key_value, key_value_url)}
  authorization_service  {authorization_url}  (documentation: {authorization_url}/docs)
  key_value_service      {key_value_url}  (documentation: {key_value_url}/docs)
  administrator          {name}, with the initial password in {password_file}

Log in, write and read:

TOKEN=$(curl -s {authorization_url}/login {json_type} -d '{{"username": "{name}", "password": "'$(cat {password_file})'"}}' \
| python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
curl -s {key_value_url}/write -H "Authorization: Bearer $TOKEN" {json_type} -d '{{"data": {{"greeting": "hello", "answer": 42}}}}'
curl -s {key_value_url}/read -H "Authorization: Bearer $TOKEN" {json_type} -d '{{"keys": ["greeting", "answer", "absent"]}}'

The same with the command kv (documentation/kv.md), which keeps the session:

cd {shlex.quote(str(ROOT))}
.venv/bin/kv login --url {key_value_url} --username {name} --password-file {shlex.quote(str(password_file))}
.venv/bin/kv put greeting hello
.venv/bin/kv get greeting

Administer users, groups, grants and service accounts (documentation/command_line.md):

cd {shlex.quote(str(ROOT))} && {_describe_environment(settings)}.venv/bin/authorization-service users list

"""


def _describe_console(settings: KeyValueSettings, url: str) -> str:
    """Return the line that leads to the console, if there is one."""
    is_built = settings.console_directory and (Path(settings.console_directory) / "index.html").is_file()
    return f"\n  console                {url}/console/  (sign in as the administrator)" if is_built else ""


def _describe_environment(settings: ServiceSettings) -> str:
    """Return shell assignments that give a command the settings that this process has from its environment."""
    names = [settings.variable(field) for field in type(settings).model_fields]
    return "".join(f"{name}={shlex.quote(os.environ[name])} " for name in names if name in os.environ)


if __name__ == "__main__":
    sys.exit(main())
