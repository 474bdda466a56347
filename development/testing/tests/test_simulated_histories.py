"""What the checker says of histories that nobody has read, compared with what is known of them otherwise."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testing.history import Operation
from testing.key_value_operations import Answer, Call, Create, Delete, Increment, Read, Refused, Write
from testing.linearizability import assert_linearizable, find_violation
from testing.tests.histories import has_an_order
from testing.tests.simulation import Planned, answers_of, record

KEYS = ["a", "b"]
MANY_KEYS = ["a", "b", "c"]

Make = Callable[[Random, int], Call]

some_keys = st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True)
values = st.integers(1, 2)  # few: the same value is written more than once
registers = st.one_of(
    st.builds(Write, st.dictionaries(st.sampled_from(KEYS), values, min_size=1, max_size=2)),
    st.builds(Read, some_keys),
)
calls = st.one_of(
    registers,
    st.builds(Create, st.sampled_from(KEYS), values),
    st.builds(Delete, some_keys),
    st.builds(Increment, st.sampled_from(KEYS), values),
)
compare_and_sets = st.builds(
    lambda key, value, expected: Write({key: value}, if_revision={key: expected}),
    st.sampled_from(KEYS),
    values,
    st.integers(1, 4),
)
waits = st.integers(0, 6)


@st.composite
def plans(draw: st.DrawFn, of: st.SearchStrategy[Call], most: int) -> list[Planned]:
    """Operations that happen at 10, 20, 30…; some are not answered, of those some do not happen."""
    plan = []
    for place, call in enumerate(draw(st.lists(of, min_size=1, max_size=most)), 1):
        moment = 10.0 * place
        invoked = moment - 10 * draw(waits)
        answered = draw(st.integers(0, 4)) > 0
        happens = answered or draw(st.booleans())
        returned = moment + 10 * draw(waits) + 1 if answered else None
        plan.append(Planned(call, moment if happens else None, invoked, returned))
    return plan


@given(plans(calls, 30))
@settings(max_examples=150)
def test_what_a_right_store_answers_is_accepted(plan: list[Planned]) -> None:
    assert_linearizable(record(answers_of(plan), numbered=False))


@given(plans(calls | compare_and_sets, 30))
@settings(max_examples=150)
def test_what_a_right_store_numbers_is_accepted(plan: list[Planned]) -> None:
    assert_linearizable(record(answers_of(plan), numbered=True))


@st.composite
def spoilt(draw: st.DrawFn, plan: list[Planned], *, numbered: bool) -> list[Operation]:
    """A history with some answers that the store did not give, or gave to others."""
    seen = []
    for one, answer in answers_of(plan):
        wrong = draw(st.integers(0, 2)) == 0
        seen.append((one, draw(spoilt_answer(one.call, answer)) if wrong else answer))
    return record(seen, numbered=numbered)


@st.composite
def spoilt_answer(draw: st.DrawFn, call: Call, answer: Answer) -> Answer:
    if isinstance(answer, Refused | None):
        return answer
    revision = {"revision": max(0, answer["revision"] + draw(st.integers(-1, 1)))}
    match call:
        case Read(keys=keys):
            return {"data": draw(st.dictionaries(st.sampled_from(keys), values)), **revision}
        case Delete(keys=keys):
            return {"deleted": draw(st.integers(0, len(keys))), **revision}
        case Increment():
            return {"value": draw(st.integers(1, 4)), **revision}
        case Write():
            return Refused() if call.if_revision else {**answer, **revision}
        case Create(key=key):
            return {"skipped": draw(st.sampled_from([[], [key]])), **revision}
        case _:
            raise AssertionError(call)


@given(st.data(), plans(registers, 6))
@settings(max_examples=400)
def test_the_verdict_on_registers_is_that_of_trying_all_orders(data: st.DataObject, plan: list[Planned]) -> None:
    compare_with_all_orders(data.draw(spoilt(plan, numbered=False)))


@given(st.data(), plans(calls, 6), st.booleans())
@settings(max_examples=400)
def test_the_verdict_on_all_operations_is_that_of_trying_all_orders(
    data: st.DataObject, plan: list[Planned], numbered: bool
) -> None:
    compare_with_all_orders(data.draw(spoilt(plan, numbered=numbered)))


@given(st.data(), plans(calls | compare_and_sets, 6))
@settings(max_examples=200)
def test_the_verdict_on_revisions_is_that_of_trying_all_orders(data: st.DataObject, plan: list[Planned]) -> None:
    compare_with_all_orders(data.draw(spoilt(plan, numbered=True)))


def compare_with_all_orders(history: list[Operation]) -> None:
    violation = find_violation(history)
    assert (violation is None) == has_an_order(history, {})
    if violation is not None:
        assert not has_an_order([_as_if_unanswered_after(one, violation.last.returned) for one in violation.prefix], {})


def _as_if_unanswered_after(one: Operation, moment: float) -> Operation:
    return one if one.returned <= moment else replace(one, returned=math.inf)


def busy(random: Random, clients: int, operations: int, make: Callable[[int], Call]) -> list[Planned]:
    """Clients who wait for each answer before they ask again, each for a while; one in a hundred is never answered."""
    free = [random.random() for _ in range(clients)]
    plan = []
    for number in range(operations):
        client = min(range(clients), key=free.__getitem__)
        invoked = free[client]
        moment = invoked + random.expovariate(1)
        returned = moment + random.expovariate(1)
        free[client] = returned + random.random() / 10
        if random.random() < 0.01:
            plan.append(Planned(make(number), moment if random.random() < 0.5 else None, invoked, None, client))
        else:
            plan.append(Planned(make(number), moment, invoked, returned, client))
    return plan


def one_key(random: Random, number: int) -> Call:
    key = random.choice(MANY_KEYS)
    return Write({key: number}) if random.random() < 0.4 else Read([key])


def several_keys(random: Random, number: int) -> Call:
    keys = random.sample(MANY_KEYS, random.randint(1, 3))
    return Write(dict.fromkeys(keys, number)) if random.random() < 0.4 else Read(keys)


def everything(random: Random, number: int) -> Call:
    key = random.choice(MANY_KEYS)
    kinds: list[Call] = [Increment("n", 1), Delete([key]), Write({key: number}, if_revision={key: number - 50}), Read(["n"])]
    return random.choice([*kinds, several_keys(random, number)])


@pytest.mark.parametrize(
    ("make", "numbered"), [(one_key, False), (several_keys, False), (several_keys, True), (everything, True)]
)
def test_five_thousand_operations_of_fifty_clients_are_judged(make: Make, numbered: bool) -> None:
    random = Random(7)  # noqa: S311
    seen = answers_of(busy(random, 50, 5000, lambda number: make(random, number)))
    history = record(seen, numbered=numbered)
    assert_linearizable(history)
    answered = [(one.call, answer) for one, answer in seen if isinstance(answer, Mapping) and one.returned]
    call, old = next((call, answer) for call, answer in answered if isinstance(call, Read) and answer["data"])
    revision = max(answer["revision"] for _, answer in answered)
    stale = record([(Planned(call, None, 1e6, 1e6 + 1), {**old, "revision": revision})], numbered=numbered)
    violation = find_violation(history + stale)
    assert violation is not None
    assert violation.last.text == stale[0].text
