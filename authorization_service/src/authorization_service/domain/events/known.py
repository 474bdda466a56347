"""The types of events."""

from authorization_service.domain.events import clients, keys, people, sessions
from authorization_service.domain.events.domain_event import DomainEvent

KNOWN_TYPES = tuple(
    sorted(
        kind.__name__
        for module in (clients, keys, people, sessions)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, DomainEvent) and kind is not DomainEvent
    )
)
"""The names of all types of events, sorted."""
