"""The OpenAPI document, the pages of documentation, and health."""

from typing import Any

import httpx
import pytest

from test_support.http.stub_service import Errand, StubDependency, make_service, run
from test_support.problems import read_problem

PROBLEM = {"$ref": "#/components/schemas/Problem"}


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    response = await client.get("/openapi.json")
    assert response.status_code == 200
    document: dict[str, Any] = response.json()
    return document


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("post", "/notes", {"201", "400", "413", "415", "422", "503"}),
        ("post", "/private/notes", {"200", "400", "401", "413", "415", "422", "503"}),
        ("get", "/caller", {"200", "400", "401", "422", "503"}),
        ("get", "/errand", {"200", "400", "422"}),
        ("get", "/shelves/{shelf}/notes", {"200", "400", "422"}),
        ("delete", "/shelves/{shelf}/notes/{note}", {"204", "400", "422"}),
        ("get", "/health/live", {"200", "400", "422"}),
        ("get", "/health/ready", {"200", "400", "422", "503"}),
    ],
)
async def test_exactly_the_possible_statuses_are_documented(
    document: dict[str, Any], method: str, path: str, statuses: set[str]
) -> None:
    responses = document["paths"][path][method]["responses"]
    assert set(responses) == statuses
    for status in statuses - {"200", "201", "204"}:
        assert responses[status]["content"] == {"application/problem+json": {"schema": PROBLEM}}
        assert responses[status]["description"]


async def test_problems_of_one_status_are_described_together(document: dict[str, Any]) -> None:
    description = document["paths"]["/notes"]["post"]["responses"]["503"]["description"]
    assert description == "Database unavailable; Service overloaded"


async def test_headers_of_problems_are_documented(document: dict[str, Any]) -> None:
    responses = document["paths"]["/private/notes"]["post"]["responses"]
    assert set(responses["401"]["headers"]) == {"Link", "Www-Authenticate", "X-Request-ID"}
    assert set(responses["503"]["headers"]) == {"Link", "Retry-After", "X-Request-ID"}


async def test_headers_of_all_responses_are_documented_at_each(errand: Errand) -> None:
    async with run(make_service(errand, allowed_origins=["https://console.example"])) as client:
        document = (await client.get("/openapi.json")).json()
        sent = (await client.get("/errand")).headers
    responses = document["paths"]["/errand"]["get"]["responses"]
    for name in ("Vary", "X-Request-ID"):
        assert name in sent
        assert document["components"]["headers"][name]["required"]
    assert responses["422"]["headers"].keys() == {"Link", "Vary", "X-Request-ID"}
    assert responses["200"]["headers"].keys() == {"Vary", "X-Request-ID", "Content-Encoding"}


async def test_problems_match_their_schema(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Problem"]
    problem = (await client.get("/absent")).json()
    assert set(schema["required"]) <= set(problem) <= set(schema["properties"])


async def test_only_authenticated_operations_require_a_token(document: dict[str, Any]) -> None:
    secured = {path for path, methods in document["paths"].items() for operation in methods.values() if "security" in operation}
    assert secured == {"/private/notes", "/caller"}
    assert document["components"]["securitySchemes"]["access_token"]["scheme"] == "bearer"


async def test_documentation_offers_login_and_bearer_token(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    flow = {"tokenUrl": "http://login.example/token", "scopes": {}}
    assert document["components"]["securitySchemes"]["login"] == {"type": "oauth2", "flows": {"password": flow}}
    assert document["paths"]["/caller"]["get"]["security"] == [{"login": []}, {"access_token": []}]
    assert (await client.get("/openapi.json")).json() == document


async def test_bodies_and_responses_are_described_by_their_models(document: dict[str, Any]) -> None:
    operation = document["paths"]["/notes"]["post"]
    assert operation["requestBody"]["required"] is True
    assert operation["requestBody"]["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}
    assert operation["responses"]["201"]["content"] == {
        "application/json": {"schema": {"$ref": "#/components/schemas/NoteResponse"}}
    }


async def test_injected_dependencies_are_not_documented_as_parameters(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert "parameters" not in operation or path.startswith(("/shelves/", "/long"))
    (search,) = document["paths"]["/shelves/{shelf}/notes"].values()
    assert [(parameter["in"], parameter["name"]) for parameter in search["parameters"]] == [
        ("path", "shelf"), ("query", "limit"), ("query", "prefix"), ("query", "color"), ("header", "if-version"),
    ]  # fmt: skip


async def test_document_has_title_and_version_of_the_service(document: dict[str, Any]) -> None:
    assert document["info"] == {"title": "stub_service", "description": "A service for tests.", "version": "1.2.3"}


async def test_pages_load_nothing_from_other_hosts(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "/openapi.json" in page
    assert "https://" not in page
    assert "http://" not in page


async def test_pages_cannot_be_framed(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/docs")).headers
    assert headers["content-security-policy"] == "frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_service_is_live_without_its_dependencies(client: httpx.AsyncClient, database: StubDependency) -> None:
    database.available = False
    response = await client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "live"})


async def test_service_is_ready_while_all_dependencies_are_available(client: httpx.AsyncClient, database: StubDependency) -> None:
    assert (await client.get("/health/ready")).json() == {"status": "ready"}
    database.available = False
    response = await client.get("/health/ready")
    assert read_problem(response, 503, "not-ready")["missing"] == ["database"]
    assert response.headers["retry-after"] == "1"
    database.available = True
    assert (await client.get("/health/ready")).status_code == 200


async def test_missing_dependencies_are_listed_in_order() -> None:
    dependencies = [StubDependency(name) for name in ("first", "second", "third")]
    dependencies[0].available = dependencies[2].available = False
    async with run(make_service(Errand(), *dependencies)) as client:
        problem = read_problem(await client.get("/health/ready"), 503, "not-ready")
    assert problem["missing"] == ["first", "third"]
    assert problem["detail"] == "Not available: first, third."


async def test_service_without_an_optional_dependency_is_ready_and_degraded(errand: Errand) -> None:
    helper = StubDependency("news")
    async with run(make_service(errand, StubDependency("database"), optional_dependencies=(helper,))) as client:
        assert (await client.get("/health/ready")).json() == {"status": "ready"}
        helper.available = False
        response = await client.get("/health/ready")
        assert (response.status_code, response.json()) == (200, {"status": "degraded", "missing": ["news"]})
