"""Histories with times to live, idempotency keys, restored values, searches and histories of pairs: good ones and bad ones."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from verification.key_value_model import BY_DEFAULT, Change, Ttl
from verification.key_value_one_pair import Condition, DeleteOne, Get, Increment, Put, Restore, SetTtl
from verification.key_value_operations import Call, Delete, Read, Response, Write, render_time
from verification.key_value_ranges import History, Search
from verification.linearizability import judge
from verification.repetitions import Keyed
from verification.tests.simulation import Planned, carry_out
from verification.tests.test_linearizability import get, increment, log, lost, read, seen, write
from verification.timeline import NotLinearizableError, Operation

GONE = Response(404, {"problem": "no-such-pair"})


def lease(invoked: float, returned: float, revision: int, a: object, ttl: Ttl) -> Operation:
    return seen(invoked, returned, Put("a", a, ttl=ttl), Response(201, {"revision": revision}, revision))


def renew(invoked: float, returned: float, revision: int, ttl: float, until: int) -> Operation:
    told = {"revision": revision, "expires_at": render_time(until)}
    return seen(invoked, returned, SetTtl("a", ttl), Response(200, told, revision))


def expiring(*changes: Change) -> list[Change]:
    return [Change(1, "written", "a", "1", 3000), *changes]


def keyed(one: Operation, key: str = "k", *, is_replayed: bool = False) -> Operation:
    answer = None if one.answer is None else one.answer._replace(is_replayed=is_replayed)
    return replace(one, call=Keyed(one.call, key), answer=answer)


def delete_with_value(invoked: float, returned: float, revision: int, previous: object) -> Operation:
    told = {"revision": revision, "previous": {"value": previous}}
    return seen(invoked, returned, DeleteOne("a", previous=True), Response(200, told))


def restore(invoked: float, returned: float, revision: int, of: int, text: str | None) -> Operation:
    answer = Response(404, {"problem": "no-such-revision"}) if text is None else Response(200, {"revision": revision}, revision)
    return seen(invoked, returned, Restore("a", of, text), answer)


def search(invoked: float, returned: float, revision: int, **found: tuple[object, int]) -> Operation:
    pairs = [
        {"key": key, "value": value, "revision": at, "created_revision": at, "version": 1, "expires_at": None}
        for key, (value, at) in found.items()
    ]
    return seen(invoked, returned, Search("b", ["a", "ab", "b"]), Response(200, {"pairs": pairs, "revision": revision}))


def history(invoked: float, returned: float, revision: int, *made: tuple[int, object]) -> Operation:
    shown = [{"revision": at, "kind": "written", "value": value} for at, value in made]
    return seen(invoked, returned, History("a", 2), Response(200, {"changes": shown, "revision": revision}))


FIRST = lease(1, 1.5, 1, 1, 2)  # at 1000, until 3000
EXPIRED = Change(2, "expired", "a", previous="1")
TWICE = log(("a", 1), ("a", 2))
RESTORED = log(("a", 1), ("a", 2), ("a", 1))
KEYS = log(("a", 1), ("ab", 2), ("b", 3))

GOOD = {
    "a pair expires": ([FIRST, get(2, 2.5, 1, 1), get(3, 3.5, 0, None), read(5, 6, 2, "a")], expiring(EXPIRED)),
    "it is gone before its expiry is in the log": ([FIRST, get(3.1, 3.5, 0, None), read(3.6, 4, 1, "a")], expiring(EXPIRED)),
    "its expiry is never in the log": ([FIRST, get(3.1, 3.5, 0, None)], expiring()),
    "seen and not seen at the moment of its expiry": ([FIRST, get(2.9, 3.1, 1, 1), get(2.9, 3.1, 0, None)], expiring()),
    "replaced after it has expired": (
        [FIRST, seen(4, 5, Put("a", 2), Response(201, {"revision": 3}, 3))], expiring(EXPIRED, Change(3, "written", "a", "2")),
    ),
    "one of a batch has expired": (
        [FIRST, write(4, 5, 4, b=2, a=2)],
        expiring(Change(2, "written", "b", "2"), Change(3, "expired", "a", previous="1"), Change(4, "written", "a", "2")),
    ),
    "renewed": ([FIRST, renew(2, 2.5, 1, 2, 4100), get(3.5, 4, 1, 1), get(4.1, 5, 0, None)], expiring(EXPIRED)),
    "renewed twice": (
        [FIRST, renew(2, 2.5, 1, 2, 4100), renew(3.5, 3.9, 1, 2, 5700), get(4.5, 5, 1, 1), get(6, 7, 0, None)], expiring(),
    ),
    "perhaps renewed, and there": ([FIRST, lost(2, SetTtl("a", 9)), get(4, 5, 1, 1)], expiring()),
    "perhaps renewed, and gone": ([FIRST, lost(2, SetTtl("a", 9)), get(4, 5, 0, None)], expiring()),
    "renewed too late": ([FIRST, seen(3.1, 4, SetTtl("a", 9), GONE)], expiring(EXPIRED)),
    "a shorter time to live": (
        [FIRST, renew(1.6, 1.9, 2, 0.5, 2200), get(2.3, 2.5, 0, None)], expiring(Change(2, "written", "a", "1", 2200)),
    ),
    "a shorter time to live, unknown": (
        [FIRST, lost(1.6, SetTtl("a", 0.5)), get(2.3, 2.5, 0, None)], expiring(Change(2, "written", "a", "1", 2200)),
    ),
    "repeated": ([keyed(increment(0, 1, 1, 5, 5)), keyed(increment(2, 3, 1, 5, 5), is_replayed=True)], log(("a", 5))),
    "repeated where the first response was lost": (
        [keyed(lost(0, Increment("a", 5))), keyed(increment(2, 3, 1, 5, 5), is_replayed=True), get(4, 5, 1, 5)], log(("a", 5)),
    ),
    "done by the second request": (
        [keyed(lost(0, Increment("a", 5))), get(1, 2, 0, None), keyed(increment(2, 3, 1, 5, 5))], log(("a", 5)),
    ),
    "repeated when the pair has changed": (
        [keyed(increment(0, 1, 1, 5, 5)), write(2, 3, 2, a=7), keyed(increment(4, 5, 1, 5, 5), is_replayed=True)],
        log(("a", 5), ("a", 7)),
    ),
    "other keys are other requests": (
        [keyed(increment(0, 1, 1, 5, 5)), keyed(increment(2, 3, 2, 5, 10), "l")], log(("a", 5), ("a", 10)),
    ),
    "the value that was deleted": ([write(0, 1, 1, a=1), delete_with_value(2, 3, 2, 1)], log(("a", 1), ("a", None))),
    "restored": ([write(0, 1, 1, a=1), write(2, 3, 2, a=2), restore(4, 5, 3, 1, "1"), get(6, 7, 3, 1)], RESTORED),
    "restored, perhaps": ([write(0, 1, 1, a=1), write(2, 3, 2, a=2), lost(4, Restore("a", 1, "1"))], RESTORED),
    "nothing to restore": ([write(0, 1, 1, a=1), write(2, 3, 2, a=2), restore(4, 5, 0, 9, None)], TWICE),
    "found": ([write(0, 1, 3, a=1, ab=2, b=3), search(2, 3, 3, ab=(2, 2), b=(3, 3))], log(("a", 1), ("ab", 2), ("b", 3))),
    "what it was": (
        [write(0, 1, 1, a=1), write(2, 9, 2, a=2), history(3, 4, 1, (1, 1)), history(5, 6, 2, (2, 2), (1, 1))], TWICE,
    ),
}  # fmt: skip

BAD = {
    "there after it has expired": ([FIRST, get(3.1, 4, 1, 1)], expiring()),
    "gone before it has expired": ([FIRST, get(2, 2.9, 0, None)], expiring()),
    "expired before its time": ([FIRST, read(2, 2.9, 2, "a")], expiring(EXPIRED)),
    "replaced as if it had expired": (
        [FIRST, seen(2, 2.5, Put("a", 2), Response(201, {"revision": 3}, 3))], expiring(EXPIRED, Change(3, "written", "a", "2")),
    ),
    "kept by an increment after it has expired": (
        [FIRST, increment(4, 5, 2, 4, 5)], expiring(Change(2, "written", "a", "5", 3000)),
    ),
    "an expiry that nobody has set": ([write(0, 1, 1, a=1)], [TWICE[0], EXPIRED]),
    "another value has expired": ([FIRST], expiring(EXPIRED._replace(previous="2"))),
    "it lives longer than was asked for": ([lease(1, 1.5, 1, 1, 1)], expiring()),
    "gone although it was renewed": ([FIRST, renew(2, 2.5, 1, 2, 4100), get(3.5, 4, 0, None)], expiring()),
    "renewed after it has expired": ([FIRST, renew(3.1, 4, 1, 2, 5500)], expiring()),
    "renewed in another time": ([FIRST, renew(2, 2.5, 1, 2, 4900)], expiring()),
    "there though its renewal was lost and comes too late": ([FIRST, lost(3.1, SetTtl("a", 9)), get(4, 5, 1, 1)], expiring()),
    "gone, then there again": ([FIRST, get(2.9, 3.1, 0, None), get(3.2, 3.3, 1, 1)], expiring()),
    "done twice": ([keyed(increment(0, 1, 1, 5, 5)), keyed(increment(2, 3, 2, 5, 10))], log(("a", 5), ("a", 10))),
    "done twice, of which one was not answered": (
        [keyed(lost(0, Increment("a", 5))), keyed(increment(2, 3, 2, 5, 10))], log(("a", 5), ("a", 10)),
    ),
    "another response to a repetition": (
        [keyed(increment(0, 1, 1, 5, 5)), keyed(increment(2, 3, 2, 5, 10), is_replayed=True)], log(("a", 5), ("a", 10)),
    ),
    "a repetition of nothing": ([keyed(increment(0, 1, 1, 5, 5), is_replayed=True)], log(("a", 5))),
    "repeated before it was done": (
        [keyed(increment(4, 5, 1, 5, 5)), keyed(increment(0, 1, 1, 5, 5), is_replayed=True)], log(("a", 5)),
    ),
    "a repetition whose change is lost": (
        [keyed(lost(0, Increment("a", 5))), keyed(increment(2, 3, 1, 5, 5), is_replayed=True)], [],
    ),
    "not seen after a repetition was answered": (
        [keyed(lost(0, Increment("a", 5))), keyed(increment(2, 3, 1, 5, 5), is_replayed=True), get(4, 5, 0, None)],
        log(("a", 5)),
    ),
    "another value was deleted": ([write(0, 1, 1, a=1), delete_with_value(2, 3, 2, 2)], log(("a", 1), ("a", None))),
    "another value restored": (
        [write(0, 1, 1, a=1), write(2, 3, 2, a=2), restore(4, 5, 3, 1, "1")], log(("a", 1), ("a", 2), ("a", 2)),
    ),
    "not restored": ([write(0, 1, 1, a=1), write(2, 3, 2, a=2), restore(4, 5, 3, 1, "1")], TWICE),
    "restored against its condition": (
        [write(0, 1, 1, a=1), write(2, 3, 2, a=2), lost(4, Restore("a", 1, "1", Condition(match=[1])))], RESTORED,
    ),
    "a pair not found": ([write(0, 1, 3, a=1, ab=2, b=3), search(2, 3, 3, ab=(2, 2))], KEYS),
    "a pair found that does not match": ([write(0, 1, 3, a=1, ab=2, b=3), search(2, 3, 3, a=(1, 1), ab=(2, 2), b=(3, 3))], KEYS),
    "found before it was written": ([write(0, 9, 3, a=1, ab=2, b=3), search(2, 3, 2, ab=(2, 2), b=(3, 3))], KEYS),
    "a stale search": ([write(0, 1, 3, a=1, ab=2, b=3), search(2, 3, 1)], KEYS),
    "a change that is not in its history": ([write(0, 1, 1, a=1), write(2, 3, 2, a=2), history(4, 5, 2, (1, 1))], TWICE),
    "a stale history": ([write(0, 1, 1, a=1), write(2, 3, 2, a=2), history(4, 5, 1, (1, 1))], TWICE),
    "a history from nowhere": ([write(0, 1, 1, a=1), history(4, 5, 1, (1, 2))], TWICE[:1]),
}  # fmt: skip


@pytest.mark.parametrize(("operations", "changes"), GOOD.values(), ids=GOOD.keys())
def test_what_could_have_happened_is_accepted(operations: list[Operation], changes: list[Change]) -> None:
    judge(operations, changes)


@pytest.mark.parametrize(("operations", "changes"), BAD.values(), ids=BAD.keys())
def test_what_contradicts_itself_the_log_or_the_time_is_rejected(operations: list[Operation], changes: list[Change]) -> None:
    with pytest.raises(NotLinearizableError):
        judge(operations, changes)


def plan_of(random: Random, clients: int, count: int) -> list[Planned]:
    """Clients who wait for each response before they ask again; one request in twenty is never answered."""
    free = [random.random() for _ in range(clients)]
    plan = []
    for number in range(count):
        client = min(range(clients), key=free.__getitem__)
        invoked = free[client]
        moment = invoked + random.expovariate(4)
        returned = moment + random.expovariate(4)
        free[client] = returned
        call = anything(random, number)
        is_answered = isinstance(call, SetTtl) or random.random() > 0.05
        happens = is_answered or random.random() < 0.5
        plan.append(Planned(call, moment if happens else None, invoked, returned if is_answered else None, client))
    return plan


def anything(random: Random, number: int) -> Call:
    key, own = random.choice("ab"), number << 32
    recent = Condition(match=[random.randint(max(1, number // 3 - 5), number // 3 + 5)])
    ttls: Sequence[Ttl] = [BY_DEFAULT, 0.1, 0.3, 1]
    ttl = random.choice(ttls)
    calls: Sequence[Call] = [
        Get(key), Get(key), Read("ab"), Search("a", "ab"), History(key, 3), Put(key, own, ttl=ttl),
        Write({"a": own, "b": own}, ttl=ttl), Write({key: own}, if_absent=True), Increment(key, own),
        Delete("ab", previous=True), DeleteOne(key, previous=True), SetTtl(key, 0.4), SetTtl(key, 0.4), SetTtl(key, 0.1),
        DeleteOne(key, recent), Put(key, own, recent, 0.3),
    ]  # fmt: skip
    return random.choice(calls)


@pytest.mark.parametrize("seed", range(20))
def test_what_a_right_store_answers_is_accepted_and_one_wrong_answer_found(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    operations, changes = carry_out(plan_of(random, 8, 400), sweeps=lambda: random.random() < 1 / 3)
    judge(operations, changes)
    assert any(change.kind == "expired" for change in changes)
    gets = [place for place, one in enumerate(operations) if isinstance(one.call, Get) and one.answer is not None]
    place = random.choice([place for place in gets if operations[place].answer.status == 200])  # type: ignore[union-attr]
    told: Any = operations[place].answer
    operations[place] = replace(operations[place], answer=told._replace(document=told.document + 1))
    with pytest.raises(NotLinearizableError):
        judge(operations, changes)
