"""Problems: the responses to errors (RFC 9457)."""

import html
from datetime import timedelta
from urllib.parse import urljoin

import httpx
import pytest
from structlog.testing import capture_logs

from shared_kernel.application.authentication import (
    AuthenticationRequiredError,
    InsufficientScopeError,
    InvalidAccessTokenError,
    RevocationsUnknownError,
    SigningKeysUnknownError,
)
from shared_kernel.application.availability import (
    BusyError,
    DiskFullError,
    StoreFullError,
    StoreUnavailableError,
    TooManyAttemptsError,
)
from shared_kernel.domain.rules import MAX_VIOLATIONS, RulesBrokenError, Violation
from shared_kernel.presentation.http.routing.errors import (
    DepartingError,
    MalformedBodyError,
    NotReadyError,
    ShuttingDownError,
    UnsupportedContentCodingError,
    UnsupportedMediaTypeError,
)
from shared_kernel.presentation.http.routing.problems import PROBLEMS
from shared_kernel.presentation.http.server.errors import (
    BodyTooLargeError,
    HeadTooLargeError,
    MalformedRequestError,
    UnsupportedTransferCodingError,
    UnsupportedVersionError,
)
from test_support.http.stub_service import Errand
from test_support.problems import read_problem

RETRY = {"retry-after": "1"}
Kind = tuple[Exception, int, str, dict[str, str]]
KINDS: list[Kind] = [
    (MalformedBodyError("What happened."), 400, "malformed-body", {}),
    (AuthenticationRequiredError(), 401, "authentication-required", {"www-authenticate": "Bearer"}),
    (InvalidAccessTokenError("What happened."), 401, "invalid-token", {"www-authenticate": 'Bearer error="invalid_token"'}),
    (
        InsufficientScopeError("x"),
        403,
        "insufficient-scope",
        {"www-authenticate": 'Bearer error="insufficient_scope", scope="x"'},
    ),
    (BodyTooLargeError("What happened."), 413, "body-too-large", {}),
    (UnsupportedMediaTypeError("What happened."), 415, "unsupported-media-type", {}),
    (UnsupportedContentCodingError("What happened."), 415, "unsupported-media-type", {"accept-encoding": "zstd, gzip"}),
    (RulesBrokenError([Violation("a", "rule", "What happened.")]), 422, "rule-broken", {}),
    (StoreUnavailableError("What happened."), 503, "store-unavailable", RETRY),
    (SigningKeysUnknownError(), 503, "signing-keys-unknown", RETRY),
    (RevocationsUnknownError(), 503, "revocations-unknown", RETRY),
    (MalformedRequestError("What happened."), 400, "invalid-request", {}),
    (TooManyAttemptsError(timedelta(seconds=41.2)), 429, "too-many-attempts", {"retry-after": "42"}),
    (HeadTooLargeError("What happened."), 431, "head-too-large", {}),
    (UnsupportedTransferCodingError("What happened."), 501, "unsupported-transfer-coding", {}),
    (UnsupportedVersionError("What happened."), 505, "unsupported-version", {}),
    (ShuttingDownError(), 503, "shutting-down", RETRY),
    (DepartingError(), 503, "shutting-down", RETRY),
    (NotReadyError(["database"]), 503, "not-ready", RETRY),
    (BusyError("What happened."), 503, "busy", RETRY),
    (StoreFullError(), 507, "store-full", {}),
    (DiskFullError(), 507, "disk-full", {}),
]


def test_every_kind_of_problem_is_tested_here() -> None:
    assert {type(error) for error, *_ in KINDS} == set(PROBLEMS)


@pytest.mark.parametrize("kind", KINDS, ids=[name for _, _, name, _ in KINDS])
async def test_each_error_has_its_own_problem(client: httpx.AsyncClient, errand: Errand, kind: Kind) -> None:
    error, status, name, headers = kind
    errand.error = error
    response = await client.get("/errand")
    read_problem(response, status, name)
    assert {header: response.headers[header] for header in headers} == headers
    assert ("retry-after" in response.headers) is ("retry-after" in headers)
    assert ("www-authenticate" in response.headers) is (status in (401, 403))
    assert int(response.headers["content-length"]) == len(response.content)


