"""Revocations while one of the services is stopped or killed."""

import pytest

from test_support.processes import wait_until
from test_support.store import Store

from .users import ANNA, Tokens, find_readiness, is_revoked, log_in, post, read, register


@pytest.fixture
def tokens(store: Store) -> Tokens:
    """Anna's tokens, which the key-value service accepts."""
    register(store, ANNA)
    tokens = log_in(store, ANNA)
    assert read(store, tokens).is_success
    return tokens


def test_revocation_while_the_key_value_service_was_stopped_is_known_after_its_start(store: Store, tokens: Tokens) -> None:
    store.key_value.stop()
    assert post(f"{store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
    store.key_value.start().wait_until_ready()
    wait_until(lambda: is_revoked(store, tokens), "the token being refused")


def test_revocation_survives_kills_of_the_authorization_service_and_its_tarantool(store: Store, tokens: Tokens) -> None:
    assert post(f"{store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
    store.authorization.kill()
    store.authorization_tarantool.kill()
    store.key_value.kill()
    store.authorization_tarantool.start()
    store.authorization.start().wait_until_ready()
    store.key_value.start().wait_until_ready()
    wait_until(lambda: is_revoked(store, tokens), "the token being refused")


def test_key_value_service_is_degraded_without_the_feed_and_catches_up(store: Store, tokens: Tokens) -> None:
    store.authorization.kill()
    wait_until(lambda: find_readiness(store) == {"status": "degraded", "missing": ["revocations"]}, "the degraded state")
    assert read(store, tokens).is_success
    store.authorization.start().wait_until_ready()
    wait_until(lambda: find_readiness(store) == {"status": "ready"}, "the feed being followed again")
    assert post(f"{store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
    wait_until(lambda: is_revoked(store, tokens), "the token being refused")
