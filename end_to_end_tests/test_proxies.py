"""Both services behind nginx, HAProxy, Apache and Caddy, as documentation/proxies.md shows it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit
from uuid import uuid4

import httpx
import pytest

from shared_kernel.presentation.http.routing.content_coding import MIN_COMPRESSED_BYTES
from test_support.browser import Browser
from test_support.processes import wait_until
from test_support.proxies import PROGRAMS, Answer, Proxy
from test_support.store import Store

from .test_docs_pages import fill_in_login, try_out
from .users import ANNA, log_in, register

JSON = {"Content-Type": "application/json"}
COMPRESSION = {
    "nginx": "gzip on; gzip_types application/json; gzip_proxied any; gzip_min_length 20;",
    "haproxy": "compression algo gzip\n    compression type application/json",
    "apache": "AddOutputFilterByType BROTLI_COMPRESS;DEFLATE application/json",
    "caddy": "encode zstd gzip",
}


class Published:
    """Both services, published by a proxy, and a user of them."""

    def __init__(self, store: Store, proxy: Proxy, token: str) -> None:
        self.store = store
        self.proxy = proxy
        self.token = {"Authorization": f"Bearer {token}"}

    def send(self, method: str, path: str, body: object = None, **fields: str) -> Answer:
        """Send a request to the key-value service, through the proxy."""
        headers = self.token | {name.replace("_", "-"): value for name, value in fields.items()}
        if body is None:
            return self.proxy.send(method, f"/kv{path}", headers=headers)
        return self.proxy.send(method, f"/kv{path}", json.dumps(body).encode(), headers | JSON)

    def read(self, key: str, namespace: str = "default") -> object:
        """Return what is stored under a key, without the proxy; None if nothing is."""
        answer = httpx.post(
            f"{self.store.key_value.url}/read", json={"keys": [key], "namespace": namespace}, headers=self.token, trust_env=False
        )
        data: dict[str, object] = answer.raise_for_status().json()["data"]
        return data.get(key)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(
        tmp_path_factory.mktemp("published"),
        {
            "AUTHORIZATION_ROOT_PATH": "/auth",
            "AUTHORIZATION_TRUSTED_PROXIES": "127.0.0.1",
            "AUTHORIZATION_NEW_USER_GRANTS": "read:* write:* admin:*",
        },
        {"KEY_VALUE_ROOT_PATH": "/kv", "KEY_VALUE_TRUSTED_PROXIES": "127.0.0.1"},
    )
    with store.authorization_tarantool, store.key_value_tarantool, store.authorization, store.key_value:
        store.authorization.wait_until_ready()
        store.key_value.wait_until_ready()
        wait_until(store.follows_revocations, "the key-value service following the revocations")
        yield store


@pytest.fixture(scope="module")
def token(store: Store) -> str:
    register(store, ANNA)
    access_token: str = log_in(store, ANNA)["access_token"]
    return access_token


@pytest.fixture(scope="module", params=PROGRAMS)
def published(
    request: pytest.FixtureRequest, store: Store, token: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Published]:
    name = request.param
    assert Path(PROGRAMS[name]).exists(), f"{name} is not installed: run `make test`, which installs it"
    with Proxy(
        name, tmp_path_factory.mktemp(name) / "proxy", more=COMPRESSION[name],
        key_value_port=store.key_value.port, authorization_port=store.authorization.port,
    ) as proxy:  # fmt: skip
        yield Published(store, proxy.wait_until_ready(), token)


def change_tag(proxy: str, tag: str, coding: str) -> str:
    """Return what a proxy that compresses makes of an entity tag."""
    return {"nginx": f"W/{tag}", "haproxy": f"W/{tag}", "apache": f'{tag[:-1]}-{coding}"', "caddy": tag}[proxy]


def compare_and_set(published: Published, coding: str, length: int) -> tuple[str, str]:
    """Change a pair of that length by the tag of a response in a coding; return its tag behind the proxy and before it."""
    path = f"/namespaces/default/pairs/{uuid4().hex}"
    written = published.send("PUT", path, "a" * length)
    read = published.send("GET", path, Accept_Encoding=coding)
    assert read.headers["content-encoding"] == coding
    tag = read.headers["etag"]

    assert published.send("GET", path, If_None_Match=tag, Accept_Encoding=coding).status == 304
    assert published.send("PUT", path, "b" * length, If_None_Match=tag).status == 412
    assert published.send("PUT", path, "b" * length, If_Match=tag).status == 200
    assert published.send("PUT", path, "c" * length, If_Match=tag).status == 412
    assert published.send("PATCH", path, "c" * length, If_Match=tag).status == 412
    assert published.send("GET", path, If_None_Match=tag).status == 200
    return tag, written.headers["etag"]


def test_compare_and_set_with_the_tag_that_the_proxy_has_changed(published: Published) -> None:
    for coding in {"apache": ("gzip", "br"), "caddy": ("gzip", "zstd")}.get(published.proxy.name, ("gzip",)):
        tag, original = compare_and_set(published, coding, MIN_COMPRESSED_BYTES - 100)
        assert tag == change_tag(published.proxy.name, original, coding)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_tag_of_what_the_service_has_compressed_passes_unchanged(published: Published, coding: str) -> None:
    tag, original = compare_and_set(published, coding, MIN_COMPRESSED_BYTES)
    assert tag == original


@pytest.mark.parametrize(
    "key",
    [
        "a/b", "x/ttl", "x/increment", "/", "//", "a//b", "../x", "a/../b", "./a", "..%2Fx", "%2F", "%", "a b", "a+b", "ключ",
        "?x=1#y", ";", ";a=b", '"', "'", "\\", "a\\..\\b", "*", "&", ":", "a,b", "|", "<>", "~", "\u2028",
    ],
)  # fmt: skip
def test_key_passes_the_proxy_as_it_is(published: Published, key: str) -> None:
    home = uuid4().hex
    published.send("PUT", f"/namespaces/default/pairs/{home}x", "untouched")
    value = uuid4().hex
    key = f"{home}{key}"
    target = f"/namespaces/default/pairs/{quote(key, safe='')}"
    assert published.send("PUT", target, value).status == 201
    assert published.read(key) == value
    assert published.send("GET", target).body == json.dumps(value).encode()
    assert published.read(f"{home}x") == "untouched" or key == f"{home}x"


def test_key_cannot_reach_another_resource(published: Published) -> None:
    other = f"n{uuid4().hex}"
    assert published.send("PUT", f"/namespaces/{other}", {}).status == 201
    assert published.send("PUT", f"/namespaces/{other}/pairs/v", "untouched").status == 201
    for ascent in ("..%2F..%2F", "..%2F..%2F..%2F", "..%2F..%2F..%2F..%2F..%2F..%2F", "%2E%2E%2F%2E%2E%2F"):
        key = f"{ascent}{other}%2Fpairs%2Fv"
        value = uuid4().hex
        answer = published.send("PUT", f"/namespaces/default/pairs/{key}", value)
        assert published.read("v", other) == "untouched"
        # nginx and Caddy refuse what leaves /kv/ by their reckoning.
        is_written = answer.status in {200, 201}
        assert is_written or (published.proxy.name in {"nginx", "caddy"} and answer.status in {400, 404})
        assert published.read(unquote(key)) == (value if is_written else None)


def test_what_is_beside_the_services_is_not_found(published: Published) -> None:
    for target in ("/", "/other", "/kv2/health/live", "/kv/namespaces//default", "/kv/absent"):
        answer = published.proxy.send("PUT" if target == "/other" else "GET", target)
        assert answer.status in {400, 404, 405}


def test_longest_token_and_query_pass_the_proxy(published: Published) -> None:
    longest = quote("é" * 256)
    after = quote("é" * 255 + "ê")
    listed = published.send("GET", f"/namespaces/default/pairs?prefix={longest}&start={longest}&end={after}")
    assert listed.status == 200, listed
    assert json.loads(listed.body)["pairs"] == []
    rejected = published.proxy.send(
        "GET", f"/kv/namespaces/default/pairs?prefix={longest}", headers={"Authorization": f"Bearer {'a' * 8192}"}
    )
    assert (rejected.status, json.loads(rejected.body)["type"]) == (401, "urn:problem-type:invalid-token")


def test_a_problem_links_through_the_proxy_to_what_it_means(published: Published) -> None:
    proxy = published.proxy
    with httpx.Client(verify=proxy.context, headers=published.token, trust_env=False) as client:
        for path in (f"/kv/namespaces/default/pairs/{uuid4().hex}", "/kv/nowhere"):
            refused = client.get(f"{proxy.url}{path}")
            page = client.get(urljoin(str(refused.url), refused.links["help"]["url"])).raise_for_status()
            assert f"<h1>{refused.json()['type'].removeprefix('urn:problem-type:')}</h1>" in page.text


def test_links_and_documents_lead_through_the_proxy(published: Published) -> None:
    proxy = published.proxy
    home = uuid4().hex
    for letter in "abc":
        published.send("PUT", f"/namespaces/default/pairs/{home}{letter}", letter)
    keys: list[str] = []
    url = f"{proxy.url}/kv/namespaces/default/pairs?prefix={home}&limit=2"
    with httpx.Client(verify=proxy.context, headers=published.token, trust_env=False) as client:
        while url:
            page = client.get(url).raise_for_status()
            keys += [pair["key"] for pair in page.json()["pairs"]]
            url = urljoin(url, page.links["next"]["url"]) if "next" in page.links else ""
        assert keys == [f"{home}{letter}" for letter in "abc"]

        for path in ("/kv", "/auth"):
            pages = client.get(f"{proxy.url}{path}/", follow_redirects=True).raise_for_status()
            assert str(pages.url) == f"{proxy.url}{path}/docs"
            for name in ("openapi.json", "static-offline-docs/swagger-ui-bundle.js"):
                assert f"{path}/{name}" in pages.text
                client.get(f"{proxy.url}{path}/{name}").raise_for_status()
            document = client.get(f"{proxy.url}{path}/openapi.json").json()
            assert document["servers"] == [{"url": f"{proxy.url}{path}"}]
        login = document["components"]["securitySchemes"]["login"]["flows"]["password"]["tokenUrl"]
        assert login == f"{proxy.url}/auth/token"
        form = {"grant_type": "password", "username": ANNA["username"], "password": ANNA["password"]}
        del client.headers["Authorization"]
        token = client.post(login, data=form).raise_for_status().json()["access_token"]
        assert client.get(f"{proxy.url}/auth/me", headers={"Authorization": f"Bearer {token}"}).json()["username"] == "anna"


def test_reader_logs_in_at_docs_and_calls_an_operation(published: Published, tmp_path: Path) -> None:
    program = shutil.which("chromium")
    assert program, "chromium is not installed: run `make test`, which installs it"
    with Browser(program, tmp_path / "browser", "--ignore-certificate-errors") as browser:
        browser.open(f"{published.proxy.url}/auth/")
        fill_in_login(browser, ANNA["username"], ANNA["password"])
        status, body = try_out(browser, "operations-me-show_me_me_get")
    assert status == "200"
    assert '"username": "anna"' in body


def test_oauth_metadata_leads_through_the_proxy(published: Published) -> None:
    proxy = published.proxy
    for path in ("/auth/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/auth"):
        metadata = json.loads(proxy.send("GET", path).body)
        assert metadata["issuer"] == published.store.authorization.url
        endpoints = {name: value for name, value in metadata.items() if name.endswith(("_endpoint", "_uri"))}
        assert len(endpoints) == 9
        for url in endpoints.values():
            assert url.startswith(f"{proxy.url}/auth/")
        keys = proxy.send("GET", urlsplit(metadata["jwks_uri"]).path)
        assert (keys.status, len(json.loads(keys.body)["keys"])) == (200, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Prefix", "/evil"),
        ("X-Forwarded-For", "192.0.2.1, 127.0.0.1"),
        ("Forwarded", "for=192.0.2.1;host=evil.example;proto=http"),
    ],
)
def test_forged_field_does_not_pass_the_proxy(published: Published, name: str, value: str) -> None:
    answer = published.proxy.send("GET", "/kv/openapi.json", headers={name: value})
    assert json.loads(answer.body)["servers"] == [{"url": f"{published.proxy.url}/kv"}]


def test_ticket_of_a_watch_is_in_no_log(published: Published) -> None:
    ticket = json.loads(published.send("POST", "/namespaces/default/watch-tickets", {}).body)["ticket"]
    url = f"{published.proxy.url}/kv/namespaces/default/watch"
    with httpx.Client(verify=published.proxy.context, trust_env=False, timeout=10) as client:
        with client.stream("GET", url, params={"ticket": ticket, "prefix": uuid4().hex}) as events:
            assert events.status_code == 200
            next(events.iter_lines())
        assert client.get(url, params={"ticket": ticket}).status_code == 401
    wait_until(lambda: published.proxy.access_log.count("/kv/namespaces/default/watch") >= 3, "the requests being logged")
    assert ticket not in published.proxy.access_log


def test_watch_arrives_while_it_is_sent(published: Published) -> None:
    key = uuid4().hex
    url = f"{published.proxy.url}/kv/namespaces/default/watch?prefix={key}"
    with (
        httpx.Client(verify=published.proxy.context, headers=published.token, trust_env=False, timeout=10) as client,
        client.stream("GET", url) as events,
    ):
        assert events.status_code == 200
        lines = events.iter_lines()
        next(lines)
        assert published.send("PUT", f"/namespaces/default/pairs/{key}", 1).status == 201
        assert any(key in line for line in lines)


@pytest.mark.parametrize("key", [".", "..", "../../../../../../x", "a//b", "x/ttl", "%2F"])
def test_key_in_the_query_passes_any_proxy(published: Published, key: str) -> None:
    value = uuid4().hex
    assert published.send("PUT", f"/namespaces/default/pair?key={quote(key, safe='')}", value).status in {200, 201}
    assert published.read(key) == value
