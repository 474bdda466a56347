"""The application as a process: its page in a real browser, the live feed, and what happens when something is away."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.applications import Application, run_command
from test_support.browser import Browser
from test_support.processes import reserve_port
from test_support.store import Store, running_store

from ..conftest import PASSWORD, Person, register


class Microblog(Application):
    """`microblog run`."""

    def __init__(self, folder: Path, store: Store, secret: str) -> None:
        port = reserve_port()
        settings = {
            "PORT": str(port),
            "STORE_URL": store.key_value.url,
            "AUTHORIZATION_URL": store.authorization.url,
            "CLIENT_SECRET": secret,
            "NAMESPACE": f"microblog-{uuid4().hex}",
        }
        self.settings = {f"MICROBLOG_{name}": value for name, value in settings.items()}
        super().__init__("microblog", folder, self.settings, port, "run")


@pytest.fixture(scope="module")
def microblog(store: Store, account: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Microblog]:
    with Microblog(tmp_path_factory.mktemp("run"), store, account["client_secret"]) as running:
        yield running.wait_until_ready()


@pytest.fixture
async def http(microblog: Microblog) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{microblog.url}/api/v1", trust_env=False, timeout=30) as http:
        yield http


async def read_events(person: Person, last: str | None = None) -> AsyncGenerator[dict[str, str], None]:
    """Yield the events of a person's feed."""
    headers = {"Authorization": f"Bearer {person.token}"} | ({"Last-Event-ID": last} if last else {})
    async with person.http.stream("GET", "/feed/events", headers=headers) as answer:
        event: dict[str, str] = {}
        async for line in answer.raise_for_status().aiter_lines():
            name, _, text = line.partition(": ")
            if name in {"event", "data", "id"}:
                event[name] = text
            if not line and event:
                yield event
                event = {}


async def test_the_live_feed_goes_on_where_it_stopped(http: httpx.AsyncClient) -> None:
    anna, boris, vera = [await register(http, name) for name in ("anna", "boris", "vera")]
    await anna.ask("PUT", f"/users/{boris.id}/followers/me")
    async with aclosing(read_events(anna)) as events:
        waiting = asyncio.ensure_future(anext(events))
        while not waiting.done():  # the stream begins with what is posted after it was opened
            await boris.post("one")
            await asyncio.wait([waiting], timeout=0.2)
        first = waiting.result()
    assert first["event"] == "posted"
    assert json.loads(first["data"])["text"] == "one"
    await vera.post("not followed")
    two = await boris.post("two")
    await boris.ask("DELETE", f"/tweets/{two['id']}")
    await boris.post("three")
    kinds = []
    async with aclosing(read_events(anna, first["id"])) as events:
        async for event in events:
            data = json.loads(event["data"])
            if data.get("text") != "one":
                kinds.append((event["event"], data.get("text")))
            if data.get("text") == "three":
                break
    assert kinds in ([("deleted", None), ("posted", "three")], [("posted", "two"), ("deleted", None), ("posted", "three")])


async def test_the_feed_is_measured(microblog: Microblog, tmp_path: Path) -> None:
    assert run_command("microblog", tmp_path, microblog.settings, "seed", "--users", "5", "--tweets", "20")[0] == 0
    status, output = run_command("microblog", tmp_path, microblog.settings, "bench", "--requests", "4")
    assert status == 0, output
    pattern = r"the feed of 5 others by (\w+): p50 [\d.]+ ms, p99 [\d.]+ ms of 4 requests"
    assert re.findall(pattern, output) == ["time", "likes"]


