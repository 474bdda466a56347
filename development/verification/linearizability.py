"""A linearizability checker: could concurrent operations have happened one after the other, each between its call and return?

The service itself proposes the order: its change log has every change of a namespace with its revision. The log is not trusted.
It is the order that is tried, and a history is accepted only if all of this holds:

- The log is what requested operations make when the model runs them one after the other: each change has the next revision, the
  changes of one operation are adjacent, and each answered operation made exactly the changes in the log and got the response
  that the model gives. A change that no client requested, or that one operation made twice, is rejected.
- Every operation that was acknowledged as a change is in the log.
- Of the requests with one idempotency key at most one is done, and all get its response.
- A pair with a time to live is there until it expires, by the clock of the store, and from then on no operation sees it. Its
  expiry is in the log, not before that time, or never. Renewals, which are in no log, count as their responses have them.
- An operation that changed nothing got the response that the model gives at its revision: the one in the response or, where the
  response has none (a read of one pair; a condition that did not hold), any revision.
- If one operation was answered before another was called, it comes before it in the order.

So every accepted history is linearizable, with one exception: operations that were in progress when a pair expired are compared
with the changes around them, but not with one another; nor are those that follow a renewal without a response, until the pair has
expired. (None of these may keep or show its expiry.) Operations without a response may have taken effect at any time after their
calls, or never; the log shows which of them did, by their first change. That every linearizable history is accepted depends on
distinguishable changes: written values and added numbers must be unique. Deletions of unknown outcome are told apart by the
revisions that they require. If several operations could have made the same changes, one that was called in time and explains
most is chosen; only where these overlap in different ways could that choice be wrong, and a linearizable history be rejected.

The time is nearly proportional to the size of the history and the log.
"""

import heapq
import json
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from verification.key_value_model import DELETED, EXPIRED, WRITTEN, Change, Changes, Pair, spell
from verification.key_value_operations import KEPT, Mark, Response, Span, read_time
from verification.repetitions import merge_repetitions
from verification.timeline import NotLinearizableError, Operation, Timeline, to_milliseconds

SHOWN_OF_THE_LOG = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of a linearizable history: answered operations, unanswered ones, and unanswered ones that took effect."""

    answered: int
    unknown: int
    unknown_but_done: int


def judge(history: Sequence[Operation], log: Sequence[Change], begins_at: int = 0) -> Verdict:
    """Check the history of a namespace that was empty at revision `begins_at`, after which the log begins.

    Raises NotLinearizableError, which names the contradiction.
    """
    history = sorted(merge_repetitions(history), key=lambda one: one.invoked)
    timeline = Timeline(begins_at, history, log)
    spans = _replay(history, log, timeline)
    timeline.conclude()
    _check_order(history, timeline, spans)
    unknown = sum(one.answer is None for one in history)
    return Verdict(len(history) - unknown, unknown, sum(one.answer is None for one in spans))


def _replay(history: Sequence[Operation], log: Sequence[Change], timeline: Timeline) -> dict[Operation, Span]:
    """Build the timeline; return the revisions of the operations that changed something."""
    claiming: dict[int, Operation] = {}
    marked: defaultdict[Mark, dict[Operation, None]] = defaultdict(dict)
    for one in history:
        span = one.span
        if span is None:
            for mark in one.call.marks() if one.answer is None or not one.answer.is_refusal else ():
                marked[mark][one] = None
        elif span.after < span.last:
            other = claiming.setdefault(_find_first(span, log, timeline.last), one)
            if other is not one:
                raise NotLinearizableError(f"two operations claim the same change:\n  {other}\n  {one}")
    begins_at = timeline.last
    deadline = _find_deadlines(history)
    spans: dict[Operation, Span] = {}
    while timeline.last < begins_at + len(log):
        place = timeline.last - begins_at
        if log[place].kind == EXPIRED:
            if not timeline.expire(log[place]):
                raise NotLinearizableError(f"there is no pair to expire:{_show(log, place)}")
            continue
        found = claiming.pop(timeline.last + 1, None)
        if found is None:
            found = _find_unclaimed(marked, log, place, timeline, deadline(timeline.last + 1))
        made, earliest = _carry_out(found, timeline, log, place)
        spans[found] = Span(timeline.last, made.revision)
        timeline.extend(made, earliest, found.latest)
    if claiming:
        raise NotLinearizableError(f"acknowledged and lost: the log ends before it\n  {min(claiming.items())[1]}{_show(log, -1)}")
    return spans


def _find_first(span: Span, log: Sequence[Change], begins_at: int) -> int:
    """Return the revision of an operation's first change: among those that it claims, pairs may have expired."""
    first, count = span.last, span.last - span.after
    while first > begins_at and first - begins_at <= len(log):
        count -= log[first - begins_at - 1].kind != EXPIRED
        if count == 0:
            return first
        first -= 1
    return span.after + 1


