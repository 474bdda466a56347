"""Use case: delete pairs."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.value_objects.batch import KeyBatch, check_expectations
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class DeletePairsRequest(NamedTuple):
    """The keys of the pairs to delete, and the expected revisions, as in a WriteBatch."""

    keys: Sequence[str]
    namespace: str = DEFAULT_NAMESPACE
    if_revision: Mapping[str, int] = MappingProxyType({})


class DeletePairsResponse(NamedTuple):
    """The number of pairs deleted, the keys that did not exist, in the order given, and the namespace's revision."""

    deleted: int
    missing: Sequence[str]
    revision: int


class DeletePairs:
    """Delete pairs in one transaction: all of them, or none. Requires the scope `write:` on each key that is named."""

    def __init__(self, pairs: PairRepository) -> None:
        self._pairs = pairs

    async def __call__(self, caller: Caller, request: DeletePairsRequest) -> DeletePairsResponse:
        """Delete the pairs that exist.

        Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError, RevisionConflictError or StoreUnavailableError.
        """
        require_keys(caller, Action.WRITE, request.namespace, request.keys, request.if_revision)
        batch = KeyBatch(request.keys)
        check_expectations(request.if_revision)
        revision, missing = await self._pairs.delete(request.namespace, batch, dict(request.if_revision))
        return DeletePairsResponse(len(batch.keys) - len(missing), missing, revision)
