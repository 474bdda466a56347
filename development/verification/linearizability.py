"""Tells whether concurrent operations could have happened one after the other, each at a moment between its call and return.

The service names the order itself: its log of changes has every change of a namespace under the number that it took. That log is
believed in nothing. It is the order that is tried, and the verdict is good only if all of this holds:

- The log is that of operations that were asked for, done one after the other by the model: each change has the next number, those
  of one operation stand together, each operation that was answered has done just what the log has at its place, and was answered
  what the model says. A change that nobody has asked for, or that one operation made twice, has no explanation.
- Every operation that was acknowledged as a change is in the log.
- What changed nothing was answered what the model says at its moment: at the revision that the answer tells, or at any, where it
  tells none (one pair that is read; a condition that did not hold).
- Of two operations, one of which had been answered before the other was called, the one comes before the other.

So whatever is accepted is linearizable. Operations without an answer may have been done at any time after their calls, or never;
which of them were is read from the log, by what their first change looks like. Whether everything linearizable is accepted
depends on that being plain: values that are written, and numbers that are added, are to be unlike each other. Deletions whose
fate is unknown are told apart by the revisions that they ask for. Of several that could have made the same changes the one is
taken that explains most; only where these overlap in different ways could a choice be wrong, and a good history be refused.

All of it takes time in proportion to the history and the log, but for a small factor.
"""

import heapq
import json
import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verification.key_value_model import DELETED, WRITTEN, Change, Changes, Pair
from verification.key_value_operations import Call, Mark, Response, Span

SHOWN_OF_THE_LOG = 3


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """What a client asked, and what it was told. `returned` is infinite where nobody knows whether it took effect, or will."""

    client: int
    call: Call
    invoked: float
    answer: Response | None = None
    returned: float = math.inf

    @property
    def span(self) -> Span | None:
        """Which revisions the answer claims."""
        return None if self.answer is None else self.call.find_span(self.answer)

    def __str__(self) -> str:
        """What was asked, what was told, and when."""
        end = "…" if math.isinf(self.returned) else f"{self.returned:.6f}"
        return f"client {self.client}, {self.invoked:.6f} to {end}: {self.call} → {self.answer}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of a history that is linearizable: how many operations were answered, were not, and were done none the less."""

    answered: int
    unknown: int
    unknown_but_done: int


class NotLinearizableError(AssertionError):
    """There is no such order, at least none that the log agrees with."""


def judge(history: Sequence[Operation], log: Sequence[Change], begins_at: int = 0) -> Verdict:
    """Return the verdict on what was done in a namespace that was empty at a revision, behind which the log begins.

    Raises NotLinearizableError, which tells what contradicts what.
    """
    history = sorted(history, key=lambda one: one.invoked)
    timeline = _Timeline(begins_at)
    spans = _replay(history, log, timeline)
    _check_order(history, timeline, spans)
    unknown = sum(one.answer is None for one in history)
    return Verdict(len(history) - unknown, unknown, sum(one.answer is None for one in spans))


class _Timeline:
    """Every state that the namespace has had: one at the end of each operation that changed something."""

    def __init__(self, begins_at: int) -> None:
        self._moments = [begins_at]
        self._revisions: defaultdict[str, list[int]] = defaultdict(lambda: [begins_at])
        self._pairs: defaultdict[str, list[Pair | None]] = defaultdict(lambda: [None])

    @property
    def last(self) -> int:
        return self._moments[-1]

    def at(self, revision: int) -> Changes:
        def find(key: str) -> Pair | None:
            return self._pairs[key][bisect_right(self._revisions[key], revision) - 1]

        return Changes(find, revision)

    def now(self) -> Changes:
        return Changes(lambda key: self._pairs[key][-1], self.last)

    def extend(self, changes: Changes) -> None:
        for key, pair in changes.left.items():
            self._revisions[key].append(changes.revision)
            self._pairs[key].append(pair)
        self._moments.append(changes.revision)

    def has(self, revision: int) -> bool:
        place = bisect_left(self._moments, revision)
        return place < len(self._moments) and self._moments[place] == revision

    def since(self, revision: int) -> Iterator[int]:
        return (self._moments[place] for place in range(bisect_left(self._moments, revision), len(self._moments)))


