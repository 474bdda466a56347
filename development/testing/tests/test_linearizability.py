"""Histories whose verdict is plain to a reader."""

import pytest

from testing.history import Operation
from testing.key_value_operations import Create, Delete, Increment, Read, Refused, Write, pair
from testing.linearizability import assert_linearizable, find_violation
from testing.tests.histories import operation


def write(invoked: float, returned: float | None, **data: object) -> Operation:
    return operation(invoked, returned, Write(data), {"written": len(data)})


def read(invoked: float, returned: float, *missing: str, **data: object) -> Operation:
    return operation(invoked, returned, Read([*data, *missing]), {"data": data, "missing": missing})


def numbered_write(invoked: float, returned: float | None, revision: int = 0, **data: object) -> Operation:
    return operation(invoked, returned, Write(data), {"written": len(data), "revision": revision}, numbered=True)


def numbered_read(invoked: float, returned: float, revision: int, **data: object) -> Operation:
    return operation(invoked, returned, Read([*data]), {"data": data, "revision": revision}, numbered=True)


def compare_and_set(invoked: float, returned: float, expected: int, now: int | None, value: int) -> Operation:
    answer = Refused() if now is None else {"revision": now}
    return operation(invoked, returned, Write({"a": value}, if_revision={"a": expected}), answer, numbered=True)


def create(invoked: float, returned: float | None, value: int, *skipped: str) -> Operation:
    return operation(invoked, returned, Create("a", value), {"skipped": skipped})


def delete(invoked: float, returned: float | None, deleted: int = 0, revision: int | None = None) -> Operation:
    answer = {"deleted": deleted} | ({} if revision is None else {"revision": revision})
    return operation(invoked, returned, Delete(["a"]), answer, numbered=revision is not None)


def increment(invoked: float, returned: float | None, value: int = 0, by: int = 1) -> Operation:
    return operation(invoked, returned, Increment("a", by), {"value": value})


GOOD = {
    "nothing": [],
    "reads of what was never written": [read(0, 1, "a"), read(2, 3, "a")],
    "one after the other": [write(0, 1, a=1), read(2, 3, a=1), write(4, 5, a=2), read(6, 7, a=2)],
    "a read beside a write sees the old": [write(0, 1, a=1), write(2, 9, a=2), read(3, 4, a=1), read(5, 6, a=2)],
    "two writes at once, in the order that the reads tell": [
        write(0, 9, a=1), write(0, 9, a=2), read(1, 2, a=2), read(3, 4, a=1), read(10, 11, a=1),
    ],
    "an unknown write that took effect late": [write(0, 1, a=1), write(2, None, a=2), read(3, 4, a=1), read(90, 91, a=2)],
    "an unknown write that never took effect": [write(0, 1, a=1), write(2, None, a=2), read(90, 91, a=1)],
    "one value twice, with another between": [write(0, 1, a=1), write(2, 3, a=2), write(4, 5, a=1), read(6, 7, a=1)],
    "a batch": [write(0, 1, a=1, b=1), write(2, 9, a=2, b=2), read(3, 4, a=1, b=1), read(5, 6, a=2, b=2)],
    "only one of two creates": [create(0, 5, 1), create(0, 5, 2, "a"), read(6, 7, a=1)],
    "a create after a delete": [create(0, 1, 1), delete(2, 3, deleted=1), create(4, 5, 2), read(6, 7, a=2)],
    "deleted, perhaps": [write(0, 1, a=1), delete(2, None), read(3, 4, a=1), read(5, 6, "a"), delete(7, 8, deleted=0)],
    "increments that are all told": [increment(0, 9, 2), increment(0, 9, 1), increment(0, 9, 3), read(10, 11, a=3)],
    "an unknown increment seen later": [increment(0, 1, 1), increment(2, None), increment(3, 4, 2), read(5, 6, a=3)],
    "numbers in order": [numbered_write(0, 1, 2, a=1, b=1), numbered_write(2, 3, 3, a=2), numbered_read(4, 5, 3, a=2, b=1)],
    "a gap that an unknown write explains": [
        numbered_write(0, 1, 1, a=1), numbered_write(2, None, b=1), numbered_write(3, 4, 3, a=2),
    ],
    "of two unknown writes the later alone": [
        numbered_write(0, 1, 1, a=1), numbered_write(2, None, a=2), numbered_write(3, None, a=3), numbered_read(4, 5, 2, a=3),
    ],
    "two writes in the order that an increment of 0 tells": [write(0, 8, a=0), write(0, 9, a=5), increment(10, 11, 1)],
    "one of two compare-and-sets": [
        numbered_write(0, 1, 1, a=1), compare_and_set(2, 5, 1, 2, 8), compare_and_set(2, 5, 1, None, 9),
    ],
}  # fmt: skip

