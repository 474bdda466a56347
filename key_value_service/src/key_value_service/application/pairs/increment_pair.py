"""Use case: increment a number."""

from collections.abc import Mapping
from typing import NamedTuple

from key_value_service.application.access import allows, require_keys
from key_value_service.application.pairs.conditional_change import change_if
from key_value_service.application.pairs.pair_repository import PairRepository, Sum
from key_value_service.domain.value_objects.batch import Expectation
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.precondition import NO_PRECONDITION, Precondition
from key_value_service.domain.value_objects.value import Encode, JsonText, make_number_text
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class IncrementPairRequest(NamedTuple):
    """The number to add to the pair's."""

    namespace: str
    key: str
    by: int | float = 1
    precondition: Precondition = NO_PRECONDITION
    idempotency_key: IdempotencyKey | None = None


class IncrementPairResponse(NamedTuple):
    """The pair's revision and the sum, which is None for a caller without the scope `read:`."""

    revision: int
    value: JsonText | None


class IncrementPair:
    """Add to a pair's number. Requires the scope `write:` on its key."""

    def __init__(self, pairs: PairRepository, encode: Encode) -> None:
        self._pairs = pairs
        self._encode = encode

    async def __call__(self, caller: Caller, request: IncrementPairRequest) -> IncrementPairResponse:
        """Add atomically. A pair that does not exist counts as 0 and is created.

        Raises InsufficientScopeError, NoSuchNamespaceError, PreconditionFailedError, RulesBrokenError, NotANumberError,
        NumberOverflowError, QuotaExceededError, StoreUnavailableError or StoreFullError.
        """
        namespace, key = request.namespace, request.key
        require_keys(caller, Action.WRITE, namespace, (key,))
        check_key(key)
        by = make_number_text(request.by, self._encode, "by")

        async def increment(expected: Mapping[str, Expectation]) -> Sum:
            return await self._pairs.increment(namespace, key, by, expected, request.idempotency_key)

        revision, value = await change_if(key, request.precondition, increment)
        return IncrementPairResponse(revision, value if allows(caller, Action.READ, namespace, key) else None)
