"""The supervisor of `make run`, in a copy of the project so that a running one is not disturbed."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from test_support.processes import ROOT, ProcessUnderTest, reserve_port, wait_until

PORTS = ("AUTHORIZATION_PORT", "AUTHORIZATION_TARANTOOL_PORT", "KEY_VALUE_PORT", "KEY_VALUE_TARANTOOL_PORT")
READY = "Ready. Ctrl-C stops everything"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    copy = tmp_path / "project"
    copy.mkdir()
    for folder in ("development", "tarantool_infra"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Procfile", copy)
    (copy / "console/dist").mkdir(parents=True)
    (copy / "console/dist/index.html").write_text('<base href="/console/" />')
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


@pytest.fixture
def ports() -> dict[str, str]:
    # A metrics port that is taken would be no failure: several runs of this machine may have the default one.
    return {name: str(reserve_port()) for name in (*PORTS, "AUTHORIZATION_METRICS_PORT", "KEY_VALUE_METRICS_PORT")}


@pytest.fixture
def run(project: Path, ports: dict[str, str]) -> Iterator[ProcessUnderTest]:
    command = [str(project / ".venv/bin/python"), str(project / "development/tools/run.py")]
    with ProcessUnderTest(command, ports, project / "run.log") as run:
        yield run


def wait_until_ready(run: ProcessUnderTest, times: int = 1) -> None:
    wait_until(lambda: run.output.count(READY) == times or not run.is_running(), "the message that all is ready")
    assert run.is_running(), run.output


def find_process(run: ProcessUnderTest, name: str) -> int:
    started = re.findall(rf"{name} started \(pid=(\d+)\)", run.output)
    return int(started[-1])


def run_printed_commands(run: ProcessUnderTest) -> str:
    lines = run.output.rpartition("Log in, write and read:")[2]
    commands = "\n".join(line for line in lines.splitlines() if line.startswith(("TOKEN=", "curl ")))
    return subprocess.run(["sh", "-eu"], input=commands, capture_output=True, text=True, check=True, timeout=20).stdout


def test_printed_commands_work_and_ctrl_c_stops_everything_in_order(run: ProcessUnderTest) -> None:
    wait_until_ready(run)
    assert run_printed_commands(run) == (
        '{"status":"success","written":2,"revision":2,"skipped":[]}'
        '{"data":{"greeting":"hello","answer":42},"missing":["absent"],"revision":2}'
    )
    run.signal(signal.SIGINT)
    assert run.wait() == 0
    stops = re.findall(r"(\w+) stopped \(rc=(-?\d+)\)", run.output)
    assert {status for _, status in stops} == {"0"}
    assert {name for name, _ in stops[:2]} == {"authorization_service", "key_value_service"}
    assert {name for name, _ in stops[2:]} == {"authorization_tarantool", "key_value_tarantool"}
    assert "Traceback" not in run.output


def test_services_on_other_ports_and_browsers_reach_each_other(run: ProcessUnderTest, ports: dict[str, str]) -> None:
    wait_until_ready(run)
    key_value = f"http://127.0.0.1:{ports['KEY_VALUE_PORT']}"

    def ask(path: str) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(key_value + path, trust_env=False).json()
        return answer

    wait_until(lambda: ask("/health/ready") == {"status": "ready"}, "the revocations being followed")
    token_url = ask("/openapi.json")["components"]["securitySchemes"]["login"]["flows"]["password"]["tokenUrl"]
    allowed = httpx.options(token_url, headers={"Origin": key_value}, trust_env=False)
    assert allowed.headers["access-control-allow-origin"] == key_value


def test_printed_address_is_that_of_a_console_at_which_users_sign_in(run: ProcessUnderTest) -> None:
    wait_until_ready(run)
    (address,) = re.findall(r"console +(http\S+)", run.output)
    with httpx.Client(trust_env=False, follow_redirects=True) as browser:
        root = browser.get(address.removesuffix("console/"), headers={"Accept": "text/html"})
        assert (str(root.url), root.text) == (address, '<base href="/console/" />')
        known = browser.get(f"{address}-/configuration.json").json()
        request = {
            "response_type": "code", "client_id": known["client_id"], "redirect_uri": address, "scope": "openid",
            "code_challenge": "x" * 43, "code_challenge_method": "S256",
        }  # fmt: skip
        page = browser.get(f"{known['authorization']}/authorize", params=request)
        assert (page.status_code, page.url.path) == (200, "/sign-in")


def test_printed_kv_commands_work(run: ProcessUnderTest, tmp_path: Path) -> None:
    wait_until_ready(run)
    commands = run.output.rpartition("with the command kv")[2].partition("\n\n")[2].partition("\n\n")[0]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    shown = subprocess.run(["sh", "-eu"], input=commands, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.endswith("created greeting, revision 1\nhello\n")


def test_printed_administration_command_works(run: ProcessUnderTest) -> None:
    wait_until_ready(run)
    (line,) = (line for line in run.output.splitlines() if "authorization-service users list" in line)
    command = line[line.index("cd ") :]
    kept = {name: os.environ[name] for name in ("PATH", "HOME")}
    listed = subprocess.run(["sh", "-eu", "-c", command], env=kept, capture_output=True, text=True, check=True, timeout=20).stdout
    assert [line.split()[:2] for line in listed.splitlines()] == [["username", "role"], ["admin", "administrator"]]


def test_second_run_keeps_data_keys_and_administrator(run: ProcessUnderTest) -> None:
    migrations = []
    for times in (1, 2):
        wait_until_ready(run, times)
        run_printed_commands(run)
        run.signal(signal.SIGTERM)
        assert run.wait() == 0
        migrations.append(run.output.count("applying migration"))
        if times == 1:
            run.start()
    assert migrations[0] == migrations[1] > 0


@pytest.mark.parametrize("victim", ["key_value_tarantool", "authorization_service"])
def test_killed_child_ends_the_run_and_is_named(run: ProcessUnderTest, victim: str) -> None:
    wait_until_ready(run)
    os.kill(find_process(run, victim), signal.SIGKILL)
    assert run.wait() == 1
    assert f"{victim} ended; its last lines above say why. Everything was stopped." in run.output
    assert "Traceback" not in run.output


def test_taken_port_is_reported_before_anything_starts(run: ProcessUnderTest, project: Path, ports: dict[str, str]) -> None:
    wait_until_ready(run)
    command = [str(project / ".venv/bin/python"), str(project / "development/tools/run.py")]
    second = ProcessUnderTest(command, ports, project / "second.log")
    assert second.start().wait() == 1
    *refusals, earlier = second.output.splitlines()
    assert len(refusals) == 4
    for name, line in zip(PORTS, refusals, strict=True):
        assert line.startswith(f"cannot listen on 127.0.0.1:{ports[name]}: Address already in use.")
        assert name in line
    assert earlier.startswith(f"An earlier `make run` in this folder is still running: make run ({run.pid}), ")


def test_invalid_setting_is_reported_before_anything_starts(project: Path, ports: dict[str, str]) -> None:
    command = [str(project / ".venv/bin/python"), str(project / "development/tools/run.py")]
    run = ProcessUnderTest(command, ports | {"KEY_VALUE_PORT": "99999"}, project / "run.log")
    assert run.start().wait() == 78
    assert run.output.startswith("broken setting KEY_VALUE_PORT: ")
    assert len(run.output.splitlines()) == 1


def find_children(run: ProcessUnderTest) -> list[int]:
    return [int(pid) for pid in re.findall(r"started \(pid=(\d+)\)", run.output)]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_no_process_outlives_the_supervisor(run: ProcessUnderTest, number: signal.Signals) -> None:
    wait_until_ready(run)
    children = find_children(run)
    assert len(children) == 4
    run.signal(number)
    run.wait()
    wait_until(lambda: not any(is_running(pid) for pid in children), "all processes ending")


def test_ctrl_c_stops_everything_after_the_output_was_closed(project: Path, ports: dict[str, str]) -> None:
    command = [str(project / ".venv/bin/python"), str(project / "development/tools/run.py")]
    with subprocess.Popen(
        command, env=os.environ | ports, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as run:
        assert run.stdout is not None
        read = ""
        while READY not in read:
            read += run.stdout.readline()
        children = [int(pid) for pid in re.findall(r"started \(pid=(\d+)\)", read)]
        run.stdout.close()
        run.send_signal(signal.SIGINT)
        run.wait(20)
    assert not any(is_running(pid) for pid in children)


def is_running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
