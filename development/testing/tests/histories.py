"""Histories that tests make up."""

import math
from collections.abc import Sequence
from itertools import permutations

from testing.history import Operation, State
from testing.key_value_operations import Answer, Call


def operation(
    invoked: float, returned: float | None, call: Call, answer: Answer = None, *, client: int = 0, numbered: bool = False
) -> Operation:
    """Return an operation that was answered, or (`returned` is None) never was."""
    step = call.step(None if returned is None else answer, numbered=numbered)
    text = f"{call} → {'unknown' if returned is None else answer}"
    return Operation(client, text, step, invoked, math.inf if returned is None else returned)


def has_an_order(history: Sequence[Operation], initial: State) -> bool:
    """Tell whether one of all orders of all that may have happened explains the history. For a handful of operations."""
    unknown = [one for one in history if math.isinf(one.returned)]
    known = [one for one in history if not math.isinf(one.returned)]
    return any(
        _explains(order, initial)
        for chosen in range(2 ** len(unknown))
        for order in permutations([*known, *(one for place, one in enumerate(unknown) if chosen >> place & 1)])
    )


def _explains(order: Sequence[Operation], initial: State) -> bool:
    latest_call = -math.inf
    state = dict(initial)
    for one in order:
        latest_call = max(latest_call, one.invoked)
        step = one.step
        if one.returned < latest_call or any(state.get(slot) != fact for slot, fact in step.needs.items()):
            return False
        if step.guard is not None and not step.guard(state):
            return False
        state |= {**step.leaves, **(step.change(state) if step.change else {})}
    return True
