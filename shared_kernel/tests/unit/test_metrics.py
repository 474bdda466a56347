"""Metrics of requests."""

import pytest

from shared_kernel.presentation.http.telemetry.figures import ServiceFigures
from shared_kernel.presentation.http.telemetry.metrics import describe as describe_instrument
from shared_kernel.presentation.http.telemetry.request_log import Record
from shared_kernel.presentation.http.telemetry.request_meter import BOUNDS, RequestMeter

Samples = dict[tuple[str, ...], float]


@pytest.fixture
def meter() -> RequestMeter:
    return RequestMeter()


def describe(meter: RequestMeter) -> Samples:
    metric = describe_instrument(meter.histogram, ServiceFigures([meter.histogram], None).measure())
    return {(sample.name, *sample.labels.values()): sample.value for sample in metric.samples}


NAME = "http_request_duration_seconds"


def test_operations_without_requests_have_no_metrics(meter: RequestMeter) -> None:
    assert describe(meter) == {}


def test_operations_and_classes_of_status_are_counted_apart(meter: RequestMeter) -> None:
    for method, route, status in [("POST", "/read", 200), ("POST", "/read", 204), ("POST", "/read", 404), ("GET", "/read", 200)]:
        meter.write([Record(method, route, status, 1.0, 2.0, "", "a")])
    samples = describe(meter)
    assert samples[f"{NAME}_count", "POST", "/read", "2xx"] == 2
    assert samples[f"{NAME}_count", "POST", "/read", "4xx"] == 1
    assert samples[f"{NAME}_count", "GET", "/read", "2xx"] == 1


def test_buckets_are_cumulative(meter: RequestMeter) -> None:
    meter.write([Record("POST", "/read", 200, 1.0, 1.0 + seconds, "", "a") for seconds in (0.0, 0.3, 0.3, 20.0)])
    samples = describe(meter)
    buckets = [samples[f"{NAME}_bucket", "POST", "/read", "2xx", label] for label in ("0.25", "0.5", "10.0", "+Inf")]
    assert buckets == [1, 3, 3, 4]
    assert samples[f"{NAME}_sum", "POST", "/read", "2xx"] == pytest.approx(20.6)


def test_request_for_no_operation_is_counted_without_method_and_path(meter: RequestMeter) -> None:
    meter.write([Record("PROPFIND", "", 404, 1.0, 2.0, "", "a", for_operation=False)])
    assert describe(meter)[f"{NAME}_count", "", "", "4xx"] == 1


def test_bounds_grow() -> None:
    assert list(BOUNDS) == sorted(set(BOUNDS))
