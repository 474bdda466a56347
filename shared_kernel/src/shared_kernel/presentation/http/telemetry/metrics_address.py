"""The address of a service's metrics: apart from what serves them, which commands that read the settings need not load."""

from typing import NamedTuple


class MetricsAddress(NamedTuple):
    """Host and TCP port of GET /metrics."""

    host: str
    port: int
