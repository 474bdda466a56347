"""A page of another origin in Chromium, which uses both services with `fetch`."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from test_support.browser import Browser
from test_support.key_value.clients import client_of
from test_support.processes import ROOT, wait_until
from test_support.store import Store

from .users import ANNA

LOG_IN = """
const send = (method, url, body, headers = {}) => fetch(url, {
  method, headers: {...(body === undefined ? {} : {"Content-Type": "application/json"}), ...headers}, body: JSON.stringify(body),
});
await send("POST", `${authorization}/register`, anna);
const login = await (await send("POST", `${authorization}/login`, {username: anna.username, password: anna.password})).json();
const token = {Authorization: `Bearer ${login.access_token}`};
"""
USE_THE_SERVICES = """
const watch = await fetch(`${key_value}/namespaces/default/watch?prefix=a`, {headers: token});
const pair = `${key_value}/namespaces/default/pairs/a%2Fb`;
const written = await send("PUT", pair, {n: 1}, token);
const read = await send("GET", pair, undefined, token);
const tag = read.headers.get("ETag");
const replaced = await send("PUT", pair, {n: 2}, {...token, "If-Match": tag});
const conflict = await send("PUT", pair, {n: 3}, {...token, "If-Match": tag});
const batch = await send("POST", `${key_value}/read`, {keys: ["a/b"]}, token);

let events = "";
const reader = watch.body.pipeThrough(new TextDecoderStream()).getReader();
while ((events.match(/event: written/g) || []).length < 2) events += (await reader.read()).value;
await reader.cancel();

const refused = await send("GET", pair, undefined, {Authorization: "Bearer wrong"});
const unknown = await send("PATCH", `${key_value}/nothing`, {}, token);
const keys = await fetch(`${authorization}/.well-known/jwks.json`);
const metadata = await fetch(`${authorization}/.well-known/oauth-authorization-server`);
const revoked = await fetch(`${authorization}/revoke`, {
  method: "POST", headers: {"X-Requested-With": "XMLHttpRequest"}, body: new URLSearchParams({token: login.refresh_token}),
});
return {
  statuses: [written, read, replaced, conflict, batch, refused, unknown, keys, metadata, revoked].map(one => one.status),
  tag, changed: replaced.headers.get("ETag") !== tag, read: await read.json(), batch: (await batch.json()).data,
  type: (await conflict.json()).type, challenge: refused.headers.get("WWW-Authenticate"), id: unknown.headers.get("X-Request-ID"),
  values: events.match(/"value":{[^}]*}/g),
};
"""
WATCH_WITH_A_TICKET = """
const namespace = `${key_value}/namespaces/default`;
const {revision} = await (await send("PUT", `${namespace}/pair?key=before`, 0, token)).json();
const {ticket} = await (await send("POST", `${namespace}/watch-tickets`, undefined, token)).json();

const query = new URLSearchParams({ticket, after: revision, prefix: "a/"});
const source = new EventSource(`${namespace}/watch?${query}`);
const seen = [];
const has_seen = new Promise(resolve => {
  for (const kind of ["written", "deleted", "ended"]) source.addEventListener(kind, ({data, lastEventId}) => {
    seen.push([kind, JSON.parse(data).key, JSON.parse(data).value, lastEventId - revision]);
    if (seen.length === 2) resolve();
  });
});
await new Promise(resolve => source.onopen = resolve);
await send("PUT", `${namespace}/pair?key=a/b`, {n: 1}, token);
await send("PUT", `${namespace}/pair?key=b`, {n: 1}, token);
await send("DELETE", `${namespace}/pair?key=a/b`, undefined, token);
await has_seen;

const fail = async () => {
  const again = new EventSource(`${namespace}/watch?${query}`);
  return new Promise(resolve => { again.onopen = () => resolve("opened"); again.onerror = () => resolve(again.readyState); });
};
const second = await fail();
const refused = await fetch(`${namespace}/watch?${query}`);
const first = source.readyState;
source.close();
return {
  seen, first, second, refused: (await refused.json()).type, closed: EventSource.CLOSED, open: EventSource.OPEN,
};
"""
KEEP_THE_TOKEN = """
sessionStorage.setItem("access_token", login.access_token);
return login.access_token;
"""
TRY_IN_VAIN = """
const names = [];
for (const url of [`${key_value}/health/live`, `${authorization}/health/live`]) {
  try { names.push((await fetch(url, {headers})).status); } catch (error) { names.push(error.name); }
}
return names;
"""


class _Page(BaseHTTPRequestHandler):
    documents: ClassVar[dict[str, str]] = {}
    """By path; an empty one everywhere else."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.documents.get(self.path, "<title>elsewhere</title>").encode())

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def serve_page() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page() -> Iterator[str]:
    """The address of an empty page."""
    yield from serve_page()


