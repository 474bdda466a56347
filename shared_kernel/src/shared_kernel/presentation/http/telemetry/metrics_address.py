"""The address of a process's metrics: apart from what serves them, which commands that read the settings need not load."""

from typing import NamedTuple


class MetricsAddress(NamedTuple):
    """Host and ports of GET /metrics: a process listens on the first of the ports that no other worker has taken."""

    host: str
    port: int
    ports: int
