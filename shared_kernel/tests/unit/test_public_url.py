"""The URL under which clients know the service: from a setting, and from what trusted proxies report."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.routing.forwarded import PATH_PATTERN, PublicUrl
from test_support.http.stub_service import Errand, make_service, run
from test_support.problems import read_problem

PROXY = "10.0.0.1"
PROXIES = TrustedProxies.parse("10.0.0.0/8")


def find(headers: dict[str, str], peer: str = PROXY, proxies: TrustedProxies = PROXIES) -> str:
    return str(proxies.find_public_url(peer, {name.lower().encode(): value.encode() for name, value in headers.items()}))


def report(scheme: str, host: str, prefix: str = "") -> dict[str, str]:
    return {"X-Forwarded-Proto": scheme, "X-Forwarded-Host": host, "X-Forwarded-Prefix": prefix}


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        ({}, ""),
        (report("https", "example.org"), "https://example.org"),
        (report("HTTPS", "example.org:8443", "/kv"), "https://example.org:8443/kv"),
        (report("http", "[2001:db8::1]:80", "/a/b-c.d/"), "http://[2001:db8::1]:80/a/b-c.d"),
        ({"X-Forwarded-Prefix": "/kv"}, "/kv"),
        ({"X-Forwarded-Proto": "https"}, ""),
        ({"X-Forwarded-Host": "example.org"}, ""),
        ({"Forwarded": 'for=192.0.2.1;proto=https;host="example.org:8443"'}, "https://example.org:8443"),
        ({"Forwarded": "proto=https;host=example.org", "X-Forwarded-Prefix": "/kv"}, "https://example.org/kv"),
        ({"Forwarded": "proto=http;host=evil.example", **report("https", "example.org")}, "https://example.org"),
    ],
)
def test_trusted_proxy_reports_the_public_url(headers: dict[str, str], url: str) -> None:
    assert find(headers) == url


def test_nobody_else_does() -> None:
    headers = {**report("https", "evil.example", "/evil"), "Forwarded": "proto=https;host=evil.example"}
    assert find(headers, peer="192.0.2.1") == ""
    assert find(headers, proxies=TrustedProxies()) == ""
    assert find(headers, peer="") == ""


@pytest.mark.parametrize(
    ("scheme", "host", "prefix"),
    [
        ("ftp", "example.org", "kv"),
        ("javascript", "example.org", "//evil.example"),
        ("https", "example.org/path", "/kv/../x y"),
        ("https", "a@example.org", "/'><script>"),
        ("https", "exa mple.org", "/kv?x"),
        ("https", "", "/"),
        ("https", "example.org:x", "/kv//x"),
    ],
)
def test_malformed_report_counts_as_none(scheme: str, host: str, prefix: str) -> None:
    assert find(report(scheme, host, prefix)) == ""


def test_report_of_the_proxy_that_the_client_reached_counts() -> None:
    clients = "203.0.113.5, 192.0.2.1, 10.0.0.2"
    hosts = "forged.example, example.org, inner"
    assert find({"X-Forwarded-For": clients, **report("http, https, http", hosts)}) == "https://example.org"
    assert find({"X-Forwarded-For": clients, **report("https", "example.org")}) == "https://example.org"
    elements = (
        "for=203.0.113.5;host=forged.example, for=192.0.2.1;host=example.org;proto=https, for=10.0.0.2;host=inner;proto=http"
    )
    assert find({"Forwarded": elements}) == "https://example.org"
    assert find({"Forwarded": 'host="forged, for=192.0.2.1;host=example.org;proto=https'}) == "https://example.org"


def test_root_path_of_the_settings_counts_more_than_a_report() -> None:
    proxies = TrustedProxies.parse("10.0.0.0/8", "/kv")
    assert find(report("https", "example.org", "/other"), proxies=proxies) == "https://example.org/kv"
    assert proxies.find_public_url("192.0.2.1", {}) == PublicUrl("", "/kv")


@pytest.mark.parametrize("path", ["", "/kv", "/a/b-c.d_e~f"])
def test_root_path_begins_with_a_slash_and_does_not_end_with_one(path: str) -> None:
    assert re.search(PATH_PATTERN, path)
    for other in (f"{path}/", f"kv{path}", f"/{path}/x//y", f"/{path}?x", f"/{path} x", f"https://example.org{path}"):
        assert not re.search(PATH_PATTERN, other)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with run(make_service(Errand(), root_path="/kv", login_url="/token")) as client:
        yield client


@pytest.mark.parametrize("root", ["", "/kv"])
async def test_requests_arrive_with_the_root_path_or_without_it(client: httpx.AsyncClient, root: str) -> None:
    assert (await client.get(f"{root}/errand")).json() == {"text": "nothing happened"}
    assert (await client.get(f"{root}/errand?")).json() == {"text": "nothing happened"}
    assert (await client.get(f"{root}/shelves/top/notes?limit=1")).status_code == 200
    read_problem(await client.get(f"{root}/errand?x=1"), 422, "rule-broken")
    assert (await client.get(f"{root}/shelves/a%2Fb/notes")).json()["shelf"] == "a/b"
    assert (await client.get(f"{root}/health/live")).status_code == 200
    page = await client.get(f"{root}/docs")
    assert "'/kv/openapi.json'" in page.text or '"/kv/openapi.json"' in page.text
    assert "/kv/static-offline-docs/swagger-ui.css" in page.text
    assert (await client.get(f"{root}/static-offline-docs/swagger-ui.css")).status_code == 200
    read_problem(await client.get(f"{root}/absent"), 404, "no-such-path")
    refused = await client.request("PUT", f"{root}/errand")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/kverrand", "/kv/kv/errand", "/KV/errand", "/kv//errand", "/kv/kv/shelves/a/notes"])
async def test_other_paths_are_unknown(client: httpx.AsyncClient, path: str) -> None:
    read_problem(await client.get(path), 404, "no-such-path")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/", "/kv", "/kv/", "/?x=1"])
async def test_root_redirects_to_the_documentation(client: httpx.AsyncClient, method: str, path: str) -> None:
    response = await client.request(method, path)
    assert (response.status_code, response.headers["location"], response.content) == (307, "/kv/docs", b"")
    refused = await client.post(path)
    assert (refused.status_code, set(refused.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


async def test_root_leads_browsers_to_the_pages_of_the_service_itself() -> None:
    async def show(_: Request) -> PlainTextResponse:
        return PlainTextResponse("a page")

    service = make_service(Errand(), root_path="/kv", pages=[Route("/pages/{name}", show)], home="/pages/first")
    async with run(service) as client:
        for_people = await client.get("/", headers={"Accept": "text/html,application/xhtml+xml"})
        assert for_people.headers["location"] == "/kv/pages/first"
        assert (await client.get("/")).headers["location"] == "/kv/docs"
        page = await client.get("/kv/pages/first")
        assert (page.text, page.headers["x-content-type-options"]) == ("a page", "nosniff")
        assert page.headers["content-security-policy"] == "frame-ancestors 'none'"


async def test_openapi_document_names_the_public_url(client: httpx.AsyncClient) -> None:
    async def read(**headers: str) -> tuple[Any, str]:
        document = (await client.get("/openapi.json", headers=headers)).json()
        return document.get("servers"), document["components"]["securitySchemes"]["login"]["flows"]["password"]["tokenUrl"]

    assert await read() == ([{"url": "/kv"}], "/kv/token")
    assert await read(**report("https", "example.org")) == ([{"url": "https://example.org/kv"}], "https://example.org/kv/token")
    assert await read() == ([{"url": "/kv"}], "/kv/token")


async def test_without_a_path_the_document_names_no_server() -> None:
    async with run(make_service(Errand())) as client:
        document = (await client.get("/openapi.json")).json()
        assert "servers" not in document
        login = document["components"]["securitySchemes"]["login"]["flows"]["password"]
        assert login["tokenUrl"] == "http://login.example/token"
        assert (await client.get("/")).headers["location"] == "/docs"
