"""Operations on one pair, as `key_value_operations.py` has those on several."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from verification.key_value_model import BY_DEFAULT, Changes, Pair, RefusedError, Ttl, merge, text_of
from verification.key_value_operations import DEFAULT, Mark, Request, Response, Span, claim, increment, render_moment, with_json

MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Condition:
    """Of the pair's revision, as If-Match and If-None-Match ask."""

    match: Sequence[int] | Literal["*"] | None = None
    none_match: Sequence[int] | Literal["*"] | None = None

    def fields(self) -> dict[str, str]:
        """Return the fields."""
        fields = {"If-Match": self.match, "If-None-Match": self.none_match}
        return {
            name: wanted if isinstance(wanted, str) else ", ".join(f'"{revision}"' for revision in wanted)
            for name, wanted in fields.items()
            if wanted is not None
        }

    def holds(self, revision: int) -> bool:
        """Tell whether a pair of this revision (0: none) is as it must be."""
        return (self.match is None or _has(self.match, revision)) and not self.knows(revision)

    def knows(self, revision: int) -> bool:
        """Tell whether it has a revision that it must not have."""
        return self.none_match is not None and _has(self.none_match, revision)

    @property
    def expected(self) -> int | None:
        """The one revision that it asks for."""
        return self.match[0] if isinstance(self.match, Sequence) and len(self.match) == 1 and self.match != "*" else None


UNCONDITIONED = Condition()


@dataclass(frozen=True, slots=True)
class Get:
    """Read one pair; `method`: GET or HEAD."""

    key: str
    condition: Condition = UNCONDITIONED
    method: str = "GET"
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return what is sent."""
        return Request(self.method, pair_path(self.namespace, self.key), headers=self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Do it."""
        pair = changes.look(self.key)
        if pair is None:
            return self._refuse(404, "no-such-pair")
        if not Condition(self.condition.match).holds(pair.revision):
            return self._refuse(412, "precondition-failed", pair.revision)
        if self.condition.knows(pair.revision):
            return Response(304, tag=pair.revision)
        return Response(200, None if self.method == "HEAD" else pair.value, pair.revision)

    def find_span(self, answer: Response) -> Span | None:  # noqa: ARG002 (the entity tag is the pair's)
        """Return None: it does not tell."""
        return None

    def marks(self) -> Iterator[Mark]:
        """Yield nothing: it changes nothing."""
        yield from ()

    def _refuse(self, status: int, problem: str, revision: int | None = None) -> Response:
        told = {} if revision is None else {"revision": revision}
        return Response(status, None if self.method == "HEAD" else {"problem": problem, **told})


@dataclass(frozen=True, slots=True)
class Put:
    """Insert or replace one pair."""

    key: str
    value: Any
    condition: Condition = UNCONDITIONED
    ttl: Ttl = BY_DEFAULT
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return what is sent."""
        query = "" if self.ttl == BY_DEFAULT else f"?ttl={'null' if self.ttl is None else self.ttl}"
        return with_json("PUT", pair_path(self.namespace, self.key) + query, self.value, **self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Do it."""
        if failed := _fail(changes.find(self.key), self.condition):
            return failed
        is_new = changes.put(self.key, text_of(self.value), changes.find_expiry(self.ttl))
        return _changed(changes, status=201 if is_new else 200)

    def find_span(self, answer: Response) -> Span | None:
        """Return which revisions an answer claims."""
        return claim(answer, lambda _: 1)

    def marks(self) -> Iterator[Mark]:
        """Yield its only change."""
        yield "written", self.key, text_of(self.value)


@dataclass(frozen=True, slots=True)
class Patch:
    """Change a part of one pair's value."""

    key: str
    patch: Any
    condition: Condition = UNCONDITIONED
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return what is sent."""
        return with_json("PATCH", pair_path(self.namespace, self.key), self.patch, MERGE_PATCH, **self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Do it."""
        pair = changes.find(self.key)
        if failed := _fail(pair, self.condition, must_exist=True):
            return failed
        assert pair is not None
        changes.put(self.key, text_of(merge(pair.value, self.patch)), pair.expires_at)
        return _changed(changes)

    def find_span(self, answer: Response) -> Span | None:
        """Return which revisions an answer claims."""
        return claim(answer, lambda _: 1)

    def marks(self) -> Iterator[Mark]:
        """Yield what it writes where it replaces all."""
        if not isinstance(self.patch, dict):
            yield "written", self.key, text_of(self.patch)


@dataclass(frozen=True, slots=True)
class DeleteOne:
    """Delete one pair."""

    key: str
    condition: Condition = UNCONDITIONED
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return what is sent."""
        return Request("DELETE", pair_path(self.namespace, self.key), headers=self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Do it."""
        if failed := _fail(changes.find(self.key), self.condition, must_exist=True):
            return failed
        changes.delete(self.key)
        return Response(204)

    def find_span(self, answer: Response) -> Span | None:  # noqa: ARG002 (it has no body)
        """Return None: it does not tell."""
        return None

    def marks(self) -> Iterator[Mark]:
        """Yield its only change."""
        yield "deleted", self.key, self.condition.expected


@dataclass(frozen=True, slots=True)
class SetTtl:
    """Let one pair live for so long from now on."""

    key: str
    ttl: float | None
    condition: Condition = UNCONDITIONED
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return what is sent."""
        return with_json("PUT", pair_path(self.namespace, self.key) + "/ttl", {"ttl": self.ttl}, **self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Do it."""
        pair = changes.find(self.key)
        if failed := _fail(pair, self.condition, must_exist=True):
            return failed
        assert pair is not None
        expires_at = changes.find_expiry(self.ttl)
        changes.put(self.key, pair.text, expires_at)
        return _changed(changes, expires_at=render_moment(expires_at))

    def find_span(self, answer: Response) -> Span | None:
        """Return which revisions an answer claims."""
        return claim(answer, lambda _: 1)

    def marks(self) -> Iterator[Mark]:
        """Yield nothing: what it leaves is what was there."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Increment:
    """Add to a number; an absent one counts as 0."""

    key: str
    by: float
    condition: Condition = UNCONDITIONED
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return what is sent."""
        return with_json("POST", pair_path(self.namespace, self.key) + "/increment", {"by": self.by}, **self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Do it."""
        if failed := _fail(changes.find(self.key), self.condition):
            return failed
        try:
            text = increment(changes, self.key, self.by)
        except RefusedError as error:
            return Response(409, {"problem": "number-overflow" if str(error) == "overflow" else "not-a-number"})
        return _changed(changes, value=json.loads(text))

    def find_span(self, answer: Response) -> Span | None:
        """Return which revisions an answer claims."""
        return claim(answer, lambda _: 1)

    def marks(self) -> Iterator[Mark]:
        """Yield its only change."""
        yield "added", self.key, self.by


def pair_path(namespace: str, key: str) -> str:
    """Return where a pair is."""
    return f"/namespaces/{namespace}/pairs/{quote(key, safe='')}"


def _fail(pair: Pair | None, condition: Condition, *, must_exist: bool = False) -> Response | None:
    revision = 0 if pair is None else pair.revision
    if must_exist and revision == 0:
        return Response(404, {"problem": "no-such-pair"})
    return None if condition.holds(revision) else Response(412, {"problem": "precondition-failed", "revision": revision})


def _changed(changes: Changes, *, status: int = 200, **told: Any) -> Response:
    return Response(status, {**told, "revision": changes.revision}, changes.revision)


def _has(revisions: Sequence[int] | str, revision: int) -> bool:
    return revision > 0 if revisions == "*" else revision in revisions
