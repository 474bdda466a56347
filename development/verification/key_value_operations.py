"""The key-value service's operations: how each is asked for, and what it does and answers by the model.

A new operation is a new class here.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from verification.key_value_model import BY_DEFAULT, Changes, Pair, Ttl, add, text_of

DEFAULT = "default"
JSON = "application/json"
_TOLD_BY_PROBLEMS = ("conflicts", "revision", "operation", "key", "reason")

Mark = tuple[str, str, object]
"""How a change that an operation may make first looks: `written` and the text, `added` and the number, `deleted` and the revision
that the pair had to have, or None."""


class Request(NamedTuple):
    """What is sent."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = {}


class Response(NamedTuple):
    """What is told. Of a problem: its name, and those of its members that depend on the pairs."""

    status: int
    document: Any = None
    tag: int | None = None

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: bytes) -> "Response":
        """Return what an HTTP answer tells."""
        document: Any = json.loads(body) if body else None
        tag = int(headers["etag"].strip('"')) if "etag" in headers else None
        if status >= HTTPStatus.BAD_REQUEST and document is not None:
            told = {name: document[name] for name in _TOLD_BY_PROBLEMS if name in document}
            document = {"problem": document["type"].rpartition(":")[2], **told}
            if "conflicts" in document:
                document["conflicts"].sort(key=lambda one: one["key"])
        return cls(status, document, tag)

    @property
    def is_refusal(self) -> bool:
        """Whether nothing was done."""
        return self.status >= HTTPStatus.BAD_REQUEST

    @property
    def text(self) -> str:
        """Something that two answers share only if they tell the same: 1 and 1.0 differ."""
        return json.dumps(self, sort_keys=True)


class Span(NamedTuple):
    """Which of a namespace's revisions an operation has taken: those behind `after` up to `last`; none, if they are the same."""

    after: int
    last: int


class Call(Protocol):
    """Something to ask the service for."""

    @property
    def namespace(self) -> str:
        """Where."""
        ...

    def request(self) -> Request:
        """Return what is sent."""
        ...

    def do(self, changes: Changes) -> Response:
        """Do it, and return what is answered."""
        ...

    def find_span(self, answer: Response) -> Span | None:
        """Return which revisions an answer claims; None: it does not tell."""
        ...

    def marks(self) -> Iterator[Mark]:
        """Yield all that its first change may be."""
        ...


@dataclass(frozen=True, slots=True)
class Write:
    """Insert or replace pairs, where their conditions hold: all or none."""

    data: Mapping[str, Any]
    if_revision: Mapping[str, int] = field(default_factory=dict)
    if_absent: bool = False
    ttl: Ttl = BY_DEFAULT
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return what is sent."""
        options = {"if_revision": self.if_revision, "if_absent": self.if_absent}
        return _post("/write", self.namespace, data=self.data, **_only_given(options), **_ttl_member(self.ttl))

    def do(self, changes: Changes) -> Response:
        """Do it."""
        if conflicts := _find_conflicts(changes, self.if_revision):
            return conflicts
        expires_at = changes.find_expiry(self.ttl)
        skipped = []
        for key, value in self.data.items():
            if self.if_absent and changes.find(key) is not None:
                skipped.append(key)
            else:
                changes.put(key, text_of(value), expires_at)
        written = len(self.data) - len(skipped)
        return Response(200, {"status": "success", "written": written, "revision": changes.revision, "skipped": skipped})

    def find_span(self, answer: Response) -> Span | None:
        """Return which revisions an answer claims."""
        return claim(answer, lambda document: document["written"])

    def marks(self) -> Iterator[Mark]:
        """Yield all that its first change may be."""
        yield from (("written", key, text_of(value)) for key, value in self.data.items())


@dataclass(frozen=True, slots=True)
class Read:
    """Read pairs as they stand at one moment."""

    keys: Sequence[str]
    metadata: bool = False
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return what is sent."""
        return _post("/read", self.namespace, keys=list(self.keys), **_only_given({"metadata": self.metadata}))

    def do(self, changes: Changes) -> Response:
        """Do it."""
        found = {key: pair for key in self.keys if (pair := changes.look(key)) is not None}
        document: dict[str, Any] = {
            "data": {key: pair.value for key, pair in found.items()},
            "missing": [key for key in self.keys if key not in found],
            "revision": changes.revision,
        }
        if self.metadata:
            document["metadata"] = {key: describe(pair) for key, pair in found.items()}
        return Response(200, document)

    def find_span(self, answer: Response) -> Span | None:
        """Return which revisions an answer claims."""
        return claim(answer, lambda _: 0)

    def marks(self) -> Iterator[Mark]:
        """Yield nothing: it changes nothing."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete those of the keys that exist."""

    keys: Sequence[str]
    if_revision: Mapping[str, int] = field(default_factory=dict)
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return what is sent."""
        return _post("/delete", self.namespace, keys=list(self.keys), **_only_given({"if_revision": self.if_revision}))

    def do(self, changes: Changes) -> Response:
        """Do it."""
        if conflicts := _find_conflicts(changes, self.if_revision):
            return conflicts
        missing = [key for key in self.keys if not changes.delete(key)]
        return Response(200, {"deleted": len(self.keys) - len(missing), "missing": missing, "revision": changes.revision})

    def find_span(self, answer: Response) -> Span | None:
        """Return which revisions an answer claims."""
        return claim(answer, lambda document: document["deleted"])

    def marks(self) -> Iterator[Mark]:
        """Yield all that its first change may be."""
        yield from (("deleted", key, self.if_revision.get(key)) for key in self.keys)


def render_moment(milliseconds: int | None) -> str | None:
    """Return a moment as answers tell it."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return moment.isoformat().replace("+00:00", "Z")


def describe(pair: Pair) -> dict[str, Any]:
    """Return what is told of a pair beside its value."""
    return {
        "revision": pair.revision,
        "created_revision": pair.created_revision,
        "version": pair.version,
        "expires_at": render_moment(pair.expires_at),
    }


def increment(changes: Changes, key: str, by: float) -> str:
    """Add to a pair, and return the sum's text. Raises RefusedError."""
    pair = changes.find(key)
    text = add("0" if pair is None else pair.text, by)
    changes.put(key, text, changes.find_expiry(BY_DEFAULT) if pair is None else pair.expires_at)
    return text


def _post(path: str, namespace: str, **members: Any) -> Request:
    named = {} if namespace == DEFAULT else {"namespace": namespace}
    return with_json("POST", path, {**members, **named})


def with_json(method: str, path: str, document: Any, media_type: str = JSON, **fields: str) -> Request:
    """Return a request that brings a JSON document."""
    return Request(method, path, json.dumps(document).encode(), {"Content-Type": media_type, **fields})


def _only_given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value}


def _ttl_member(ttl: Ttl) -> dict[str, Any]:
    return {} if ttl == BY_DEFAULT else {"ttl": ttl}


def _find_conflicts(changes: Changes, expected: Mapping[str, int]) -> Response | None:
    found = {key: changes.find_revision(key) for key in expected}
    conflicts = [{"key": key, "revision": found[key]} for key in sorted(expected) if found[key] != expected[key]]
    return Response(409, {"problem": "revision-conflict", "conflicts": conflicts}) if conflicts else None


def claim(answer: Response, count: Callable[[Any], int]) -> Span | None:
    """Return which revisions an answer claims; `count` tells by its document how many."""
    if answer.is_refusal:
        return None
    last = answer.document["revision"]
    return Span(last - count(answer.document), last)
