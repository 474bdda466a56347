"""Use case: delete pairs."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.value_objects.batch import KeyBatch, check_expectations
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.value import Value
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class DeletePairsRequest(NamedTuple):
    """The keys of the pairs to delete, the expected revisions, as in a WriteBatch, and whether to return the values."""

    keys: Sequence[str]
    namespace: str = DEFAULT_NAMESPACE
    if_revision: Mapping[str, int] = MappingProxyType({})
    previous: bool = False
    idempotency_key: IdempotencyKey | None = None


class DeletePairsResponse(NamedTuple):
    """The number of pairs deleted, the keys that did not exist, in the order given, and the namespace's revision.

    `previous` has the values that the pairs had, by key, if requested.
    """

    deleted: int
    missing: Sequence[str]
    revision: int
    previous: Mapping[str, Value]


class DeletePairs:
    """Delete pairs in one transaction: all of them, or none.

    Requires the scope `write:` on each key that is named, and `read:` on those whose values are requested.
    """

    def __init__(self, pairs: PairRepository) -> None:
        self._pairs = pairs

    async def __call__(self, caller: Caller, request: DeletePairsRequest) -> DeletePairsResponse:
        """Delete the pairs that exist.

        Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError, RevisionConflictError or StoreUnavailableError.
        """
        require_keys(caller, Action.WRITE, request.namespace, request.keys, request.if_revision)
        if request.previous:
            require_keys(caller, Action.READ, request.namespace, request.keys)
        batch = KeyBatch(request.keys)
        check_expectations(request.if_revision)
        revision, missing, previous = await self._pairs.delete(
            request.namespace,
            batch,
            dict(request.if_revision),
            request.idempotency_key,
            returns_previous=request.previous,
        )
        return DeletePairsResponse(len(batch.keys) - len(missing), missing, revision, previous)
