"""The contract between stored functions and repositories; Tarantool's side is tarantool_infra/common/refusals.lua."""

from collections.abc import Callable, Mapping
from typing import Any

Refusals = Mapping[str, Callable[..., Exception]]
"""For each reason that a stored function may refuse for, what makes the exception from the refusal's details."""


def unwrap(answer: Any, refusals: Refusals) -> Any:
    """Return the list that a stored function has returned. Raises the exception that a refusal stands for.

    A stored function that may refuse returns a list. A refusal begins with its reason, a string, and goes on with details; any
    other list begins with something that is no string. Raises KeyError for a reason that is not in `refusals`.
    """
    if type(answer[0]) is str:
        reason, *details = answer
        raise refusals[reason](*details)
    return answer
