"""Tokens that the authorization service revokes are soon rejected by the key-value service, without a call per request."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import pytest

from test_support.key_value.watching import new_prefix, read_events
from test_support.problems import read_problem
from test_support.processes import wait_until
from test_support.store import Store

from .users import Tokens, is_revoked, log_in, log_in_administrator, make_user, post, read, register


@pytest.fixture
def user(shared_store: Store) -> dict[str, str]:
    user = make_user()
    register(shared_store, user)
    return user


@pytest.fixture
def tokens(shared_store: Store, user: dict[str, str]) -> Tokens:
    """The user's tokens, which the key-value service accepts."""
    tokens = log_in(shared_store, user)
    assert read(shared_store, tokens).is_success
    return tokens


def test_logout_revokes_the_token_and_no_other_session(shared_store: Store, user: dict[str, str], tokens: Tokens) -> None:
    other = log_in(shared_store, user)
    assert post(f"{shared_store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
    wait_until(lambda: is_revoked(shared_store, tokens), "the token being refused")
    assert read(shared_store, other).is_success


def test_streams_end_with_the_session(shared_store: Store, tokens: Tokens) -> None:
    namespace = f"{shared_store.key_value.url}/namespaces/default"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    has_ended = threading.Event()

    def send_lines() -> Iterator[bytes]:
        yield b'{"key":"imported","value":1}\n'
        has_ended.wait(30)  # a client that would go on sending
        yield b'{"key":"too late","value":1}\n'

    with (
        ThreadPoolExecutor() as threads,
        httpx.stream("GET", f"{namespace}/watch", headers=headers, trust_env=False, timeout=30) as watching,
    ):
        importing = threads.submit(
            httpx.post,
            f"{namespace}/import",
            content=send_lines(),
            headers=headers | {"Content-Type": "application/x-ndjson"},
            trust_env=False,
            timeout=30,
        )
        assert post(f"{shared_store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
        assert watching.read().endswith(b'event: ended\ndata: {"reason":"token-revoked"}\n\n')
        has_ended.set()
        read_problem(importing.result(), 401, "invalid-token")


def test_ticket_and_its_watch_end_with_the_session(shared_store: Store, tokens: Tokens) -> None:
    namespace, access_token = f"{shared_store.key_value.url}/namespaces/default", tokens["access_token"]

    def create_ticket() -> str:
        ticket: str = post(f"{namespace}/watch-tickets", None, access_token).raise_for_status().json()["ticket"]
        return ticket

    unused, query = create_ticket(), {"ticket": create_ticket()}
    with httpx.stream("GET", f"{namespace}/watch", params=query, trust_env=False, timeout=30) as watching:
        assert watching.status_code == 200
        assert post(f"{shared_store.authorization.url}/logout", None, access_token).status_code == 204
        assert watching.read().endswith(b'event: ended\ndata: {"reason":"token-revoked"}\n\n')
    refused = httpx.get(f"{namespace}/watch", params={"ticket": unused}, trust_env=False)
    read_problem(refused, 401, "invalid-ticket")


def test_reused_refresh_token_revokes_the_session_everywhere(shared_store: Store, tokens: Tokens) -> None:
    body = {"refresh_token": tokens["refresh_token"]}
    first = post(f"{shared_store.authorization.url}/refresh", body).raise_for_status().json()
    successor = {"refresh_token": first["refresh_token"]}
    second = post(f"{shared_store.authorization.url}/refresh", successor).raise_for_status().json()
    assert post(f"{shared_store.authorization.url}/refresh", body).status_code == 401
    wait_until(lambda: is_revoked(shared_store, second), "the thief's token being refused")
    assert is_revoked(shared_store, tokens)


def test_disabled_user_is_rejected(shared_store: Store, user: dict[str, str], tokens: Tokens) -> None:
    administrator = log_in_administrator(shared_store)
    headers = {"Authorization": f"Bearer {administrator}"}
    httpx.patch(
        f"{shared_store.authorization.url}/users/{user['username']}", json={"is_enabled": False}, headers=headers, trust_env=False
    ).raise_for_status()
    wait_until(lambda: is_revoked(shared_store, tokens), "the token being refused")


def test_changed_grants_apply_after_the_next_refresh(shared_store: Store, user: dict[str, str], tokens: Tokens) -> None:
    headers = {"Authorization": f"Bearer {log_in_administrator(shared_store)}"}
    url = f"{shared_store.authorization.url}/users/{user['username']}/grants/read:default"
    httpx.delete(url, headers=headers, trust_env=False).raise_for_status()
    wait_until(lambda: is_revoked(shared_store, tokens), "the token being refused")
    new = post(f"{shared_store.authorization.url}/refresh", {"refresh_token": tokens["refresh_token"]}).raise_for_status().json()
    refused = read(shared_store, new)
    read_problem(refused, 403, "insufficient-scope")
    assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="read:default"'
    assert post(f"{shared_store.key_value.url}/write", {"data": {"a": 1}}, new["access_token"]).is_success


def change_grant(store: Store, method: str, user: dict[str, str], grant: str) -> None:
    headers = {"Authorization": f"Bearer {log_in_administrator(store)}"}
    url = f"{store.authorization.url}/users/{user['username']}/grants/{quote(grant, safe='')}"
    httpx.request(method, url, headers=headers, trust_env=False).raise_for_status()


def test_watch_of_granted_keys_has_no_others_and_ends_with_the_grant(shared_store: Store, user: dict[str, str]) -> None:
    reader, prefix = make_user(), new_prefix()
    register(shared_store, reader)
    writer = log_in(shared_store, user)["access_token"]
    granted = f"read:default/{prefix}caf%C3%A9/*"
    for method, grant in (("DELETE", "read:default"), ("DELETE", "write:default"), ("PUT", granted)):
        change_grant(shared_store, method, reader, grant)
    tokens = log_in(shared_store, reader)
    changes = f"{shared_store.key_value.url}/namespaces/default"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    watched = {"prefix": f"{prefix}café/"}
    with httpx.stream("GET", f"{changes}/watch", params=watched, headers=headers, trust_env=False, timeout=30) as watching:
        events = read_events(watching.iter_lines())
        began = next(events).id
        for key in ("secret", "café", "café/1", "cafés", "café/2"):
            post(f"{shared_store.key_value.url}/write", {"data": {prefix + key: key}}, writer).raise_for_status()
        for key in ("café/1", "café/2"):
            event = next(event for event in events if event)
            assert (event.name, event["key"], event["value"]) == ("written", prefix + key, key)
        page = httpx.get(
            f"{changes}/changes", params=watched | {"after": str(began)}, headers=headers, trust_env=False
        ).raise_for_status()
        assert [change["value"] for change in page.json()["changes"]] == ["café/1", "café/2"]
        change_grant(shared_store, "DELETE", reader, granted)
        assert [(event.name, event) for event in events if event] == [("ended", {"reason": "token-revoked"})]
    change_grant(shared_store, "PUT", reader, granted[:-1] + "1")
    renewed = post(f"{shared_store.authorization.url}/refresh", {"refresh_token": tokens["refresh_token"]}).json()
    headers = {"Authorization": f"Bearer {renewed['access_token']}"}
    for part in ("watch", "changes", "export", "pairs"):
        refused = httpx.get(f"{changes}/{part}", params=watched, headers=headers, trust_env=False, timeout=5)
        read_problem(refused, 403, "insufficient-scope")
        assert f'scope="{granted}"' in refused.headers["www-authenticate"]
    query = {"key": f"{prefix}café/1"}
    assert httpx.get(f"{changes}/pair", params=query, headers=headers, trust_env=False).json() == "café/1"
