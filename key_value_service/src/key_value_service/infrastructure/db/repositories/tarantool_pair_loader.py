"""Import of pairs into Tarantool."""

from collections.abc import Sequence

from key_value_service.application.transfer.pair_loader import Loaded, LoadedPair
from key_value_service.infrastructure.db.repositories.refusals import REFUSALS
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import EPOCH, MILLISECOND
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolPairLoader:
    """Implements PairLoader."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def load(self, namespace: str, pairs: Sequence[LoadedPair], *, if_absent: bool) -> Loaded:
        """Insert or replace all pairs in one transaction."""
        tuples = [
            (key, value) if expires_at is None else (key, value, (expires_at - EPOCH) // MILLISECOND)
            for key, value, expires_at in pairs
        ]
        return Loaded(*unwrap(await self._tarantool.call("loading.load", [namespace, tuples, if_absent]), REFUSALS))
