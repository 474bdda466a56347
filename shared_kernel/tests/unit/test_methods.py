"""HEAD and OPTIONS, wherever a path has operations."""

from collections.abc import AsyncIterator

import httpx
import pytest

from test_support.http.stub_service import GOOD_TOKEN, run
from test_support.http.stub_streams import make_streaming_service
from test_support.problems import read_problem

TOKEN = {"authorization": f"Bearer {GOOD_TOKEN}"}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with run(make_streaming_service()) as client:
        yield client


@pytest.mark.parametrize(
    "target",
    ["/health/live", "/health/ready", "/caller", "/ready-made", "/errand", "/shelves/a%2Fb/notes?limit=7", "/errand?no=1",
     "/long?length=10000", "/perhaps?version=1", "/docs", "/openapi.json", "/docs/oauth2-redirect",
     "/static-offline-docs/swagger-ui.css", "/nothing", "/errand%"],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, TOKEN, TOKEN | {"accept-encoding": "gzip"}], ids=["plain", "token", "gzip"])
async def test_head_has_the_fields_of_get(client: httpx.AsyncClient, target: str, headers: dict[str, str]) -> None:
    get, head = [
        await client.request(method, "/", headers=headers, extensions={"target": target.encode()}) for method in ("GET", "HEAD")
    ]
    assert (head.status_code, head.content) == (get.status_code, b"")
    for response in (get, head):
        response.headers.pop("x-request-id")
    assert head.headers == get.headers


async def test_head_of_a_stream_ends_at_once(client: httpx.AsyncClient) -> None:
    response = await client.head("/endless")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "application/x-ndjson"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/errand", "GET, HEAD, OPTIONS"), ("/notes", "OPTIONS, POST"), ("/shelves/a%2Fb/notes", "GET, HEAD, OPTIONS"),
     ("/shelves/a/notes/b/c%2Fd", "DELETE, OPTIONS"), ("/heads/a", "HEAD, OPTIONS"), ("/health/live", "GET, HEAD, OPTIONS"),
     ("/docs", "GET, HEAD, OPTIONS"), ("/static-offline-docs/swagger-ui.css", "GET, HEAD, OPTIONS")],
)  # fmt: skip
async def test_options_and_405_have_the_methods_of_the_path(client: httpx.AsyncClient, path: str, allowed: str) -> None:
    options = await client.options(path)
    assert (options.status_code, options.content, options.headers["allow"]) == (204, b"", allowed)
    assert not {"content-type", "content-length"} & set(options.headers)
    if path.startswith(("/docs", "/static")):
        return
    refused = await client.patch(path)
    read_problem(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == allowed


async def test_options_of_the_whole_server_has_all_methods(client: httpx.AsyncClient) -> None:
    response = await client.options("/", extensions={"target": b"*"})
    assert (response.status_code, response.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, POST, PUT")


async def test_options_of_an_unknown_path_is_404(client: httpx.AsyncClient) -> None:
    read_problem(await client.options("/nothing"), 404, "no-such-path")