@pytest.mark.parametrize("kind", KINDS, ids=[name for _, _, name, _ in KINDS])
async def test_link_of_each_problem_leads_to_what_it_means(client: httpx.AsyncClient, errand: Errand, kind: Kind) -> None:
    errand.error, _, name, _ = kind
    refused = await client.get("/errand")
    page = await client.get(urljoin(str(refused.url), refused.links["help"]["url"]))
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f"<h1>{name}</h1>" in page.text
    assert f"{refused.status_code} {html.escape(refused.json()['title'])}" in page.text
    assert html.escape(refused.json()["type"]) in page.text


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing/here"), ("DELETE", "/errand"), ("GET", "/errand?%zz")])
async def test_link_of_a_problem_without_an_operation_leads_to_what_it_means(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    refused = await client.request(method, path)
    page = await client.get(urljoin(str(refused.url), refused.links["help"]["url"]))
    assert page.status_code == 200
    assert f"<h1>{refused.json()['type'].removeprefix('urn:problem-type:')}</h1>" in page.text


async def test_unknown_type_of_problem_has_no_page(client: httpx.AsyncClient) -> None:
    read_problem(await client.get("/problems/made-up"), 404, "no-such-path")


@pytest.mark.parametrize("error", [error for error, *_ in KINDS if str(error) == "What happened."])
async def test_detail_is_the_errors_text(client: httpx.AsyncClient, errand: Errand, error: Exception) -> None:
    errand.error = error
    assert (await client.get("/errand")).json()["detail"] == "What happened."


async def test_detail_of_an_error_without_text_is_the_title(client: httpx.AsyncClient, errand: Errand) -> None:
    errand.error = StoreUnavailableError()
    assert (await client.get("/errand")).json()["detail"] == "Database unavailable."


async def test_subclass_of_an_error_has_the_problem_of_its_base(client: httpx.AsyncClient, errand: Errand) -> None:
    class StoreOnFireError(StoreUnavailableError):
        pass

    errand.error = StoreOnFireError("The store is on fire.")
    assert read_problem(await client.get("/errand"), 503, "store-unavailable")["detail"] == "The store is on fire."


async def test_broken_rules_are_listed_field_by_field(client: httpx.AsyncClient, errand: Errand) -> None:
    errand.error = RulesBrokenError(
        [Violation("a", "length", "Too long."), Violation("b", "characters", "Not allowed: é \u2028.")]
    )
    assert read_problem(await client.get("/errand"), 422, "rule-broken")["errors"] == [
        {"field": "a", "rule": "length", "message": "Too long."},
        {"field": "b", "rule": "characters", "message": "Not allowed: é \u2028."},
    ]


async def test_number_of_listed_broken_rules_is_limited(client: httpx.AsyncClient, errand: Errand) -> None:
    errand.error = RulesBrokenError(Violation(str(number), "rule", "Broken.") for number in range(1000))
    assert len((await client.get("/errand")).json()["errors"]) == MAX_VIOLATIONS


@pytest.mark.parametrize(
    "error", [RuntimeError("the password is hunter2"), KeyError("hunter2"), ExceptionGroup("hunter2", [ValueError("hunter2")])]
)
async def test_unexpected_error_is_answered_without_its_text_and_logged_with_it(
    client: httpx.AsyncClient, errand: Errand, error: Exception
) -> None:
    errand.error = error
    with capture_logs() as lines:
        response = await client.get("/errand")
    problem = read_problem(response, 500, "internal-error")
    assert "hunter2" not in response.text
    assert type(error).__name__ not in response.text
    (line,) = [line for line in lines if line["event"] == "unexpected error"]
    assert line["log_level"] == "error"
    assert line["exc_info"] is error
    assert line["request_id"] == problem["request_id"]


async def test_service_goes_on_after_an_unexpected_error(client: httpx.AsyncClient, errand: Errand) -> None:
    errand.error = RuntimeError()
    await client.get("/errand")
    errand.error = None
    assert (await client.get("/errand")).json() == {"text": "nothing happened"}


@pytest.mark.parametrize("path", ["/absent", "/errand/", "//errand", "/ERRAND", "/errand/..", "/errand%2F", "/" + "a" * 5000])
async def test_unknown_path_is_answered_with_404(client: httpx.AsyncClient, path: str) -> None:
    read_problem(await client.get("/", extensions={"target": path.encode()}), 404, "no-such-path")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/notes", "OPTIONS, POST"),
        ("PUT", "/notes", "OPTIONS, POST"),
        ("DELETE", "/notes", "OPTIONS, POST"),
        ("POST", "/errand", "GET, HEAD, OPTIONS"),
        ("PROPFIND", "/errand", "GET, HEAD, OPTIONS"),
    ],
)
async def test_other_method_is_answered_with_the_allowed_ones(
    client: httpx.AsyncClient, errand: Errand, method: str, path: str, allowed: str
) -> None:
    response = await client.request(method, path)
    read_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed
    assert errand.runs == 0
