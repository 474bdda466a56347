"""Public signing keys and their times in Tarantool's space `signing_keys`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from authorization_service.domain.entities.signing_key import SigningKey
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.infrastructure.db.repositories.refusals import is_changed
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND, to_stored
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolSigningKeyRepository:
    """Implements SigningKeyRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def list(self) -> Sequence[SigningKey]:
        """Return all keys, in the order in which they begin to sign."""
        return [_to_key(stored) for stored in await self._tarantool.call("keys.list", [])]

    async def adopt(self, keys: Sequence[SigningKey]) -> None:
        """Insert keys unless there are any."""
        await self._tarantool.call("keys.adopt", [[_to_tuple(key) for key in keys]])

    async def rotate(
        self, key: SigningKey, others_published_until: datetime, events: Sequence[DomainEvent], *, although_waiting: bool
    ) -> bool:
        """Insert a key that succeeds the others. Return False if another is waiting to sign, unless `although_waiting`."""
        arguments = [_to_tuple(key), _to_stored(others_published_until), although_waiting, to_stored(events)]
        return is_changed(await self._tarantool.call("keys.rotate", arguments))

    async def prune(self, now: datetime) -> Sequence[SigningKey]:
        """Delete the keys whose publication has ended, and return them."""
        return [_to_key(stored) for stored in await self._tarantool.call("keys.prune", [_to_stored(now)])]


def _to_stored(time: datetime) -> int:
    return (time - EPOCH) // MICROSECOND


def _to_tuple(key: SigningKey) -> list[Any]:
    until = None if key.published_until is None else _to_stored(key.published_until)
    return [key.id, key.public_jwk, _to_stored(key.created_at), _to_stored(key.signs_from), until]


def _to_key(stored: Any) -> SigningKey:
    key_id, public_jwk, created_at, signs_from, until = stored
    return SigningKey(
        key_id,
        public_jwk,
        EPOCH + created_at * MICROSECOND,
        EPOCH + signs_from * MICROSECOND,
        None if until is None else EPOCH + until * MICROSECOND,
    )
