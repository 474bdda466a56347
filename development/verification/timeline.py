"""All states that a namespace has had, by revision and by time: what the linearizability checker compares responses with."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from verification.key_value_model import EXPIRED, Change, Changes, Pair, spell
from verification.key_value_one_pair import SetTtl
from verification.key_value_operations import Call, Response, Span, read_time

LONGER_MILLISECONDS = 1
"""By how much a pair outlives a moment at which a renewal without a response may have kept it."""


class NotLinearizableError(AssertionError):
    """No order of the operations explains the history and the log."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """A call and its response. Times are seconds since 1970-01-01 UTC, by the clock of the store.

    `returned` is infinite where the outcome is unknown: it may have taken effect, or may still.
    """

    client: int
    call: Call
    invoked: float
    answer: Response | None = None
    returned: float = math.inf

    @property
    def span(self) -> Span | None:
        """The revisions that the response claims."""
        return None if self.answer is None else self.call.find_span(self.answer)

    @property
    def earliest(self) -> int:
        """The millisecond from which on it may have taken effect."""
        return math.floor(self.invoked * 1000)

    @property
    def latest(self) -> float:
        """The millisecond until which it may have taken effect."""
        return self.returned if math.isinf(self.returned) else math.floor(self.returned * 1000)

    def __str__(self) -> str:
        """Client, times, call and response."""
        end = "…" if math.isinf(self.returned) else f"{self.returned:.6f}"
        return f"client {self.client}, {self.invoked:.6f} to {end}: {self.call} → {self.answer}"


class Timeline:
    """All states of the namespace: one after each operation that changed something, and after each pair that expired.

    Renewals are in no log: what they did to the expiry of a pair, which keeps its revision, is known from their responses.
    """

    def __init__(self, begins_at: int, history: Sequence[Operation], log: Sequence[Change]) -> None:
        self._moments = [begins_at]
        self._earliest: list[float] = [-math.inf]
        self._until: list[float] = [math.inf]
        self._revisions: defaultdict[str, list[int]] = defaultdict(lambda: [begins_at])
        self._pairs: defaultdict[str, list[Pair | None]] = defaultdict(lambda: [None])
        self._logged: defaultdict[str, list[Change]] = defaultdict(list)
        for change in log:
            self._logged[change.key].append(change)
        self._fleeting = sorted({change.key for change in log if change.expires_at is not None})
        self._renewals: defaultdict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
        self._lost: dict[tuple[str, int | None], int] = {}
        for one in history:
            self._note_renewal(one)
        for renewals in self._renewals.values():
            renewals.sort()

    def _note_renewal(self, one: Operation) -> None:
        call = one.call
        if not isinstance(call, SetTtl) or call.ttl is None:
            return
        if one.answer is None:
            concerned = call.key, call.condition.expected
            self._lost[concerned] = min(self._lost.get(concerned, one.earliest), one.earliest)
        elif not one.answer.is_refusal:
            expires_at = read_time(one.answer.document["expires_at"])
            self._renewals[call.key, one.answer.document["revision"]].append((expires_at - to_milliseconds(call.ttl), expires_at))

    @property
    def last(self) -> int:
        """The revision of the latest state."""
        return self._moments[-1]

    @property
    def has_expiries(self) -> bool:
        """Whether any pair may expire."""
        return bool(self._fleeting)

    def at(self, revision: int, now: int = 0, *, is_kept: bool = False) -> Changes:
        """Return the state at a revision and a millisecond; `is_kept`: renewals without a response have kept what may be kept."""

        def find(key: str) -> Pair | None:
            pair = self._find(key, revision)
            if pair is None or pair.expires_at is None:
                return pair
            expires_at = self._find_expiry(key, pair, now)
            if is_kept and expires_at <= now and self._may_be_kept(key, pair.revision, expires_at):
                expires_at = now + LONGER_MILLISECONDS
            return replace(pair, expires_at=expires_at)

        def list_logged(key: str) -> Sequence[Change]:
            logged = self._logged[key]
            return logged[: bisect_right(logged, revision, key=lambda change: change.revision)]

        return Changes(find, revision, now=now, history=list_logged)

    def find_turns(self, revision: int, after: float, until: float) -> list[int]:
        """Return the milliseconds in that time from which on pairs of the state are expired, or renewed."""
        turns = set()
        for key in self._fleeting:
            pair = self._find(key, revision)
            if pair is not None and pair.expires_at is not None:
                turns.add(self._find_expiry(key, pair))
                turns |= {renewed_at + 1 for renewed_at, _ in self._renewals.get((key, pair.revision), ())}
        return sorted(moment for moment in turns if after < moment <= until)

    @property
    def may_keep(self) -> bool:
        """Whether there are renewals without a response."""
        return bool(self._lost)

    def extend(self, changes: Changes, earliest: float, until: float) -> None:
        """Add the state after some changes, which were made, and seen by others, between two milliseconds."""
        for key, pair in changes.left.items():
            self._revisions[key].append(changes.revision)
            self._pairs[key].append(pair)
        self._moments.append(changes.revision)
        self._earliest.append(max(earliest, self._earliest[-1]))
        self._until.append(until)

    def expire(self, change: Change) -> bool:
        """Add the state after an expiry in the log; return whether there was such a pair."""
        pair = self._find(change.key, self.last)
        if pair is None or pair.expires_at is None:
            return False
        revision = self.last + 1
        if change != Change(revision, EXPIRED, change.key, previous=spell(pair.text)):
            return False
        changes = self.at(self.last)
        changes.revision, changes.left = revision, {change.key: None}
        self.extend(changes, self._find_expiry(change.key, pair), math.inf)
        return True

    def conclude(self) -> None:
        """Note until when each state was there: each change came before those after it. To be called when all are known."""
        for place in range(len(self._until) - 2, -1, -1):
            self._until[place] = min(self._until[place], self._until[place + 1])

    def has(self, revision: int) -> bool:
        """Return whether there was a state at a revision."""
        place = bisect_left(self._moments, revision)
        return place < len(self._moments) and self._moments[place] == revision

    def since(self, revision: int) -> Iterator[int]:
        """Yield the revisions of the states from one on."""
        return (self._moments[place] for place in range(bisect_left(self._moments, revision), len(self._moments)))

    def find_time(self, revision: int) -> tuple[float, float]:
        """Return the milliseconds from which on, and until which, the state at a revision may have been there."""
        place = bisect_left(self._moments, revision)
        return self._earliest[place], self._until[place + 1] if place + 1 < len(self._until) else math.inf

    def _find(self, key: str, revision: int) -> Pair | None:
        return self._pairs[key][bisect_right(self._revisions[key], revision) - 1]

    def _may_be_kept(self, key: str, revision: int, expires_at: int) -> bool:
        return any(self._lost.get((key, required), expires_at) < expires_at for required in (revision, None))

    def _find_expiry(self, key: str, pair: Pair, now: float = math.inf) -> int:
        """Return the expiry that a pair, which has one, had at a millisecond, or at last."""
        assert pair.expires_at is not None
        renewals = self._renewals.get((key, pair.revision), ())
        known = [expires_at for renewed_at, expires_at in renewals if renewed_at < now]
        return max([pair.expires_at, *known])


def to_milliseconds(seconds: float) -> int:
    """Return a time to live in milliseconds, rounded up as the store does."""
    return math.ceil(float(seconds) * 1000 - 1e-6)
