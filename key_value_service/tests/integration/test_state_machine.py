"""Long mixtures of operations, made by hypothesis, whose every answer must be that of a plain dictionary.

An operation that is added gets a rule: what it asks, what the dictionary would say, and what it does to the dictionary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from testing.key_value_model import text_of
from testing.processes import Service
from testing.tokens import TokenMaker

parts_of_keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@dataclass
class Pair:
    """What the dictionary knows of a key."""

    value: Any
    revision: int
    created_revision: int
    version: int = 1


class KeyValueMachine(RuleBasedStateMachine):
    """The service, and the dictionary that it must be like."""

    keys = Bundle("keys")

    def __init__(self, client: httpx.Client) -> None:
        super().__init__()
        self._client = client
        self._pairs: dict[str, Pair] = {}
        self._revision = 0
        self._changed: set[str] = set()

    @initialize(target=keys, parts=st.lists(parts_of_keys, min_size=6, max_size=6, unique=True))
    def begin_where_nothing_is(self, parts: Sequence[str]) -> MultipleResults[str]:
        # An example begins with what the one before it has left: its own pairs are others.
        self._revision = self._ask("/read", {"keys": ["any"]})["revision"]
        prefix = f"{self._revision}-"
        self._ask("/write", {"data": {"any": None}})
        self._revision += 1
        return multiple(*(prefix + part for part in parts))

    @rule(data=st.dictionaries(keys, values, min_size=1, max_size=5))
    def write(self, data: Mapping[str, Any]) -> None:
        answer = self._ask("/write", {"data": data})
        self._put(data)
        assert answer == {"status": "success", "written": len(data), "revision": self._revision, "skipped": []}

    @rule(data=st.dictionaries(keys, values, min_size=1, max_size=5))
    def write_what_is_absent(self, data: Mapping[str, Any]) -> None:
        answer = self._ask("/write", {"data": data, "if_absent": True})
        absent = {key: value for key, value in data.items() if key not in self._pairs}
        skipped = [key for key in data if key in self._pairs]
        self._put(absent)
        assert answer == {"status": "success", "written": len(absent), "revision": self._revision, "skipped": skipped}

    @rule(data=st.dictionaries(keys, values, min_size=1, max_size=3), condition=keys, off=st.sampled_from([0, 0, 0, 1]))
    def write_if_a_revision_is_the_expected(self, data: Mapping[str, Any], condition: str, off: int) -> None:
        body = {"data": data, "if_revision": {condition: self._revision_of(condition) + off}}
        if off:
            self._ask("/write", body, status=409)
        else:
            answer = self._ask("/write", body)
            self._put(data)
            assert (answer["written"], answer["revision"]) == (len(data), self._revision)
        self._changed |= {condition, *data}

    @rule(asked=st.lists(keys, min_size=1, max_size=5, unique=True))
    def delete(self, asked: Sequence[str]) -> None:
        answer = self._ask("/delete", {"keys": asked})
        missing = [key for key in asked if key not in self._pairs]
        for key in asked:
            self._revision += self._pairs.pop(key, None) is not None
        self._changed |= set(asked)
        assert answer == {"deleted": len(asked) - len(missing), "missing": missing, "revision": self._revision}

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

    def _put(self, data: Mapping[str, Any]) -> None:
        for key, value in data.items():
            self._revision += 1
            before = self._pairs.get(key)
            if before is None:
                self._pairs[key] = Pair(value, self._revision, self._revision)
            else:
                self._pairs[key] = Pair(value, self._revision, before.created_revision, before.version + 1)
        self._changed |= set(data)

    def _revision_of(self, key: str) -> int:
        return self._pairs[key].revision if key in self._pairs else 0

    def _compare(self, asked: Sequence[str]) -> None:
        answer = self._ask("/read", {"keys": asked, "metadata": True})
        known = {key: self._pairs[key] for key in asked if key in self._pairs}
        assert text_of(answer["data"]) == text_of({key: pair.value for key, pair in known.items()})
        assert answer["missing"] == [key for key in asked if key not in self._pairs]
        assert answer["revision"] == self._revision
        assert answer["metadata"] == {
            key: {
                "revision": pair.revision,
                "created_revision": pair.created_revision,
                "version": pair.version,
                "expires_at": None,
            }
            for key, pair in known.items()
        }

    def _ask(self, path: str, body: Mapping[str, Any], status: int = 200) -> Any:
        answer = self._client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


def test_any_mixture_of_operations_is_answered_as_a_dictionary_would(service: Service, tokens: TokenMaker) -> None:
    headers = {"Authorization": f"Bearer {tokens.make()}"}
    with httpx.Client(base_url=service.url, headers=headers, trust_env=False, timeout=10) as client:
        make: Any = lambda: KeyValueMachine(client)  # noqa: E731 (a callable will do, whatever the annotation says)
        run_state_machine_as_test(make, settings=settings(max_examples=60, stateful_step_count=30))
