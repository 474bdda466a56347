"""Use case: delete one pair."""

from collections.abc import Mapping
from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.conditional_change import change_if
from key_value_service.application.pairs.pair_repository import Deleted, PairRepository
from key_value_service.domain.exceptions import NoSuchPairError
from key_value_service.domain.value_objects.batch import Expectation, KeyBatch
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.precondition import NO_PRECONDITION, Precondition
from key_value_service.domain.value_objects.value import Value
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class DeletePairRequest(NamedTuple):
    """The pair to delete, and whether to return its value."""

    namespace: str
    key: str
    precondition: Precondition = NO_PRECONDITION
    previous: bool = False
    idempotency_key: IdempotencyKey | None = None


class DeletePairResponse(NamedTuple):
    """The namespace's revision and, if requested, the value that the pair had."""

    revision: int
    previous: Value | None


class DeletePair:
    """Delete one pair. Requires the scope `write:` on its key, and `read:` if the value is requested."""

    def __init__(self, pairs: PairRepository) -> None:
        self._pairs = pairs

    async def __call__(self, caller: Caller, request: DeletePairRequest) -> DeletePairResponse:
        """Delete the pair.

        Raises InsufficientScopeError, NoSuchNamespaceError, NoSuchPairError, PreconditionFailedError, RulesBrokenError
        or StoreUnavailableError.
        """
        namespace, key = request.namespace, request.key
        require_keys(caller, Action.WRITE, namespace, (key,))
        if request.previous:
            require_keys(caller, Action.READ, namespace, (key,))
        check_key(key)

        async def delete(expected: Mapping[str, Expectation]) -> Deleted:
            batch = KeyBatch([key])
            return await self._pairs.delete(
                namespace, batch, expected, request.idempotency_key, returns_previous=request.previous
            )

        deleted = await change_if(key, request.precondition, delete, must_exist=True)
        if deleted.missing:
            raise NoSuchPairError
        return DeletePairResponse(deleted.revision, deleted.previous.get(key))
