"""What a collector of traces and logs does is nothing to clients, and several processes share one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from test_support.collector import Collector
from test_support.key_value.clients import client_of
from test_support.metrics import find_exemplars
from test_support.processes import Service, Tarantool, reserve_port, wait_until
from test_support.tokens import TokenMaker

Start = Callable[..., AbstractContextManager[Service]]
TRACE = "0af7651916cd43dd8448eb211c80319c"
LONG = "3600000"
"""Milliseconds that no test takes: only the end of a process makes it export."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture
def start(tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str) -> Start:
    return partial(Service, "key_value", tmp_path, key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url)


def test_a_collector_that_does_not_answer_keeps_nobody_waiting(start: Start, collector: Collector, tokens: TokenMaker) -> None:
    collector.may_answer.clear()
    small = {"OTEL_BSP_MAX_QUEUE_SIZE": "64", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "16", "OTEL_BLRP_MAX_QUEUE_SIZE": "64"}
    patient = {"OTEL_EXPORTER_OTLP_TIMEOUT": "3600", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "16"}
    with start(**collector.environment, **small, **patient) as service:
        service.wait_until_ready()
        with client_of(service, tokens.make()) as client:
            client.post("/write", json={"data": {"a": 1}}).raise_for_status()
            assert collector.asked.wait(60), service.output
            for _ in range(100):  # of three spans each
                assert client.post("/read", json={"keys": ["a"]}).json()["data"] == {"a": 1}
        assert service.stop() == 0  # the exporters would wait for an hour
    assert not collector.spans
    assert "Traceback" not in service.output


def test_without_a_collector_requests_are_answered_and_the_log_says_why_nothing_is_exported(
    start: Start, tokens: TokenMaker
) -> None:
    endpoint = f"http://127.0.0.1:{reserve_port()}"
    with start(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_BSP_SCHEDULE_DELAY="50", OTEL_BLRP_SCHEDULE_DELAY="50") as service:
        service.wait_until_ready()
        with client_of(service, tokens.make()) as client:
            client.post("/write", json={"data": {"a": 1}}).raise_for_status()
            wait_until(lambda: endpoint.partition("//")[2].split(":")[1] in service.output, "the exporter's complaint")
            assert client.post("/read", json={"keys": ["a"]}).json()["data"] == {"a": 1}
        assert service.stop() == 0


def test_workers_are_instances_of_one_service_that_export_what_is_left_when_they_end(
    start: Start, collector: Collector, tokens: TokenMaker
) -> None:
    port = reserve_port()
    settings = {
        "OTEL_SERVICE_NAME": "store",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
        "OTEL_TRACES_SAMPLER": "parentbased_always_off",
        "OTEL_BSP_SCHEDULE_DELAY": LONG,
        "OTEL_BLRP_SCHEDULE_DELAY": LONG,
    }
    with start(KEY_VALUE_WORKERS="2", KEY_VALUE_METRICS_PORT=str(port), **collector.environment | settings) as service:
        service.wait_until_ready()
        headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}

        with client_of(service, tokens.make()) as client:
            for more in (headers, {}):
                client.post("/read", json={"keys": ["a"]}, headers=more).raise_for_status()
        wait_until(lambda: bool(find_exemplars(port)), "an exemplar, whichever worker serves the metrics")
        exemplars = {sample.exemplar.labels["span_id"] for sample in find_exemplars(port)}
        assert not collector.spans
        assert service.stop() == 0

    assert {span.trace for span in collector.spans} == {TRACE}
    assert exemplars <= {span.id for span in collector.spans}
    resources = [span.resource for span in collector.spans] + [record.resource for record in collector.logs]
    assert {(one["service.name"], one["deployment.environment.name"]) for one in resources} == {("store", "test")}
    assert len({one["service.instance.id"] for one in resources}) == 2
