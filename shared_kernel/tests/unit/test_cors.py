"""Cross-origin requests of browsers (Fetch standard)."""

from collections.abc import AsyncIterator

import httpx
import pytest

from shared_kernel.presentation.http.application.cors import check_origins
from test_support.http.stub_service import GOOD_TOKEN, Errand, make_service, run
from test_support.http.wire import Server, settle

ORIGIN, OTHER = "https://app.example", "https://evil.example"
TOKEN = {"authorization": f"Bearer {GOOD_TOKEN}"}
EXPOSED = "ETag, Idempotency-Replayed, Link, Location, Retry-After, WWW-Authenticate, X-Request-ID"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with run(make_service(Errand(), allowed_origins=[ORIGIN, "http://localhost:3000"])) as client:
        yield client


def ask_for(method: str, origin: str = ORIGIN) -> dict[str, str]:
    headers = {"access-control-request-headers": "authorization,content-type", "access-control-request-method": method}
    return headers | {"origin": origin}


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/caller"), ("HEAD", "/caller"), ("GET", "/caller?x=1"), ("POST", "/notes"), ("GET", "/nothing"), ("PUT", "/notes"),
     ("GET", "/openapi.json"), ("GET", "/health/live"), ("GET", "/errand%"), ("OPTIONS", "/notes"), ("OPTIONS", "/nothing")],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, TOKEN], ids=["plain", "token"])
async def test_page_of_allowed_origin_may_read_every_response(
    client: httpx.AsyncClient, method: str, target: str, headers: dict[str, str]
) -> None:
    async def send(headers: dict[str, str]) -> httpx.Headers:
        return (await client.request(method, "/", headers=headers, extensions={"target": target.encode()})).headers

    allowed = await send(headers | {"origin": ORIGIN})
    assert allowed["access-control-allow-origin"] == ORIGIN
    assert allowed["access-control-expose-headers"] == EXPOSED
    for fields in (await send(headers), await send(headers | {"origin": OTHER}), await send(headers | {"origin": "null"})):
        assert not [name for name in fields if name.startswith("access-control-")]
        assert fields["vary"] == "Origin"
    assert allowed["vary"] == "Origin"
    assert "access-control-allow-credentials" not in allowed


async def test_preflight_is_answered_without_a_token_and_may_be_cached(client: httpx.AsyncClient) -> None:
    response = await client.options("/shelves/a%2Fb/notes", headers=ask_for("GET"))
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["access-control-allow-methods"] == "GET, HEAD"
    assert response.headers["access-control-max-age"] == "7200"
    assert response.headers["access-control-allow-headers"] == (
        "authorization, content-encoding, content-type, if-version, x-request-id, x-requested-with"
    )
    assert "access-control-allow-credentials" not in response.headers


async def test_preflight_of_another_origin_is_answered_as_options(client: httpx.AsyncClient) -> None:
    response = await client.options("/notes", headers=ask_for("POST", OTHER))
    assert (response.status_code, response.headers["allow"]) == (204, "OPTIONS, POST")
    assert not [name for name in response.headers if name.startswith("access-control-")]


async def test_preflight_of_an_unknown_path_is_granted_so_that_the_page_sees_the_404(client: httpx.AsyncClient) -> None:
    response = await client.options("/nothing", headers=ask_for("DELETE"))
    assert response.status_code == 204
    assert "DELETE" in response.headers["access-control-allow-methods"].split(", ")


async def test_every_origin_is_allowed_by_a_wildcard() -> None:
    async with run(make_service(Errand(), allowed_origins=["*"])) as client:
        for origin in (ORIGIN, OTHER, "null"):
            response = await client.get("/caller", headers={"origin": origin})
            assert response.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in response.headers


async def test_service_without_allowed_origins_says_nothing_of_them() -> None:
    async with run(make_service(Errand())) as client:
        response = await client.get("/caller", headers={"origin": ORIGIN})
        assert not {"vary", "access-control-allow-origin"} & set(response.headers)
        preflight = await client.options("/caller", headers=ask_for("GET"))
        assert not [name for name in preflight.headers if name.startswith("access-control-")]


async def test_page_of_allowed_origin_may_read_that_its_request_is_malformed() -> None:
    service = make_service(Errand(), allowed_origins=[ORIGIN])
    async with run(service):
        protocol, wire = Server(service).connect()
        head = b"POST /notes HTTP/1.1\r\nHost: a\r\nOrigin: %b\r\nContent-Type: application/json\r\n" % ORIGIN.encode()
        protocol.data_received(head + b"Transfer-Encoding: chunked\r\n\r\n")
        protocol.data_received(b"no chunk\r\n")
        await settle()
        assert wire.written.startswith(b"HTTP/1.1 400 ")
        assert b"access-control-allow-origin: %b\r\n" % ORIGIN.encode() in wire.written


@pytest.mark.parametrize(
    "text", ["", "*", " * ", "http://localhost:3000", f"{ORIGIN} http://[::1]:8080", "capacitor://localhost"]
)
def test_origins_as_browsers_send_them_are_accepted(text: str) -> None:
    assert check_origins(text) == text


@pytest.mark.parametrize(
    "text",
    ["null", "app.example", "https://app.example/", "https://App.example", f"{ORIGIN},{OTHER}", f"* {ORIGIN}", "https://*.x.y"],
)
def test_what_no_browser_sends_is_a_broken_setting(text: str) -> None:
    with pytest.raises(ValueError, match="scheme and host"):
        check_origins(text)
