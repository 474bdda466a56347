"""Violations of rules, field by field."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

MAX_VIOLATIONS = 20
MAX_FIELD = 100


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: the field as the client named it, the rule's identifier and a message for people."""

    field: str
    rule: str
    message: str

    def __post_init__(self) -> None:
        if len(self.field) > MAX_FIELD:  # a client may have sent megabytes where a name belongs
            object.__setattr__(self, "field", self.field[:MAX_FIELD] + "…")


class RulesBrokenError(Exception):
    """A request breaks rules and had no effect. Carries the first MAX_VIOLATIONS violations."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(islice(violations, MAX_VIOLATIONS))
        super().__init__("; ".join(f"{violation.field}: {violation.message}" for violation in self.violations))


def refuse_if_broken(*groups: Iterable[Violation]) -> None:
    """Raise RulesBrokenError with the violations of all groups, if there are any."""
    violations = [violation for group in groups for violation in group]
    if violations:
        raise RulesBrokenError(violations)
