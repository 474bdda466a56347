"""Metrics of `backup follow`, in the text format of Prometheus."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from tarantool_backup.application.follow_log import Progress
from tarantool_backup.domain.failures import BackupError


class Metrics:
    """Serves them at `[HOST:]PORT` of `/metrics`; at none, nothing is served. Raises BackupError where it cannot listen."""

    def __init__(self, address: str | None) -> None:
        registry = CollectorRegistry()
        self._time = Gauge("backup_last_success_timestamp_seconds", "When all was stored last", ["store"], registry=registry)
        self._bytes = Counter("backup_stored_bytes", "Bytes of files that were stored", ["store"], registry=registry)
        self._failing = Gauge("backup_failing", "1 while the last attempt has failed", ["store"], registry=registry)
        if address is not None:
            host, _, port = address.rpartition(":")
            try:
                start_http_server(int(port), host or "127.0.0.1", registry=registry)
            except (OSError, ValueError, OverflowError) as error:
                raise BackupError(f"cannot serve metrics at {address!r}: {error}") from error

    def add(self, progress: Progress) -> None:
        """Count a step."""
        self._bytes.labels(progress.store).inc(progress.stored_bytes)
        self._failing.labels(progress.store).set(progress.failure is not None)
        if progress.identifier and progress.failure is None:
            self._time.labels(progress.store).set(time.time())
