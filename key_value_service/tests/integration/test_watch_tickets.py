"""Watching with a ticket instead of an access token, as a browser's EventSource does, over HTTP."""

import base64
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from key_value_service.domain.value_objects.watch_ticket import MAX_TICKETS_OF_USER
from test_support.key_value.clients import client_of
from test_support.key_value.watching import WATCH, Event, watch, write
from test_support.problems import read_broken_rules, read_problem
from test_support.processes import Service, Tarantool, reserve_port, wait_until
from test_support.tokens import TokenMaker

TICKETS = "/namespaces/default/watch-tickets"


def create(client: httpx.Client, namespace: str = "default", **headers: str) -> str:
    response = client.post(f"/namespaces/{namespace}/watch-tickets", headers=headers)
    assert response.status_code == 201, response.text
    ticket: str = response.json()["ticket"]
    return ticket


@pytest.fixture
def browser(key_value_service: Service) -> Iterator[httpx.Client]:
    """A client without an access token."""
    with httpx.Client(base_url=key_value_service.url, trust_env=False, timeout=10) as browser:
        yield browser


@contextmanager
def watch_with(browser: httpx.Client, ticket: str, path: str = WATCH, **query: Any) -> Iterator[Iterator[Event]]:
    query = {"ticket": ticket, **query}
    with watch(browser, str(httpx.URL(path, params=query))) as events:
        yield events


def refuse(browser: httpx.Client, ticket: str, path: str = WATCH) -> httpx.Response:
    response = browser.get(path, params={"ticket": ticket})
    read_problem(response, 401, "invalid-ticket")
    return response


def test_ticket_is_a_secret_that_lives_for_half_a_minute(key_value: httpx.Client) -> None:
    response = key_value.post(TICKETS)
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    created = response.json()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", created.pop("ticket"))
    expires_at = datetime.fromisoformat(created.pop("expires_at"))
    assert 25 < (expires_at - datetime.now(UTC)).total_seconds() <= 31
    assert created == {}


def test_ticket_begins_one_watch(everywhere: httpx.Client, browser: httpx.Client, namespace: str) -> None:
    path, ticket = f"/namespaces/{namespace}/watch", create(everywhere, namespace)
    revision = write(everywhere, {"a": 1, "b": 2}, namespace=namespace)
    with watch_with(browser, ticket, path, after=revision - 2, prefix="b") as events:
        assert next(events).id == revision - 2
        assert next(events)["value"] == 2
        refuse(browser, ticket, path)
        written = write(everywhere, {"b": 3}, namespace=namespace)
        assert next(events).id == written, "a refused second watch leaves the first alone"
    refuse(browser, ticket, path)
    with browser.stream("GET", path, params={"ticket": create(everywhere, namespace)}) as response:
        assert response.headers["referrer-policy"] == "no-referrer"
    with watch(browser, f"{path}?ticket={create(everywhere, namespace)}", **{"Last-Event-ID": str(written - 1)}) as events:
        assert [next(events).id for _ in range(2)] == [written - 1, written]


def test_any_answer_uses_a_ticket_up(everywhere: httpx.Client, browser: httpx.Client, namespace: str) -> None:
    path = f"/namespaces/{namespace}/watch"
    for query, method, status in (({}, "HEAD", 200), ({"after": 2**50}, "GET", 410), ({"after": "x"}, "GET", 422)):
        ticket = create(everywhere, namespace)
        assert browser.request(method, path, params={"ticket": ticket, **query}).status_code == status
        refuse(browser, ticket, path)


def test_tickets_are_refused_alike_whatever_the_reason(
    everywhere: httpx.Client, browser: httpx.Client, namespace: str, tokens: TokenMaker
) -> None:
    used, elsewhere, absent = create(everywhere), create(everywhere, namespace), create(everywhere)
    with watch_with(browser, used):
        pass
    expiry = int(time.time()) + 2
    ended = create(browser, Authorization=f"Bearer {tokens.make(exp=expiry)}")
    wait_until(lambda: time.time() > expiry, "the token expiring")
    other = f"n-{uuid4().hex}"
    everywhere.put(f"/namespaces/{other}", json={}).raise_for_status()
    deleted = create(everywhere, other)
    everywhere.delete(f"/namespaces/{other}").raise_for_status()
    browser.headers["X-Request-ID"] = "the-same"
    answers = [
        refuse(browser, ticket, path)
        for ticket, path in (
            (used, WATCH), (elsewhere, WATCH), (absent, f"/namespaces/n-{uuid4().hex}/watch"), (ended, WATCH),
            (deleted, f"/namespaces/{other}/watch"), ("", WATCH), ("unknown", WATCH), ("é%\0", WATCH), ("x" * 10_000, WATCH),
            (everywhere.headers["authorization"].removeprefix("Bearer "), WATCH), (used, "/namespaces/NO NAME/watch"),
        )
    ]  # fmt: skip
    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer error="invalid_token"'}
    with watch_with(browser, elsewhere, f"/namespaces/{namespace}/watch") as events:
        assert next(events).id is not None, "a ticket that was sent for another namespace is still good for its own"


