"""Measures requests: the histogram of their durations."""

from bisect import bisect_left
from collections.abc import Sequence

from shared_kernel.presentation.http.telemetry.instruments import Histogram
from shared_kernel.presentation.http.telemetry.request_log import Record

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds

DURATIONS = "http_request_duration_seconds"
"""The name of the histogram."""

_CLASSES = tuple(f"{hundreds}xx" for hundreds in range(10))


class RequestMeter:
    """Implements RecordSink: a histogram of the requests' durations, by operation and class of status."""

    def __init__(self) -> None:
        self.histogram = Histogram(
            DURATIONS,
            "From the arrival of a request's head until its response; without a route: requests for no operation",
            BOUNDS,
            labels=("method", "route", "status"),
        )

    def write(self, records: Sequence[Record]) -> None:
        """Count the records."""
        rows, find_row = self.histogram.rows, self.histogram.find_row
        for method, route, status, began, ended, _, _, _, for_operation, _ in records:
            key = (method, route, _CLASSES[status // 100]) if for_operation else ("", "", _CLASSES[status // 100])
            row = rows.get(key) or find_row(key)
            row[bisect_left(BOUNDS, ended - began)] += 1
            row[-1] += ended - began

    def flush(self) -> None:
        """Do nothing: `write` defers nothing."""


def find_labels(record: Record) -> tuple[str, str, str]:
    """Return the labels that a record is counted under."""
    status = _CLASSES[record.status // 100]
    return (record.method, record.route, status) if record.for_operation else ("", "", status)
