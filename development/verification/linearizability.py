"""A linearizability checker: could concurrent operations have happened one after the other, each between its call and return?

The service itself proposes the order: its change log has every change of a namespace with its revision. The log is not trusted.
It is the order that is tried, and a history is accepted only if all of this holds:

- The log is what requested operations make when the model runs them one after the other: each change has the next revision, the
  changes of one operation are adjacent, and each answered operation made exactly the changes in the log and got the response
  that the model gives. A change that no client requested, or that one operation made twice, is rejected.
- Every operation that was acknowledged as a change is in the log.
- An operation that changed nothing got the response that the model gives at its revision: the one in the response or, where the
  response has none (a read of one pair; a condition that did not hold), any revision.
- If one operation was answered before another was called, it comes before it in the order.

So every accepted history is linearizable. Operations without a response may have taken effect at any time after their calls, or
never; the log shows which of them did, by their first change. That every linearizable history is accepted depends on
distinguishable changes: written values and added numbers must be unique. Deletions of unknown outcome are told apart by the
revisions that they require. If several operations could have made the same changes, one that was called in time and explains
most is chosen; only where these overlap in different ways could that choice be wrong, and a linearizable history be rejected.

The time is nearly proportional to the size of the history and the log.
"""

import heapq
import json
import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from verification.key_value_model import DELETED, WRITTEN, Change, Changes, Pair
from verification.key_value_operations import Call, Mark, Response, Span

SHOWN_OF_THE_LOG = 3


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """A call and its response. `returned` is infinite where the outcome is unknown: it may have taken effect, or may still."""

    client: int
    call: Call
    invoked: float
    answer: Response | None = None
    returned: float = math.inf

    @property
    def span(self) -> Span | None:
        """The revisions that the response claims."""
        return None if self.answer is None else self.call.find_span(self.answer)

    def __str__(self) -> str:
        """Client, times, call and response."""
        end = "…" if math.isinf(self.returned) else f"{self.returned:.6f}"
        return f"client {self.client}, {self.invoked:.6f} to {end}: {self.call} → {self.answer}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of a linearizable history: answered operations, unanswered ones, and unanswered ones that took effect."""

    answered: int
    unknown: int
    unknown_but_done: int


class NotLinearizableError(AssertionError):
    """No order of the operations explains the history and the log."""


def judge(history: Sequence[Operation], log: Sequence[Change], begins_at: int = 0) -> Verdict:
    """Check the history of a namespace that was empty at revision `begins_at`, after which the log begins.

    Raises NotLinearizableError, which names the contradiction.
    """
    history = sorted(history, key=lambda one: one.invoked)
    timeline = _Timeline(begins_at)
    spans = _replay(history, log, timeline)
    _check_order(history, timeline, spans)
    unknown = sum(one.answer is None for one in history)
    return Verdict(len(history) - unknown, unknown, sum(one.answer is None for one in spans))


class _Timeline:
    """All states of the namespace: one after each operation that changed something."""

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
    """Build the timeline; return the revisions of the operations that changed something."""
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
                raise NotLinearizableError(f"two operations claim the same change:\n  {other}\n  {one}")
    begins_at = timeline.last
    deadline = _find_deadlines(history)
    spans: dict[Operation, Span] = {}
    while timeline.last < begins_at + len(log):
        place = timeline.last - begins_at
        found = claiming.pop(timeline.last + 1, None)
        if found is None:
            found = _find_unclaimed(marked, log, place, timeline, deadline(timeline.last + 1))
        changes = timeline.now()
        answer = found.call.do(changes)
        made = log[place : place + max(1, len(changes.made))]
        if changes.made != made:
            raise NotLinearizableError(f"the log differs from what this operation does:\n  {found}{_show(log, place)}")
        _compare(found, answer, f"by the log, at revision {timeline.last + 1}")
        spans[found] = Span(timeline.last, changes.revision)
        timeline.extend(changes)
    if claiming:
        raise NotLinearizableError(f"acknowledged and lost: the log ends before it\n  {min(claiming.items())[1]}{_show(log, -1)}")
    return spans


def _find_deadlines(history: Sequence[Operation]) -> Callable[[int], float]:
    """Return what gives, for a revision, the time by which the operation that made it was called.

    That is when the first operation returned that shows this revision or a later one.
    """
    shown = sorted((span.last, one.returned) for one in history if (span := one.span) is not None)
    revisions = [revision for revision, _ in shown]
    times = [*accumulate((returned for _, returned in reversed(shown)), min, initial=math.inf)][::-1]
    return lambda revision: times[bisect_left(revisions, revision)]


def _find_unclaimed(
    marked: dict[Mark, dict[Operation, None]], log: Sequence[Change], place: int, timeline: _Timeline, deadline: float
) -> Operation:
    """Return the operation that made the change at a place in the log, called by the deadline; remove it from `marked`."""
    best: tuple[tuple[bool, bool, int], Operation] | None = None
    for mark in _read_marks(log[place], timeline.now().peek(log[place].key)):
        for one in marked.get(mark, ()):
            changes = timeline.now()
            answer = one.call.do(changes)
            count = len(changes.made)
            if count and changes.made == log[place : place + count] and (one.answer is None or one.answer.text == answer.text):
                rank = one.invoked <= deadline, one.answer is not None, count
                if best is None or rank > best[0]:
                    best = rank, one
    if best is None:
        raise NotLinearizableError(f"no operation requested this change, or it was made twice:{_show(log, place)}")
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
    """Place the operations that changed nothing, and check all against the order of calls and returns."""
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
            raise NotLinearizableError(
                f"at revision {span.last}, before a revision that was returned before its call:\n  {one}\n  {before}"
            )
        elif one not in spans:
            if not timeline.has(span.last):
                raise NotLinearizableError(f"there was no state at revision {span.last}:\n  {one}")
            changes = timeline.at(span.last)
            _compare(one, one.call.do(changes), f"at revision {span.last}", changes)
        heapq.heappush(returned, (one.returned, span.last, number))


def _find_moment(one: Operation, timeline: _Timeline, floor: int, before: Operation | None) -> Span:
    """Return the first revision at which the response is right: a later one would only restrict later operations more."""
    assert one.answer is not None
    for revision in timeline.since(floor):
        changes = timeline.at(revision)
        if one.call.do(changes).text == one.answer.text and not changes.made:
            return Span(revision, revision)
    raise NotLinearizableError(f"no revision from {floor} on gives this response:\n  {one}\n  {before}")


def _compare(one: Operation, expected: Response, when: str, changes: Changes | None = None) -> None:
    if one.answer is not None and (expected.text != one.answer.text or (changes is not None and changes.made)):
        raise NotLinearizableError(f"{when} the response would be {json.dumps(expected)}:\n  {one}")


def _show(log: Sequence[Change], place: int) -> str:
    around = log[max(0, place - SHOWN_OF_THE_LOG) : place + SHOWN_OF_THE_LOG + 1] if place >= 0 else log[-SHOWN_OF_THE_LOG:]
    return "".join(f"\n  log: {change}" for change in around)
