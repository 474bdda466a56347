"""Namespaces: the unit of access control, of ordering and of transactions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from key_value_service.domain.value_objects.namespace_name import NamespaceName
from key_value_service.domain.value_objects.time_to_live import TimeToLive, find_broken_ttl_rule
from shared_kernel.domain.rules import Violation, refuse_if_broken

MAX_NAMESPACES = 10_000
MAX_DESCRIPTION = 256
MAX_QUOTA = 10**12
MIN_CHANGES_KEPT, CHANGES_KEPT, MAX_CHANGES_KEPT = 1, 10_000, 1_000_000
MAX_HISTORY_KEPT = 1000


@dataclass(frozen=True, slots=True)
class NamespaceSettings:
    """The settings of a namespace. Raises RulesBrokenError.

    `quota_bytes` counts pairs and their history as they are stored: keys, values and some 15 bytes a value. A quota of None means
    no limit. `default_ttl`, in seconds, applies to pairs written without a time to live. At least the latest `changes_kept`
    changes are kept, unless they are larger in total than what the store keeps of one namespace; and beyond them, of each pair,
    the latest `history_kept` values before the present one.
    """

    description: str = ""
    quota_pairs: int | None = None
    quota_bytes: int | None = None
    default_ttl: float | None = None
    changes_kept: int = CHANGES_KEPT
    history_kept: int = 0

    def __post_init__(self) -> None:
        refuse_if_broken(self._find_violations())

    def _find_violations(self) -> Iterator[Violation]:
        if len(self.description) > MAX_DESCRIPTION:
            yield Violation("description", "length", f"A description has at most {MAX_DESCRIPTION} characters.")
        for name, quota in (("quota_pairs", self.quota_pairs), ("quota_bytes", self.quota_bytes)):
            if quota is not None and not 0 <= quota <= MAX_QUOTA:
                yield Violation(name, "range", f"A quota must lie between 0 and {MAX_QUOTA}, or be null: no limit.")
        broken = find_broken_ttl_rule(self.default_ttl)
        if broken is not None:
            yield Violation("default_ttl", *broken)
        if not MIN_CHANGES_KEPT <= self.changes_kept <= MAX_CHANGES_KEPT:
            yield Violation("changes_kept", "range", f"It must lie between {MIN_CHANGES_KEPT} and {MAX_CHANGES_KEPT}.")
        if not 0 <= self.history_kept <= MAX_HISTORY_KEPT:
            yield Violation("history_kept", "range", f"It must lie between 0 and {MAX_HISTORY_KEPT}.")

    @property
    def time_to_live(self) -> TimeToLive:
        """The time to live of pairs that are written without one."""
        return TimeToLive(self.default_ttl)


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace that exists."""

    name: NamespaceName
    settings: NamespaceSettings
    created_at: datetime
