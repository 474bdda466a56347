"""What happens to service accounts. `user_id` and `by` are the administrator who did it."""

from dataclasses import dataclass

from authorization_service.domain.events.domain_event import Actor, DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCreated(DomainEvent):
    """There is a new service account."""

    client_id: str
    scopes: tuple[str, ...]
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecretChanged(DomainEvent):
    """A service account has another secret."""

    client_id: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDeleted(DomainEvent):
    """A service account is gone."""

    client_id: str
    by: Actor