def test_ticket_and_access_token_are_not_sent_together(key_value: httpx.Client, browser: httpx.Client) -> None:
    ticket = create(key_value)
    for authorization in (key_value.headers["authorization"], "bearer wrong", "Bearer"):
        refused = browser.get(WATCH, params={"ticket": ticket}, headers={"Authorization": authorization})
        assert read_broken_rules(refused) == {("ticket", "exclusive")}
    assert read_broken_rules(browser.get(f"{WATCH}?ticket={ticket}&ticket={ticket}")) == {("ticket", "unique")}
    assert read_broken_rules(browser.get(f"{WATCH}?ticket={ticket}&ticke=1")) == {("ticke", "extra_forbidden")}
    # What a browser sends by itself to a proxy that asks for a password, and this may pass on.
    basic = {"Authorization": f"Basic {base64.b64encode(b'anna:secret').decode()}"}
    with watch(browser, f"{WATCH}?ticket={ticket}", **basic) as events:
        assert next(events).id is not None


def test_watch_without_ticket_and_token_is_refused_as_ever(key_value: httpx.Client, browser: httpx.Client) -> None:
    for query in ({}, {"prefix": "ticket"}, {"after": "x"}, {"unknown": "1"}):
        refused = browser.get(WATCH, params=query)
        read_problem(refused, 401, "authentication-required")
        assert refused.headers["www-authenticate"] == "Bearer"
    read_problem(browser.get(f"{WATCH}?%74icket={create(key_value)}"), 401, "authentication-required")


def test_ticket_authorizes_nothing_else(key_value: httpx.Client, browser: httpx.Client) -> None:
    ticket = create(key_value)
    paths = browser.get("/openapi.json").json()["paths"]
    others = [
        (method, path)
        for path, operations in paths.items()
        for method in operations
        if not path.endswith("/watch") and not path.startswith("/health")
    ]
    assert len(others) > 25
    for method, path in others:
        target = path.replace("{namespace}", "default").replace("{name}", "default").replace("{key}", "a")
        for headers in ({}, {"Authorization": f"Ticket {ticket}"}, {"Cookie": f"ticket={ticket}"}):
            refused = browser.request(method, target, params={"ticket": ticket, "key": "a"}, headers=headers)
            read_problem(refused, 401, "authentication-required")
        refused = browser.request(method, target, headers={"Authorization": f"Bearer {ticket}"})
        read_problem(refused, 401, "invalid-token")
    with watch_with(browser, ticket) as events:
        assert next(events).id is not None


def test_watch_has_the_rights_of_the_token_that_created_its_ticket(
    everywhere: httpx.Client, browser: httpx.Client, namespace: str, tokens: TokenMaker
) -> None:
    path = f"/namespaces/{namespace}/watch"
    limited = {"Authorization": f"Bearer {tokens.make(scope=f'read:{namespace}/in/* write:{namespace}')}"}
    revision = write(everywhere, {"in/a": 1, "out/a": 1}, namespace=namespace)
    with watch_with(browser, create(browser, namespace, **limited), path, prefix="in/", after=revision - 2) as events:
        assert next(events).id == revision - 2
        assert next(events)["key"] == "in/a"
    for prefix in ("", "out/", "in"):
        query = {"ticket": create(browser, namespace, **limited), "prefix": prefix}
        read_problem(browser.get(path, params=query), 403, "insufficient-scope")
    for scope in (f"write:{namespace}", f"write:{namespace}/in/*", "read:other", f"admin:{namespace}-2"):
        headers = {"Authorization": f"Bearer {tokens.make(scope=scope)}"}
        refused = browser.post(f"/namespaces/{namespace}/watch-tickets", headers=headers)
        read_problem(refused, 403, "insufficient-scope")
        assert f'scope="read:{namespace}"' in refused.headers["www-authenticate"]
    read_problem(browser.post(f"/namespaces/{namespace}/watch-tickets"), 401, "authentication-required")
    read_problem(everywhere.post("/namespaces/absent/watch-tickets"), 404, "no-such-namespace")
    assert read_broken_rules(everywhere.post("/namespaces/NO/watch-tickets")) == {("namespace", "namespace")}


