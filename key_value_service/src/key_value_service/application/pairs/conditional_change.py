"""Conditional changes of one pair: optimistic concurrency where the store cannot check the condition by itself."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.exceptions import NoSuchPairError, PreconditionFailedError, RevisionConflictError
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.precondition import NO_PRECONDITION, Precondition
from shared_kernel.application.availability import BusyError

Result = TypeVar("Result")

MAX_ATTEMPTS = 100

NOTHING_EXPECTED: Mapping[str, int] = {}


async def change_if(
    pairs: PairRepository,
    namespace: str,
    key: str,
    precondition: Precondition,
    change: Callable[[Mapping[str, int]], Awaitable[Result]],
    *,
    must_exist: bool = False,
) -> Result:
    """Call `change` with the revisions to expect, as in a WriteBatch, if the precondition holds, and return its result.

    Raises PreconditionFailedError; NoSuchPairError if the pair must exist and does not; BusyError if it keeps changing meanwhile.
    """
    if precondition == NO_PRECONDITION:
        return await change(NOTHING_EXPECTED)
    expected = precondition.expected

    async def change_as_seen(pair: Pair | None) -> Result:
        revision = 0 if pair is None else pair.revision
        if not precondition.holds(revision):
            raise PreconditionFailedError(revision)
        return await change({key: revision})

    try:
        if expected is None:
            return await change_seen(pairs, namespace, key, change_as_seen)
        return await change({key: expected})
    except RevisionConflictError as error:
        revision = error.conflicts[0][1]
    except PreconditionFailedError as error:
        revision = error.revision
    # A precondition is ignored where the request would fail without it, too (RFC 9110, section 13.2.1).
    raise NoSuchPairError if must_exist and revision == 0 else PreconditionFailedError(revision)


async def change_seen(
    pairs: PairRepository, namespace: str, key: str, change: Callable[[Pair | None], Awaitable[Result]]
) -> Result:
    """Call `change` with the current pair, again after each RevisionConflictError, and return its result.

    Raises BusyError if the pair has changed at each of MAX_ATTEMPTS attempts.
    """
    for _ in range(MAX_ATTEMPTS):
        try:
            return await change(await pairs.find(namespace, key))
        except RevisionConflictError:
            continue
    raise BusyError(f"The pair was changed by other requests during each of {MAX_ATTEMPTS} attempts; nothing was changed.")
