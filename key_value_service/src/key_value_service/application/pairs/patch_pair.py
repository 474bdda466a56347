"""Use case: change a part of a pair's value."""

import json
from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.conditional_change import NOTHING_EXPECTED
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.exceptions import NoSuchPairError, NotJsonError, PreconditionFailedError, RevisionConflictError
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.precondition import NO_PRECONDITION, Precondition
from key_value_service.domain.value_objects.value import MAX_LEVELS, Binary, Encode, JsonText, make_text
from shared_kernel.application.authentication import Caller
from shared_kernel.application.availability import BusyError
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
    idempotency_key: IdempotencyKey | None = None


MAX_ATTEMPTS = 100

NO_REVISION = 0
"""Of no pair: what is written for it is not stored."""


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

        # A repetition is answered before it is computed what the patch makes of the present value.
        is_answered_first = request.idempotency_key is not None
        for attempt in range(MAX_ATTEMPTS):
            try:
                return await self._try(request, look=attempt > 0 or not is_answered_first)
            except RevisionConflictError as error:
                revision = error.conflicts[0][1]
            if revision == 0:
                raise NoSuchPairError
            if not request.precondition.holds(revision):
                raise PreconditionFailedError(revision)
        raise BusyError(f"The pair was changed by other requests during each of {MAX_ATTEMPTS} attempts; nothing was changed.")

    async def _try(self, request: PatchPairRequest, *, look: bool) -> int:
        """Patch the pair as it is now, or change nothing without a look. Raises RevisionConflictError if that is not done."""
        namespace, key, patch, precondition, idempotency_key = request
        pair = await self._pairs.find(namespace, key) if look else None
        text, revision = JsonText("null"), NO_REVISION
        if pair is not None and precondition.holds(pair.revision):
            if isinstance(pair.value, Binary):
                raise NotJsonError
            text, revision = make_text(merge(json.loads(pair.value), patch), self._encode), pair.revision
        expected = NOTHING_EXPECTED if precondition == NO_PRECONDITION else {key: precondition.expected}
        return await self._pairs.replace(namespace, key, text, revision, expected, idempotency_key)
