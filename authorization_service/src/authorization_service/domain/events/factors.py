"""Events of second factors."""

from dataclasses import dataclass

from authorization_service.domain.events.domain_event import Actor, DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorAdded(DomainEvent):
    """A user has a new second factor of a kind, `totp` or `passkey`."""

    factor_id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRemoved(DomainEvent):
    """A second factor was removed, by its user or by somebody else."""

    factor_id: str
    kind: str
    name: str
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRepeated(DomainEvent):
    """A right code was sent again, or a passkey's counter of signatures did not increase, so that it may have a copy."""

    factor_id: str
    kind: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeUsed(DomainEvent):
    """A user has used a recovery code in place of a second factor."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesReplaced(DomainEvent):
    """A user has new recovery codes; the earlier ones are not valid any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorPolicyChanged(DomainEvent):
    """Whether administrators need a second factor was changed. `user_id` is `by`."""

    is_needed: bool
    by: Actor
