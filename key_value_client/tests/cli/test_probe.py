"""`kv probe` as a check: what it writes, and its exit status where a step fails."""

import json

import httpx
import pytest

from test_support.processes import reserve_port
from test_support.store import Store

from .conftest import Kv, give_grants

STEPS = ["write", "read", "watch", "delete", "notice"]


@pytest.fixture
def limited(store: Store, shell: Kv) -> Kv:
    """A shell with a token that may write some keys and read none."""
    give_grants(store, "write:default")
    form = {"grant_type": "password", "username": "admin", "password": store.administrator_password}
    answer = httpx.post(
        f"{store.authorization.url}/token", data={**form, "scope": "write:default/probe/*"}, trust_env=False, timeout=20
    )
    token = answer.raise_for_status().json()["access_token"]
    shell.environment |= {"KV_URL": store.key_value.url, "KV_TOKEN": token}
    return shell


def test_working_store_passes_and_keeps_nothing(kv: Kv) -> None:
    (told,) = kv.read("probe")
    assert told.pop("milliseconds").keys() == set(STEPS)
    assert told == {"ok": True, "failed": None, "error": None}
    assert kv("ls") == ""
    kinds = [change["kind"] for change in kv.read("watch", "probe/", "--after", str(kv.revision), "--limit", "2")]
    assert kinds == ["written", "deleted"]


def test_times_are_shown_to_people_in_one_line(kv: Kv) -> None:
    (line,) = kv("probe", "--prefix", "health/", "--timeout", "30s").splitlines()
    assert line.split()[::3] == STEPS
    assert line.count(" ms") == len(STEPS)


def test_unreachable_server_is_named_with_its_step(kv: Kv) -> None:
    kv.environment |= {"KV_URL": f"http://127.0.0.1:{reserve_port()}", "KV_TOKEN": "any"}
    try:
        assert kv.refuse(7, "probe").startswith("write: ")
        finished = kv.run("probe", "--output", "json")
    finally:
        del kv.environment["KV_URL"], kv.environment["KV_TOKEN"]
    told = json.loads(finished.stdout)
    assert (finished.returncode, finished.stderr) == (7, b"")
    assert (told["ok"], told["failed"], told["milliseconds"]) == (False, "write", {})
    assert told["error"]


def test_step_that_is_not_allowed_fails_and_its_pair_is_removed(limited: Kv, kv: Kv) -> None:
    finished = limited.run("probe", "--output", "json")
    told = json.loads(finished.stdout)
    assert (finished.returncode, told["failed"], [*told["milliseconds"]]) == (6, "read", ["write"])
    assert "read:default/probe/" in told["error"]
    assert limited.refuse(6, "probe", "--prefix", "elsewhere/").startswith("write: ")
    assert kv("ls", "probe/", "-n", "default") == ""


def test_nobody_logged_in_is_a_failure_of_the_connection(shell: Kv) -> None:
    finished = shell.run("probe", "--output", "json")
    told = json.loads(finished.stdout)
    assert (told["ok"], told["failed"]) == (False, "connect")
    assert finished.returncode in {2, 3, 5}


@pytest.mark.parametrize("timeout", ["0", "never", "soon"])
def test_steps_need_some_time(kv: Kv, timeout: str) -> None:
    kv.refuse(2, "probe", "--timeout", timeout)
