"""The operations on whole namespaces, and on what they were: deleting ranges, importing, searching, history."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from verification.key_value_model import Bytes, Change, Changes, member_of, text_of
from verification.key_value_operations import DEFAULT, Mark, Request, Response, Span, claim, describe, render_time

NDJSON = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class DeleteRange:
    """Delete the pairs with a prefix ("": all). `keys` are the stored keys with that prefix, expired ones included."""

    query: Mapping[str, str]
    keys: Sequence[str]
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return Request("DELETE", f"/namespaces/{self.namespace}/pairs?{query}")

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        deleted = sum(changes.delete(key) for key in sorted(self.keys))
        return Response(200, {"deleted": deleted, "revision": changes.revision})

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda document: document["deleted"])

    def marks(self) -> Iterator[Mark]:
        """Yield what its first change may be."""
        yield from (("deleted", key, None) for key in self.keys)


@dataclass(frozen=True, slots=True)
class ImportedPair:
    """A line of an import; `expires_at` in milliseconds since 1970-01-01 UTC."""

    key: str
    value: Any
    expires_at: int | None = None

    def __str__(self) -> str:
        """The line of the request body."""
        moment = {} if self.expires_at is None else {"expires_at": render_time(self.expires_at)}
        return json.dumps({"key": self.key, **member_of(self.value), **moment})


@dataclass(frozen=True, slots=True)
class Import:
    """Import lines of pairs; lines given as text are invalid ones."""

    lines: Sequence[ImportedPair | str]
    mode: str = "replace"
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        body = "".join(f"{line}\n" for line in self.lines).encode()
        return Request("POST", f"/namespaces/{self.namespace}/import?mode={self.mode}", body, {"Content-Type": NDJSON})

    def do(self, changes: Changes) -> Response:
        """Apply the import to the model and return the expected response; its errors have the line numbers only."""
        told = {"written": 0, "skipped": 0, "expired": 0, "refused": 0}
        errors = []
        for number, line in enumerate(self.lines, 1):
            if isinstance(line, str):
                errors.append({"line": number})
                told["refused"] += 1
            elif line.expires_at is not None and line.expires_at <= changes.now:
                told["expired"] += 1
            elif self.mode == "if_absent" and changes.find(line.key) is not None:
                told["skipped"] += 1
            else:
                changes.put(line.key, text_of(line.value), line.expires_at)
                told["written"] += 1
        if errors and not told["written"]:
            return Response(422, {"problem": "import-refused"})
        return Response(200, {**told, "revision": changes.revision, "errors": errors})

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda document: document["written"])

    def marks(self) -> Iterator[Mark]:
        """Yield what its first change may be."""
        yield from (("written", line.key, text_of(line.value)) for line in self.lines if isinstance(line, ImportedPair))


@dataclass(frozen=True, slots=True)
class Search:
    """List the pairs whose keys contain a text. `keys` are all keys that there may be, few enough for one page."""

    text: str
    keys: Sequence[str]
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        return Request("GET", f"/namespaces/{self.namespace}/pairs?contains={quote(self.text, safe='')}&limit=1000")

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        found = [(key, changes.peek(key)) for key in sorted(self.keys) if self.text in key]
        pairs = [{"key": key, **member_of(pair.value), **describe(pair)} for key, pair in found if pair is not None]
        return Response(200, {"pairs": pairs, "revision": changes.revision})

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda _: 0)

    def marks(self) -> Iterator[Mark]:
        """Yield nothing: a read changes nothing."""
        yield from ()


@dataclass(frozen=True, slots=True)
class History:
    """Read the latest changes of a pair, all of which the log of changes still has."""

    key: str
    limit: int
    namespace: str = DEFAULT

    def request(self) -> Request:
        """Return the HTTP request."""
        return Request("GET", f"/namespaces/{self.namespace}/pair/history?key={quote(self.key, safe='')}&limit={self.limit}")

    def do(self, changes: Changes) -> Response:
        """Apply the operation to the model and return the expected response."""
        made = reversed(changes.find_history(self.key)[-self.limit :])
        return Response(200, {"changes": [_show(change) for change in made], "revision": changes.revision})

    def find_span(self, answer: Response) -> Span | None:
        """Return the revisions that the response claims."""
        return claim(answer, lambda _: 0)

    def marks(self) -> Iterator[Mark]:
        """Yield nothing: a read changes nothing."""
        yield from ()


def _show(change: Change) -> dict[str, Any]:
    shown: dict[str, Any] = {"revision": change.revision, "kind": change.kind}
    if change.text is not None:
        shown |= member_of(Bytes.of(json.loads(change.text)) if change.text.startswith("\n") else json.loads(change.text))
    return shown if change.expires_at is None else {**shown, "expires_at": render_time(change.expires_at)}
