"""The contract between stored functions and repositories; Tarantool's side is tarantool_infra/common/refusals.lua."""

from collections.abc import Callable, Mapping
from typing import Any

Refusals = Mapping[str, Callable[..., Exception]]
"""For each reason of a refusal, a function that makes the exception from the refusal's details."""


def unwrap(answer: Any, refusals: Refusals) -> Any:
    """Return the list that a stored function returned, or raise the exception for its refusal.

    A stored function that may refuse returns a list. The first element of a refusal is its reason, a string, and the others are
    details; the first element of any other list is not a string. Raises KeyError for a reason that is not in `refusals`.
    """
    if type(answer[0]) is str:
        reason, *details = answer
        raise refusals[reason](*details)
    return answer
