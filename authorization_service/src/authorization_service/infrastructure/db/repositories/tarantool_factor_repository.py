"""Second factors in Tarantool's spaces `factors` and `recovery_codes`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from authorization_service.domain.entities.factor import MAX_FACTORS, Factor, FactorKind, Factors
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.factor_name import FactorName
from authorization_service.domain.value_objects.recovery_code import RecoveryCode
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS, is_changed
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND, to_stored
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolFactorRepository:
    """Implements FactorRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def find_of_user(self, user_id: str) -> Factors:
        """Return a user's factors."""
        stored, codes = await self._tarantool.call("factors.list", [user_id])
        return Factors(tuple(map(_to_factor, stored)), codes)

    async def find_passkey(self, credential_id: str) -> Factor | None:
        """Return the passkey with this credential id."""
        stored = await self._tarantool.call("factors.find_passkey", [credential_id])
        return None if stored is None else _to_factor(stored)

    async def add(
        self,
        factor: Factor,
        session_id: str,
        authentication: Authentication,
        codes: Sequence[RecoveryCode],
        events: Sequence[DomainEvent],
    ) -> bool:
        """Insert a factor. Return whether it is the first. Raises NoSuchUserError, TooManyFactorsError or PasskeyTakenError."""
        session = [session_id, (authentication.at - EPOCH) // MICROSECOND, list(authentication.methods)]
        arguments = [_to_tuple(factor), MAX_FACTORS[factor.kind], session, _to_hashes(codes), to_stored(events)]
        return is_changed(await self._tarantool.call("factors.add", arguments))

    async def remove(self, user_id: str, factor_id: UUID, events: Sequence[DomainEvent]) -> None:
        """Delete a factor. Raises NoSuchFactorError."""
        unwrap(await self._tarantool.call("factors.remove", [user_id, str(factor_id), to_stored(events)]), REFUSALS)

    async def remove_all(self, user_id: str, events: Sequence[DomainEvent]) -> None:
        """Delete all factors of a user."""
        await self._tarantool.call("factors.remove_all", [user_id, to_stored(events)])

    async def use(self, factor: Factor, counter: int, events_of_repetition: Sequence[DomainEvent]) -> bool:
        """Raise a factor's counter. Return False if it is not greater than the stored one. Raises NoSuchFactorError."""
        arguments = [str(factor.id), counter, to_stored(events_of_repetition)]
        return is_changed(await self._tarantool.call("factors.use", arguments))

    async def use_recovery_code(self, user_id: str, code: RecoveryCode, events: Sequence[DomainEvent]) -> bool:
        """Delete a recovery code. Return whether there was one."""
        arguments = [user_id, code.hash, to_stored(events)]
        return is_changed(await self._tarantool.call("factors.use_recovery_code", arguments))

    async def replace_recovery_codes(self, user_id: str, codes: Sequence[RecoveryCode], events: Sequence[DomainEvent]) -> None:
        """Replace a user's recovery codes. Raises NoSuchFactorError."""
        arguments = [user_id, _to_hashes(codes), to_stored(events)]
        unwrap(await self._tarantool.call("factors.replace_recovery_codes", arguments), REFUSALS)


def _to_hashes(codes: Sequence[RecoveryCode]) -> list[str]:
    return [code.hash for code in codes]


def _to_tuple(factor: Factor) -> list[Any]:
    return [
        str(factor.id),
        str(factor.user_id),
        factor.kind.value,
        factor.name.value,
        (factor.created_at - EPOCH) // MICROSECOND,
        None if factor.last_used_at is None else (factor.last_used_at - EPOCH) // MICROSECOND,
        factor.secret,
        factor.counter,
        factor.credential_id,
    ]


def _to_factor(stored: Any) -> Factor:
    factor_id, user_id, kind, name, created_at, last_used_at, secret, counter, credential_id = stored
    return Factor(
        id=UUID(factor_id),
        user_id=UUID(user_id),
        kind=FactorKind(kind),
        name=FactorName(name),
        created_at=EPOCH + created_at * MICROSECOND,
        last_used_at=None if last_used_at is None else EPOCH + last_used_at * MICROSECOND,
        secret=secret,
        counter=counter,
        credential_id=credential_id,
    )
