"""Use case: change a part of a pair's value."""

import json
from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.conditional_change import change_seen
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.exceptions import NoSuchPairError, NotJsonError, PreconditionFailedError
from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.precondition import NO_PRECONDITION, Precondition
from key_value_service.domain.value_objects.value import MAX_LEVELS, Binary, Encode, make_text
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action
from shared_kernel.domain.json_values import find_broken_value_rule
from shared_kernel.domain.merge_patch import merge
from shared_kernel.domain.rules import RulesBrokenError, Violation


class PatchPairRequest(NamedTuple):
    """A merge patch for the pair's value (RFC 7396, parsed JSON)."""

    namespace: str
    key: str
    patch: object
    precondition: Precondition = NO_PRECONDITION


class PatchPair:
    """Merge a patch into a pair's value; no concurrent change is lost. Requires the scope `write:` on its key."""

    def __init__(self, pairs: PairRepository, encode: Encode) -> None:
        self._pairs = pairs
        self._encode = encode

    async def __call__(self, caller: Caller, request: PatchPairRequest) -> int:
        """Patch the pair's value, keep its expiry, and return its new revision.

        Raises InsufficientScopeError, NoSuchNamespaceError, NoSuchPairError, PreconditionFailedError, NotJsonError,
        RulesBrokenError, QuotaExceededError, BusyError, StoreUnavailableError or StoreFullError.
        """
        require_keys(caller, Action.WRITE, request.namespace, (request.key,))
        check_key(request.key)
        broken = find_broken_value_rule(request.patch, MAX_LEVELS)
        if broken is not None:
            raise RulesBrokenError([Violation("body", *broken)])

        async def patch(pair: Pair | None) -> int:
            if pair is None:
                raise NoSuchPairError
            if not request.precondition.holds(pair.revision):
                raise PreconditionFailedError(pair.revision)
            if isinstance(pair.value, Binary):
                raise NotJsonError
            text = make_text(merge(json.loads(pair.value), request.patch), self._encode)
            return await self._pairs.replace(request.namespace, request.key, text, pair.revision)

        return await change_seen(self._pairs, request.namespace, request.key, patch)