def _replay(history: Sequence[Operation], log: Sequence[Change], timeline: _Timeline) -> dict[Operation, Span]:
    """Make the timeline; return which revisions the operations that changed something have taken."""
    claiming: dict[int, Operation] = {}
    marked: defaultdict[Mark, dict[Operation, None]] = defaultdict(dict)
    for one in history:
        span = one.span
        if span is None:
            for mark in one.call.marks() if one.answer is None or not one.answer.is_refusal else ():
                marked[mark][one] = None
        elif span.after < span.last:
            other = claiming.setdefault(span.after + 1, one)
            if other is not one:
                raise NotLinearizableError(f"two operations were told of the same change:\n  {other}\n  {one}")
    begins_at = timeline.last
    spans: dict[Operation, Span] = {}
    while timeline.last < begins_at + len(log):
        place = timeline.last - begins_at
        found = claiming.pop(timeline.last + 1, None)
        if found is None:
            found = _find_unclaimed(marked, log, place, timeline)
        changes = timeline.now()
        answer = found.call.do(changes)
        made = log[place : place + max(1, len(changes.made))]
        if changes.made != made:
            raise NotLinearizableError(f"the log has something else than this operation makes:\n  {found}{_show(log, place)}")
        _compare(found, answer, f"by the log, at revision {timeline.last + 1}")
        spans[found] = Span(timeline.last, changes.revision)
        timeline.extend(changes)
    if claiming:
        raise NotLinearizableError(
            f"acknowledged, and lost: the log ends before it\n  {min(claiming.items())[1]}{_show(log, -1)}"
        )
    return spans


def _find_unclaimed(
    marked: dict[Mark, dict[Operation, None]], log: Sequence[Change], place: int, timeline: _Timeline
) -> Operation:
    """Return the operation that made what the log has at a place, and take it out."""
    best: tuple[tuple[bool, int], Operation] | None = None
    for mark in _read_marks(log[place], timeline.now().look(log[place].key)):
        for one in marked.get(mark, ()):
            changes = timeline.now()
            answer = one.call.do(changes)
            count = len(changes.made)
            if count and changes.made == log[place : place + count] and (one.answer is None or one.answer.text == answer.text):
                rank = one.answer is not None, count
                if best is None or rank > best[0]:
                    best = rank, one
    if best is None:
        raise NotLinearizableError(f"nobody has asked for this change, or it was made twice:{_show(log, place)}")
    for mark in best[1].call.marks():
        del marked[mark][best[1]]
    return best[1]


def _read_marks(change: Change, before: Pair | None) -> Iterator[Mark]:
    if change.kind == DELETED and before is not None:
        yield DELETED, change.key, before.revision
        yield DELETED, change.key, None
    if change.kind == WRITTEN:
        yield WRITTEN, change.key, change.text
        old, new = "0" if before is None else before.text, change.text or ""
        if all(text.lstrip("-").isdigit() for text in (old, new)):
            yield "added", change.key, int(new) - int(old)


def _check_order(history: Sequence[Operation], timeline: _Timeline, spans: dict[Operation, Span]) -> None:
    """Find moments for those that changed nothing, and hold all to the order of calls and returns."""
    returned: list[tuple[float, int, int]] = []
    floor, before = timeline.since(-1).__next__(), None
    for number, one in enumerate(history):
        while returned and returned[0][0] < one.invoked:
            _, last, place = heapq.heappop(returned)
            if last > floor:
                floor, before = last, history[place]
        span = spans.get(one) or one.span
        if one.answer is None and span is None:
            continue
        if span is None:
            span = _find_moment(one, timeline, floor, before)
        elif span.after < floor:
            raise NotLinearizableError(f"at revision {span.last}, behind what was told before its call:\n  {one}\n  {before}")
        elif one not in spans:
            if not timeline.has(span.last):
                raise NotLinearizableError(f"there was no state at revision {span.last}:\n  {one}")
            changes = timeline.at(span.last)
            _compare(one, one.call.do(changes), f"at revision {span.last}", changes)
        heapq.heappush(returned, (one.returned, span.last, number))


def _find_moment(one: Operation, timeline: _Timeline, floor: int, before: Operation | None) -> Span:
    """Return the first moment at which the answer is right: none that is later would leave more to those that follow."""
    assert one.answer is not None
    for revision in timeline.since(floor):
        changes = timeline.at(revision)
        if one.call.do(changes).text == one.answer.text and not changes.made:
            return Span(revision, revision)
    raise NotLinearizableError(f"from revision {floor} on it would never have been answered so:\n  {one}\n  {before}")


def _compare(one: Operation, expected: Response, when: str, changes: Changes | None = None) -> None:
    if one.answer is not None and (expected.text != one.answer.text or (changes is not None and changes.made)):
        raise NotLinearizableError(f"{when} the answer would be {json.dumps(expected)}:\n  {one}")


def _show(log: Sequence[Change], place: int) -> str:
    around = log[max(0, place - SHOWN_OF_THE_LOG) : place + SHOWN_OF_THE_LOG + 1] if place >= 0 else log[-SHOWN_OF_THE_LOG:]
    return "".join(f"\n  log: {change}" for change in around)
