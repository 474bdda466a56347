"""What the checker says of histories that nobody has read, compared with what is known of them otherwise."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verification.key_value_model import Change
from verification.key_value_one_pair import Condition, DeleteOne, Get, Increment, Put
from verification.key_value_operations import Call, Delete, Read, Response, Write
from verification.key_value_transactions import Transact
from verification.linearizability import judge
from verification.tests.simulation import Planned, carry_out, has_an_order
from verification.timeline import NotLinearizableError, Operation

KEYS = ["a", "b"]
MANY_KEYS = ["a", "b", "c", "d", "e"]

Make = Callable[[int], Call]

keys = st.sampled_from(KEYS)
some_keys = st.lists(keys, min_size=1, max_size=2, unique=True)
revisions = st.integers(1, 4)
conditions = st.one_of(
    st.builds(lambda revision: Condition(match=[revision]), revisions), st.just(Condition(none_match="*")), st.just(Condition())
)


def write_then_add(key: str, other: str, number: int, revision: int) -> Transact:
    return Transact(
        [{"target": "revision", "key": key, "operator": "<=", "operand": revision}],
        [{"operation": "write", "key": key, "value": number}, {"operation": "delete", "key": other}],
        [{"operation": "increment", "key": other, "by": number}],
    )


# Each makes something that writes, or adds, a number of its own.
makes: st.SearchStrategy[Make] = st.one_of(
    st.builds(lambda names: lambda number: Write(dict.fromkeys(names, number)), some_keys),
    st.builds(lambda names: lambda number: Write(dict.fromkeys(names, number), if_absent=True), some_keys),
    st.builds(lambda key, revision: lambda number: Write({key: number}, if_revision={key: revision}), keys, revisions),
    st.builds(lambda key, condition: lambda number: Put(key, number, condition), keys, conditions),
    st.builds(lambda key, condition: lambda number: Increment(key, number, condition), keys, conditions),
    st.builds(lambda key, other, revision: lambda number: write_then_add(key, other, number, revision), keys, keys, revisions),
    st.builds(lambda names: lambda _: Read(names), some_keys),
    st.builds(lambda key: lambda _: Get(key), keys),
    st.builds(lambda key: lambda _: Delete([key]), keys),
    st.builds(lambda key, revision: lambda _: DeleteOne(key, Condition(match=[revision])), keys, revisions),
)
waits = st.integers(0, 6)


@st.composite
def plans(draw: st.DrawFn, most: int) -> list[Planned]:
    """Operations that happen at 10, 20, 30…; some are not answered, of those some do not happen."""
    plan = []
    for place, make in enumerate(draw(st.lists(makes, min_size=1, max_size=most)), 1):
        moment = 10.0 * place
        invoked = moment - 10 * draw(waits)
        answered = draw(st.integers(0, 4)) > 0
        happens = answered or draw(st.booleans())
        returned = moment + 10 * draw(waits) + 1 if answered else None
        plan.append(Planned(make(3**place), moment if happens else None, invoked, returned))
    return plan


@given(plans(30))
@settings(max_examples=300)
def test_what_a_right_store_answers_is_accepted(plan: list[Planned]) -> None:
    judge(*carry_out(plan))


@st.composite
def spoilt(draw: st.DrawFn, plan: list[Planned]) -> tuple[list[Operation], list[Change]]:
    """A history with answers that belong to others, or a log that is not the store's."""
    history, log = carry_out(plan)
    answers = [one.answer for one in history if one.answer is not None]
    for place, one in enumerate(history):
        if one.answer is not None and draw(st.integers(0, 3)) == 0:
            history[place] = replace(one, answer=draw(spoilt_answer(one.answer, answers)))
    match draw(st.integers(0, 5)):
        case 0:
            log = log[:-1]
        case 1 if log:
            log = [*log, draw(st.sampled_from(log))._replace(revision=len(log) + 1)]
        case 2 if len(log) > 1:
            place = draw(st.integers(0, len(log) - 2))
            first, second = log[place : place + 2]
            log[place : place + 2] = [second._replace(revision=first.revision), first._replace(revision=second.revision)]
    return history, log


@st.composite
def spoilt_answer(draw: st.DrawFn, answer: Response, others: list[Response]) -> Response:
    by = draw(st.sampled_from([-1, 1]))
    document = answer.document
    if draw(st.booleans()) and isinstance(document, dict) and "revision" in document:
        tag = None if answer.tag is None else answer.tag + by
        return answer._replace(document={**document, "revision": document["revision"] + by}, tag=tag)
    alike = [one for one in others if type(one.document) is type(document) and one.status == answer.status]
    same_form: list[Response] = [one for one in alike if not isinstance(document, dict) or one.document.keys() == document.keys()]
    chosen: Response = draw(st.sampled_from(same_form))
    return chosen


@given(st.data(), plans(6))
@settings(max_examples=600)
def test_the_verdict_is_that_of_trying_all_orders(data: st.DataObject, plan: list[Planned]) -> None:
    history, log = data.draw(spoilt(plan))
    assert is_accepted(history, log) == has_an_order(history, log)


def is_accepted(history: list[Operation], log: list[Change]) -> bool:
    try:
        judge(history, log)
    except NotLinearizableError:
        return False
    return True


def busy(random: Random, clients: int, operations: int) -> list[Planned]:
    """Clients who wait for each answer before they ask again, each for a while; one in fifty is never answered."""
    free = [random.random() for _ in range(clients)]
    plan = []
    for number in range(operations):
        client = min(range(clients), key=free.__getitem__)
        invoked = free[client]
        moment = invoked + random.expovariate(1)
        returned = moment + random.expovariate(1)
        free[client] = returned + random.random() / 10
        is_answered = random.random() > 0.02
        happens = is_answered or random.random() < 0.5
        call = anything(random, number)
        plan.append(Planned(call, moment if happens else None, invoked, returned if is_answered else None, client))
    return plan


def anything(random: Random, number: int) -> Call:
    key, *_ = some = random.sample(MANY_KEYS, random.randint(1, 3))
    own = number << 32 | random.getrandbits(32)
    recent = random.randint(max(1, number // 2 - 20), number // 2 + 20)
    kinds: list[Call] = [
        Read(some), Get(key), Write(dict.fromkeys(some, own)), Write({key: own}, if_revision={key: recent}), Increment(key, own),
        Delete([key]), DeleteOne(key, Condition(match=[recent])), write_then_add(key, some[-1], own, recent),
    ]  # fmt: skip
    return random.choice(kinds)


def test_twenty_thousand_operations_of_fifty_clients_are_judged() -> None:
    history, log = carry_out(busy(Random(7), 50, 20_000))  # noqa: S311
    verdict = judge(history, log)
    assert verdict.unknown > verdict.unknown_but_done > 50
    stale = next(one for one in history if isinstance(one.call, Read) and one.answer is not None)
    with pytest.raises(NotLinearizableError):
        judge([*history, replace(stale, invoked=1e6, returned=1e6 + 1)], log)


@pytest.mark.parametrize("seed", range(20))
def test_one_wrong_answer_among_thousands_is_found(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    history, log = carry_out(busy(random, 50, 2000))
    judge(history, log)
    place = next(place for place in count(random.randrange(1500)) if history[place].span is not None)
    answer = history[place].answer
    assert answer is not None
    wrong = answer._replace(document={**answer.document, "revision": answer.document["revision"] + 200})
    history[place] = replace(history[place], answer=wrong)
    with pytest.raises(NotLinearizableError):
        judge(history, log)
