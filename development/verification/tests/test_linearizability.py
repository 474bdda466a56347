"""Histories whose verdict is plain to a reader."""

import pytest

from verification.key_value_model import Change
from verification.key_value_one_pair import Condition, DeleteOne, Get, Increment, Put
from verification.key_value_operations import Call, Delete, Read, Response, Write
from verification.key_value_transactions import Transact
from verification.linearizability import Verdict, judge
from verification.timeline import NotLinearizableError, Operation

CONFLICT = Response(409, {"problem": "revision-conflict", "conflicts": [{"key": "a", "revision": 2}]})
IF_FIRST = Condition(match=[1])


def seen(invoked: float, returned: float, call: Call, answer: Response) -> Operation:
    return Operation(0, call, invoked, answer, returned)


def lost(invoked: float, call: Call) -> Operation:
    return Operation(0, call, invoked)


def write(invoked: float, returned: float, revision: int, **data: object) -> Operation:
    told = {"status": "success", "written": len(data), "revision": revision, "skipped": []}
    return seen(invoked, returned, Write(data), Response(200, told))


def read(invoked: float, returned: float, revision: int, *missing: str, **data: object) -> Operation:
    told = {"data": data, "missing": [*missing], "revision": revision}
    return seen(invoked, returned, Read([*data, *missing]), Response(200, told))


def get(invoked: float, returned: float, tag: int, a: object) -> Operation:
    return seen(invoked, returned, Get("a"), Response(200, a, tag) if tag else Response(404, {"problem": "no-such-pair"}))


def put(invoked: float, returned: float, revision: int, a: object, condition: Condition) -> Operation:
    return seen(invoked, returned, Put("a", a, condition), Response(200, {"revision": revision}, revision))


def put_too_late(invoked: float, returned: float, current: int, a: object, condition: Condition) -> Operation:
    told = {"problem": "precondition-failed", "revision": current}
    return seen(invoked, returned, Put("a", a, condition), Response(412, told))


def increment(invoked: float, returned: float, revision: int, by: int, value: int) -> Operation:
    return seen(invoked, returned, Increment("a", by), Response(200, {"value": value, "revision": revision}, revision))


def delete(invoked: float, returned: float, revision: int, deleted: int) -> Operation:
    told = {"deleted": deleted, "missing": [] if deleted else ["a"], "revision": revision}
    return seen(invoked, returned, Delete(["a"]), Response(200, told))


def log(*changes: tuple[str, object]) -> list[Change]:
    """Changes from 1 on; a value of None: the pair was deleted."""
    made: list[Change] = []
    texts: dict[str, str] = {}
    for revision, (key, value) in enumerate(changes, 1):
        if value is None:
            made.append(Change(revision, "deleted", key, previous=texts.pop(key, None)))
        else:
            texts[key] = str(value)
            made.append(Change(revision, "written", key, texts[key]))
    return made


TWICE = log(("a", 1), ("a", 2))
COMPARE_AND_SET = Transact(
    [{"target": "revision", "key": "a", "operand": 1}],
    [{"operation": "delete", "key": "a"}, {"operation": "write", "key": "b", "value": 5}],
)