def _carry_out(one: Operation, timeline: Timeline, log: Sequence[Change], place: int) -> tuple[Changes, float]:
    """Return what an operation does at a place in the log, and the earliest millisecond at which it may have done it.

    Raises NotLinearizableError if it does anything else than the log says, or has another response.
    """
    difference = ""
    for now, changes, answer in _attempt(one, timeline, timeline.last, log[place].expires_at):
        if changes.made != log[place : place + max(1, len(changes.made))]:
            difference = difference or f"the log differs from what this operation does:\n  {one}{_show(log, place)}"
        elif one.answer is not None and answer.text != one.answer.text:
            when = f"by the log, at revision {timeline.last + 1}"
            difference = difference or f"{when} the response would be {json.dumps(answer)}:\n  {one}"
        else:
            return changes, now
    raise NotLinearizableError(difference or f"not done in its time:\n  {one}{_show(log, place)}")


def _attempt(
    one: Operation, timeline: Timeline, revision: int, expires_at: int | None = None
) -> Iterator[tuple[int, Changes, Response]]:
    """Yield what an operation does at a revision, at each millisecond that may make a difference: with its response.

    `expires_at` is the expiry that it has set, if any.
    """
    moments: Sequence[int] = (0,)
    if timeline.has_expiries:
        earliest, until = timeline.find_time(revision)
        earliest, until = max(one.earliest, earliest), min(one.latest, until)
        exact = _find_time(one, expires_at)
        if exact is not None:
            moments = (exact,) if earliest <= exact <= until else ()
        elif earliest <= until:
            moments = (int(earliest), *timeline.find_turns(revision, earliest, until))
        else:
            moments = ()
    for is_kept in (False, True) if timeline.may_keep else (False,):
        for now in moments:
            changes = timeline.at(revision, now, is_kept=is_kept)
            yield now, changes, one.call.do(changes)


def _find_time(one: Operation, expires_at: int | None) -> int | None:
    """Return the millisecond at which an operation took effect, if the expiry that it has set tells."""
    ttl = getattr(one.call, "ttl", None)
    return to_milliseconds(-ttl) + expires_at if isinstance(ttl, int | float) and expires_at is not None else None


def _find_deadlines(history: Sequence[Operation]) -> Callable[[int], float]:
    """Return what gives, for a revision, the time by which the operation that made it was called.

    That is when the first operation returned that shows this revision or a later one.
    """
    shown = sorted((span.last, one.returned) for one in history if (span := one.span) is not None)
    revisions = [revision for revision, _ in shown]
    times = [*accumulate((returned for _, returned in reversed(shown)), min, initial=math.inf)][::-1]
    return lambda revision: times[bisect_left(revisions, revision)]


def _find_unclaimed(
    marked: dict[Mark, dict[Operation, None]], log: Sequence[Change], place: int, timeline: Timeline, deadline: float
) -> Operation:
    """Return the operation that made the change at a place in the log, called by the deadline; remove it from `marked`."""
    best: tuple[tuple[bool, bool, int], Operation] | None = None
    for mark in _read_marks(log[place], timeline.at(timeline.last).peek(log[place].key)):
        for one in marked.get(mark, ()):
            for _, changes, answer in _attempt(one, timeline, timeline.last, log[place].expires_at):
                count = len(changes.made)
                is_right = one.answer is None or one.answer.text == answer.text
                if count and is_right and changes.made == log[place : place + count]:
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
        if before is not None and spell(before.text) == change.text:
            yield KEPT, change.key, None
        old, new = "0" if before is None else before.text, change.text or ""
        if all(text.lstrip("-").isdigit() for text in (old, new)):
            yield "added", change.key, int(new) - int(old)


def _check_order(history: Sequence[Operation], timeline: Timeline, spans: dict[Operation, Span]) -> None:
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
            if not _is_right(one, timeline, span.last):
                expected = [answer for _, _, answer in _attempt(one, timeline, span.last)]
                when = "{:.0f} to {:.0f}".format(*timeline.find_time(span.last))
                told = f"at revision {span.last}, in milliseconds {when}, the response would be {json.dumps(expected[:1])}"
                raise NotLinearizableError(f"{told}:\n  {one}")
        heapq.heappush(returned, (one.returned, span.last, number))


def _find_moment(one: Operation, timeline: Timeline, floor: int, before: Operation | None) -> Span:
    """Return the first revision at which the response is right: a later one would only restrict later operations more."""
    for revision in timeline.since(floor):
        if _is_right(one, timeline, revision):
            return Span(revision, revision)
    raise NotLinearizableError(f"no revision from {floor} on gives this response:\n  {one}\n  {before}")


def _is_right(one: Operation, timeline: Timeline, revision: int) -> bool:
    """Return whether an operation that changed nothing has the response that it would have at a revision."""
    assert one.answer is not None
    told = one.answer.document
    expires_at = told.get("expires_at") if isinstance(told, dict) else None
    return any(
        answer.text == one.answer.text and (answer.is_refusal or not changes.made)
        for _, changes, answer in _attempt(one, timeline, revision, None if expires_at is None else read_time(expires_at))
    )


def _show(log: Sequence[Change], place: int) -> str:
    around = log[max(0, place - SHOWN_OF_THE_LOG) : place + SHOWN_OF_THE_LOG + 1] if place >= 0 else log[-SHOWN_OF_THE_LOG:]
    return "".join(f"\n  log: {change}" for change in around)
