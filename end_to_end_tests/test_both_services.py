import httpx
import pytest

from test_support.command_line import CommandLine
from test_support.problems import read_problem
from test_support.processes import wait_until
from test_support.store import Store

from .users import ANNA, log_in, post, register


@pytest.fixture
def token(store: Store) -> str:
    """Anna's access token."""
    register(store, ANNA)
    return issue_token(store)


def issue_token(store: Store) -> str:
    token: str = log_in(store, ANNA)["access_token"]
    return token


def test_registered_user_logs_in_writes_and_reads(store: Store, token: str) -> None:
    data = {"greeting": "привет", "limits": {"daily": 1000, "ratio": 1.0}}
    assert post(f"{store.key_value.url}/write", {"data": data}, token).json()["written"] == 2
    answer = post(f"{store.key_value.url}/read", {"keys": ["greeting", "limits", "absent"]}, token)
    assert answer.json() == {"data": data, "missing": ["absent"], "revision": 2}
    me = httpx.get(f"{store.authorization.url}/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False).json()
    assert f'"user_id":"{me["id"]}"' in _wait_for_line(store, '"route":"/read"')


def test_key_value_service_works_without_the_authorization_service(store: Store, token: str) -> None:
    store.authorization.kill()
    store.authorization_tarantool.kill()
    wait_until(lambda: "cannot fetch the signing keys" in store.key_value.output, "a failed fetch")
    assert post(f"{store.key_value.url}/write", {"data": {"a": 1}}, token).is_success
    assert httpx.get(f"{store.key_value.url}/health/ready", trust_env=False).is_success


def is_accepted(store: Store, token: str) -> bool:
    return post(f"{store.key_value.url}/read", {"keys": ["a"]}, token).is_success


def test_tokens_of_new_keys_are_accepted_and_of_withdrawn_keys_rejected(store: Store, token: str) -> None:
    assert is_accepted(store, token)
    CommandLine(store.authorization.log.parent, store.authorization_tarantool)("keys", "rotate", "--compromised")
    wait_until(lambda: is_accepted(store, issue_token(store)), "the new key being fetched")
    wait_until(lambda: not is_accepted(store, token), "the old key being withdrawn")
    read_problem(post(f"{store.key_value.url}/read", {"keys": ["a"]}, token), 401, "invalid-token")


def _wait_for_line(store: Store, part: str) -> str:
    wait_until(lambda: part in store.key_value.output, f"a log line with {part}")
    return next(line for line in store.key_value.output.splitlines() if part in line)