@pytest.fixture
def store_settings(page: str) -> dict[str, str]:
    return {"AUTHORIZATION_ALLOWED_ORIGINS": page}


@pytest.fixture
def key_value_settings(page: str) -> dict[str, str]:
    return {"KEY_VALUE_ALLOWED_ORIGINS": page}


def test_page_of_an_allowed_origin_reads_writes_and_watches(browser: Browser, page: str, store: Store) -> None:
    browser.open(page)
    browser.read("title")
    seen = browser.run(LOG_IN + USE_THE_SERVICES, authorization=store.authorization.url, key_value=store.key_value.url, anna=ANNA)
    assert seen["statuses"] == [201, 200, 200, 412, 200, 401, 404, 200, 200, 200]
    assert (seen["tag"], seen["changed"], seen["read"], seen["batch"]) == ('"1"', True, {"n": 1}, {"a/b": {"n": 2}})
    assert seen["type"] == "urn:problem-type:precondition-failed"
    assert seen["challenge"].startswith('Bearer error="invalid_token"')
    assert len(seen["id"]) == 32
    assert seen["values"] == ['"value":{"n":1}', '"value":{"n":2}']


def test_event_source_watches_with_a_ticket_once(browser: Browser, page: str, store: Store) -> None:
    browser.open(page)
    browser.read("title")
    seen = browser.run(
        LOG_IN + WATCH_WITH_A_TICKET, authorization=store.authorization.url, key_value=store.key_value.url, anna=ANNA
    )
    assert seen["seen"] == [["written", "a/b", {"n": 1}, 1], ["deleted", "a/b", None, 3]]
    assert (seen["first"], seen["second"]) == (seen["open"], seen["closed"])
    assert seen["refused"] == "urn:problem-type:invalid-ticket"
    store.key_value.stop()
    assert "ticket=" not in store.key_value.output


def test_page_of_the_documentation_shows_the_pairs_across_a_restart(
    browser: Browser, page: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (document,) = re.findall(r"```html\n(.*?)```", (ROOT / "documentation/api_key_value.md").read_text(), re.DOTALL)
    assert "http://127.0.0.1:9080" in document
    monkeypatch.setitem(_Page.documents, "/pairs", document.replace("http://127.0.0.1:9080", store.key_value.url))
    browser.open(page)
    browser.read("title")
    token = browser.run(LOG_IN + KEEP_THE_TOKEN, authorization=store.authorization.url, anna=ANNA)
    with client_of(store.key_value, token) as client:

        def shows(text: str) -> bool:
            return str(browser.run("return document.getElementById('pairs')?.textContent ?? 'nothing'")) == text

        client.post("/write", json={"data": {"a": 1, "b": {"c": "d"}}}).raise_for_status()
        browser.open(f"{page}/pairs")
        wait_until(lambda: shows('a = 1\nb = {"c":"d"}'), "the page showing the pairs")
        client.post("/write", json={"data": {"a": 2, "e": None}}).raise_for_status()
        client.post("/delete", json={"keys": ["b"]}).raise_for_status()
        wait_until(lambda: shows("a = 2\ne = null"), "the page following the changes")
        store.key_value.stop()
        store.key_value.start().wait_until_ready()
        client.post("/write", json={"data": {"f": True}}).raise_for_status()
        wait_until(lambda: shows("a = 2\ne = null\nf = true"), "the page following again, with another ticket")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}], ids=["simple", "preflight"])
def test_page_of_another_origin_reads_nothing(browser: Browser, store: Store, headers: dict[str, str]) -> None:
    for other in serve_page():
        browser.open(other)
        browser.read("title")
        urls = {"authorization": store.authorization.url, "key_value": store.key_value.url}
        assert browser.run(TRY_IN_VAIN, headers=headers, **urls) == ["TypeError", "TypeError"]
