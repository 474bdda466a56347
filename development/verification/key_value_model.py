"""A model of a namespace: pairs, and the numbered changes that made them."""

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context
from typing import Any, Final, NamedTuple

import orjson

WRITTEN, DELETED, EXPIRED = "written", "deleted", "expired"
MIN_SUM, MAX_SUM = -(2**63), 2**63 - 1
BY_DEFAULT: Final = "by default"
MIN_FIXED_EXPONENT = -4  # of %g: a smaller number is written with an exponent

Ttl = float | None | str
"""Seconds; None: no expiry; BY_DEFAULT: the namespace's default."""


class RefusedError(Exception):
    """An operation is refused and changes nothing."""


class Bytes(NamedTuple):
    """A value that is no JSON. Its text is that of its JSON form behind a line feed, with which no JSON text begins."""

    media_type: str
    content: bytes

    @property
    def document(self) -> dict[str, str]:
        """The form that it has in JSON."""
        return {"media_type": self.media_type, "base64": b64encode(self.content).decode()}

    @classmethod
    def of(cls, document: Mapping[str, str]) -> "Bytes":
        """Return the value of this form."""
        return cls(document["media_type"], b64decode(document["base64"], validate=True))


class Change(NamedTuple):
    """One change of one pair. `text`: its value, as `text_of` has it; `expires_at`: milliseconds since 1970-01-01 UTC.

    `previous`: the text that a removed pair had.
    """

    revision: int
    kind: str
    key: str
    text: str | None = None
    expires_at: int | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A stored pair."""

    text: str
    revision: int
    created_revision: int
    version: int
    expires_at: int | None = None

    @property
    def value(self) -> Any:
        """The parsed JSON value, or the Bytes."""
        return Bytes.of(json.loads(self.text)) if self.text.startswith("\n") else json.loads(self.text)


class Changes:
    """The reads and changes of one operation, which are applied all or not at all."""

    def __init__(
        self,
        find: Callable[[str], Pair | None],
        revision: int,
        *,
        now: int = 0,
        default_ttl: float | None = None,
        history: Callable[[str], Sequence[Change]] = lambda _: (),
    ) -> None:
        """`history` returns the changes of a pair so far, from the oldest one on."""
        self._find = find
        self.find_history = history
        self._default_ttl = default_ttl
        self.now = now
        self.revision = revision
        self.made: list[Change] = []
        self.left: dict[str, Pair | None] = {}

    def peek(self, key: str) -> Pair | None:
        """Return a pair, or None if it is absent or expired. Changes nothing."""
        pair = self.left[key] if key in self.left else self._find(key)
        return None if pair is None or (pair.expires_at is not None and pair.expires_at <= self.now) else pair

    def find(self, key: str) -> Pair | None:
        """Return a pair before a change, or None. An expired pair that is still stored is removed: a change of its own."""
        pair = self.peek(key)
        if pair is None and (gone := self.left[key] if key in self.left else self._find(key)) is not None:
            self._remove(key, EXPIRED, gone)
        return pair

    def find_revision(self, key: str) -> int:
        """Return a pair's revision; 0: no pair."""
        pair = self.find(key)
        return 0 if pair is None else pair.revision

    def find_expiry(self, ttl: Ttl) -> int | None:
        """Return the expiry of a pair that is written now: milliseconds since 1970-01-01 UTC, or None."""
        seconds = self._default_ttl if ttl == BY_DEFAULT else ttl
        return None if seconds is None else self.now + math.ceil(float(seconds) * 1000 - 1e-6)

    def put(self, key: str, text: str, expires_at: int | None = None) -> bool:
        """Insert or replace a pair; return whether it is new."""
        before = self.find(key)
        self.revision += 1
        created, version = (self.revision, 1) if before is None else (before.created_revision, before.version + 1)
        self.left[key] = Pair(text, self.revision, created, version, expires_at)
        self.made.append(Change(self.revision, WRITTEN, key, spell(text), expires_at))
        return before is None

    def set_expiry(self, key: str, pair: Pair, expires_at: int | None) -> int:
        """Set when a pair expires; return its revision. To let one that expires live longer, a renewal, is no change."""
        if pair.expires_at is None or expires_at is None or expires_at < pair.expires_at:
            self.put(key, pair.text, expires_at)
            return self.revision
        self.left[key] = replace(pair, expires_at=expires_at)
        return pair.revision

    def delete(self, key: str) -> bool:
        """Delete a pair; return whether there was one."""
        pair = self.find(key)
        if pair is None:
            return False
        self._remove(key, DELETED, pair)
        return True

    def _remove(self, key: str, kind: str, pair: Pair) -> None:
        self.revision += 1
        self.left[key] = None
        self.made.append(Change(self.revision, kind, key, previous=spell(pair.text)))


