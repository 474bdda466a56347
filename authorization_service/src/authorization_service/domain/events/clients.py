"""Events of service accounts. `user_id` and `by` are the administrator who made the change."""

from dataclasses import dataclass

from authorization_service.domain.events.domain_event import Actor, DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCreated(DomainEvent):
    """A service account was created."""

    client_id: str
    scopes: tuple[str, ...]
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecretChanged(DomainEvent):
    """The secret of a service account was replaced."""

    client_id: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDeleted(DomainEvent):
    """A service account was deleted."""

    client_id: str
    by: Actor
