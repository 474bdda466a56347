"""What the code uses of libraries beyond their public interface is as it was: pyproject.toml bounds their versions for it.

What it uses of asynctnt's responses is tested with a real Tarantool, in key_value_service's test_tarantool_connection.py.
"""

import asyncio
import inspect
import logging
import tomllib
from collections.abc import Mapping
from importlib.metadata import version
from typing import Annotated, Any, get_type_hints

import asynctnt
import pytest
import uvicorn
from asynctnt.iproto.protocol import Protocol
from dishka import DEFAULT_COMPONENT, FromDishka
from dishka.integrations.base import default_parse_dependency
from fastapi import FastAPI
from fastapi.routing import APIRoute
from httptools import HttpParserError, HttpRequestParser
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from starlette.routing import Mount, Route
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from shared_kernel.infrastructure.write_coalescing import CoalescingConnection
from shared_kernel.presentation.http.server.run import ProtocolFactory
from test_support.processes import ROOT

INTERNALS_USED = ("asynctnt", "dishka", "fastapi", "httptools", "starlette", "uvicorn")


def parameters_of(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


class Transport(asyncio.Transport):
    """A transport that records what flow control calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


def read_bounds(package: str) -> dict[str, SpecifierSet]:
    project = tomllib.loads((ROOT / package / "pyproject.toml").read_text())["project"]
    return {required.name: required.specifier for required in map(Requirement, project["dependencies"])}


@pytest.mark.parametrize("package", ["shared_kernel", "authorization_service", "key_value_service"])
def test_every_dependency_has_an_upper_bound(package: str) -> None:
    unbounded = [name for name, bounds in read_bounds(package).items() if not any(bound.operator == "<" for bound in bounds)]
    assert set(unbounded) <= {"shared-kernel"}


@pytest.mark.parametrize("library", INTERNALS_USED)
def test_library_whose_internals_are_used_is_bounded_below_its_next_minor_version(library: str) -> None:
    bounds = read_bounds("shared_kernel")[library]
    installed = Version(version(library))
    assert installed in bounds
    assert Version(f"{installed.major}.{installed.minor + 1}") not in bounds


def test_request_cycle_of_uvicorn() -> None:
    assert parameters_of(RequestResponseCycle) == [
        "scope", "transport", "flow", "logger", "access_logger", "access_log", "default_headers", "message_event",
        "expect_100_continue", "keep_alive", "on_response",
    ]  # fmt: skip
    log, transport, event = logging.getLogger("test"), Transport(), asyncio.Event()
    cycle: Any = RequestResponseCycle(
        {}, transport, FlowControl(transport), log, log, False, [], event, False, True, lambda: None  # type: ignore[typeddict-item]
    )  # fmt: skip
    state = (cycle.body, cycle.more_body, cycle.response_complete, cycle.disconnected, cycle.message_event)
    assert state == (bytearray(), True, False, False, event)
    assert parameters_of(cycle.run_asgi) == ["app"]


def test_flow_control_of_uvicorn() -> None:
    transport = Transport()
    flow = FlowControl(transport)
    assert (flow.read_paused, flow.write_paused, HIGH_WATER_LIMIT) == (False, False, 65536)
    flow.pause_reading()
    flow.pause_reading()
    flow.resume_reading()
    flow.resume_reading()
    assert transport.calls == ["pause", "resume"]
    flow.pause_writing()
    assert flow.write_paused
    flow.resume_writing()
    assert not flow.write_paused


def test_uvicorn_makes_protocols_with_the_factory() -> None:
    factory = ProtocolFactory()
    config = uvicorn.Config(show_nothing, http=factory, ws="none", log_config=None)  # type: ignore[arg-type]
    config.load()
    assert config.http_protocol_class is factory  # type: ignore[comparison-overlap]
    # uvicorn calls the factory as it would its own protocol.
    assert parameters_of(factory) == parameters_of(HttpToolsProtocol)
    state = ServerState()
    assert (state.total_requests, state.connections, state.tasks, state.default_headers) == (0, set(), set(), [])
    assert {"config", "server_state", "app_state", "_loop"} == set(parameters_of(HttpToolsProtocol))
    assert config.loaded_app is not None


def test_protocol_of_asynctnt_is_made_by_the_connection() -> None:
    assert parameters_of(asynctnt.Connection.protocol_factory) == ["self", "connected_fut", "loop", "cls"]
    assert callable(Protocol.connection_made)
    loop = asyncio.new_event_loop()
    try:
        connection = CoalescingConnection(host="127.0.0.1", port=1)
        protocol = connection.protocol_factory(loop.create_future(), loop)
        assert isinstance(protocol, Protocol)
        assert type(protocol) is not Protocol
    finally:
        loop.close()


def test_dishka_names_dependencies() -> None:
    parameter = inspect.Parameter("errand", inspect.Parameter.KEYWORD_ONLY)
    key = default_parse_dependency(parameter, get_type_hints(call_with_number, include_extras=True)["number"])
    assert key is not None
    assert (key.type_hint, key.component) == (int, DEFAULT_COMPONENT)
    assert default_parse_dependency(parameter, int) is None
    assert default_parse_dependency(parameter, Annotated[int, "other"]) is None


def test_routes_of_fastapi_have_patterns() -> None:
    async def show(note: str) -> Mapping[str, str]:
        return {"note": note}

    route = APIRoute("/notes/{note:path}", show, methods=["GET"])
    assert route.methods == {"GET"}
    assert set(route.param_convertors) == {"note"}
    match = route.path_regex.fullmatch("/notes/a/b")
    assert match is not None
    assert match.groupdict() == {"note": "a/b"}


async def test_starlette_removes_the_root_path() -> None:
    asked: list[tuple[str, str]] = []

    async def remember(scope: Any, _receive: Any, _send: Any) -> None:
        asked.append((scope["root_path"], scope["path"]))

    app = FastAPI(openapi_url=None, routes=[Mount("/static", remember)])
    scope = {"type": "http", "method": "GET", "path": "/kv/static/a", "root_path": "/kv", "query_string": b"", "headers": []}
    await app(scope, None, None)  # type: ignore[arg-type]
    assert asked == [("/kv/static", "/kv/static/a")]
    assert Route("/", show_nothing).methods == {"GET", "HEAD"}


def call_with_number(number: FromDishka[int]) -> int:
    return number


async def show_nothing(_: Any) -> Any:
    raise NotImplementedError


def test_parser_of_httptools_has_its_leniency_and_keeps_the_error_of_a_callback() -> None:
    class Failing:
        def on_url(self, _: bytes) -> None:
            raise ZeroDivisionError

    parser = HttpRequestParser(Failing())
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    with pytest.raises(HttpParserError) as raised:
        parser.feed_data(b"GET / HTTP/1.1\r\n\r\n")
    assert isinstance(raised.value.__context__, ZeroDivisionError)