def test_watch_ends_with_the_token_that_created_its_ticket(browser: httpx.Client, tokens: TokenMaker) -> None:
    headers = {"Authorization": f"Bearer {tokens.make(exp=int(time.time()) + 3)}"}
    with watch_with(browser, create(browser, **headers), prefix=uuid4().hex) as events:
        *_, ended = list(events)
    assert (ended.name, ended) == ("ended", {"reason": "token-expired"})


def test_tickets_are_good_in_all_processes(
    key_value: httpx.Client, browser: httpx.Client, tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str
) -> None:
    with (
        Service("key_value", tmp_path, key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url, KEY_VALUE_WORKERS="2") as service,
        httpx.Client(base_url=service.wait_until_ready().url, trust_env=False) as other,
    ):
        for first, second in ((other, browser), (browser, other)):
            ticket = create(key_value)
            with watch_with(first, ticket) as events:
                assert next(events).id is not None
            for again in (second, first):
                refuse(again, ticket)


def test_user_has_at_most_so_many_unused_tickets(browser: httpx.Client, tokens: TokenMaker) -> None:
    one, other = ({"Authorization": f"Bearer {tokens.make(sub=uuid4().hex)}"} for _ in range(2))
    tickets = [create(browser, **one) for _ in range(MAX_TICKETS_OF_USER)]
    refused = browser.post(TICKETS, headers=one)
    read_problem(refused, 429, "too-many-tickets")
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    create(browser, **other)
    with watch_with(browser, tickets[0]):
        create(browser, **one)


def test_ticket_is_nowhere_in_what_the_processes_write(
    tmp_path: Path, database: Tarantool, jwks_url: str, tokens: TokenMaker
) -> None:
    port = reserve_port()
    service = Service(
        "key_value", tmp_path / "service", database, KEY_VALUE_JWKS_URL=jwks_url, KEY_VALUE_LOG_LEVEL="DEBUG",
        KEY_VALUE_METRICS_PORT=str(port),
    )  # fmt: skip
    written, tickets = "", []
    with service, client_of(service, tokens.make(sub="somebody")) as client:
        with httpx.Client(base_url=service.wait_until_ready().url, trust_env=False, timeout=10) as browser:
            targets = (
                WATCH, WATCH, "/namespaces/absent/watch", "/namespaces/NO/watch", "/namespaces/default/watch/", "/watch", "/",
                f"{WATCH}?after=x", f"{WATCH}?%zz", f"{WATCH}?unknown=1", f"{WATCH}?after={2**50}", "/read", "/docs",
            )  # fmt: skip
            for target in targets:
                ticket = create(client)
                tickets.append(ticket)
                separator = "&" if "?" in target else "?"
                for headers in ({}, {"Authorization": f"Bearer {ticket}"}, {"Origin": "https://example.org"}):
                    with browser.stream("GET", f"{target}{separator}ticket={ticket}", headers=headers) as response:
                        written += str(response.headers)
                        if response.headers.get("content-type") != "text/event-stream":
                            written += response.read().decode()
            tickets.append(create(client))
            database.kill()
            response = browser.get(WATCH, params={"ticket": tickets[-1]})
            read_problem(response, 503, "store-unavailable")
            written += f"{response.text}{response.headers}"
            written += httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
            written += browser.get("/openapi.json").text
        wait_until(lambda: '"route":"/namespaces/{namespace}/watch","status":503' in service.output, "the request being logged")
        service.stop()
    assert '"user_id":"somebody"' in service.output
    written += service.output + database.output
    stored = b"".join(path.read_bytes() for path in (tmp_path / "tarantool/data").iterdir() if path.is_file())
    for ticket in tickets:
        assert ticket not in written
        assert ticket[:20] not in written
        assert ticket.encode() not in stored
