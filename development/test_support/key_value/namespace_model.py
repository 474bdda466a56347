"""The model of one namespace, compared with the service's responses and its log of changes."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgpack

from verification.key_value_model import EXPIRED, WRITTEN, Bytes, Change, Changes, Pair, spell
from verification.key_value_operations import Call, Response, read_time

DEFAULT_SETTINGS = {
    "description": "", "quota_pairs": None, "quota_bytes": None, "default_ttl": None, "changes_kept": 10_000, "history_kept": 0,
}  # fmt: skip
QUOTA_EXCEEDED = Response(409, {"problem": "quota-exceeded"})


class NamespaceModel:
    """The expected state of a namespace. Times are milliseconds since 1970-01-01 UTC.

    Expired pairs stay in the model until the log has their expiry, at a time that the service chooses, but are not visible.
    """

    def __init__(self, name: str, wanted: Mapping[str, Any], created_at: str, revision: int) -> None:
        self.name = name
        self.settings = {**DEFAULT_SETTINGS, **wanted, "created_at": created_at}
        self.pairs: dict[str, Pair] = {}
        self.log: list[Change] = []
        self.has_history = False
        """Whether its bytes may count a history, at a time that the service chooses."""
        self._written: dict[str, Change] = {}
        self._kept: dict[str, list[Change]] = {}
        self.revision = revision
        self.oldest_seen = self._oldest = revision + 1
        self.id_bytes = 1
        """The size of the namespace's id in a pair's tuple."""

    def set(self, wanted: Mapping[str, Any]) -> None:
        """Replace the settings."""
        self.find_oldest()
        self.settings = {**DEFAULT_SETTINGS, **wanted, "created_at": self.settings["created_at"]}
        kept = self.settings["history_kept"]
        self.has_history = self.has_history or kept > 0
        self._kept = {key: changes[-kept:] for key, changes in self._kept.items() if kept}

    def find_history(self, key: str, oldest: int) -> list[Change]:
        """Return the changes of a pair that must be kept while the log has those from `oldest` on; the newest ones first."""
        removals = [change.revision for change in self.log if change.key == key and change.kind != WRITTEN]
        gone = max((revision for revision in removals if revision < oldest), default=0)
        kept = [change for change in self.log if change.key == key and change.revision >= oldest]
        kept += [change for change in self._kept.get(key, []) if gone < change.revision < oldest]
        last = self._written.get(key)
        kept += [last] if last is not None and last.revision < oldest else []
        return sorted(kept, reverse=True)

    def find_oldest(self) -> int:
        """Return the oldest change that must be kept now, and must have been kept ever since."""
        self._oldest = max(self._oldest, self.revision - self.settings["changes_kept"] + 1)
        return self._oldest

    def check(self, call: Call, answer: Response, logged: Sequence[Change], before: int, after: int) -> None:
        """Check a response, and the changes logged since, against the model. The call took place between `before` and `after`.

        Raises AssertionError.
        """
        rest = list(logged)
        span = call.find_span(answer)
        while rest and rest[0].kind == EXPIRED and (span is None or self.revision < span.after):
            self.expire(rest.pop(0), after)
        changes = self._begin(before)
        expected = call.do(changes)
        # The expiries that it has set reveal when it was executed.
        expiries = [(one.expires_at, other.expires_at) for one, other in zip(changes.made, rest, strict=False)]
        expiries += [(_read_expiry(expected), _read_expiry(answer))]
        late = max((other - one for one, other in expiries if one is not None and other is not None), default=0)
        assert 0 <= late <= after - before, f"{call}: an expiry that is {late} ms off"
        if late:
            changes = self._begin(before + late)
            expected = call.do(changes)
        if not expected.is_refusal and self._exceeds_quota(changes):
            expected = QUOTA_EXCEEDED
        assert answer.text == expected.text, f"{call}: expected {expected}"
        if not expected.is_refusal:
            made, rest = rest[: len(changes.made)], rest[len(changes.made) :]
            assert made == changes.made, f"{call}: the log has other changes"
            self._keep(changes)
        for change in rest:
            self.expire(change, after)

    def expire(self, change: Change, now: int) -> None:
        """Apply an expiry from the log; the pair's time must be over."""
        pair = self.pairs.pop(change.key)
        assert change == Change(self.revision + 1, EXPIRED, change.key, previous=spell(pair.text)), f"unexpected change {change}"
        assert pair.expires_at is not None
        assert pair.expires_at <= now
        self.revision += 1
        self._record(change)

    def find_live(self, now: int) -> dict[str, Pair]:
        """Return the pairs that have not expired, in the order of their keys."""
        return {key: pair for key, pair in sorted(self.pairs.items()) if pair.expires_at is None or pair.expires_at > now}

    @property
    def statistics(self) -> dict[str, int]:
        """The expected statistics, except for the oldest change."""
        return {"pairs": len(self.pairs), "bytes": self._measure(self.pairs), "revision": self.revision}

    def _begin(self, now: int) -> Changes:
        return Changes(self.pairs.get, self.revision, now=now, default_ttl=self.settings["default_ttl"])

    def _keep(self, changes: Changes) -> None:
        self.pairs = self._left(changes)
        for change in changes.made:
            self._record(change)
        self.revision = changes.revision

    def _record(self, change: Change) -> None:
        last, kept = self._written.pop(change.key, None), self.settings["history_kept"]
        if last is not None and kept:
            self._kept[change.key] = [*self._kept.get(change.key, []), last][-kept:]
        if change.kind == WRITTEN:
            self._written[change.key] = change
        self.log.append(change)

    def _left(self, changes: Changes) -> dict[str, Pair]:
        return {key: pair for key, pair in (self.pairs | changes.left).items() if pair is not None}

    def _exceeds_quota(self, changes: Changes) -> bool:
        left = self._left(changes)
        pairs, size = self.settings["quota_pairs"], self.settings["quota_bytes"]
        return (pairs is not None and len(self.pairs) < len(left) > pairs) or (
            size is not None and self._measure(self.pairs) < self._measure(left) > size
        )

    def _measure(self, pairs: Mapping[str, Pair]) -> int:
        return sum(self.id_bytes + _count_bytes(key, pair) for key, pair in pairs.items())


def _read_expiry(answer: Response) -> int | None:
    """Return the expiry that the response to a new time to live has."""
    text = answer.document.get("expires_at") if isinstance(answer.document, dict) else None
    return None if text is None else read_time(text)


def _count_bytes(key: str, pair: Pair) -> int:
    """Return the size of a pair's tuple, without the namespace's id."""
    expiry = [] if pair.expires_at is None else [pair.expires_at]
    value = pair.value
    stored = f"{value.media_type}\n".encode() + value.content if isinstance(value, Bytes) else pair.text.encode()
    fields = [key, stored if isinstance(value, Bytes) else pair.text, pair.revision, pair.created_revision, pair.version, *expiry]
    # Tarantool's side writes the length of a text or bytes of 256 bytes or more in four bytes, where two may be enough.
    longer = sum(2 for text in (key.encode(), stored) if 256 <= len(text) < 65536)
    return len(msgpack.packb(fields)) + longer
