"""Use case: read pairs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.value_objects.batch import KeyBatch
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.stale_read import StaleRead
from key_value_service.domain.value_objects.value import Value
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class ReadPairsRequest(NamedTuple):
    """The keys to read."""

    keys: Sequence[str]
    namespace: str = DEFAULT_NAMESPACE
    stale: StaleRead | None = None


class ReadPairsResponse(NamedTuple):
    """The keys and their values in the order requested, None where there is no pair, and the namespace's revision."""

    keys: Sequence[str]
    values: Sequence[Value | None]
    revision: int


class DescribePairsResponse(NamedTuple):
    """The pairs that exist, by key, the keys of those that do not, and the namespace's revision."""

    found: Mapping[str, Pair]
    missing: Sequence[str]
    revision: int


class ReadPairs:
    """Read pairs as of one revision of the namespace. Requires the scope `read:` on each key."""

    def __init__(self, pairs: PairRepository) -> None:
        self._pairs = pairs

    async def __call__(self, caller: Caller, request: ReadPairsRequest) -> ReadPairsResponse:
        """Return the values. Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError or StoreUnavailableError."""
        require_keys(caller, Action.READ, request.namespace, request.keys)
        batch = KeyBatch(request.keys)
        values, revision = await self._pairs.read(request.namespace, batch, request.stale)
        return ReadPairsResponse(batch.keys, values, revision)

    async def describe(self, caller: Caller, request: ReadPairsRequest) -> DescribePairsResponse:
        """Return the pairs with their metadata. Raises the same errors."""
        require_keys(caller, Action.READ, request.namespace, request.keys)
        batch = KeyBatch(request.keys)
        found, revision = await self._pairs.read_pairs(request.namespace, batch, request.stale)
        return DescribePairsResponse(found, [key for key in batch.keys if key not in found], revision)
