"""Events of signing keys. `user_id` and `by` are the administrator who made the change."""

from dataclasses import dataclass

from authorization_service.domain.events.domain_event import Actor, DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(DomainEvent):
    """A new key signs from `signs_from` (ISO 8601) on. If the others were `compromised`, they are no longer published."""

    key_id: str
    signs_from: str
    compromised: bool
    by: Actor
