"""Traces and logs of both services, as a collector receives them."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from end_to_end_tests.users import log_in, make_user, register

from test_support.collector import Collector
from test_support.metrics import find_exemplars
from test_support.processes import reserve_port, wait_until
from test_support.store import Store, running_store

USER = make_user() | {"password": f"Not-told-{uuid4().hex}"}
KEY, VALUE = f"hidden-key-{uuid4().hex}", f"hidden-value-{uuid4().hex}"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def metrics_port() -> int:
    return reserve_port()


@pytest.fixture(scope="module")
def traced_store(collector: Collector, metrics_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    settings = {"KEY_VALUE_METRICS_PORT": str(metrics_port), "KEY_VALUE_JWKS_REFRESH_SECONDS": "60"}
    with running_store(tmp_path_factory.mktemp("traced"), {}, settings, collector.environment) as store:
        yield store


@pytest.fixture(scope="module")
def token(traced_store: Store) -> str:
    register(traced_store, USER)
    token: str = log_in(traced_store, USER)["access_token"]
    return token


@pytest.fixture
def trace() -> str:
    """The id of a trace that a client has begun."""
    return uuid4().hex


@pytest.fixture
def http(traced_store: Store, token: str, trace: str) -> Iterator[httpx.Client]:
    """A client of the key-value service whose requests are of the trace."""
    headers = {
        "Authorization": f"Bearer {token}",
        "traceparent": f"00-{trace}-00f067aa0ba902b7-01",
        "tracestate": "vendor=opaque",
    }
    with httpx.Client(base_url=traced_store.key_value.url, headers=headers, trust_env=False) as client:
        yield client


def test_a_request_goes_on_with_its_clients_trace_down_to_tarantool(collector: Collector, http: httpx.Client, trace: str) -> None:
    written = http.put(f"/namespaces/default/pairs/{KEY}", json=VALUE).raise_for_status()
    server = collector.wait_for(trace=trace, kind="server")
    [use_case] = collector.find(trace=trace, kind="internal")
    [call] = collector.find(trace=trace, kind="client")

    assert (server.parent, use_case.parent, call.parent) == ("00f067aa0ba902b7", server.id, use_case.id)
    assert server.name == "PUT /namespaces/{namespace}/pairs/{key}"
    route = "/namespaces/{namespace}/pairs/{key}"
    assert server.attributes == {
        "http.request.method": "PUT",
        "http.route": route,
        "url.path": route,
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "server.address": "127.0.0.1",
        "server.port": http.base_url.port,
        "http.response.status_code": 201,
        "request_id": written.headers["x-request-id"],
    }
    assert use_case.name == "WritePair"
    assert call.name == call.attributes["db.operation.name"] == call.attributes["db.stored_procedure.name"]
    assert call.name.startswith("key_value.")
    assert call.attributes["db.system.name"] == "tarantool"
    assert call.attributes["server.address"] == "127.0.0.1"
    assert server.began <= use_case.began <= call.began <= call.ended <= use_case.ended <= server.ended
    assert {span.state for span in (server, use_case, call)} == {"vendor=opaque"}
    assert not any(span.has_failed for span in (server, use_case, call))


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "name"),
    [
        ("GET", "/namespaces/default/pairs/absent", {}, 404, "GET /namespaces/{namespace}/pairs/{key}"),
        (
            "GET",
            "/namespaces/default/pairs/absent",
            {"Authorization": "Bearer nonsense"},
            401,
            "GET /namespaces/{namespace}/pairs/{key}",
        ),
        ("POST", "/read", {"Content-Type": "text/plain"}, 415, "POST /read"),
        ("PROPFIND", "/read", {}, 405, "HTTP /read"),
        ("GET", "/no/such/path/of-a-client", {}, 404, "GET"),
        ("OPTIONS", "/read", {}, 204, "OPTIONS /read"),
    ],
)
def test_requests_that_are_rejected_have_spans(
    collector: Collector, http: httpx.Client, trace: str, method: str, path: str, headers: dict[str, str], status: int, name: str
) -> None:
    answer = http.request(method, path, headers=headers, content=b"x" if method == "POST" else None)
    assert answer.status_code == status
    span = collector.wait_for(trace=trace, kind="server")
    assert (span.name, span.attributes["http.response.status_code"]) == (name, status)
    assert span.attributes["request_id"] == answer.headers["x-request-id"]
    assert not span.has_failed  # that is the client's fault


def test_what_is_no_request_has_a_span(collector: Collector, traced_store: Store) -> None:
    with closing(socket.create_connection(("127.0.0.1", traced_store.key_value.port))) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert b" 400 " in connection.recv(65536)
    span = collector.wait_for(name="HTTP", http__response__status_code=400)
    assert span.kind == "server"


def test_work_in_the_background_has_traces_that_go_on_in_the_other_service(collector: Collector, traced_store: Store) -> None:
    issuer = traced_store.authorization.url
    for url, route in ((f"{issuer}/.well-known/jwks.json", "/.well-known/jwks.json"), (f"{issuer}/revocations", "/revocations")):
        sent = collector.wait_for(kind="client", url__full=url, http__response__status_code=200)
        answered = collector.wait_for(kind="server", parent=sent.id)
        assert (answered.trace, answered.attributes["http.route"]) == (sent.trace, route)
        assert sent.resource["service.name"] == "key_value_service"
        assert answered.resource["service.name"] == "authorization_service"


def test_each_process_names_itself(collector: Collector, http: httpx.Client) -> None:
    http.get("/health/live").raise_for_status()
    wait_until(lambda: len({span.resource["service.name"] for span in collector.spans}) == 2, "spans of both services")
    resources = [span.resource for span in collector.spans] + [record.resource for record in collector.logs]
    instances = {(one["service.name"], one["service.version"], one["service.instance.id"]) for one in resources}
    assert len(instances) == 2
    assert all(version == "0.2.0" for _, version, _ in instances)


def test_the_access_log_names_the_trace_on_standard_output_and_in_the_collector(
    collector: Collector, http: httpx.Client, trace: str, traced_store: Store
) -> None:
    answer = http.post("/read", json={"keys": [KEY]}).raise_for_status()
    request_id = answer.headers["x-request-id"]
    span = collector.wait_for(trace=trace, kind="server")

    def find_lines() -> list[str]:
        return [line for line in traced_store.key_value.output.splitlines() if request_id in line]

    wait_until(lambda: bool(find_lines()), "the line of the access log")
    line = json.loads(find_lines()[0])
    assert (line["trace_id"], line["span_id"]) == (trace, span.id)

    wait_until(lambda: any(record.trace == trace for record in collector.logs), "the log record")
    [record] = [record for record in collector.logs if record.trace == trace]
    assert (record.body, record.span, record.severity) == ("request", span.id, "INFO")
    assert record.attributes == {
        name: line[name] for name in ("method", "route", "status", "milliseconds", "user_id", "request_id")
    }


def test_an_exemplar_leads_from_a_latency_to_its_trace(
    collector: Collector, http: httpx.Client, trace: str, metrics_port: int
) -> None:
    http.post("/read", json={"keys": ["a"]}).raise_for_status()
    span = collector.wait_for(trace=trace, kind="server")

    def find_buckets() -> list[float]:
        return [
            float(sample.labels["le"])
            for sample in find_exemplars(metrics_port)
            if sample.exemplar.labels == {"trace_id": trace, "span_id": span.id}
            if sample.labels["route"] == "/read" and sample.exemplar.value <= float(sample.labels["le"])
        ]

    wait_until(lambda: len(find_buckets()) == 1, "the exemplar")
    older = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics", trust_env=False).text
    assert trace not in older  # Prometheus' own format has no exemplars


def test_the_span_of_a_watch_lasts_as_long_as_the_watch(collector: Collector, http: httpx.Client, trace: str) -> None:
    headers = {"Accept": "text/event-stream"}
    with http.stream("GET", "/namespaces/default/watch", headers=headers) as answer:
        assert answer.status_code == 200
        next(answer.iter_bytes())
        assert not collector.find(trace=trace, kind="server")
    span = collector.wait_for(trace=trace, kind="server")
    assert (span.name, span.attributes["http.response.status_code"]) == ("GET /namespaces/{namespace}/watch", 200)


PROGRAM = """
import asyncio, json, sys
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from key_value_client import AsyncClient, Client

