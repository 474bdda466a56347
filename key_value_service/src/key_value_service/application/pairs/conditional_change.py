"""Conditional changes of one pair."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from key_value_service.domain.exceptions import NoSuchPairError, PreconditionFailedError, RevisionConflictError
from key_value_service.domain.value_objects.batch import Expectation
from key_value_service.domain.value_objects.precondition import NO_PRECONDITION, Precondition

Result = TypeVar("Result")

NOTHING_EXPECTED: Mapping[str, Expectation] = {}


async def change_if(
    key: str,
    precondition: Precondition,
    change: Callable[[Mapping[str, Expectation]], Awaitable[Result]],
    *,
    must_exist: bool = False,
) -> Result:
    """Call `change` with what to expect, as in a WriteBatch, and return its result.

    Raises PreconditionFailedError; or NoSuchPairError if the pair must exist and does not.
    """
    if precondition == NO_PRECONDITION:
        return await change(NOTHING_EXPECTED)
    try:
        return await change({key: precondition.expected})
    except RevisionConflictError as error:
        revision = error.conflicts[0][1]
    # A precondition is ignored where the request would fail without it, too (RFC 9110, section 13.2.1).
    raise NoSuchPairError if must_exist and revision == 0 else PreconditionFailedError(revision)
