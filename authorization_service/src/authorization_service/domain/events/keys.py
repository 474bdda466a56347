"""Events of signing keys. `user_id` is None: the operator makes the changes, at the command line."""

from dataclasses import dataclass

from authorization_service.domain.events.domain_event import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(DomainEvent):
    """A new key signs from `signs_from` (ISO 8601) on. If the others were `compromised`, they are no longer published."""

    key_id: str
    signs_from: str
    compromised: bool