url, token, key = sys.argv[1:]
trace.set_tracer_provider(provider := TracerProvider())
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = trace.get_tracer("shop")

def sell():
    with tracer.start_as_current_span("sell"), Client(url, token=token) as client:
        client.namespace("default").put(key, 1)

async def look(store, number):
    with tracer.start_as_current_span(f"look {number}"):
        await store.get(key, None)

async def main():
    async with AsyncClient(url, token=token) as client:
        store = client.namespace("default")
        await asyncio.gather(*(look(store, number) for number in range(3)))
        await store.get(key)  # of no trace

sell()
asyncio.run(main())
provider.shutdown()
"""


def run_program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True, timeout=120)


@pytest.fixture(scope="module")
def program(collector: Collector, traced_store: Store, token: str) -> None:
    """A program that traces has used the client library."""
    run_program(sys.executable, "-c", PROGRAM, traced_store.key_value.url, token, KEY, **collector.environment)


@pytest.mark.usefixtures("program")
def test_the_client_library_joins_the_programs_trace(collector: Collector) -> None:
    sell = collector.wait_for(name="sell")
    [sent] = collector.find(trace=sell.trace, parent=sell.id)
    answered = collector.wait_for(trace=sell.trace, kind="server")
    use_case = collector.wait_for(trace=sell.trace, kind="internal", name="WritePair")
    call = collector.wait_for(trace=sell.trace, parent=use_case.id)

    assert (sent.kind, sent.name) == ("client", "PUT /namespaces/{namespace}/pair")
    assert sent.attributes["request_id"] == answered.attributes["request_id"]
    assert sent.attributes["http.response.status_code"] in (200, 201)
    assert (answered.parent, use_case.parent) == (sent.id, answered.id)
    assert call.attributes["db.system.name"] == "tarantool"
    assert len({span.trace for span in (sell, sent, answered, use_case, call)}) == 1


@pytest.mark.usefixtures("program")
def test_one_request_for_several_callers_is_linked_to_each(collector: Collector) -> None:
    callers = [collector.wait_for(name=f"look {number}") for number in range(3)]
    sent = [span for span in collector.spans if span.kind == "client" and span.parent in {caller.id for caller in callers}]
    assert [span.name for span in sent] == ["POST /read"]
    assert {sent[0].parent, *sent[0].links} == {caller.id for caller in callers}


def test_a_command_is_a_trace_or_part_of_the_scripts(collector: Collector, traced_store: Store, token: str, trace: str) -> None:
    kv = str(Path(sys.executable).parent / "kv")
    settings = {
        "KV_URL": traced_store.key_value.url,
        "KV_TOKEN": token,
        "HOME": str(traced_store.key_value.log.parent),
    }
    script = {"TRACEPARENT": f"00-{trace}-00f067aa0ba902b7-01"}
    run_program(kv, "put", KEY, VALUE, **settings, **script, **collector.environment)
    command = collector.wait_for(trace=trace, name="kv put")
    [sent] = collector.find(trace=trace, parent=command.id)
    assert collector.wait_for(trace=trace, kind="server").parent == sent.id
    assert (command.parent, command.resource["service.name"]) == ("00f067aa0ba902b7", "kv")
    assert command.attributes == {"process.exit.code": 0}


def test_a_program_that_does_not_trace_loads_nothing_for_it(traced_store: Store, token: str) -> None:
    code = """
