"""Events of clients. `user_id` and `by` are the administrator who made the change; of a consent, `user_id` is the user's."""

from dataclasses import dataclass

from authorization_service.domain.events.domain_event import Actor, DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCreated(DomainEvent):
    """A client was created."""

    client_id: str
    scopes: tuple[str, ...]
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecretChanged(DomainEvent):
    """The secret of a client was replaced."""

    client_id: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDeleted(DomainEvent):
    """A client was deleted."""

    client_id: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(DomainEvent):
    """A user has consented to what a client asked for."""

    client_id: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(DomainEvent):
    """A user has withdrawn its consent, and with it ended the client's sessions."""

    client_id: str
