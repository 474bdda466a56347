"""Logins, refreshes and revocations across the loss of the authorization service's leaders."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.processes import Tarantool, wait_until
from test_support.replica_set import ReplicaSet, frozen, killed
from test_support.store import Store

ROUNDS = 3

Tokens = dict[str, Any]


@pytest.fixture
def members(tmp_path: Path) -> Iterator[ReplicaSet]:
    with ReplicaSet("authorization", tmp_path / "members") as members:
        members.wait_until_whole()
        yield members


@pytest.fixture
def store(members: ReplicaSet, tmp_path: Path) -> Iterator[Store]:
    """Both services; the authorization service knows all members."""
    settings = {
        "AUTHORIZATION_TARANTOOL_ADDRESSES": members.addresses,
        "AUTHORIZATION_NEW_USER_GRANTS": "read:default",
    }
    with ExitStack() as stack:
        pairs = stack.enter_context(Tarantool("key_value", tmp_path / "key_value_tarantool"))
        store = Store(tmp_path, settings, tarantools=(members.members[0], pairs))
        for service in (store.authorization, store.key_value):
            stack.enter_context(service).wait_until_ready()
        wait_until(store.follows_revocations, "the key-value service following the revocations")
        yield store


class User:
    """Sends requests to the authorization service until it has a database."""

    def __init__(self, store: Store) -> None:
        self._http = httpx.Client(base_url=store.authorization.url, trust_env=False, timeout=30)
        self._key_value = store.key_value.url
        self._login = {"username": f"anna-{uuid4().hex}", "password": "Correct-horse-7"}
        names = {"first_name": "Anna", "last_name": "Petrova"}
        assert self._ask("/register", self._login | names).status_code == 201

    def close(self) -> None:
        self._http.close()

    def log_in(self) -> Tokens:
        tokens: Tokens = self._ask("/login", self._login).raise_for_status().json()
        return tokens

    def refresh(self, tokens: Tokens) -> httpx.Response:
        return self._ask("/refresh", {"refresh_token": tokens["refresh_token"]})

    def log_out(self, tokens: Tokens) -> None:
        # One that is repeated because its answer was lost finds its session ended.
        assert self._ask("/logout", None, tokens).status_code in {204, 401}

    def is_revoked(self, tokens: Tokens) -> bool:
        """Return whether the key-value service has heard of it."""
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        answer = self._http.post(f"{self._key_value}/read", json={"keys": ["a"]}, headers=headers)
        return answer.status_code == 401 and "revoked" in answer.json()["detail"]

    def _ask(self, path: str, body: object, tokens: Tokens | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"} if tokens else {}
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            answers.append(self._http.post(path, json=body, headers=headers))
            return answers[-1].status_code != 503

        wait_until(is_answered, f"an answer to {path}")
        return answers[-1]


@pytest.mark.parametrize("lose", [killed, frozen])
def test_sessions_and_revocations_survive_their_leaders(members: ReplicaSet, store: Store, lose: Callable[..., Any]) -> None:
    with closing(User(store)) as user:
        for _ in range(ROUNDS):
            kept, ended_before, ended_after = user.log_in(), user.log_in(), user.log_in()
            user.log_out(ended_before)
            with lose(members.leader()):
                kept = user.refresh(kept).raise_for_status().json()
                assert user.refresh(ended_before).status_code == 401
                fresh = user.log_in()
                user.log_out(ended_after)
                for tokens in (ended_before, ended_after):
                    wait_until(lambda: user.is_revoked(tokens), "the revocation being heard of")  # noqa: B023 - it is called now
                assert not user.is_revoked(kept)
                assert not user.is_revoked(fresh)
            members.wait_until_whole()
            assert user.refresh(kept).status_code == 200
    members.wait_until_alike()