import sys
from key_value_client import Client
with Client(sys.argv[1], token=sys.argv[2]) as client:
    client.namespace("default").put("a", 1)
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    assert run_program(sys.executable, "-c", code, traced_store.key_value.url, token).stdout == "[]\n"


@pytest.mark.usefixtures("program")
def test_nothing_secret_reaches_the_collector(collector: Collector, http: httpx.Client, trace: str, token: str) -> None:
    path = f"/namespaces/default/pairs/{KEY}"
    http.put(path, json=VALUE).raise_for_status()
    http.get(path).raise_for_status()
    http.post("/write", json={"data": {KEY: VALUE}}).raise_for_status()
    http.post("/write", content=f'{{"data": {{"{KEY}": {VALUE}}}'.encode(), headers={"Content-Type": "application/json"})
    http.get("/namespaces/default/pairs", params={"prefix": KEY}).raise_for_status()
    http.get(f"{path}?{KEY}={VALUE}")
    http.request(KEY[:20].upper(), path)
    http.delete(path).raise_for_status()
    last = http.get(f"/unknown/{KEY}", headers={"User-Agent": VALUE}).headers["x-request-id"]
    wait_until(lambda: any(span.attributes.get("request_id") == last for span in collector.spans), "the last span")
    wait_until(lambda: any(record.attributes.get("request_id") == last for record in collector.logs), "the last log record")

    assert collector.find(trace=trace, kind="internal")
    for secret in (KEY, VALUE, token, token.rpartition(".")[2], USER["username"], USER["password"], "Bearer"):
        assert secret.encode() not in collector.received, secret
