"""What holds for every request: its id, its response and its authentication."""

import re

import httpx
import pytest

from test_support.http.stub_service import EARLY_TOKEN, GOOD_TOKEN, Errand, make_service, run
from test_support.problems import read_problem

NOTE = b'{"text":"hello"}'
JSON = {"content-type": "application/json"}


def authorization(credentials: str) -> dict[str, str]:
    return {"authorization": credentials}


async def test_return_value_of_a_controller_is_sent_as_json(client: httpx.AsyncClient) -> None:
    response = await client.post("/notes", content=NOTE, headers=JSON)
    assert response.status_code == 201
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["content-length"]) == len(response.content)
    assert response.json() == {"text": "hello"}


async def test_json_text_is_sent_unchanged(client: httpx.AsyncClient) -> None:
    response = await client.get("/caller", headers=authorization(f"Bearer {GOOD_TOKEN}"))
    assert (response.status_code, response.content) == (200, b'{"text":"anna"}')


async def test_response_keeps_its_status_and_headers(client: httpx.AsyncClient) -> None:
    response = await client.get("/ready-made")
    assert (response.status_code, response.content) == (202, b'{"text":"ready-made"}')
    assert response.headers["cache-control"] == "no-store"


async def test_query_is_not_part_of_the_path(client: httpx.AsyncClient) -> None:
    assert (await client.get("/shelves/top/notes?limit=1")).status_code == 200
    assert (await client.get("/errand?")).status_code == 200


@pytest.mark.parametrize("request_id", ["a", "A-z.0_9:@+/=", "x" * 128, "0199a1b2-0000-7000-8000-000000000001"])
@pytest.mark.parametrize("path", ["/errand", "/absent", "/openapi.json"])
async def test_valid_request_id_of_the_client_is_used(client: httpx.AsyncClient, request_id: str, path: str) -> None:
    response = await client.get(path, headers={"x-request-id": request_id})
    assert response.headers.get_list("x-request-id") == [request_id]


@pytest.mark.parametrize("request_id", ["", "x" * 129, "a b", 'a"b', "a\\b", "a\x00b", "a\nb", "é", "<script>", "a,b", "{}"])
async def test_request_id_that_could_harm_a_log_is_replaced(client: httpx.AsyncClient, request_id: str) -> None:
    response = await client.get("/errand", headers={b"x-request-id": request_id.encode()})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


async def test_requests_without_an_id_get_different_ones(client: httpx.AsyncClient) -> None:
    made = {
        (await client.get(path)).headers["x-request-id"] for path in ["/errand", "/errand", "/absent", "/absent", "/health/live"]
    }
    assert len(made) == 5


async def test_two_request_ids_are_replaced(client: httpx.AsyncClient) -> None:
    response = await client.get("/errand", headers=[("x-request-id", "first"), ("x-request-id", "second")])
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_valid_token_authenticates_the_caller(client: httpx.AsyncClient, scheme: str) -> None:
    response = await client.get("/caller", headers=authorization(f"{scheme} {GOOD_TOKEN}"))
    assert response.json() == {"text": "anna"}


@pytest.mark.parametrize(
    "credentials", [None, "", "Basic YTpi", GOOD_TOKEN, f"Token {GOOD_TOKEN}", f"Bearer:{GOOD_TOKEN}", "Bearerx y"]
)
async def test_request_without_a_token_is_challenged(client: httpx.AsyncClient, credentials: str | None) -> None:
    response = await client.get("/caller", headers={} if credentials is None else authorization(credentials))
    read_problem(response, 401, "authentication-required")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "credentials",
    [b"Bearer", b"Bearer ", b"Bearer bad", b"Bearer \t" + GOOD_TOKEN.encode(), b"Bearer " + GOOD_TOKEN.encode() + b"x",
     b"Bearer " + GOOD_TOKEN.encode() + b", Bearer x", b"Bearer \xff\xfe", b"Bearer " + "é".encode()],
)  # fmt: skip
async def test_invalid_token_is_rejected(client: httpx.AsyncClient, credentials: bytes) -> None:
    response = await client.get("/caller", headers={b"authorization": credentials})
    read_problem(response, 401, "invalid-token")
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("second", [f"Bearer {GOOD_TOKEN}", "Bearer bad", "Basic YTpi", ""])
async def test_two_authorizations_are_rejected_even_if_both_are_valid(client: httpx.AsyncClient, second: str) -> None:
    good = ("authorization", f"Bearer {GOOD_TOKEN}")
    for headers in ([good, ("Authorization", second)], [("AUTHORIZATION", second), good]):
        read_problem(await client.get("/caller", headers=headers), 401, "invalid-token")


async def test_token_is_not_rejected_before_the_keys_are_known(client: httpx.AsyncClient) -> None:
    response = await client.get("/caller", headers=authorization(f"Bearer {EARLY_TOKEN}"))
    read_problem(response, 503, "signing-keys-unknown")
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize("credentials", [f"Bearer  {GOOD_TOKEN}", f"bearer    {GOOD_TOKEN}"])
async def test_scheme_and_token_may_have_several_spaces_between(client: httpx.AsyncClient, credentials: str) -> None:
    response = await client.get("/caller", headers=authorization(credentials))
    assert (response.status_code, response.json()) == (200, {"text": "anna"})


async def test_token_outside_the_authorization_field_is_ignored(client: httpx.AsyncClient) -> None:
    response = await client.get(f"/caller?access_token={GOOD_TOKEN}", headers={"cookie": f"access_token={GOOD_TOKEN}"})
    read_problem(response, 401, "authentication-required")


async def test_public_operations_ignore_tokens(client: httpx.AsyncClient) -> None:
    assert (await client.get("/errand", headers=authorization("Bearer bad"))).status_code == 200


@pytest.mark.parametrize("body", [b"garbage", b"x" * 10_000, NOTE])
async def test_caller_is_checked_before_the_body(client: httpx.AsyncClient, errand: Errand, body: bytes) -> None:
    read_problem(await client.post("/private/notes", content=body), 401, "authentication-required")
    assert errand.runs == 0


async def test_service_that_was_not_started_rejects_requests(errand: Errand) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(make_service(errand)), base_url="http://service") as client:
        for headers in (authorization("Bearer bad"), {}):
            response = await client.post("/private/notes", content=NOTE, headers=JSON | headers)
            assert response.status_code >= 400
    assert errand.runs == 0


async def test_services_in_one_process_share_nothing() -> None:
    first, second = Errand(), Errand()
    async with run(make_service(first)) as client:
        await client.get("/errand")
    async with run(make_service(second)) as client:
        await client.get("/errand")
    assert (first.runs, second.runs) == (1, 1)