GOOD = {
    "nothing": ([], []),
    "reads of what was never written": ([read(0, 1, 0, "a"), get(2, 3, 0, None)], []),
    "one after the other": ([write(0, 1, 1, a=1), read(2, 3, 1, a=1), write(4, 5, 2, a=2), get(6, 7, 2, 2)], TWICE),
    "a read beside a write sees the old": ([write(0, 1, 1, a=1), write(2, 9, 2, a=2), read(3, 4, 1, a=1)], TWICE),
    "two at once, in the other order": ([write(0, 9, 2, a=2), write(0, 9, 1, a=1), get(1, 2, 1, 1), get(3, 4, 2, 2)], TWICE),
    "of two unknown deletions the one that was called in time": (
        [write(0, 1, 1, a=1), lost(2, Delete(["a"])), write(7, 8, 3, b=2), lost(9, DeleteOne("a", IF_FIRST))],
        log(("a", 1), ("a", None), ("b", 2)),
    ),
    "an unknown write that took effect late": ([write(0, 1, 1, a=1), lost(2, Write({"a": 2})), get(3, 4, 1, 1)], TWICE),
    "an unknown write that never took effect": ([write(0, 1, 1, a=1), lost(2, Write({"a": 2}))], TWICE[:1]),
    "a batch": ([write(0, 1, 2, a=1, b=1), read(2, 3, 2, a=1, b=1)], log(("a", 1), ("b", 1))),
    "deleted, perhaps": (
        [write(0, 1, 1, a=1), lost(2, Delete(["a"])), get(3, 4, 1, 1), get(5, 6, 0, None), delete(7, 8, 2, deleted=0)],
        log(("a", 1), ("a", None)),
    ),
    "deleted by one of two who were not answered": (
        [write(0, 1, 1, a=1), lost(2, Delete(["a", "b"])), lost(2, DeleteOne("a", IF_FIRST))], log(("a", 1), ("a", None)),
    ),
    "increments of which one was not answered": (
        [increment(0, 9, 1, 5, 5), lost(0, Increment("a", 7)), increment(0, 9, 3, 9, 21)],
        log(("a", 5), ("a", 12), ("a", 21)),
    ),
    "one of two compare-and-sets": (
        [write(0, 1, 1, a=1), put(2, 5, 2, 2, IF_FIRST), put_too_late(2, 5, 2, 3, IF_FIRST)], TWICE,
    ),
    "a conflict that is seen before the one that caused it returns": (
        [write(0, 1, 1, a=1), seen(2, 3, Write({"a": 9}, if_revision={"a": 1}), CONFLICT), lost(0, Write({"a": 2}))], TWICE,
    ),
    "a transaction of unknown outcome": (
        [write(0, 1, 1, a=1), lost(2, COMPARE_AND_SET), read(3, 4, 3, "a", b=5)], log(("a", 1), ("a", None), ("b", 5)),
    ),
}  # fmt: skip

