"""`kv login` by browser and on another device, with Chromium at the pages of the service."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from test_support.authorization.people import Person, register
from test_support.browser import Browser
from test_support.moved_clock import MovedClock
from test_support.processes import wait_until
from test_support.store import Store, running_store

from .conftest import Kv, Running


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program is not None
    with Browser(program, tmp_path / "profile", "--accept-lang=en") as browser:
        yield browser


@pytest.fixture
def anna(store: Store) -> Person:
    return register(store.authorization)


@pytest.fixture
def at_desk(shell: Kv) -> Kv:
    """A shell with a browser at hand: it writes into a file what it is to open."""
    opener = shell.home / "opener"
    opener.write_text(
        f'#!/bin/sh\nprintf %s "$1" > {shell.home}/opened.part && mv {shell.home}/opened.part {shell.home}/opened\n'
    )
    opener.chmod(0o700)
    shell.environment["BROWSER"] = f"{opener} %s"
    return shell


@contextmanager
def signing_in(shell: Kv, *options: str) -> Iterator[tuple[Running, str]]:
    """Run `kv login --browser`; yield it with the address that it opens."""
    opened = shell.home / "opened"
    with shell.running("login", "--url", shell.store.key_value.url, "--browser", *options) as command:
        wait_until(opened.exists, "the browser being opened")
        assert [command.read_error() for _ in range(2)][1].strip() == opened.read_text()
        yield command, opened.read_text()


def find_callback(address: str) -> tuple[str, str]:
    """Return the redirect URI and the state of an authorization request."""
    query = parse_qs(urlsplit(address).query)
    return query["redirect_uri"][0], query["state"][0]


def fill_in(chromium: Browser, person: Person) -> None:
    chromium.type("#username", person.username)
    chromium.type("#password", person.password)
    chromium.click("main form button.primary")


def finish(command: Running) -> tuple[int, str, str]:
    """Wait for the end of a command; return its status and what it has written since."""
    output, errors = command.process.communicate(timeout=60)
    return command.process.returncode, output.decode(), errors.decode()


def test_a_browser_signs_in_and_the_session_goes_on_until_the_logout(at_desk: Kv, chromium: Browser, anna: Person) -> None:
    with signing_in(at_desk) as (command, address):
        asked = parse_qs(urlsplit(address).query)
        assert (asked["client_id"], asked["code_challenge_method"], "code_verifier" in asked) == (["kv"], ["S256"], False)
        redirect_uri, _ = find_callback(address)
        assert httpx.get(redirect_uri, params={"state": "x", "code": "y"}, trust_env=False).status_code == 404  # changes nothing
        chromium.open(address)
        fill_in(chromium, anna)
        chromium.click("button[value=allow]")
        assert "go back to the terminal" in chromium.read("body > p")
        status, shown, errors = finish(command)
    assert (status, errors) == (0, "")
    assert f"account      {anna.username}" in shown
    kept = json.loads(at_desk.tokens.read_bytes())
    at_desk("put", "greeting", "hello")
    at_desk.tokens.write_text(json.dumps(kept | {"expires_at": 0, "refresh_at": 0}))
    assert at_desk.read("whoami")[0]["account"] == anna.username
    refreshed = json.loads(at_desk.tokens.read_bytes())
    assert refreshed["refresh_token"] != kept["refresh_token"]
    at_desk("logout")
    at_desk.tokens.write_text(json.dumps(refreshed | {"expires_at": 0, "refresh_at": 0}))
    assert "kv login" in at_desk.refuse(5, "get", "greeting")


def test_what_goes_wrong_in_the_browser_is_one_line(at_desk: Kv, chromium: Browser, anna: Person) -> None:
    with signing_in(at_desk, "--username", anna.username) as (command, address):
        chromium.open(address)
        chromium.type("#password", anna.password)  # the name is there already
        chromium.click("main form button.primary")
        chromium.click("button[value=deny]")
        assert "not signed in" in chromium.read("body > h1")
        assert finish(command) == (5, "", "error: The sign-in was denied.\n")
    (at_desk.home / "opened").unlink()
    with signing_in(at_desk) as (command, address):
        redirect_uri, state = find_callback(address)
        httpx.get(redirect_uri, params={"state": state, "code": "x", "iss": "https://evil.example"}, trust_env=False)
        line = f"The answer is from another server than {at_desk.store.authorization.url}: https://evil.example"
        assert finish(command) == (5, "", f"error: {line}\n")
    (at_desk.home / "opened").unlink()
    with signing_in(at_desk, "--timeout", "1s") as (command, _):
        assert finish(command) == (5, "", "error: Nobody has signed in within 1 seconds.\n")
    assert not at_desk.tokens.exists()


def test_a_server_that_calls_itself_otherwise_is_refused(at_desk: Kv) -> None:
    url = at_desk.store.authorization.url
    other = url.replace("127.0.0.1", "localhost")
    line = at_desk.refuse(1, "login", "--url", at_desk.store.key_value.url, "--authorization-url", other, "--browser")
    assert line == f"The authorization service at {other} calls itself {url}. Log in with --authorization-url {url}"


def begin_on_device(command: Running) -> tuple[str, str]:
    """Return the address and the code that `kv login --device` shows."""
    address = command.read_error().split()[1]
    command.read_error()
    code = command.read_error().strip()
    command.read_error()
    return address, code


def test_another_device_signs_in(shell: Kv, chromium: Browser, anna: Person) -> None:
    login = ("login", "--url", shell.store.key_value.url, "--device")
    with shell.running(*login) as command:
        address, code = begin_on_device(command)
        assert address == f"{shell.store.authorization.url}/device"
        chromium.open(address)
        chromium.type("#user_code", code)
        chromium.click("main form button.primary")
        fill_in(chromium, anna)
        chromium.click("button[value=allow]")
        wait_until(lambda: "connected" in chromium.read("h1"), "the device being connected")
        status, shown, errors = finish(command)
    assert (status, errors) == (0, "")
    assert f"account      {anna.username}" in shown
    assert shell.read("whoami")[0]["account"] == anna.username
    with shell.running(*login) as command:
        _, code = begin_on_device(command)
        chromium.open(f"{address}?user_code={code}")
        chromium.click("button[value=deny]")
        assert finish(command) == (5, "", "error: The sign-in was denied.\n")
    assert shell.read("whoami")[0]["account"] == anna.username  # a failed login keeps the session before it


def test_a_terminal_without_a_browser_shows_a_picture_and_is_interrupted(shell: Kv) -> None:
    shell.environment |= {"DISPLAY": ":0", "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    with shell.at_terminal("login", "--url", shell.store.key_value.url) as terminal:
        terminal.answer("Ctrl-C ends that.\r\n", "\x03")
        assert terminal.wait() == 130
    assert "▄" in terminal.shown
    assert terminal.shown.splitlines()[-1].endswith("error: Interrupted: nobody has signed in.")


def test_a_code_that_expires_is_one_line(tmp_path: Path) -> None:
    clock = MovedClock(tmp_path / "clock")
    with running_store(tmp_path / "store", {}, environment=clock.environment) as store:
        shell = Kv(tmp_path, store)
        with shell.running("login", "--url", store.key_value.url, "--device") as command:
            begin_on_device(command)
            clock.move(timedelta(minutes=11))
            assert finish(command) == (5, "", "error: Nobody has signed in before the code expired.\n")


def test_a_wait_without_an_end_is_refused(shell: Kv) -> None:
    login = ("login", "--url", shell.store.key_value.url, "--device", "--timeout", "never")
    assert shell.refuse(2, *login).startswith("Invalid value for --timeout")
