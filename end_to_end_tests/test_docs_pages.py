"""The pages at /docs in Chromium: logging in with the Authorize button, and trying an operation."""

import pytest

from test_support.browser import Browser
from test_support.store import Store

from .users import make_user, register


@pytest.fixture
def user(shared_store: Store) -> dict[str, str]:
    user = make_user()
    register(shared_store, user)
    return user


def log_in(browser: Browser, url: str, user: dict[str, str], password: str) -> None:
    browser.open(f"{url}/docs")
    fill_in_login(browser, user["username"], password)


def fill_in_login(browser: Browser, username: str, password: str) -> None:
    browser.click(".btn.authorize")
    browser.type("#oauth_username", username)
    browser.type("#oauth_password", password)
    browser.click(".auth-container:has(#oauth_username) .btn.authorize")


def try_out(browser: Browser, operation: str) -> tuple[str, str]:
    """Send an operation's example request after the login; return status and body."""
    assert browser.read(".auth-container h6") == "Authorized"
    browser.click(".btn-done")
    browser.click(f"#{operation} .opblock-summary-control")
    browser.click(f"#{operation} .try-out__btn")
    browser.click(f"#{operation} .execute")
    answer = f"#{operation} .live-responses-table .response"
    return browser.read(f"{answer} .response-col_status"), browser.read(f"{answer} .highlight-code")


def test_reader_logs_in_on_the_page_of_the_authorization_service_and_calls_me(
    browser: Browser, shared_store: Store, user: dict[str, str]
) -> None:
    log_in(browser, shared_store.authorization.url, user, user["password"])
    status, body = try_out(browser, "operations-me-show_me_me_get")
    assert status == "200"
    assert f'"username": "{user["username"]}"' in body


def test_reader_logs_in_on_the_page_of_the_key_value_service_and_reads(
    browser: Browser, shared_store: Store, user: dict[str, str]
) -> None:
    log_in(browser, shared_store.key_value.url, user, user["password"])
    status, body = try_out(browser, "operations-pairs-read_read_post")
    assert status == "200"
    assert '"missing": [' in body


def test_wrong_password_is_shown_as_invalid_grant(browser: Browser, shared_store: Store, user: dict[str, str]) -> None:
    log_in(browser, shared_store.key_value.url, user, "Wrong-horse-9")
    assert "invalid_grant" in browser.read(".auth-container .errors")
