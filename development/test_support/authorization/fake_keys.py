"""The fakes of SigningKeyRepository and PrivateKeys, in memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from authorization_service.application.key.private_keys import PublicHalf
from authorization_service.domain.entities.signing_key import SigningKey
from authorization_service.domain.events.domain_event import DomainEvent


class InMemorySigningKeyRepository:
    """Implements SigningKeyRepository."""

    def __init__(self) -> None:
        self._keys: list[SigningKey] = []
        self.events: list[DomainEvent] = []

    async def list(self) -> Sequence[SigningKey]:
        """Return all keys."""
        return sorted(self._keys, key=lambda key: (key.signs_from, key.id))

    async def adopt(self, keys: Sequence[SigningKey]) -> None:
        """Store keys if there are none."""
        if not self._keys:
            self._keys = [*keys]

    async def rotate(
        self, key: SigningKey, others_published_until: datetime, events: Sequence[DomainEvent], *, although_waiting: bool
    ) -> bool:
        """Store a key that replaces the others."""
        if any(other.signs_from > key.created_at for other in self._keys) and not although_waiting:
            return False
        self._keys = [
            replace(other, published_until=min(other.published_until or others_published_until, others_published_until))
            for other in self._keys
        ]
        self._keys.append(key)
        self.events += events
        return True

    async def prune(self, now: datetime) -> Sequence[SigningKey]:
        """Delete keys that are no longer published."""
        pruned = [key for key in await self.list() if not key.is_published(now)]
        self._keys = [key for key in self._keys if key not in pruned]
        return pruned


class InMemoryPrivateKeys:
    """Implements PrivateKeys: the ids of keys, with their times of creation."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.made: dict[str, datetime] = {}
        self._count = 0

    def ensure(self) -> Sequence[PublicHalf]:
        """Return all keys."""
        if not self.made:
            self.make()
        return [PublicHalf(key_id, "{}") for key_id in self.made]

    def make(self) -> PublicHalf:
        """Create a key."""
        self._count += 1
        self.made[f"key-{self._count}"] = self.now
        return PublicHalf(f"key-{self._count}", "{}")

    def discard(self, key_id: str) -> None:
        """Delete a key."""
        del self.made[key_id]

    def remove(self, expired: Collection[str], known: Collection[str], made_before: datetime) -> Sequence[str]:
        """Delete keys."""
        removed = [
            key_id for key_id, made in self.made.items() if key_id in expired or (key_id not in known and made < made_before)
        ]
        for key_id in removed:
            del self.made[key_id]
        return removed
