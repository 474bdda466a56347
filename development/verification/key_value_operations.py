"""The key-value service's operations: the request, and the effect and response that the model expects.

A new operation is a new class here.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from verification.key_value_model import BY_DEFAULT, Bytes, Changes, Pair, Ttl, add, members_of, text_of

DEFAULT = "default"
JSON = "application/json"
_PROBLEM_MEMBERS = ("conflicts", "revision", "operation", "key", "reason")

KEPT = "kept"

Mark = tuple[str, str, object]
"""What identifies an operation's first change: `written`, key and text; `added`, key and number; `deleted`, key and the required
revision or None; KEPT, key and None, where the value stays as it was."""


class Request(NamedTuple):
    """An HTTP request."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = {}


class Response(NamedTuple):
    """A response. Of a problem: its name, and the members that depend on the pairs. Of bytes: their text, as `text_of` has it.

    Of a page: all but its cursor.
    """

    status: int
    document: Any = None
    tag: int | None = None
    is_replayed: bool = False

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: bytes) -> "Response":
        """Return what an HTTP response says."""
        media_type = headers.get("content-type", JSON)
        is_json = media_type in (JSON, "application/problem+json")
        document: Any = (json.loads(body) if is_json else text_of(Bytes(media_type, body))) if body else None
        tag = int(headers["etag"].strip('"')) if "etag" in headers else None
        if status >= HTTPStatus.BAD_REQUEST and document is not None:
            told = {name: document[name] for name in _PROBLEM_MEMBERS if name in document}
            document = {"problem": document["type"].rpartition(":")[2], **told}
            if "conflicts" in document:
                document["conflicts"].sort(key=lambda one: one["key"])
        elif isinstance(document, dict) and is_json:
            for member in ("next_cursor", "searched"):
                document.pop(member, None)
        return cls(status, document, tag, "idempotency-replayed" in headers)

    @property
    def is_refusal(self) -> bool:
        """Whether nothing was done."""
        return self.status >= HTTPStatus.BAD_REQUEST

    @property
    def text(self) -> str:
        """A text that is equal for equal responses only: 1 and 1.0 differ."""
        return json.dumps(self, sort_keys=True)


class Span(NamedTuple):
    """The revisions that an operation's changes have: from `after` (exclusive) to `last` (inclusive); none if these are equal."""

    after: int
    last: int


class Call(Protocol):
    """An operation of the service."""

    @property
    def namespace(self) -> str:
        """The namespace that it works on."""
        ...

    def request(self) -> Request:
        """Return the HTTP request."""
        ...

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        ...

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims; None: the response does not tell."""
        ...

    def marks(self) -> Iterator[Mark]:
        """Yield what its first change may be."""
        ...


@dataclass(frozen=True, slots=True)
class Write:
    """Insert or replace pairs if all their conditions hold; otherwise none."""

    data: Mapping[str, Any]
    if_revision: Mapping[str, int] = field(default_factory=dict)
    if_absent: bool = False
    ttl: Ttl = BY_DEFAULT
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        options = {"if_revision": self.if_revision, "if_absent": self.if_absent}
        return _post("/write", self.namespace, **members_of(self.data), **_only_given(options), **_ttl_member(self.ttl))

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        if conflicts := _find_conflicts(changes, self.if_revision):
            return conflicts
        expires_at = changes.find_expiry(self.ttl)
        skipped = []
        for key, value in sorted(self.data.items(), key=lambda item: isinstance(item[1], Bytes)):  # bytes are written last
            if self.if_absent and changes.find(key) is not None:
                skipped.append(key)
            else:
                changes.put(key, text_of(value), expires_at)
        written = len(self.data) - len(skipped)
        return Response(200, {"status": "success", "written": written, "revision": changes.revision, "skipped": skipped})

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda document: document["written"])

    def marks(self) -> Iterator[Mark]:
        """Yield what its first change may be."""
        yield from (("written", key, text_of(value)) for key, value in self.data.items())


@dataclass(frozen=True, slots=True)
class Read:
    """Read pairs as of one revision."""

    keys: Sequence[str]
    metadata: bool = False
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        return _post("/read", self.namespace, keys=list(self.keys), **_only_given({"metadata": self.metadata}))

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        found = {key: pair for key in self.keys if (pair := changes.peek(key)) is not None}
        document: dict[str, Any] = {
            **members_of({key: pair.value for key, pair in found.items()}),
            "missing": [key for key in self.keys if key not in found],
            "revision": changes.revision,
        }
        if self.metadata:
            document["metadata"] = {key: describe(pair) for key, pair in found.items()}
        return Response(200, document)

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda _: 0)

    def marks(self) -> Iterator[Mark]:
        """Yield nothing: a read changes nothing."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the pairs that exist; `previous`: and return the values that they had."""

    keys: Sequence[str]
    if_revision: Mapping[str, int] = field(default_factory=dict)
    namespace: str = DEFAULT
    previous: bool = False

    def request(self) -> Request:
        """Return the HTTP request."""
        options = {"if_revision": self.if_revision, "previous": self.previous}
        return _post("/delete", self.namespace, keys=list(self.keys), **_only_given(options))

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        if conflicts := _find_conflicts(changes, self.if_revision):
            return conflicts
        previous = {}
        for key in self.keys:
            if (pair := changes.find(key)) is not None:
                previous[key] = pair.value
                changes.delete(key)
        missing = [key for key in self.keys if key not in previous]
        document = {"deleted": len(previous), "missing": missing, "revision": changes.revision}
        return Response(200, {**document, "previous": members_of(previous)} if self.previous else document)

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda document: document["deleted"])

    def marks(self) -> Iterator[Mark]:
        """Yield what its first change may be."""
        yield from (("deleted", key, self.if_revision.get(key)) for key in self.keys)


def render_time(milliseconds: int | None) -> str | None:
    """Return a time in the form that responses use (RFC 3339)."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return moment.isoformat().replace("+00:00", "Z")


def read_time(text: str) -> int:
    """Return a time of a response (RFC 3339) in milliseconds since 1970-01-01 UTC."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def describe(pair: Pair) -> dict[str, Any]:
    """Return a pair's metadata."""
    return {
        "revision": pair.revision,
        "created_revision": pair.created_revision,
        "version": pair.version,
        "expires_at": render_time(pair.expires_at),
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
    """Return a request with a JSON body."""
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
    """Return the revisions that a response claims; `count` returns their number from its document."""
    if answer.is_refusal:
        return None
    last = answer.document["revision"]
    return Span(last - count(answer.document), last)
