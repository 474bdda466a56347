"""Parameters in paths, queries and headers."""

from typing import Any

import httpx
import pytest

from test_support.http.stub_service import Errand
from test_support.problems import read_broken_rules, read_problem

DEFAULTS: dict[str, Any] = {
    "limit": 10, "prefix": "", "color": None, "version": None, "address": "192.0.2.7", "user_agent": "a-client/1",
}  # fmt: skip
AGENT = {"user-agent": "a-client/1"}


@pytest.mark.parametrize(
    ("target", "understood"),
    [
        ("/shelves/top/notes", {"shelf": "top"}),
        ("/shelves/t%6Fp/notes", {"shelf": "top"}),
        ("/shelves/a%2Fb/notes", {"shelf": "a/b"}),
        ("/shelves/%F0%9F%94%91/notes", {"shelf": "🔑"}),
        ("/shelves/top/notes?limit=100", {"shelf": "top", "limit": 100}),
        ("/shelves/top/notes?prefix=a%26b+c&limit=1", {"shelf": "top", "limit": 1, "prefix": "a&b c"}),
        ("/shelves/top/notes?color=", {"shelf": "top", "color": ""}),
        ("/shelves/%61%2f%2F/notes", {"shelf": "a//"}),
        ("http://service/shelves/top/notes?color=red", {"shelf": "top", "color": "red"}),
    ],
)
async def test_parameters_are_parsed(client: httpx.AsyncClient, target: str, understood: dict[str, Any]) -> None:
    response = await client.get("/", headers=AGENT, extensions={"target": target.encode()})
    assert response.json() == DEFAULTS | understood


@pytest.mark.parametrize("target", ["/shelves/schön/notes".encode(), b"/shelves/sch\xf6n/notes", b"/errand?\xe9"])
async def test_unencoded_target_is_rejected(client: httpx.AsyncClient, target: bytes) -> None:
    read_problem(await client.get("/", extensions={"target": target}), 400, "invalid-request")


async def test_header_is_a_parameter(client: httpx.AsyncClient) -> None:
    response = await client.get("/shelves/top/notes", headers=AGENT | {"If-Version": "7"})
    assert response.json() == DEFAULTS | {"shelf": "top", "version": 7}


async def test_client_address_is_that_of_the_trusted_proxys_field(client: httpx.AsyncClient) -> None:
    forwarded = [("x-forwarded-for", "203.0.113.9, 198.51.100.7"), ("x-forwarded-for", "192.0.2.8")]
    response = await client.get("/shelves/top/notes", headers=forwarded)
    assert response.json()["address"] == "198.51.100.7"


@pytest.mark.parametrize(
    ("target", "broken"),
    [
        ("/shelves/elevenchars/notes", ("shelf", "string_too_long")),
        ("/shelves/%FF/notes", ("shelf", "utf_8")),
        ("/shelves/top/notes?limit=0", ("limit", "greater_than_equal")),
        ("/shelves/top/notes?limit=101", ("limit", "less_than_equal")),
        ("/shelves/top/notes?limit=", ("limit", "int_parsing")),
        ("/shelves/top/notes?limit=ten", ("limit", "int_parsing")),
        ("/shelves/top/notes?limit=1&limit=1", ("limit", "unique")),
        ("/shelves/top/notes?prefix=%FF", ("query", "utf_8")),
        ("/shelves/top/notes?" + "&".join(["a=1"] * 101), ("query", "count")),
        ("/shelves/top/notes?unknown=1", ("unknown", "extra_forbidden")),
        ("/shelves/top/notes?limit=1&Limit=1", ("Limit", "extra_forbidden")),
        ("/shelves/top/notes?" + "x" * 10_000, ("x" * 100 + "…", "extra_forbidden")),
        ("/errand?now", ("now", "extra_forbidden")),
        ("/health/live?=", ("", "extra_forbidden")),
    ],
)
async def test_invalid_parameter_is_named(client: httpx.AsyncClient, target: str, broken: tuple[str, str]) -> None:
    response = await client.get("/", extensions={"target": target.encode()})
    assert broken in read_broken_rules(response)


async def test_path_parameter_may_have_slashes_where_declared(client: httpx.AsyncClient, errand: Errand) -> None:
    response = await client.delete("/shelves/top/notes/a/b%2Fc//")
    assert (response.status_code, response.content) == (204, b"")
    assert not {"content-type", "content-length"} & set(response.headers)
    assert errand.burnt == [("top", "a/b/c//")]


@pytest.mark.parametrize(
    "path", ["/shelves//notes", "/shelves/a/b/notes", "/shelves/top/notesx", "/shelves/top/notes%0A", "/health%2Flive"]
)
async def test_other_paths_are_unknown(client: httpx.AsyncClient, path: str) -> None:
    read_problem(await client.get(path), 404, "no-such-path")


@pytest.mark.parametrize(
    ("query", "message"),
    [("limt=1", "There is no such parameter. Did you mean `limit`?"),
     ("COLOR=1", "There is no such parameter. Did you mean `color`?"),
     ("paint=1", "There is no such parameter."), ("shelf=1", "There is no such parameter.")],
)  # fmt: skip
async def test_probably_meant_parameter_is_named(client: httpx.AsyncClient, query: str, message: str) -> None:
    response = await client.get(f"/shelves/top/notes?{query}")
    read_problem(response, 422, "rule-broken")
    assert [error["message"] for error in response.json()["errors"]] == [message]


async def test_all_unknown_parameters_are_named_before_the_body_is_read(client: httpx.AsyncClient, errand: Errand) -> None:
    response = await client.post("/notes?b=1&a=2&b=3", content=b"", headers={"content-type": "application/json"})
    assert [error["field"] for error in response.json()["errors"]] == ["b", "a"]
    assert errand.runs == 0


@pytest.mark.parametrize(
    ("target", "escape"),
    [("/shelves/a%zz/notes", "%zz"), ("/shelves/100%/notes", "%"), ("/shelves/%4/notes", "%4"), ("/shelves/%%34/notes", "%%3"),
     ("/shelves/top/notes?color=%", "%"), ("/shelves/top/notes?%g0=1", "%g0"), ("/shelves/top/notes?prefix=%u00e9", "%u0"),
     ("/notes%", "%"), ("/errand%2", "%2"), ("/nowhere/%zz", "%zz"), ("/docs?a=%zz", "%zz"), ("/errand?a=%zz", "%zz")],
)  # fmt: skip
async def test_broken_escape_is_named(client: httpx.AsyncClient, target: str, escape: str) -> None:
    response = await client.get("/", extensions={"target": target.encode()})
    read_problem(response, 400, "invalid-request")
    assert f" {escape}; " in response.json()["detail"]
