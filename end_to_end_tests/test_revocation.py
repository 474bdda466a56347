"""Tokens that the authorization service revokes are soon rejected by the key-value service, without a call per request."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from test_support.problems import read_problem
from test_support.processes import wait_until

from .conftest import Store
from .test_both_services import ANNA, post

LOGIN = {name: ANNA[name] for name in ("username", "password")}


@pytest.fixture
def tokens(store: Store) -> dict[str, Any]:
    """Anna's tokens, which the key-value service accepts."""
    post(f"{store.authorization.url}/register", ANNA).raise_for_status()
    tokens: dict[str, Any] = post(f"{store.authorization.url}/login", LOGIN).raise_for_status().json()
    wait_until(lambda: ready(store)["status"] == "ready", "the feed being followed")
    assert read(store, tokens).is_success
    return tokens


def ready(store: Store) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"{store.key_value.url}/health/ready", trust_env=False).json()
    return answer


def read(store: Store, tokens: dict[str, Any]) -> httpx.Response:
    return post(f"{store.key_value.url}/read", {"keys": ["a"]}, tokens["access_token"])


def is_revoked(store: Store, tokens: dict[str, Any]) -> bool:
    answer = read(store, tokens)
    assert answer.status_code in {200, 401}
    return answer.status_code == 401 and "revoked" in answer.json()["detail"]


def test_logout_revokes_the_token_and_no_other_session(store: Store, tokens: dict[str, Any]) -> None:
    other = post(f"{store.authorization.url}/login", LOGIN).json()
    assert post(f"{store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
    wait_until(lambda: is_revoked(store, tokens), "the token being refused")
    assert read(store, other).is_success


def test_streams_end_with_the_session(store: Store, tokens: dict[str, Any]) -> None:
    namespace = f"{store.key_value.url}/namespaces/default"
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
        assert post(f"{store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
        with pytest.raises(httpx.RemoteProtocolError):
            watching.read()
        has_ended.set()
        read_problem(importing.result(), 401, "invalid-token")


def test_reused_refresh_token_revokes_the_session_everywhere(store: Store, tokens: dict[str, Any]) -> None:
    body = {"refresh_token": tokens["refresh_token"]}
    first = post(f"{store.authorization.url}/refresh", body).raise_for_status().json()
    successor = {"refresh_token": first["refresh_token"]}
    second = post(f"{store.authorization.url}/refresh", successor).raise_for_status().json()
    assert post(f"{store.authorization.url}/refresh", body).status_code == 401
    wait_until(lambda: is_revoked(store, second), "the thief's token being refused")
    assert is_revoked(store, tokens)


def test_disabled_user_is_rejected(store: Store, tokens: dict[str, Any]) -> None:
    administrator = log_in_administrator(store)
    headers = {"Authorization": f"Bearer {administrator}"}
    httpx.patch(
        f"{store.authorization.url}/users/anna", json={"is_enabled": False}, headers=headers, trust_env=False
    ).raise_for_status()
    wait_until(lambda: is_revoked(store, tokens), "the token being refused")


def test_changed_grants_apply_after_the_next_refresh(store: Store, tokens: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {log_in_administrator(store)}"}
    url = f"{store.authorization.url}/users/anna/grants/read:default"
    httpx.delete(url, headers=headers, trust_env=False).raise_for_status()
    wait_until(lambda: is_revoked(store, tokens), "the token being refused")
    new = post(f"{store.authorization.url}/refresh", {"refresh_token": tokens["refresh_token"]}).raise_for_status().json()
    refused = read(store, new)
    read_problem(refused, 403, "insufficient-scope")
    assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="read:default"'
    assert post(f"{store.key_value.url}/write", {"data": {"a": 1}}, new["access_token"]).is_success


def test_revocation_while_the_key_value_service_was_stopped_is_known_after_its_start(
    store: Store, tokens: dict[str, Any]
) -> None:
    store.key_value.stop()
    assert post(f"{store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
    store.key_value.start().wait_until_ready()
    wait_until(lambda: is_revoked(store, tokens), "the token being refused")


def test_revocation_survives_kills_of_the_authorization_service_and_its_tarantool(store: Store, tokens: dict[str, Any]) -> None:
    assert post(f"{store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
    store.authorization.kill()
    store.authorization_tarantool.kill()
    store.key_value.kill()
    store.authorization_tarantool.start()
    store.authorization.start().wait_until_ready()
    store.key_value.start().wait_until_ready()
    wait_until(lambda: is_revoked(store, tokens), "the token being refused")


def test_key_value_service_is_degraded_without_the_feed_and_catches_up(store: Store, tokens: dict[str, Any]) -> None:
    store.authorization.kill()
    wait_until(lambda: ready(store) == {"status": "degraded", "missing": ["revocations"]}, "the readiness being degraded")
    assert read(store, tokens).is_success
    store.authorization.start().wait_until_ready()
    wait_until(lambda: ready(store) == {"status": "ready"}, "the feed being followed again")
    assert post(f"{store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
    wait_until(lambda: is_revoked(store, tokens), "the token being refused")


def log_in_administrator(store: Store) -> str:
    file = store.authorization.log.parent / "var/authorization_service/administrator_password"
    body = {"username": "admin", "password": file.read_text().strip()}
    token: str = post(f"{store.authorization.url}/login", body).raise_for_status().json()["access_token"]
    return token
