"""Grants: permissions on namespaces in the scope of an access token, issued by one service and enforced by the other.

A grant is written `<action>:<pattern>`, as in `read:default write:team-*`: one of the scopes of RFC 6749, section 3.3.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from shared_kernel.domain.rules import Violation, refuse_if_broken

MAX_NAMESPACE = 64
NAMESPACE_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
PATTERN = r"^(read|write|admin):([a-z0-9][a-z0-9._-]{0,63}|([a-z0-9][a-z0-9._-]{0,62})?\*)$"

_GRANT = re.compile(PATTERN[1:-1])
_NAMESPACE = re.compile(NAMESPACE_PATTERN[1:-1])


class Action(StrEnum):
    """Permission in a namespace. ADMIN includes READ and WRITE."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


def is_namespace(name: str) -> bool:
    """Return whether the name is valid for a namespace: 1 to 64 of `a-z0-9._-`, beginning with a letter or digit."""
    return _NAMESPACE.fullmatch(name) is not None


def is_allowed(scopes: Collection[str], action: Action, namespace: str) -> bool:
    """Return whether the scopes of a token allow the action in the namespace. Scopes that are not grants allow nothing."""
    if f"{action}:{namespace}" in scopes:  # the usual case
        return True
    return any(
        held in {action, Action.ADMIN} and _matches(pattern, namespace)
        for held, _, pattern in (scope.partition(":") for scope in scopes)
    )


def _matches(pattern: str, namespace: str) -> bool:
    """Return whether a pattern matches the namespace or, if that is a pattern itself, everything that it matches."""
    return pattern == namespace or (pattern.endswith("*") and namespace.startswith(pattern[:-1]))


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """An action on one namespace or, if the pattern ends with `*`, on all namespaces with that prefix."""

    action: Action
    pattern: str

    def __post_init__(self) -> None:
        refuse_if_broken(self.find_violations(str(self)))

    def __str__(self) -> str:
        return f"{self.action}:{self.pattern}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the grant in its text form. Raises RulesBrokenError."""
        refuse_if_broken(cls.find_violations(text))
        action, _, pattern = text.partition(":")
        return cls(Action(action), pattern)

    @staticmethod
    def find_violations(text: str, field: str = "grant") -> Iterator[Violation]:
        """Yield the rule that a proposed grant breaks; `field` is its name in the request."""
        if not _GRANT.fullmatch(text):
            yield Violation(
                field,
                "grant",
                "A grant is `read:`, `write:` or `admin:` and the name of a namespace (1 to 64 of a-z, 0-9, `.`, `_` and `-`,"
                " beginning with a letter or digit) or a prefix of one followed by `*`.",
            )

    def covers(self, other: "Grant") -> bool:
        """Return whether this grant allows everything that the other one allows."""
        return self.action in {other.action, Action.ADMIN} and _matches(self.pattern, other.pattern)


def reduce_grants(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Return the grants, sorted, without those that another one covers."""
    distinct = sorted(set(grants))
    return tuple(grant for grant in distinct if not any(other.covers(grant) for other in distinct if other != grant))
