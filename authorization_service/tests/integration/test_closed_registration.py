"""A service whose users cannot register themselves."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from test_support.authorization.people import PASSWORD, Person, log_in_as_administrator
from test_support.authorization.signing_in import Browser, Page, RegisteredClient, read_answer
from test_support.command_line import CommandLine
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool
from test_support.requirements import implements

USER = {"username": "anna", "password": PASSWORD, "first_name": "Anna"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("closed")


@pytest.fixture(scope="module")
def closed(folder: Path) -> Iterator[Service]:
    with (
        Tarantool("authorization", folder / "tarantool") as tarantool,
        Service("authorization", folder, tarantool, AUTHORIZATION_REGISTRATION="closed") as service,
    ):
        yield service.wait_until_ready()


def read_prompts(service: Service) -> list[str]:
    metadata = httpx.get(f"{service.url}/.well-known/openid-configuration", trust_env=False).json()
    prompts: list[str] = metadata["prompt_values_supported"]
    return prompts


def test_nobody_registers_by_the_interface(closed: Service, folder: Path) -> None:
    refused = httpx.post(f"{closed.url}/register", json=USER, trust_env=False)
    assert "administrator" in read_problem(refused, 403, "registration-closed")["detail"]
    # The first administrator was made at the start.
    assert log_in_as_administrator(closed, folder)("GET", "/users/anna").status_code == 404


def test_nobody_registers_at_the_page(closed: Service, folder: Path) -> None:
    with Browser(closed.url) as browser:
        page = browser.open("/sign-in")
        assert "/create-account" not in page.text
        refused = [browser.open("/create-account")]
        form = {"csrf_token": Page(page).forms[0].fields["csrf_token"]} | USER
        refused.append(browser.client.post(f"{closed.url}/create-account", data=form))
        refused.append(browser.client.post(f"{closed.url}/create-account", data=form, headers={"Accept-Language": "ru"}))
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert "Registration is closed" in refused[0].text
    assert "Регистрация закрыта" in refused[2].text
    assert log_in_as_administrator(closed, folder)("GET", "/users/anna").status_code == 404


@implements("OIDC Prompt Create, 4")
def test_client_that_asks_for_an_account_gets_the_page_to_sign_in_at(closed: Service, folder: Path) -> None:
    assert read_prompts(closed) == ["none", "login", "consent", "select_account"]
    client = RegisteredClient.register(log_in_as_administrator(closed, folder), closed.url)
    with Browser(closed.url) as browser:
        assert browser.open("/authorize", **client.ask(prompt="create")).url.path == "/sign-in"


def test_operator_creates_users(closed: Service, tmp_path: Path) -> None:
    command, name = CommandLine(tmp_path, closed.tarantool), f"u-{uuid.uuid4().hex}"
    made = command.read_json("users", "create", name, "--first-name", "Bella", "--generate")
    assert (made["role"], made["last_name"]) == ("member", None)
    person = Person(closed, name, made["password"])
    assert person("GET", "/me").json()["first_name"] == "Bella"
    read_problem(person("GET", "/users"), 403, "administrator-required")


@implements("OIDC Prompt Create, 4")
def test_open_service_lets_a_client_ask_for_an_account(
    authorization_service: Service, client: RegisteredClient, browser: Browser
) -> None:
    # Initiating User Registration via OpenID Connect 1.0, sections 4 and 5
    assert read_prompts(authorization_service)[-1] == "create"
    page = browser.open("/authorize", **client.ask(prompt="create"))
    assert page.url.path == "/create-account"
    answer = browser.send(page, username=f"u-{uuid.uuid4().hex}", password=PASSWORD, first_name="Anna")
    assert client.redeem(read_answer(answer)["code"]).status_code == 200
    # Also where somebody has signed in already.
    assert browser.open("/authorize", **client.ask(prompt="create")).url.path == "/create-account"
    assert read_answer(browser.open("/authorize", **client.ask(prompt="none create")))["error"] == "invalid_request"


def test_setting_is_open_or_closed(tmp_path: Path, authorization_service: Service) -> None:
    with Service("authorization", tmp_path, authorization_service.tarantool, AUTHORIZATION_REGISTRATION="no") as service:
        assert service.wait() != 0
        assert re.match("broken setting AUTHORIZATION_REGISTRATION: .*'open'.*'closed'", service.output)
