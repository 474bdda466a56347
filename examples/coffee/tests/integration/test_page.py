"""The page in a real browser, and the commands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.applications import run_command
from test_support.browser import Browser

from ..conftest import PASSWORD, Coffee, Person, add_coffee, give_role, log_in, make_environment, register, until


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    (tmp_path / "profile").mkdir()
    with Browser("/usr/bin/chromium", tmp_path / "profile") as browser:
        yield browser


async def test_the_page(app: Coffee, worker: Coffee, http: httpx.AsyncClient, administrator: Person, page: Browser) -> None:
    roaster = await give_role(administrator, await register(http, "rita"), "roaster")
    coffee = await add_coffee(roaster, origin=f"Origin {uuid4().hex}")
    rated = await add_coffee(roaster, origin=coffee["origin"])
    await roaster.post(f"/coffees/{rated['id']}/reviews", rating=4, text="Mine")
    page.open(app.url)
    page.read("#sign-in:not([hidden]) h2")
    page.click("#new-here")
    username = f"vera-{uuid4().hex[:8]}"
    page.type("#sign-in [name=username]", username)
    page.type("#sign-in [name=password]", PASSWORD)
    page.type("#sign-in [name=name]", "Vera")
    page.click("#sign-in [type=submit]")
    assert page.read("#who-name") == "Vera (member)"

    page.type("#find [name=origin]", coffee["origin"])
    page.read(f"#coffees li:nth-child(1) [data-coffee='{rated['id']}']")
    page.click(f"#coffees li:nth-child(2) [data-coffee='{coffee['id']}']")
    assert "not rated yet" in page.read("#coffee:not([hidden]) #coffee-facts")
    page.type("#review [name=text]", "<i>Peachy</i>")
    page.click("#review [type=submit]")
    assert "<i>Peachy</i>" in page.read("#reviews li")
    assert "★ 5.0 (1)" in page.read(f"#coffees li:nth-child(1) [data-coffee='{coffee['id']}'] .stars")
    page.type("#review [name=text]", "Again")
    page.click("#review [type=submit]")
    assert "already" in page.read("#message:not([hidden])")

    page.click("#open-room:not([hidden])")
    (room,) = await wait_for_room(roaster, coffee["id"])
    page.run("while (!document.querySelector('#live').textContent.includes('● live')) await new Promise(r => setTimeout(r, 50))")
    assert "Here: Vera" in page.read("#names")
    page.type("#say [name=text]", "<u>Hello</u>")
    page.click("#say [type=submit]")
    assert "<u>Hello</u>" in page.read("#messages li")
    await roaster.post(f"/rooms/{room['id']}/messages", text="Hello, Vera")
    assert "Hello, Vera" in page.read("#messages li:nth-child(2)")
    page.click("#messages li:nth-child(1) button")
    assert "Hello, Vera" in page.read("#messages li:nth-child(1):last-child")
    vera = await log_in(http, username)

    async def is_told() -> bool:
        return bool(await vera.read_all("/notifications"))

    await until(is_told)
    page.read("#unread:not(:empty)")
    page.click("#show-notifications")
    assert "Hello, Vera" in page.read("#notifications:not([hidden]) li")
    page.click("#notifications li button")
    page.read("#notifications .empty:not([hidden])")
    assert worker.is_running()
    page.click("#sign-out")
    page.read("#sign-in:not([hidden]) h2")


async def wait_for_room(person: Person, coffee_id: str) -> list[Any]:
    async def is_open() -> bool:
        return bool(await person.read_all("/rooms", coffee=coffee_id))

    await until(is_open)
    return await person.read_all("/rooms", coffee=coffee_id)


def test_demonstration_data_are_added_once(account: dict[str, str], tmp_path: Path) -> None:
    own = make_environment(account)
    added = "2 coffees with 2 reviews each were added\n"
    assert run_command("coffee", tmp_path, own, "seed-data", "--coffees", "2", "--reviews", "2") == (0, added)
    again = "0 coffees with 2 reviews each were added\n"
    assert run_command("coffee", tmp_path, own, "seed-data", "--coffees", "2", "--reviews", "2") == (0, added + again)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"COFFEE_CLIENT_SECRET": "wrong"}, "coffee: "),
        ({"COFFEE_PORT": "x"}, "COFFEE_PORT: "),
        ({"COFFEE_REDIS_URL": "http://x"}, "COFFEE_REDIS_URL: "),
    ],
)
def test_wrong_settings_are_one_line(account: dict[str, str], tmp_path: Path, changes: dict[str, str], message: str) -> None:
    status, output = run_command("coffee", tmp_path, make_environment(account, **changes), "init-db")
    assert status == 1
    assert output.startswith(message)
    assert len(output.splitlines()) == 1