BAD = {
    "a value from nowhere": [write(0, 1, a=1), read(2, 3, a=2)],
    "a stale read": [write(0, 1, a=1), write(2, 3, a=2), read(4, 5, a=1)],
    "new, then old": [write(0, 1, a=1), write(2, 9, a=2), read(3, 4, a=2), read(5, 6, a=1)],
    "a lost write": [write(0, 1, a=1), read(2, 3, "a")],
    "a read before the write": [read(0, 1, a=1), write(2, 3, a=1)],
    "a dirty read that a crash takes back": [write(0, 1, a=1), write(2, None, a=2), read(3, 4, a=2), read(5, 6, a=1)],
    "two readers who disagree": [
        write(0, 9, a=1), write(0, 9, a=2), read(1, 2, a=1), read(3, 4, a=2), read(5, 6, a=1),
    ],
    "a torn batch": [write(0, 1, a=1, b=1), write(2, 9, a=2, b=2), read(3, 4, a=2, b=1)],
    "half an unknown batch": [write(0, 1, a=1, b=1), write(2, None, a=2, b=2), read(3, 4, a=2), read(5, 6, b=1)],
    "two creates": [create(0, 5, 1), create(0, 5, 2)],
    "a create skipped for nothing": [create(0, 1, 1, "a")],
    "a delete of what was not there": [delete(0, 1, deleted=1)],
    "an increment applied twice": [increment(0, 1, 1), read(2, 3, a=2)],
    "two increments that were told the same": [increment(0, 9, 1), increment(0, 9, 1)],
    "an increment lost": [increment(0, 1, 1), increment(2, 3, 1)],
    "more than the unknown increments explain": [increment(0, None), increment(0, None), increment(1, 2, 4)],
    "a number that was given twice": [numbered_write(0, 9, 1, a=1), numbered_write(0, 9, 1, b=1)],
    "a number that nobody took": [numbered_write(0, 1, 1, a=1), numbered_write(2, 3, 3, a=2)],
    "a read at another revision than what it saw": [
        numbered_write(0, 1, 1, a=1), numbered_write(2, 9, 2, a=2), numbered_read(3, 4, 1, a=2),
    ],
    "one compare-and-set succeeded twice": [
        numbered_write(0, 1, 1, a=1), compare_and_set(2, 5, 1, 2, 8), compare_and_set(2, 5, 1, 3, 9),
    ],
}  # fmt: skip


@pytest.mark.parametrize("history", GOOD.values(), ids=GOOD.keys())
def test_what_could_have_happened_one_after_the_other_is_accepted(history: list[Operation]) -> None:
    assert_linearizable(history)


@pytest.mark.parametrize("history", BAD.values(), ids=BAD.keys())
def test_what_no_order_explains_is_rejected(history: list[Operation]) -> None:
    assert find_violation(history) is not None


def test_what_stood_before_the_first_operation_is_known() -> None:
    assert_linearizable([read(0, 1, a=7)], {pair("a"): "7"})
    assert find_violation([read(0, 1, "a")], {pair("a"): "7"})


def test_the_counterexample_ends_where_no_order_is_left_and_shows_who_wrote_what_was_read() -> None:
    history = [write(0, 0.001, a="the old")]
    for number in range(1, 50):
        history += [write(number, number + 0.25, a=number), read(number + 0.5, number + 0.75, a=number)]
    stale = read(60, 60.5, a="the old")
    violation = find_violation([*history, stale, write(61, 62, a="later"), write(0, 1, b=1)])
    assert violation is not None
    assert violation.last is stale
    assert len(violation.prefix) == 100
    shown = str(violation).splitlines()
    assert "the old" in shown[1]
    assert shown[-2].startswith(">")
    assert "86 earlier operations are not shown" in shown[-1]
    assert "later" not in str(violation)
    with pytest.raises(AssertionError, match="no order of the first 100 operations"):
        assert_linearizable([*history, stale])
