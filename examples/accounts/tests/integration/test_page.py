"""The page in a real browser, and the commands."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.applications import run_command
from test_support.browser import Browser
from test_support.store import Store

from ..conftest import Accounts


def test_the_page(accounts: Accounts, store: Store, tmp_path: Path) -> None:
    with httpx.Client(base_url=store.authorization.url, trust_env=False) as http:
        login = {"username": "admin", "password": store.administrator_password}
        headers = {"Authorization": f"Bearer {http.post('/login', json=login).json()['access_token']}"}
        http.put("/users/admin/grants/admin:accounts*", headers=headers).raise_for_status()
    (tmp_path / "profile").mkdir()
    with Browser("/usr/bin/chromium", tmp_path / "profile") as page:
        page.open(accounts.url)
        page.read("#sign-in:not([hidden]) h2")
        page.type("#sign-in [name=username]", "admin")
        page.type("#sign-in [name=password]", "wrong")
        page.click("#sign-in [type=submit]")
        page.read("#message:not([hidden])")
        page.run("document.querySelector('#sign-in [name=password]').value = ''")
        page.type("#sign-in [name=password]", store.administrator_password)
        page.click("#sign-in [type=submit]")
        page.read("#signed-in:not([hidden]) h2")
        name = f"page-{uuid4().hex[:8]}"
        page.type("#add-user [name=username]", name)
        page.type("#add-user [name=first_name]", "<b>Vera</b>")
        page.click("#add-user [type=submit]")
        assert page.read("#user:not([hidden]) h2") == f"<b>Vera</b> ({name})"
        page.type("#add-contact [name=value]", f"{name}@example.com")
        page.click("#add-contact [type=submit]")
        assert "primary" in page.read("#contacts li")
        page.type("#add-contact [name=value]", "nonsense")
        page.click("#add-contact [type=submit]")
        assert "e-mail address" in page.read("#message:not([hidden])")
        page.type("#add-group [name=name]", f"team {name}")
        page.click("#add-group [type=submit]")
        assert f"team {name}" in page.read("#groups li")
        page.click("#sign-out")
        page.read("#sign-in:not([hidden]) h2")


def test_demonstration_data_are_added_once(environment: dict[str, str], tmp_path: Path) -> None:
    own = environment | {"NAMESPACE": f"accounts-{uuid4().hex}"}
    assert run_command("accounts", tmp_path, own, "seed", "--users", "15") == (0, "15 users added\n")
    assert run_command("accounts", tmp_path, own, "seed", "--users", "15") == (0, "15 users added\n0 users added\n")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"CLIENT_SECRET": "wrong"}, "accounts: "),
        ({"PORT": "x"}, "PORT: "),
        ({"APP_ENV": "moon"}, "APP_ENV: "),
        ({"RABBITMQ_URL": "http://x"}, "RABBITMQ_URL: "),
    ],
)
def test_wrong_settings_are_one_line(environment: dict[str, str], tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    status, output = run_command("accounts", tmp_path, environment | changes, "migrate")
    assert status == 1
    assert output.startswith(message)
    assert len(output.splitlines()) == 1
