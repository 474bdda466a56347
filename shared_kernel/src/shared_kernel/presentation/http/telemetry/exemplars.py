"""Measures requests and keeps exemplars: traces that lead from a bucket of the histogram to a request that was counted there."""

import time
from bisect import bisect_left
from collections.abc import Sequence

from shared_kernel.presentation.http.telemetry.instruments import Exemplar
from shared_kernel.presentation.http.telemetry.request_log import Record
from shared_kernel.presentation.http.telemetry.request_meter import BOUNDS, RequestMeter, find_labels


class ExemplarMeter(RequestMeter):
    """Measures requests and keeps exemplars of those whose traces are recorded."""

    def write(self, records: Sequence[Record]) -> None:
        """Count the records."""
        super().write(records)
        now, exemplars = time.time(), self.histogram.exemplars
        for record in records:
            if record.trace is not None and record.trace.is_sampled:
                seconds = record.ended - record.began
                ids = (record.trace.trace_id, record.trace.span_id)
                exemplars.setdefault(find_labels(record), {})[bisect_left(BOUNDS, seconds)] = Exemplar(*ids, seconds, now)