BAD = {
    "a value from nowhere": ([write(0, 1, 1, a=1), read(2, 3, 1, a=2)], TWICE[:1]),
    "a change that no client requested": ([write(0, 1, 1, a=1)], TWICE),
    "a stale read": ([write(0, 1, 1, a=1), write(2, 3, 2, a=2), read(4, 5, 1, a=1)], TWICE),
    "a stale read that tells no revision": ([write(0, 1, 1, a=1), write(2, 3, 2, a=2), get(4, 5, 1, 1)], TWICE),
    "new, then old": ([write(0, 1, 1, a=1), write(2, 9, 2, a=2), get(3, 4, 2, 2), get(5, 6, 1, 1)], TWICE),
    "a read before the write": ([read(0, 1, 1, a=1), write(2, 3, 1, a=1)], TWICE[:1]),
    "an acknowledged write that is lost": ([write(0, 1, 1, a=1), write(2, 3, 2, a=2)], TWICE[:1]),
    "an acknowledged write that something else has replaced": ([write(0, 9, 1, a=1), lost(0, Write({"a": 3}))], log(("a", 3))),
    "a dirty read that a crash takes back": ([write(0, 1, 1, a=1), lost(2, Write({"a": 2})), get(3, 4, 2, 2)], TWICE[:1]),
    "a read of what is not yet numbered": ([write(0, 1, 1, a=1), write(2, 9, 2, a=2), read(3, 4, 1, a=2)], TWICE),
    "half a batch": ([write(0, 9, 2, a=1, b=1), read(1, 2, 1, "b", a=1)], log(("a", 1), ("b", 1))),
    "half an unknown batch": ([lost(0, Write({"a": 1, "b": 1}))], log(("a", 1))),
    "an unknown write done twice": ([lost(0, Write({"a": 1}))], log(("a", 1), ("a", 1))),
    "an unknown write done before it was asked for": (
        [write(2, 3, 2, a=2), lost(4, Write({"a": 1}))], TWICE,
    ),
    "a number that was given twice": ([write(0, 9, 1, a=1), write(0, 9, 1, a=1)], TWICE[:1]),
    "a number that no operation added": ([write(0, 1, 1, a=1), write(2, 3, 3, a=2)], [TWICE[0], Change(3, "written", "a", "2")]),
    "numbers against the order of calls": ([write(0, 1, 2, a=2), write(2, 3, 1, a=1)], TWICE),
    "an increment that two clients claim": ([increment(0, 9, 1, 5, 5), increment(0, 9, 1, 7, 7)], log(("a", 5))),
    "an increment lost": ([increment(0, 1, 1, 5, 5), increment(2, 3, 2, 7, 7)], log(("a", 5), ("a", 7))),
    "both of two compare-and-sets": (
        [write(0, 1, 1, a=1), put(2, 5, 2, 2, IF_FIRST), put(2, 5, 3, 3, IF_FIRST)], log(("a", 1), ("a", 2), ("a", 3)),
    ),
    "an unknown compare-and-set against its condition": (
        [write(0, 1, 1, a=1), write(2, 3, 2, a=2), lost(4, Put("a", 3, IF_FIRST))], log(("a", 1), ("a", 2), ("a", 3)),
    ),
    "refused without a reason": ([write(0, 1, 1, a=1), put_too_late(2, 5, 1, 3, Condition(match=[2]))], []),
    "refused before there was a reason": (
        [write(0, 1, 1, a=1), put_too_late(2, 3, 2, 3, IF_FIRST), write(4, 5, 2, a=2)], TWICE,
    ),
    "a delete of what was not there": ([delete(0, 1, 1, deleted=1)], log(("a", None))),
    "a removal of another value than there was": (
        [write(0, 1, 1, a=1), delete(2, 3, 2, deleted=1)], [TWICE[0], Change(2, "deleted", "a", previous="5")],
    ),
    "told to be deleted, and never was": (
        [write(0, 1, 1, a=1), seen(2, 3, DeleteOne("a", IF_FIRST), Response(204))], TWICE[:1],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("history", "changes"), GOOD.values(), ids=GOOD.keys())
def test_what_could_have_happened_one_after_the_other_is_accepted(history: list[Operation], changes: list[Change]) -> None:
    judge(history, changes)


@pytest.mark.parametrize(("history", "changes"), BAD.values(), ids=BAD.keys())
def test_what_contradicts_itself_or_the_log_is_rejected(history: list[Operation], changes: list[Change]) -> None:
    with pytest.raises(NotLinearizableError):
        judge(history, changes)


def test_the_verdict_tells_how_much_was_answered_and_what_became_of_the_rest() -> None:
    history = [write(0, 1, 1, a=1), lost(2, Write({"a": 2})), lost(2, Write({"a": 3})), get(5, 6, 2, 2)]
    assert judge(history, TWICE) == Verdict(answered=2, unknown=2, unknown_but_done=1)


def test_a_namespace_may_begin_at_any_revision() -> None:
    change = Change(8, "written", "a", "1")
    judge([read(0, 1, 7, "a"), write(2, 3, 8, a=1)], [change], begins_at=7)
    with pytest.raises(NotLinearizableError, match="no operation requested"):
        judge([write(2, 3, 1, a=1)], [change], begins_at=7)


def test_what_contradicts_what_is_told() -> None:
    history = [write(0, 1, 1, a=1), write(2, 3, 2, a=2), get(4, 5, 1, 1)]
    with pytest.raises(NotLinearizableError) as caught:
        judge(history, TWICE)
    assert "Get(key='a'" in str(caught.value)
    assert "Write(data={'a': 2}" in str(caught.value)
