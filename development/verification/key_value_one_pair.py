"""The operations on one pair."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from verification.key_value_model import BY_DEFAULT, Bytes, Changes, Pair, RefusedError, Ttl, member_of, merge, text_of
from verification.key_value_operations import (
    DEFAULT,
    KEPT,
    Mark,
    Request,
    Response,
    Span,
    claim,
    increment,
    render_time,
    with_json,
)

MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the pair's revision: If-Match and If-None-Match."""

    match: Sequence[int] | Literal["*"] | None = None
    none_match: Sequence[int] | Literal["*"] | None = None

    def fields(self) -> dict[str, str]:
        """Return the header fields."""
        fields = {"If-Match": self.match, "If-None-Match": self.none_match}
        return {
            name: wanted if isinstance(wanted, str) else ", ".join(f'"{revision}"' for revision in wanted)
            for name, wanted in fields.items()
            if wanted is not None
        }

    def holds(self, revision: int) -> bool:
        """Return whether a pair of this revision (0: no pair) meets the condition."""
        return (self.match is None or _has(self.match, revision)) and not self.knows(revision)

    def knows(self, revision: int) -> bool:
        """Return whether the pair has a revision that If-None-Match excludes."""
        return self.none_match is not None and _has(self.none_match, revision)

    @property
    def expected(self) -> int | None:
        """The revision that If-Match requires, if it is exactly one."""
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
        """Return the HTTP request."""
        return Request(self.method, pair_target(self.namespace, self.key), headers=self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        pair = changes.peek(self.key)
        if pair is None:
            return self._refuse(404, "no-such-pair")
        if not Condition(self.condition.match).holds(pair.revision):
            return self._refuse(412, "precondition-failed", pair.revision)
        if self.condition.knows(pair.revision):
            return Response(304, tag=pair.revision)
        value = pair.value
        if isinstance(value, Bytes):
            value = text_of(value) if value.content else None
        return Response(200, None if self.method == "HEAD" else value, pair.revision)

    def find_span(self, answer: Response) -> Span | None:  # noqa: ARG002 (the entity tag is the pair's)
        """Return None: the response does not tell."""
        return None

    def marks(self) -> Iterator[Mark]:
        """Yield nothing: a read changes nothing."""
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
        """Return the HTTP request."""
        query = "" if self.ttl == BY_DEFAULT else f"&ttl={'null' if self.ttl is None else self.ttl}"
        target = pair_target(self.namespace, self.key, query=query)
        if isinstance(self.value, Bytes):
            fields = {"Content-Type": self.value.media_type, **self.condition.fields()}
            return Request("PUT", target, self.value.content, fields)
        return with_json("PUT", target, self.value, **self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        if failed := _fail(changes.find(self.key), self.condition):
            return failed
        is_new = changes.put(self.key, text_of(self.value), changes.find_expiry(self.ttl))
        return _changed(changes, status=201 if is_new else 200)

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda _: 1)

    def marks(self) -> Iterator[Mark]:
        """Yield its only possible change."""
        yield "written", self.key, text_of(self.value)


@dataclass(frozen=True, slots=True)
class Restore:
    """Give one pair the value of an earlier revision: `text`; None: it has none."""

    key: str
    revision: int
    text: str | None
    condition: Condition = UNCONDITIONED
    ttl: Ttl = BY_DEFAULT
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        query = "" if self.ttl == BY_DEFAULT else f"&ttl={'null' if self.ttl is None else self.ttl}"
        target = pair_target(self.namespace, self.key, query=f"&restore={self.revision}{query}")
        return Request("PUT", target, headers=self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        if failed := _fail(changes.find(self.key), self.condition):
            return failed
        if self.text is None:
            return Response(404, {"problem": "no-such-revision"})
        is_new = changes.put(self.key, self.text, changes.find_expiry(self.ttl))
        return _changed(changes, status=201 if is_new else 200)

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda _: 1)

    def marks(self) -> Iterator[Mark]:
        """Yield its only possible change."""
        if self.text is not None:
            yield "written", self.key, self.text


@dataclass(frozen=True, slots=True)
class Patch:
    """Change a part of one pair's value."""

    key: str
    patch: Any
    condition: Condition = UNCONDITIONED
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        return with_json("PATCH", pair_target(self.namespace, self.key), self.patch, MERGE_PATCH, **self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        pair = changes.find(self.key)
        if failed := _fail(pair, self.condition, must_exist=True):
            return failed
        assert pair is not None
        if isinstance(pair.value, Bytes):
            return Response(409, {"problem": "not-json"})
        changes.put(self.key, text_of(merge(pair.value, self.patch)), pair.expires_at)
        return _changed(changes)

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda _: 1)

    def marks(self) -> Iterator[Mark]:
        """Yield what it writes, if the patch replaces the whole value."""
        if not isinstance(self.patch, dict):
            yield "written", self.key, text_of(self.patch)


@dataclass(frozen=True, slots=True)
class DeleteOne:
    """Delete one pair; `previous`: and return the value that it had."""

    key: str
    condition: Condition = UNCONDITIONED
    namespace: str = DEFAULT
    previous: bool = False

    def request(self) -> Request:
        """Return the HTTP request."""
        query = "&previous=true" if self.previous else ""
        return Request("DELETE", pair_target(self.namespace, self.key, query=query), headers=self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        pair = changes.find(self.key)
        if failed := _fail(pair, self.condition, must_exist=True):
            return failed
        assert pair is not None
        changes.delete(self.key)
        if not self.previous:
            return Response(204)
        return Response(200, {"revision": changes.revision, "previous": member_of(pair.value)})

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims; None without a body."""
        return claim(answer, lambda _: 1) if self.previous else None

    def marks(self) -> Iterator[Mark]:
        """Yield its only possible change."""
        yield "deleted", self.key, self.condition.expected


@dataclass(frozen=True, slots=True)
class SetTtl:
    """Set one pair's time to live, from now on."""

    key: str
    ttl: float | None
    condition: Condition = UNCONDITIONED
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        return with_json("PUT", pair_target(self.namespace, self.key, "/ttl"), {"ttl": self.ttl}, **self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        pair = changes.find(self.key)
        if failed := _fail(pair, self.condition, must_exist=True):
            return failed
        assert pair is not None
        expires_at = changes.find_expiry(self.ttl)
        revision = changes.set_expiry(self.key, pair, expires_at)
        return Response(200, {"revision": revision, "expires_at": render_time(expires_at)}, revision)

    def find_span(self, answer: Response) -> Span | None:  # noqa: ARG002 (a renewal takes no revision)
        """Return None: the response does not tell."""
        return None

    def marks(self) -> Iterator[Mark]:
        """Yield its only possible change, if it is one: the value that it writes is the old one."""
        yield KEPT, self.key, None


@dataclass(frozen=True, slots=True)
class Increment:
    """Add to a number; an absent pair counts as 0."""

    key: str
    by: float
    condition: Condition = UNCONDITIONED
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        return with_json("POST", pair_target(self.namespace, self.key, "/increment"), {"by": self.by}, **self.condition.fields())

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        if failed := _fail(changes.find(self.key), self.condition):
            return failed
        try:
            text = increment(changes, self.key, self.by)
        except RefusedError as error:
            return Response(409, {"problem": "number-overflow" if str(error) == "overflow" else "not-a-number"})
        return _changed(changes, value=json.loads(text))

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda _: 1)

    def marks(self) -> Iterator[Mark]:
        """Yield its only possible change."""
        yield "added", self.key, self.by


def pair_target(namespace: str, key: str, part: str = "", query: str = "") -> str:
    """Return the target of a request for a pair or a part of it: in the form that no proxy changes."""
    return f"/namespaces/{namespace}/pair{part}?key={quote(key, safe='')}{query}"


def _fail(pair: Pair | None, condition: Condition, *, must_exist: bool = False) -> Response | None:
    revision = 0 if pair is None else pair.revision
    if must_exist and revision == 0:
        return Response(404, {"problem": "no-such-pair"})
    return None if condition.holds(revision) else Response(412, {"problem": "precondition-failed", "revision": revision})


def _changed(changes: Changes, *, status: int = 200, **told: Any) -> Response:
    return Response(status, {**told, "revision": changes.revision}, changes.revision)


def _has(revisions: Sequence[int] | str, revision: int) -> bool:
    return revision > 0 if revisions == "*" else revision in revisions