def text_of(value: object) -> str:
    """Return a value's JSON text, as the service stores it, or the text of Bytes."""
    if isinstance(value, Bytes):
        return f"\n{json.dumps(value.document)}"
    return orjson.dumps(_spell_out(value)).decode()


def _spell_out(value: Any) -> Any:
    """Return the value with the integers that orjson refuses as the texts that it shall insert."""
    if type(value) is int and not -(2**63) <= value < 2**64:
        return orjson.Fragment(str(value))
    if isinstance(value, dict):
        return {name: _spell_out(part) for name, part in value.items()}
    return [_spell_out(part) for part in value] if isinstance(value, list) else value


def member_of(value: object, name: str = "value") -> dict[str, Any]:
    """Return the member of an object that has a value: of this name, or `binary`."""
    return {"binary": value.document} if isinstance(value, Bytes) else {name: value}


def value_in(members: Mapping[str, Any], name: str = "value") -> Any:
    """Return the value that an object has."""
    return Bytes.of(members["binary"]) if "binary" in members else members[name]


def members_of(values: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """Return the members that have values by key: `data` and, if there are Bytes, `binary`."""
    binary = {key: value.document for key, value in values.items() if isinstance(value, Bytes)}
    data = {key: value for key, value in values.items() if key not in binary}
    return {"data": data, "binary": binary} if binary else {"data": data}


def spell(text: str) -> str:
    """Return the text in orjson's form: sums of doubles are stored in another form."""
    return text_of(json.loads(text)) if text[:2].strip("-")[:1].isdigit() else text


def add(text: str, by: float) -> str:
    """Return the text of a sum. Raises RefusedError: `not a number` or `overflow`."""
    value = json.loads(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError("not a number")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise RefusedError("overflow")
    if isinstance(value, int) and isinstance(by, int):
        if not MIN_SUM <= value + by <= MAX_SUM:
            raise RefusedError("overflow")
        return str(value + by)
    total = float(value) + float(by)
    if not math.isfinite(total):
        raise RefusedError("overflow")
    return _shortest(total)


def _shortest(number: float) -> str:
    """Return the text with 15, 16 or 17 digits, as few as the same double needs.

    As C's `%g` writes it, but with ties rounded away from zero, as LuaJIT does: Python rounds them to even.
    """
    for digits in (15, 16, 17):
        rounded = Context(digits, ROUND_HALF_UP).create_decimal_from_float(number)
        if float(rounded) == number:
            break
    text = f"{rounded.normalize():f}"
    exponent = rounded.adjusted()
    if number and not MIN_FIXED_EXPONENT <= exponent < digits:
        mantissa = f"{rounded.scaleb(-exponent).normalize():f}"
        return f"{mantissa}e{exponent:+03d}"
    return text if "." in text else f"{text}.0"


def merge(value: Any, patch: Any) -> Any:
    """Return a value with a merge patch applied (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(value) if isinstance(value, dict) else {}
    for name, part in patch.items():
        if part is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), part)
    return merged
