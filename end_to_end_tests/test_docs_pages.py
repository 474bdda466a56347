"""The pages at /docs in Chromium: logging in with the Authorize button, and trying an operation."""

from test_support.browser import Browser

from .conftest import Store
from .test_both_services import ANNA, post


def log_in(browser: Browser, store: Store, url: str, password: str = ANNA["password"]) -> None:
    post(f"{store.authorization.url}/register", ANNA).raise_for_status()
    browser.open(f"{url}/docs")
    browser.click(".btn.authorize")
    browser.type("#oauth_username", ANNA["username"])
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


def test_reader_logs_in_on_the_page_of_the_authorization_service_and_calls_me(browser: Browser, store: Store) -> None:
    log_in(browser, store, store.authorization.url)
    status, body = try_out(browser, "operations-me-show_me_me_get")
    assert status == "200"
    assert '"username": "anna"' in body


def test_reader_logs_in_on_the_page_of_the_key_value_service_and_reads(browser: Browser, store: Store) -> None:
    log_in(browser, store, store.key_value.url)
    status, body = try_out(browser, "operations-pairs-read_read_post")
    assert status == "200"
    assert '"missing": [' in body


def test_wrong_password_is_shown_as_invalid_grant(browser: Browser, store: Store) -> None:
    log_in(browser, store, store.key_value.url, "Wrong-horse-9")
    assert "invalid_grant" in browser.read(".auth-container .errors")
