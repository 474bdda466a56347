"""Responses without a body (RFC 9110): to HEAD, and 304 to a client that has the body."""

from collections.abc import AsyncIterator

import httpx
import pytest

from test_support.http.stub_service import run
from test_support.http.stub_streams import make_streaming_service
from test_support.problems import read_problem


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with run(make_streaming_service()) as client:
        yield client


async def test_matching_etag_is_answered_with_304_and_no_content(client: httpx.AsyncClient) -> None:
    response = await client.get("/pages/one", headers={"if-none-match": '"1"'})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["etag"] == '"1"'
    assert not {"content-type", "content-length", "transfer-encoding"} & set(response.headers)


@pytest.mark.parametrize("headers", [{}, {"if-none-match": '"1"'}, {"if-none-match": '"2"'}])
async def test_head_has_the_fields_of_get(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    get = await client.get("/pages/one", headers=headers)
    head = await client.head("/pages/one", headers=headers)
    assert (head.status_code, head.content) == (get.status_code, b"")
    del get.headers["x-request-id"], head.headers["x-request-id"]
    assert head.headers == get.headers


async def test_operation_may_be_for_head_alone(client: httpx.AsyncClient) -> None:
    response = await client.head("/heads/three")
    assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "5")
    read_problem(await client.get("/heads/three"), 405, "method-not-allowed")


async def test_error_response_to_head_has_no_body(client: httpx.AsyncClient) -> None:
    response = await client.head("/pages/%FF")
    assert (response.status_code, response.content) == (422, b"")
    assert int(response.headers["content-length"]) > 100


async def test_operation_for_get_and_head_is_documented_once(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert set(paths["/pages/{page}"]) == {"get"}
    assert set(paths["/heads/{page}"]) == {"head"}


async def test_media_types_of_streams_are_documented(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    responses = paths["/news"]["get"]["responses"]
    assert set(responses) == {"200", "400", "401", "422", "503"}
    assert responses["200"]["content"] == {"text/event-stream": {"itemSchema": {"type": "object"}}}
    assert paths["/endless"]["get"]["responses"]["200"]["content"] == {"application/x-ndjson": {"schema": {"type": "string"}}}
    assert "Service overloaded" in responses["503"]["description"]
