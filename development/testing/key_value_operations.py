"""The key-value service's operations: how each is asked for, and what its answer says about the state.

A new operation is a new class here. With `revision` in an answer the namespace's counter is checked, too: each changed pair takes
the next number, those of one request in the order in which they are named.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from testing.history import Counter, Fact, Slot, State, Step

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer of an operation that found its condition broken, and so changed nothing."""


Answer = Mapping[str, Any] | Refused | None


class Call(Protocol):
    """Something to ask the service for."""

    def request(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return the method, the path and the body."""
        ...

    def step(self, answer: Answer, *, numbered: bool) -> Step:
        """Return what it did. None: nobody knows. `numbered`: changes take revisions."""
        ...


def text_of(value: object) -> str:
    """Return a JSON value as the fact that a slot holds: 1 and 1.0 differ, the order of members does not matter."""
    return json.dumps(value, sort_keys=True)


def pair(key: str, namespace: str = DEFAULT) -> Slot:
    """Return the slot that holds the text of a key's value, or None."""
    return namespace, key


def pair_revision(key: str, namespace: str = DEFAULT) -> Slot:
    """Return the slot that holds the revision at which a key was changed last."""
    return namespace, key, "revision"


def revision(namespace: str = DEFAULT) -> Slot:
    """Return the slot that holds the number of the namespace's last change."""
    return Counter(namespace)


@dataclass(frozen=True, slots=True)
class Write:
    """Insert or replace pairs, where their conditions hold: all or none."""

    data: Mapping[str, Any]
    namespace: str = DEFAULT
    if_revision: Mapping[str, int] = field(default_factory=dict)

    def request(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return the method, the path and the body."""
        conditions = {"if_revision": self.if_revision} if self.if_revision else {}
        return "POST", "/write", {"data": self.data, **_named(self.namespace), **conditions}

    def step(self, answer: Answer, *, numbered: bool) -> Step:
        """Return what it did."""
        needs: dict[Slot, Fact] = {pair_revision(key, self.namespace): number or None for key, number in self.if_revision.items()}
        if isinstance(answer, Refused):
            return Step(guard=lambda state: not _holds(needs, state), open_slots=needs)
        changes = {key: text_of(value) for key, value in self.data.items()}
        # Which of two writes it was can be told only by what they leave, which the search looks at, and by their conditions.
        alike = None if needs else ("write", self.namespace, *self.data)
        return _changing(self.namespace, changes, answer, numbered=numbered, needs=needs, alike=alike)


@dataclass(frozen=True, slots=True)
class Create:
    """Insert a pair that does not exist; one that does is left as it is, and `skipped`."""

    key: str
    value: Any
    namespace: str = DEFAULT

    def request(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return the method, the path and the body."""
        return "POST", "/write", {"data": {self.key: self.value}, "if_absent": True, **_named(self.namespace)}

    def step(self, answer: Answer, *, numbered: bool) -> Step:
        """Return what it did."""
        slot, number = pair(self.key, self.namespace), revision(self.namespace)
        if isinstance(answer, Mapping) and answer["skipped"]:
            told = {number: answer["revision"] or None} if numbered else {}
            return Step(told, guard=lambda state: state.get(slot) is not None, open_slots=[slot])
        return _changing(self.namespace, {self.key: text_of(self.value)}, answer, numbered=numbered, needs={slot: None})


@dataclass(frozen=True, slots=True)
class Read:
    """Read pairs as they stand at one moment."""

    keys: Sequence[str]
    namespace: str = DEFAULT

    def request(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return the method, the path and the body."""
        return "POST", "/read", {"keys": self.keys} | _named(self.namespace)

    def step(self, answer: Answer, *, numbered: bool) -> Step:
        """Return what it saw."""
        if not isinstance(answer, Mapping):
            return Step(open_slots=[pair(key, self.namespace) for key in self.keys])
        needs: dict[Slot, Fact] = {
            pair(key, self.namespace): text_of(answer["data"][key]) if key in answer["data"] else None for key in self.keys
        }
        if numbered and "revision" in answer:
            needs[revision(self.namespace)] = answer["revision"] or None
        return Step(needs=needs)


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete those of the keys that exist."""

    keys: Sequence[str]
    namespace: str = DEFAULT

    def request(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return the method, the path and the body."""
        return "POST", "/delete", {"keys": self.keys} | _named(self.namespace)

    def step(self, answer: Answer, *, numbered: bool) -> Step:
        """Return what it did. An answer says how many were `deleted`."""
        slots = {pair(key, self.namespace): key for key in self.keys}
        number = revision(self.namespace)

        def existing(state: State) -> list[Slot]:
            return [slot for slot in slots if state.get(slot) is not None]

        def change(state: State) -> Mapping[Slot, Fact]:
            gone = existing(state)
            changes: dict[Slot, Fact] = dict.fromkeys(gone, None)
            if numbered and gone:
                changes |= dict.fromkeys((pair_revision(slots[slot], self.namespace) for slot in gone), None)
                changes[number] = _last(state, number) + len(gone)
            return changes

        open_slots = [*slots, *([number, *(pair_revision(key, self.namespace) for key in self.keys)] if numbered else [])]
        if not isinstance(answer, Mapping):
            return Step(change=change, open_slots=open_slots, alike=("delete", self.namespace, *self.keys))
        count = answer["deleted"]
        before: dict[Slot, Fact] = {number: answer["revision"] - count or None} if numbered and "revision" in answer else {}
        return Step(needs=before, guard=lambda state: len(existing(state)) == count, change=change, open_slots=open_slots)


@dataclass(frozen=True, slots=True)
class Increment:
    """Add to a number; an absent one counts as 0."""

    key: str
    by: int
    namespace: str = DEFAULT

    def request(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return the method, the path and the body."""
        return "POST", f"/namespaces/{self.namespace}/pairs/{self.key}/increment", {"by": self.by}

    def step(self, answer: Answer, *, numbered: bool) -> Step:
        """Return what it did. An answer says the `value` afterwards."""
        slot = pair(self.key, self.namespace)
        number = revision(self.namespace)
        if isinstance(answer, Mapping):
            after = answer["value"]
            told = _changing(self.namespace, {self.key: text_of(after)}, answer, numbered=numbered)
            before = after - self.by
            if before:
                return Step(needs={**told.needs, slot: text_of(before)}, leaves=told.leaves)
            return Step(told.needs, told.leaves, guard=lambda state: state.get(slot) in (None, "0"), open_slots=[slot])

        def change(state: State) -> Mapping[Slot, Fact]:
            changes: dict[Slot, Fact] = {slot: text_of(json.loads(str(state.get(slot) or "0")) + self.by)}
            if numbered:
                changes[number] = changes[pair_revision(self.key, self.namespace)] = _last(state, number) + 1
            return changes

        open_slots = [slot, *([number, pair_revision(self.key, self.namespace)] if numbered else [])]
        return Step(change=change, open_slots=open_slots, alike=("increment", slot, self.by))


def _changing(
    namespace: str,
    changes: Mapping[str, str],
    answer: Answer,
    *,
    numbered: bool,
    needs: Mapping[Slot, Fact] | None = None,
    alike: object = None,
) -> Step:
    """Return the step that changes just these pairs."""
    needs = dict(needs or {})
    leaves: dict[Slot, Fact] = {pair(key, namespace): text for key, text in changes.items()}
    if not numbered:
        return Step(needs, leaves, alike=alike)
    number = revision(namespace)

    def numbers(last: int) -> dict[Slot, Fact]:
        own = {pair_revision(key, namespace): last + place for place, key in enumerate(changes, 1)}
        return {**own, number: last + len(changes)}

    if isinstance(answer, Mapping):
        last = answer["revision"] - len(changes)
        return Step({**needs, number: last or None}, {**leaves, **numbers(last)})
    open_slots = numbers(0)
    return Step(needs, leaves, change=lambda state: numbers(_last(state, number)), open_slots=open_slots, alike=alike)


def _last(state: State, number: Slot) -> int:
    last = state.get(number)
    assert last is None or isinstance(last, int)
    return last or 0


def _holds(needs: Mapping[Slot, Fact], state: State) -> bool:
    return all(state.get(slot) == fact for slot, fact in needs.items())


def _named(namespace: str) -> dict[str, str]:
    return {} if namespace == DEFAULT else {"namespace": namespace}
