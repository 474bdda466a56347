"""The access log: one line a request, without secrets."""

import json
import logging
import re
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog

from shared_kernel.presentation.http.telemetry.access_log import MAX_BATCHES, AccessLog
from shared_kernel.presentation.http.telemetry.request_log import Record
from test_support.http.stub_service import EARLY_TOKEN, GOOD_TOKEN, Errand, make_service, run
from test_support.http.wire import Server

JSON = {"content-type": "application/json"}
SECRETS = ("hunter2", GOOD_TOKEN, EARLY_TOKEN, "bad.access.token")


@pytest.fixture(autouse=True)
def _json_lines(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.INFO)
    before = structlog.get_config()
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
    yield
    structlog.configure(**before)


@pytest.fixture
async def client(errand: Errand) -> AsyncIterator[httpx.AsyncClient]:
    """The service, made after logging was configured."""
    async with run(make_service(errand)) as client:
        yield client


def read_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def log_one(capsys: pytest.CaptureFixture[str], *arguments: Any, **options: Any) -> dict[str, Any]:
    """Return the line of one request; it is written by the time the service has shut down."""
    capsys.readouterr()
    async with run(make_service(Errand())) as client:
        await client.request(*arguments, **options)
    (line,) = read_lines(capsys)
    return line


async def test_line_has_these_fields_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    line = await log_one(
        capsys, "GET", "/caller", headers={"authorization": f"Bearer {GOOD_TOKEN}", "x-request-id": "the-request"}
    )
    assert isinstance(line.pop("milliseconds"), float)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("timestamp"))
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": "/caller",
        "status": 200,
        "user_id": "anna",
        "request_id": "the-request",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [
        ("GET", "/errand?token=hunter2", 422, "/errand"),
        ("POST", "/notes", 415, "/notes"),
        ("GET", "/caller", 401, "/caller"),
        ("GET", "/health/live", 200, "/health/live"),
        ("GET", "/reset/hunter2", 404, ""),
        ("GET", '/"},{"', 404, ""),
    ],
)
async def test_line_has_the_route_and_not_the_requested_path(
    capsys: pytest.CaptureFixture[str], method: str, path: str, status: int, route: str
) -> None:
    line = await log_one(capsys, method, path)
    assert (line["method"], line["status"], line["route"], line["user_id"]) == (method, status, route, "")


async def test_response_and_log_line_have_the_same_request_id(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], errand: Errand
) -> None:
    errand.error = RuntimeError()
    response = await client.get("/errand")
    async with run(make_service(errand)):
        pass
    assert {line["request_id"] for line in read_lines(capsys)} == {response.headers["x-request-id"]}


async def test_no_secret_is_logged(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    errand = Errand()
    capsys.readouterr()
    async with run(make_service(errand)) as client:
        for token in (GOOD_TOKEN, EARLY_TOKEN, "bad.access.token"):
            headers = {"authorization": f"Bearer {token}"}
            for body in (b'{"text":"a","secret":"hunter2"}', b'{"secret":["hunter2"]}', b'{"hunter2":1}', b'{"text":hunter2}'):
                await client.post("/private/notes", content=body, headers=headers | JSON)
                await client.post("/notes", content=body, headers=headers | JSON)
            await client.get("/caller", headers=[*headers.items(), *headers.items()])
            await client.get("/caller", headers={"authorization": token})
            await client.get("/hunter2?hunter2=hunter2", headers=headers)
            await client.get("/errand", headers=headers | {"x-request-id": "hunter2 hunter2", "cookie": "hunter2"})
            errand.error = RuntimeError("boom")
            await client.post("/notes", content=b'{"text":"a","secret":"hunter2"}', headers=headers | JSON)
            await client.get("/errand", headers=headers)
    written = capsys.readouterr()
    logged = written.out + written.err + "".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    assert logged.count('"event":"request"') == 42
    assert "RuntimeError: boom" in logged
    assert [secret for secret in SECRETS if secret in logged] == []


async def test_disconnected_client_is_logged_as_499(capsys: pytest.CaptureFixture[str], errand: Errand) -> None:
    service = make_service(errand)
    async with run(service):
        protocol, _ = Server(service).connect()
        protocol.data_received(
            b"POST /notes HTTP/1.1\r\nhost: service\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
        )
        protocol.connection_lost(None)
    (line,) = read_lines(capsys)
    assert (line["status"], line["route"]) == (499, "/notes")


def make_record(status: int = 200, user_id: str = "", request_id: str = "a") -> Record:
    now = time.perf_counter()
    return Record("GET", "/", status, now, now, user_id, request_id)


def test_many_lines_are_written_without_delay(capsys: pytest.CaptureFixture[str]) -> None:
    log = AccessLog()
    for _ in range(MAX_BATCHES + 1):
        log.write([make_record(), make_record()])
    assert len(read_lines(capsys)) == 2 * MAX_BATCHES
    log.flush()
    assert len(read_lines(capsys)) == 2


@pytest.mark.parametrize("user_id", ['"', "\\", "\n", "\x00", "\u2028", "é🔑", "a" * 10_000])
def test_user_id_cannot_break_a_line(capsys: pytest.CaptureFixture[str], user_id: str) -> None:
    log = AccessLog()
    log.write([make_record(user_id=user_id)])
    log.flush()
    (line,) = read_lines(capsys)
    assert line["user_id"] == user_id


def test_lines_are_written_in_order_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    log = AccessLog()
    log.write([make_record(200), make_record(201)])
    log.write([make_record(202)])
    assert read_lines(capsys) == []
    log.flush()
    log.flush()
    assert [line["status"] for line in read_lines(capsys)] == [200, 201, 202]


@pytest.mark.parametrize("milliseconds", [0, 1, 999, 86_399_999])
def test_timestamp_is_the_time_of_the_response(capsys: pytest.CaptureFixture[str], milliseconds: int) -> None:
    log = AccessLog()
    moment = datetime.now(UTC) - timedelta(milliseconds=milliseconds)
    ended = time.perf_counter() - milliseconds / 1000
    log.write([Record("GET", "/", 200, ended - 0.0125, ended, "", "a")])
    log.flush()
    (line,) = read_lines(capsys)
    assert line["milliseconds"] == 12.5
    assert abs(datetime.fromisoformat(line["timestamp"]) - moment) < timedelta(seconds=1)


def test_nothing_is_written_at_a_higher_log_level(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    log = AccessLog()
    log.write([make_record()])
    log.flush()
    assert capsys.readouterr().out == ""
