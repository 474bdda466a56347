"""`authorization-service keys …`, and services that use the keys."""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import jwt
import pytest

from test_support.authorization.accounts import log_in_as_administrator
from test_support.command_line import CommandLine
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool, wait_until
from test_support.requirements import implements

KEYS = "AUTHORIZATION_CERTIFICATES_DIRECTORY"


class Installation:
    """Instances of the service with one Tarantool and one folder of keys."""

    def __init__(self, folder: Path, *, instances: int, **settings: str) -> None:
        self.folder = folder
        self.keys_folder = folder / "keys"
        settings |= {KEYS: str(self.keys_folder)}
        self.tarantool = Tarantool("authorization", folder / "tarantool")
        self.command = CommandLine(folder / "shell", self.tarantool, **settings)
        self.instances = [
            Service(
                "authorization",
                folder / f"instance-{number}",
                self.tarantool,
                AUTHORIZATION_ADMINISTRATOR_PASSWORD_FILE=str(folder / "administrator_password"),
                AUTHORIZATION_KEY_VALUE_CLIENT_SECRET_FILE=str(folder / "client_secret"),
                port=None,
                **settings,
            )
            for number in range(instances)
        ]

    @contextmanager
    def run(self) -> Iterator[Self]:
        """Run everything while the context lasts."""
        with self.tarantool, ExitStack() as running:
            for instance in self.instances:
                running.enter_context(instance)
            for instance in self.instances:
                instance.wait_until_ready()
            yield self

    def list_keys(self) -> dict[str, str]:
        """Return the state of each key."""
        return {key["key_id"]: key["state"] for key in self.command.read_json("keys", "list")}

    def find_published(self) -> list[set[str]]:
        """Return the keys that workers publish; of each instance several times, so that each worker is asked."""
        return [
            {key["kid"] for key in httpx.get(f"{instance.url}/.well-known/jwks.json", trust_env=False).json()["keys"]}
            for instance in self.instances
            for _ in range(8)
        ]

    def find_signing(self) -> set[str]:
        """Return the ids of the keys that new tokens are signed with."""
        folder = self.folder / "instance-0"
        (folder / "var/authorization_service").mkdir(parents=True, exist_ok=True)
        (folder / "var/authorization_service/administrator_password").write_text(
            (self.folder / "administrator_password").read_text()
        )
        return {
            jwt.get_unverified_header(log_in_as_administrator(instance, folder))["kid"]
            for instance in self.instances
            for _ in range(4)
        }


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path, instances=1, AUTHORIZATION_KEY_PUBLICATION_SECONDS="3600").run() as installation:
        yield installation


@pytest.fixture
def large_installation(tmp_path: Path) -> Iterator[Installation]:
    """Two instances with two workers each."""
    settings = {"AUTHORIZATION_WORKERS": "2", "AUTHORIZATION_KEY_PUBLICATION_SECONDS": "4"}
    with Installation(tmp_path, instances=2, **settings).run() as installation:
        yield installation


@implements("OIDC Core, 10.1.1")
def test_all_workers_of_all_instances_publish_a_new_key_and_change_to_it(large_installation: Installation) -> None:
    installation = large_installation
    (first,) = installation.list_keys()
    assert installation.find_signing() == {first}
    second = installation.command.read_json("keys", "rotate")["key_id"]
    wait_until(lambda: all(keys == {first, second} for keys in installation.find_published()), "both keys being published")
    wait_until(lambda: installation.find_signing() == {second}, "the new key signing everywhere")
    assert installation.list_keys() == {first: "retired", second: "signing"}
    assert installation.command.read_json("keys", "prune") == []


@implements("OIDC Core, 10.1.1")
def test_new_key_waits_and_blocks_further_rotations(installation: Installation) -> None:
    (first,) = installation.list_keys()
    second = installation.command.read_json("keys", "rotate")["key_id"]
    assert installation.list_keys() == {first: "signing", second: "waiting"}
    assert installation.command.refuse("keys", "rotate") == ["A new key is already waiting to sign; rotate again once it signs."]
    wait_until(lambda: all(keys == {first, second} for keys in installation.find_published()), "both keys being published")
    assert installation.find_signing() == {first}
    assert {stat.S_IMODE(path.stat().st_mode) for path in installation.keys_folder.iterdir()} == {0o600}


def test_compromised_keys_are_withdrawn_and_their_tokens_rejected(large_installation: Installation) -> None:
    installation = large_installation
    instance = installation.instances[0]
    assert installation.find_signing() == set(installation.list_keys())
    stolen = log_in_as_administrator(instance, installation.folder / "instance-0")
    (first,) = installation.list_keys()
    second = installation.command.read_json("keys", "rotate", "--compromised")["key_id"]
    assert installation.list_keys() == {first: "expired", second: "signing"}
    wait_until(lambda: all(keys == {second} for keys in installation.find_published()), "the old key being withdrawn")
    # Requests reach whichever worker is free: one that has not looked at the keys yet may answer after those that have.
    wait_until(lambda: all(ask_for_me(instance, stolen).status_code == httpx.codes.UNAUTHORIZED for _ in range(8)), "refusals")
    read_problem(ask_for_me(instance, stolen), 401, "invalid-token")
    wait_until(lambda: installation.find_signing() == {second}, "the new key signing everywhere")
    for path in installation.keys_folder.iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert installation.command.read_json("keys", "prune") == [{"key_id": first}]
    assert [path.stem for path in installation.keys_folder.iterdir()] == [second]


def ask_for_me(instance: Service, token: str) -> httpx.Response:
    return httpx.get(f"{instance.url}/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False)


def test_table_shows_the_state_of_each_key(installation: Installation) -> None:
    assert "signs_from" in installation.command("keys", "rotate")
    head, *lines = installation.command("keys", "list").splitlines()
    assert head.split() == ["key_id", "state", "created_at", "signs_from", "published_until"]
    assert [line.split()[1] for line in lines] == ["signing", "waiting"]


def test_unwritable_folder_is_reported_and_nothing_changes(installation: Installation, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.touch()
    command = CommandLine(tmp_path / "another", installation.tarantool, **{KEYS: str(blocked / "keys")})
    before: Any = installation.list_keys()
    (line,) = command.refuse("keys", "rotate")
    assert str(blocked) in line
    assert installation.list_keys() == before


def test_instance_without_the_keys_is_not_ready_and_logs_what_to_do(installation: Installation, tmp_path: Path) -> None:
    stranger = Service(
        "authorization",
        tmp_path / "stranger",
        installation.tarantool,
        AUTHORIZATION_CERTIFICATES_DIRECTORY=str(tmp_path / "stranger" / "keys"),
    )
    with stranger:
        stranger.wait_until_live()
        wait_until(lambda: "keys rotate --compromised" in stranger.output, "the missing key being logged")
        answer = httpx.get(f"{stranger.url}/health/ready", trust_env=False)
        assert answer.status_code == 503
        assert "signing keys" in answer.text
        installation.command.environment[KEYS] = str(tmp_path / "stranger" / "keys")
        installation.command("keys", "rotate", "--compromised")
        stranger.wait_until_ready()
