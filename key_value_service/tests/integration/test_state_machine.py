"""Long mixtures of operations, made by hypothesis, whose every answer must be that of a plain dictionary.

An operation that is added gets a rule: what it asks, what the dictionary would say, and what it does to the dictionary.
"""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from testing.key_value_operations import text_of

examples = count()

parts_of_keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


class KeyValueMachine(RuleBasedStateMachine):
    """The service, and the dictionary that it must be like."""

    keys = Bundle("keys")

    def __init__(self, client: httpx.Client) -> None:
        super().__init__()
        self._client = client
        self._prefix = ""
        self._pairs: dict[str, Any] = {}
        self._changed: set[str] = set()

    @initialize()
    def begin_where_nothing_is(self) -> None:
        self._prefix = f"example-{next(examples)}-"

    @rule(target=keys, part=parts_of_keys)
    def think_of_a_key(self, part: str) -> str:
        return self._prefix + part

    @rule(data=st.dictionaries(keys, values, min_size=1, max_size=5))
    def write(self, data: Mapping[str, Any]) -> None:
        answer = self._ask("/write", {"data": data})
        assert (answer["status"], answer["written"], answer["skipped"]) == ("success", len(data), [])
        self._pairs |= data
        self._changed |= set(data)

    @rule(asked=st.lists(keys, min_size=1, max_size=5, unique=True))
    def read(self, asked: Sequence[str]) -> None:
        self._compare(asked)

    @invariant()
    def what_was_changed_is_as_it_was_asked_for(self) -> None:
        if self._changed:
            self._compare(sorted(self._changed))
            self._changed.clear()

    def teardown(self) -> None:
        if self._pairs:
            self._compare(list(self._pairs))

    def _compare(self, asked: Sequence[str]) -> None:
        answer = self._ask("/read", {"keys": asked})
        assert text_of(answer["data"]) == text_of({key: self._pairs[key] for key in asked if key in self._pairs})
        assert answer["missing"] == [key for key in asked if key not in self._pairs]

    def _ask(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self._client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()


def test_any_mixture_of_operations_is_answered_as_a_dictionary_would(key_value: httpx.Client) -> None:
    make: Any = lambda: KeyValueMachine(key_value)  # noqa: E731 (a callable will do, whatever the annotation says)
    run_state_machine_as_test(make, settings=settings(max_examples=60, stateful_step_count=30))
