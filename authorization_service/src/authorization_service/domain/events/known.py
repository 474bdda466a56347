"""The types of events."""

from authorization_service.domain.events import clients, factors, keys, people, sessions
from authorization_service.domain.events.domain_event import DomainEvent

KNOWN_TYPES = tuple(
    sorted(
        kind.__name__
        for module in (clients, factors, keys, people, sessions)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, DomainEvent) and kind is not DomainEvent
    )
)
"""The names of all types of events, sorted."""