async def test_the_page(microblog: Microblog, http: httpx.AsyncClient, tmp_path: Path) -> None:
    boris = await register(http, "boris")
    tweet = await boris.post("<img src=x onerror=document.title='stolen'> and tea")
    (tmp_path / "profile").mkdir()

    def use(page: Browser) -> None:
        page.open(microblog.url)
        page.read("#sign-in:not([hidden]) h2")  # the script has shown the form
        page.click("#new-here")
        for field, text in {"username": f"anna-{uuid4().hex[:8]}", "password": PASSWORD, "name": "Anna"}.items():
            page.type(f"#sign-in [name={field}]", text)
        page.click("#sign-in [type=submit]")
        page.type("#find [name=prefix]", boris.username)
        page.click("#people button[aria-label^=Follow]")
        page.read("#people button[aria-label^=Unfollow]")
        assert "<img src=x" in page.read("#feed .text")
        page.click("#feed .like")
        page.read("#feed .like[aria-pressed=true]")
        page.type("#post [name=text]", "Hello from the page")
        page.click("#post [type=submit]")
        page.read("#feed li:nth-child(2)")
        assert page.read("#feed .text") == "Hello from the page"
        page.read("#live")

    def see(page: Browser) -> None:
        page.read("#feed li:nth-child(3)")
        assert page.read("#feed .text") == "Live"
        assert page.run("return document.title") == "Microblog"
        page.click("#who button")
        page.read("#sign-in:not([hidden]) h2")

    with Browser("/usr/bin/chromium", tmp_path / "profile") as page:
        await asyncio.to_thread(use, page)
        await boris.post("Live")
        await asyncio.to_thread(see, page)
    assert (await boris.ask("GET", f"/tweets/{tweet['id']}")).json()["likes"] == 1


async def test_what_is_away_is_said_and_comes_back(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    with running_store(tmp_path_factory.mktemp("own_store"), {}) as store:
        secret = store.create_account("microblog", "admin:microblog*")
        with Microblog(tmp_path, store, secret) as running:
            running.wait_until_ready()
            async with httpx.AsyncClient(base_url=f"{running.url}/api/v1", trust_env=False, timeout=60) as http:
                anna = await register(http)
                await anna.post("kept")
                store.key_value_tarantool.kill()
                restart = asyncio.get_running_loop().run_in_executor(None, store.key_value_tarantool.start)
                assert await anna.read_feed() == ["kept"]  # the client library waits for it
                await restart
                running.kill()
                running.start().wait_until_ready()
                assert await anna.read_feed() == ["kept"]
                store.authorization.stop()
                await asyncio.sleep(5.1)  # what the application knows of the token, it knows for five seconds
                answer = await anna.ask("GET", "/me")
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def run(folder: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    environment = {f"MICROBLOG_{name.upper()}": value for name, value in settings.items()}
    return run_command("microblog", folder, environment, *arguments)


def test_migrations_are_applied_once_and_reverted(account: dict[str, str], tmp_path: Path) -> None:
    settings = account | {"namespace": f"microblog-{uuid4().hex}"}
    for version, shown in (("1", 1), ("2", 2), ("0", 0), ("2", 2)):
        status, output = run(tmp_path, "migrate", "--to", version, **settings)
        assert (status, output.splitlines()[-1]) == (0, f"the data have version {shown}")
    status, output = run(tmp_path, "migrate", "--to", "9", **settings)
    assert status == 1
    assert "There is no version 9" in output


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"client_secret": "wrong"}, "microblog: "),
        ({"client_secret": ""}, "microblog: "),
        ({"port": "x"}, "MICROBLOG_PORT: "),
        ({"media_storage": "tape"}, "MICROBLOG_MEDIA_STORAGE: "),
    ],
)
def test_wrong_settings_are_one_line(account: dict[str, str], tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    status, output = run(tmp_path, "migrate", **account | changes)
    assert status == 1
    assert output.startswith(message)
    assert len(output.splitlines()) == 1


def test_demonstration_data_are_what_the_application_would_have_written(account: dict[str, str], tmp_path: Path) -> None:
    settings = account | {"namespace": f"microblog-{uuid4().hex}"}
    status, output = run(tmp_path, "seed", "--users", "50", "--tweets", "3000", **settings)
    assert status == 0, output
    assert output.startswith("50 users, 3,000 tweets: ")
