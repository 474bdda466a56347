"""What all commands have in common."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from test_support.command_line import CommandLine
from test_support.processes import Tarantool, reserve_port


def test_help_names_the_commands(command: CommandLine) -> None:
    assert "users" in command("--help")


@pytest.mark.parametrize("arguments", [["nonsense"], ["users", "nonsense"], ["users", "list", "--limit", "0"]])
def test_usage_error_exits_with_status_2(command: CommandLine, arguments: list[str]) -> None:
    assert "Usage: authorization-service" in command.misuse(*arguments)


def test_unavailable_tarantool_is_reported_in_one_line_with_the_settings(
    tmp_path: Path, authorization_tarantool: Tarantool
) -> None:
    port = reserve_port()
    command = CommandLine(tmp_path, authorization_tarantool, AUTHORIZATION_TARANTOOL_PORT=str(port))
    (line,) = command.refuse("users", "list")
    assert line.startswith("The database is unavailable; try again soon. Tarantool was expected at ")
    assert f"127.0.0.1:{port} (AUTHORIZATION_TARANTOOL_HOST, AUTHORIZATION_TARANTOOL_PORT)" in line
    assert line.endswith("(AUTHORIZATION_TARANTOOL_PASSWORD_FILE), which can be read.")


def test_unreadable_password_file_is_reported(tmp_path: Path, authorization_tarantool: Tarantool) -> None:
    absent = tmp_path / "absent"
    command = CommandLine(tmp_path, authorization_tarantool, AUTHORIZATION_TARANTOOL_PASSWORD_FILE=str(absent))
    (line,) = command.refuse("users", "list")
    assert line.endswith(f"{absent} (AUTHORIZATION_TARANTOOL_PASSWORD_FILE), which cannot be read.")


def test_broken_setting_is_reported_as_by_the_service(tmp_path: Path, authorization_tarantool: Tarantool) -> None:
    command = CommandLine(tmp_path, authorization_tarantool, AUTHORIZATION_TARANTOOL_PORT="many")
    finished = command.run("users", "list")
    assert finished.returncode == 78
    assert finished.stderr.startswith("broken setting AUTHORIZATION_TARANTOOL_PORT: ")


def test_settings_are_also_read_from_the_env_file(tmp_path: Path, authorization_tarantool: Tarantool) -> None:
    command = CommandLine(tmp_path, authorization_tarantool)
    settings = [f"{name}={command.environment.pop(name)}" for name in list(command.environment) if name != "PATH"]
    (tmp_path / ".env").write_text("\n".join(settings))
    assert command("users", "list", "--prefix", "nobody")


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("authorization_service.presentation.cli.app", {"asynctnt", "dishka", "fastapi", "pydantic", "rich.table"}),
        ("authorization_service.composition.core", {"fastapi", "uvicorn"}),
    ],
)
def test_command_imports_only_what_it_needs(module: str, unneeded: set[str]) -> None:
    program = f"import {module}, sys; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60).stdout
    assert module in imported.split()
    assert not unneeded & set(imported.split())


def test_output_is_coloured_only_at_a_terminal(command: CommandLine) -> None:
    with command.at_terminal("users", "list", "--prefix", "admin") as terminal:
        assert terminal.wait() == 0
    assert "\x1b[1m" in terminal.shown
    assert "\x1b" not in command("users", "list", "--prefix", "admin")
    assert "\x1b" not in command("--help")


def test_ctrl_c_ends_a_command_without_a_traceback(tmp_path: Path, authorization_tarantool: Tarantool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections and says nothing
        port = mute.getsockname()[1]
        command = CommandLine(tmp_path, authorization_tarantool, AUTHORIZATION_TARANTOOL_PORT=str(port))
        with command.at_terminal("users", "list") as terminal:
            connection, _ = mute.accept()
            terminal.process.send_signal(signal.SIGINT)
            assert terminal.wait() == 130
            connection.close()
    assert terminal.shown == ""
