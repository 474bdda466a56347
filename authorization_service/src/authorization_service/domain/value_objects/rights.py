"""Grants of a user, by source."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from shared_kernel.domain.grants import Grant, reduce_grants

# Every access token carries the grants; verifiers accept at most 8192 characters of a token.
MAX_GRANTS = 100
MAX_SCOPE = 3000


@dataclass(frozen=True, slots=True)
class Rights:
    """A user's own grants and those of each of its groups: together at most 100, written at most 3000 characters long."""

    own: tuple[Grant, ...]
    by_group: Mapping[str, tuple[Grant, ...]]

    @property
    def effective(self) -> tuple[Grant, ...]:
        """The grants that access tokens carry: those of all sources, without those that another one covers."""
        return reduce_grants(chain(self.own, *self.by_group.values()))

    @property
    def scopes(self) -> tuple[str, ...]:
        """The effective grants, written as scopes."""
        return tuple(map(str, self.effective))
