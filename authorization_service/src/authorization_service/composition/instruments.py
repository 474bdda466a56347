"""What the authorization service measures beside its requests."""

from collections.abc import Iterable, Mapping

from authorization_service.domain.events.domain_event import DomainEvent
from shared_kernel.infrastructure.tarantool_statistics import TarantoolStatistics
from shared_kernel.presentation.http.telemetry.instruments import Counter, Gauge
from shared_kernel.tarantool_instruments import describe_totals

_TOTALS = {
    "users": "Users",
    "groups": "Groups",
    "clients": "Clients, service accounts included",
    "sessions": "Sessions that have not expired, or not been removed yet",
    "browser_sessions": "Sessions of browsers",
    "events_kept": "Events that are kept",
    "revocations_kept": "Revocations that are kept until the last token that they concern has expired",
}


def describe_accounts(statistics: TarantoolStatistics) -> Iterable[Gauge]:
    """Return the instruments for what is stored and what has happened."""
    yield from describe_totals(statistics, "authorization", _TOTALS)

    # A counter that begins with its first event has grown by nothing, to Prometheus.
    none = {(event.__name__,): 0.0 for event in DomainEvent.__subclasses__()}

    def read_events() -> Mapping[tuple[str, ...], float]:
        data = statistics.data
        return {} if data is None else none | {(kind,): count for kind, count in data[1].items()}

    yield Counter(
        "authorization_events_total",
        "Events since the start of Tarantool: logins, refused ones, reused refresh tokens and others, by type",
        read_events,
        labels=("type",),
        is_shared=True,
    )
