"""What a terminal, a pipe and a full disk make of a command."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from key_value_cli.app import COMMANDS
from key_value_cli.harmless import make_harmless

from .conftest import SCRIPT, Kv, only_line

EVIL = "\x1b]0;owned\x07\x1b[2J\u202eevil\u2028\x9b31m\U000e0041"
HARMLESS = r"\u001b]0;owned\u0007\u001b[2J\u202eevil\u2028\u009b31m\udb40\udc41"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("grüß dich, Anna 👩‍👩‍👧 ‎", "grüß dich, Anna 👩‍👩‍👧 \\u200e"),
        ("\x1b[31m", r"\u001b[31m"),
        ("a\tb\nc\r", "a\tb\nc\\u000d"),
        ("\ud800", r"\ud800"),
        (EVIL, HARMLESS),
        ("می‌خواهم 日本語", "می‌خواهم 日本語"),
    ],
    ids=["words", "escape", "lines", "surrogate", "evil", "scripts"],
)
def test_dangerous_characters_are_escaped(text: str, shown: str) -> None:
    assert make_harmless(text, keep="\t\n") == shown


def test_a_terminal_gets_no_control_characters_and_a_pipe_gets_all(kv: Kv) -> None:
    kv("put", "evil", EVIL)

    assert kv("get", "evil", "--raw") == EVIL
    for arguments in (["get", "evil"], ["get", "evil", "--raw"], ["get", "evil", "--output", "env"]):
        assert HARMLESS in kv.show(*arguments)
    for arguments in (["get", "evil", "--output", "json"], ["export"], ["ls", "--long"], ["get", "evil", "--output", "table"]):
        shown = kv.show(*arguments)
        assert "\x1b" not in shown.replace("\x1b[1m", "").replace("\x1b[0m", "")
        assert not set("\x07\x9b\u202e\u2028") & set(shown)


def test_a_key_with_bidirectional_characters_is_shown_as_it_is_ordered(kv: Kv) -> None:
    kv("put", "a\u202eb", "x")

    assert kv("ls") == "a\\u202eb\n"
    assert kv.read("ls")[0]["key"] == "a\u202eb"


def test_an_error_line_is_harmless(kv: Kv) -> None:
    assert kv.refuse(3, "get", "a\u202eb") == r"There is no pair 'a\u202eb'."
    assert "\x1b" not in kv.refuse(2, "put", "a", "1", "--ttl", "\x1b[31m")


def test_binary_is_refused_at_a_terminal(kv: Kv, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xff\x00")
    kv("put", "logo", f"@{tmp_path / 'file'}")

    for arguments in (["get", "logo"], ["get", "logo", "--raw"]):
        with kv.at_terminal(*arguments) as terminal:
            assert terminal.wait() == 1
        assert terminal.shown == "error: The value is binary, which can upset a terminal. Send it elsewhere: | or >\r\n"
    assert "application/octet-stream, 2 B" in kv.show("ls", "--long")


def test_deleting_many_asks(kv: Kv) -> None:
    for number in range(3):
        kv("put", f"orders/{number}", "x")
    name = kv.environment["KV_NAMESPACE"]
    question = f"Delete 3 pairs, whose keys begin with 'orders/', in the namespace {name}? [y/N]: "

    with kv.at_terminal("rm", "--prefix", "orders/") as terminal:
        terminal.answer(question, "n")
        assert terminal.wait() == 1
    assert terminal.shown.endswith("error: Nothing was done.\r\n")
    with kv.at_terminal("rm", "--prefix", "orders/") as terminal:
        terminal.answer(question, "\x03")
        assert terminal.wait() == 130
    assert len(kv("ls").splitlines()) == 3
    with kv.at_terminal("rm", "--prefix", "orders/") as terminal:
        terminal.answer(question, "y")
        assert terminal.wait() == 0
    assert "deleted 3\r\n" in terminal.shown
    assert kv("ls") == ""


def test_ctrl_c_ends_a_watch_without_a_trace(kv: Kv) -> None:
    with kv.at_terminal("watch", "--after", f"{kv.revision}") as terminal:
        kv("put", "a", "1")
        terminal.answer('written   a  "1"\r\n', "\x03")
        assert terminal.wait() == 130

    assert terminal.shown.splitlines()[-1] in {"^C", f'{kv.at(1):>8}  written   a  "1"'}


def test_a_signal_ends_a_watch_without_a_trace(kv: Kv) -> None:
    with kv.running("watch", "--after", f"{kv.revision}") as watch:
        kv("put", "a", "1")
        assert watch.read_line() == f'{kv.at(1):>8}  written   a  "1"\n'

        watch.process.send_signal(signal.SIGINT)

        assert watch.process.communicate(timeout=20) == (b"", b"")
        assert watch.process.returncode == 130


@pytest.mark.parametrize(
    "arguments", [["ls"], ["export"], ["ls", "--output", "json"], ["ls", "--long"], ["ls", "--tree"]], ids=" ".join
)
def test_a_closed_pipe_is_no_error(kv: Kv, arguments: list[str]) -> None:
    lines = b"".join(b'{"key":"%d","value":"%s"}\n' % (number, b"x" * 1000) for number in range(2000))
    kv("import", typed=lines)

    with kv.running(*arguments) as command:
        command.read_line()
        command.output.close()

        assert command.process.wait(30) == 0
        assert command.errors.read() == b""


def test_a_reader_that_closes_ends_a_watch(kv: Kv) -> None:
    with kv.running("watch", "--after", f"{kv.revision}") as watch:
        kv("put", "a", "1")
        watch.read_line()
        watch.output.close()
        kv("put", "a", "2")

        assert watch.process.wait(30) == 0
        assert watch.errors.read() == b""


@pytest.mark.parametrize(
    "arguments", [["get", "a"], ["get", "a", "--raw"], ["ls"], ["export"], ["stat"], ["put", "b", "1"]], ids=" ".join
)
def test_a_full_disk_is_one_line(kv: Kv, arguments: list[str]) -> None:
    kv("put", "a", "1")

    with Path("/dev/full").open("wb") as full:
        finished = kv.run(*arguments, stdout=full)

    assert finished.returncode == 8
    assert only_line(finished.stderr) == "standard output: No space left on device"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_outputs_are_no_error(kv: Kv, closed: str) -> None:
    kv("put", "a", "1")

    finished = subprocess.run(
        ["sh", "-c", f'"{SCRIPT}" get a {closed}'], env=kv.environment, capture_output=True, check=False, timeout=60
    )

    assert (finished.returncode, finished.stderr) == (0, b"")


def test_progress_is_for_terminals(kv: Kv, tmp_path: Path) -> None:
    file = tmp_path / "pairs.ndjson"
    file.write_bytes(b"".join(b'{"key":"%d","value":1}\n' % number for number in range(1234)))

    shown = kv.show("import", str(file))
    quiet = kv.run("import", str(file))

    assert "Importing" in shown
    assert "1,234 of 1,234" in shown
    assert quiet.stderr == b""
    assert "1,234" in kv.show("export", "--out", str(tmp_path / "again"))
    assert (tmp_path / "again").read_bytes().count(b"\n") == 1235


def test_help_names_every_command(kv: Kv) -> None:
    shown = kv("--help")

    for command in COMMANDS:
        assert f"\n  {command} " in shown
        assert "Usage: kv" in kv(command, "--help")


def test_the_version_is_that_of_the_distribution(kv: Kv) -> None:
    assert kv("--version").startswith("kv 0.")


def test_bash_completes_commands_keys_and_profiles(kv: Kv) -> None:
    kv("put", "orders/1", "x")
    kv("put", "orders/2", "x")
    kv("put", "other", "x")

    def complete(*words: str) -> list[str]:
        script = (
            'eval "$(_KV_COMPLETE=source_bash kv)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
            '_kv_completion kv; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        environment = kv.environment | {"PATH": f"{Path(SCRIPT).parent}:{kv.environment['PATH']}"}
        command = ["bash", "--norc", "-c", script, "bash", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()

    assert complete("kv", "prof") == ["profiles"]
    assert complete("kv", "get", "o") == ["orders/", "other"]
    assert complete("kv", "get", "orders/") == ["orders/1", "orders/2"]
    assert complete("kv", "get", "-p", "def") == ["default"]
    assert complete("kv", "get", "-n", kv.environment["KV_NAMESPACE"]) == [kv.environment["KV_NAMESPACE"]]


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script(kv: Kv, shell_name: str) -> None:
    kv.environment["_KV_COMPLETE"] = f"source_{shell_name}"
    try:
        assert "_KV_COMPLETE" in kv()
    finally:
        del kv.environment["_KV_COMPLETE"]


def test_an_unreachable_server_completes_nothing_soon(kv: Kv) -> None:
    environment = kv.environment | {
        "KV_TOKEN": "x",
        "KV_URL": "http://127.0.0.1:9",
        "_KV_COMPLETE": "complete_bash",
        "COMP_WORDS": "kv get a",
        "COMP_CWORD": "2",
    }
    began = time.monotonic()

    finished = subprocess.run([SCRIPT], env=environment, capture_output=True, check=False, timeout=60)

    assert (finished.stdout.strip(), finished.stderr) == (b"", b"")
    assert time.monotonic() - began < 20


def test_reading_a_value_imports_nothing_that_it_does_not_need(kv: Kv) -> None:
    kv("put", "a", "1")

    finished = subprocess.run(
        [SCRIPT, "get", "a"], env=kv.environment | {"PYTHONPROFILEIMPORTTIME": "1"}, capture_output=True, text=True, check=True
    )

    imported = {line.rpartition("|")[2].strip() for line in finished.stderr.splitlines()}
    assert "httpx" in imported
    assert imported & {"rich", "click", "pygments", "jinja2", "pydantic", "key_value_cli.accounts"} == set()


def test_keys_that_are_no_utf8_are_refused(kv: Kv) -> None:
    finished = subprocess.run([os.fsencode(SCRIPT), b"get", b"\xff"], env=kv.environment, capture_output=True, check=False)

    assert finished.returncode == 1
    assert b"\xff" not in finished.stderr
    assert len(finished.stderr.splitlines()) == 1
