"""What can be done in one namespace."""

import random
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Generic
from urllib.parse import quote

from key_value_client.batches import MAX_BATCH, post, read_values, write_values
from key_value_client.caching import Cache
from key_value_client.channel import Channel
from key_value_client.codecs import Codec
from key_value_client.errors import PREFIX, KeyMissing, RevisionConflict
from key_value_client.flows import Emit, Flow, Next, Request, Response, Sleep, Stream, T, operation, stream
from key_value_client.values import (
    ABSENT,
    JSON,
    KEEP,
    BatchDeleted,
    BatchWritten,
    Branch,
    Change,
    ChangePage,
    Expiry,
    ExportedPair,
    ImportSummary,
    Incremented,
    Pair,
    PairPage,
    Statistics,
    Ttl,
    Updated,
    V,
    Written,
    dump,
    in_batches,
    load,
    parse_change,
    parse_exported,
    parse_pair,
    parse_time,
    take_value,
    take_values,
    to_binary,
    to_seconds,
)
from key_value_client.watching import Watch

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
PART_BYTES = 65536
NDJSON = {"Content-Type": "application/x-ndjson"}


class NamespaceOperations(Generic[V]):
    """The operations on one namespace, of both clients."""

    def __init__(self, name: str, channel: Channel, driver: Any, codec: Codec[V], cache: Cache | None = None) -> None:
        self.name = name
        self._channel = channel
        self._driver = driver
        self._codec = codec
        self._cache = cache
        self._url = f"{channel.url}/namespaces/{quote(name, safe='')}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    # Read.

    @operation
    def get(self, key: str, default: Any = KEEP) -> Flow[V]:
        """Return the value of a key. If there is none, return `default`; raise KeyMissing, a KeyError, if that is not given.

        >>> store.put("greeting", {"text": "hello"}).created
        True
        >>> store.get("greeting")
        {'text': 'hello'}
        >>> store.get("absent", default=0)
        0
        """
        value, request_id = yield from self._read(key)
        if value is not ABSENT:
            return self._codec.load(value)
        if default is KEEP:
            raise missing(key, request_id)
        fallback: V = default
        return fallback

    @operation
    def find(self, key: str) -> Flow[Pair[V] | None]:
        """Return the pair of a key, with its revision; None if there is none.

        >>> written = store.put("greeting", "hello")
        >>> pair = store.find("greeting")
        >>> pair.value, pair.revision == written.revision, pair.version
        ('hello', True, 1)
        >>> store.find("absent") is None
        True
        """
        return (yield from self._find(key))

    @operation
    def get_many(self, keys: Iterable[str]) -> Flow[dict[str, V]]:
        """Return the values of those keys that exist. Each thousand keys are read as of one moment.

        >>> store.put_many({"a": 1, "b": 2}).written
        2
        >>> store.get_many(["a", "b", "absent"])
        {'a': 1, 'b': 2}
        """
        wanted = dict.fromkeys(keys)
        found = self._look_up(wanted)
        for batch in in_batches((key for key in wanted if key not in found), MAX_BATCH):
            found |= (yield from self._read_many(batch))[0]
        found = {key: value for key, value in found.items() if value is not ABSENT}
        return {key: self._codec.load(value) for key, value in found.items()}

    @operation
    def find_many(self, keys: Iterable[str]) -> Flow[dict[str, Pair[V]]]:
        """Return the pairs of those keys that exist. Each thousand keys are read as of one moment."""
        found: dict[str, Pair[V]] = {}
        for batch in in_batches(dict.fromkeys(keys), MAX_BATCH):
            found |= yield from self._find_many(batch)
        return found

    @stream
    def scan(
        self,
        prefix: str = "",
        *,
        start: str | None = None,
        end: str | None = None,
        contains: str | None = None,
        reverse: bool = False,
        values: bool = True,
        limit: int | None = None,
    ) -> Stream[Pair[V]]:
        """Yield the pairs in the order of their keys: of a prefix, from `start` on, before `end`, that contain a text; `limit` at
        most.

        All pages are fetched, one after the other. Each shows one moment; a pair that exists all the while comes exactly once.
        Without `values` the pairs have none (None), and cost less.

        >>> store.put_many({"orders/1": "tea", "orders/2": "milk", "other": 0}).written
        3
        >>> [(pair.key, pair.value) for pair in store.scan("orders/", reverse=True)]
        [('orders/2', 'milk'), ('orders/1', 'tea')]
        """
        params = _select(prefix, start, end, contains, reverse=reverse, values=values)
        return self._list("/pairs", params, "pairs", limit, self._parse_pair)

    @stream
    def children(
        self, prefix: str = "", *, delimiter: str = "/", start: str | None = None, reverse: bool = False, limit: int | None = None
    ) -> Stream[Pair[V] | Branch]:
        """Yield one level of the tree of keys: pairs whose keys have no delimiter behind the prefix, and branches for the others.

        The cost depends on how many there are, not on how many keys the branches have. The pairs have no values (None). `start`:
        only what has keys from this one on; `limit`: so many at most.

        >>> from key_value_client import Branch
        >>> store.put_many({"orders/1": "tea", "orders/2": "milk", "other": 0}).written
        3
        >>> [child.prefix if isinstance(child, Branch) else child.key for child in store.children()]
        ['orders/', 'other']
        """
        params = {"prefix": prefix, "delimiter": delimiter, "start": start, "reverse": "true" if reverse else None}
        given = {name: value for name, value in params.items() if value not in ("", None) or name == "delimiter"}
        return self._list("/children", given, "children", limit, self._parse_child)

    @operation
    def page(
        self,
        prefix: str = "",
        *,
        start: str | None = None,
        end: str | None = None,
        contains: str | None = None,
        reverse: bool = False,
        values: bool = True,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Flow[PairPage[V]]:
        """Return one page of what `scan` yields, for a listing of your own: its `next_cursor` is the next page's `cursor`.

        A page may have fewer pairs than `limit` and not be the last one. Raises RuleBroken if the cursor is of another listing.

        >>> store.put_many({"orders/1": "tea", "orders/2": "milk"}).written
        2
        >>> first = store.page("orders/", limit=1)
        >>> rest = store.page("orders/", limit=1, cursor=first.next_cursor)
        >>> [pair.value for pair in first.pairs + rest.pairs], rest.next_cursor
        (['tea', 'milk'], None)
        """
        params = _select(prefix, start, end, contains, reverse=reverse, values=values)
        params |= {"limit": limit} | ({"cursor": cursor} if cursor is not None else {})
        answer = load((yield from self._send("GET", "/pairs", params, safe=True)).body)
        return PairPage([self._parse_pair(members) for members in answer["pairs"]], answer["next_cursor"])

    @stream
    def history(self, key: str, *, limit: int | None = None) -> Stream[Change[V]]:
        """Yield the kept changes of one pair, from the newest one on: `limit` at most; none if the pair never existed."""
        return self._list(
            "/pair/history", {"key": key}, "changes", limit, lambda members: self._parse_change({**members, "key": key})
        )

    @operation
    def stats(self) -> Flow[Statistics]:
        """Return how much the namespace holds, and its last revision.

        >>> store.put("a", 1).created, store.stats().pairs
        (True, 1)
        """
        members = load((yield from self._send("GET", "/stats", safe=True)).body)
        return Statistics(members["pairs"], members["bytes"], members["revision"], members["oldest_change"])

    # Write.

    @operation
    def put(
        self, key: str, value: V, *, ttl: Ttl = KEEP, if_revision: int | None = None, if_absent: bool = False
    ) -> Flow[Written]:
        """Write a pair, unconditionally or only if it still has a revision (0: only if there is none, as `if_absent`).

        `ttl`: after so many seconds it expires; None: never; not given: after the namespace's default. Raises RevisionConflict,
        whose `revision` is the present one.

        >>> first = store.put("greeting", "hello", ttl=60)
        >>> store.put("greeting", "hi", if_revision=first.revision).created
        False
        >>> store.put("greeting", "hi", if_absent=True)
        Traceback (most recent call last):
        ...
        key_value_client.errors.PreconditionFailed: ...
        """
        return (yield from self._put(key, self._codec.dump(value), ttl, 0 if if_absent else if_revision))

    @operation
    def put_many(
        self,
        values: Mapping[str, V],
        *,
        ttl: Ttl = KEEP,
        if_absent: bool = False,
        if_revision: Mapping[str, int] | None = None,
    ) -> Flow[BatchWritten]:
        """Write up to a thousand pairs, all at once or none.

        `if_absent`: leave those as they are that exist, and list them in `skipped`. `if_revision`: the revisions that pairs, also
        others, must have (0: there must be none). Raises RevisionConflict, whose `conflicts` has the present ones.

        >>> store.put("a", 1).created
        True
        >>> store.put_many({"a": 2, "b": 2}, if_absent=True).skipped
        ['a']
        """
        options: dict[str, Any] = {"if_absent": True} if if_absent else {}
        options |= {"if_revision": dict(if_revision)} if if_revision is not None else {}
        options |= {} if ttl is KEEP else {"ttl": to_seconds(ttl)}
        dumped = {key: self._codec.dump(value) for key, value in values.items()}
        with self._forgetting(dumped):
            return (yield from write_values(self._channel, self.name, dumped, options))

    @operation
    def delete(self, key: str, *, if_revision: int | None = None) -> Flow[bool]:
        """Delete a pair; return whether there was one. With `if_revision` only if it still has that: raises RevisionConflict.

        >>> store.put("a", 1).created, store.delete("a"), store.delete("a")
        (True, True, False)
        """
        try:
            yield from self._change("DELETE", "/pair", key, if_revision=if_revision)
        except KeyMissing:
            return False
        return True

    @operation
    def pop(self, key: str, default: Any = KEEP, *, if_revision: int | None = None) -> Flow[V]:
        """Delete a pair and return the value that it had; return `default` if there is none, or raise KeyMissing.

        >>> store.put("a", 1).created, store.pop("a"), store.pop("a", None)
        (True, 1, None)
        """
        try:
            response = yield from self._change("DELETE", "/pair", key, if_revision=if_revision, params={"previous": "true"})
        except KeyMissing:
            if default is KEEP:
                raise
            fallback: V = default
            return fallback
        return self._codec.load(take_value(load(response.body)["previous"]))

    @operation
    def delete_many(self, keys: Iterable[str], *, if_revision: Mapping[str, int] | None = None) -> Flow[BatchDeleted]:
        """Delete up to a thousand pairs, all at once. `if_revision`: as for `put_many`.

        >>> store.put_many({"a": 1, "b": 2}).written
        2
        >>> store.delete_many(["a", "b", "c"]).missing
        ['c']
        """
        body: dict[str, Any] = {"namespace": self.name, "keys": list(dict.fromkeys(keys))}
        body |= {"if_revision": dict(if_revision)} if if_revision is not None else {}
        with self._forgetting(body["keys"]):
            answer = load((yield from post(self._channel, "/delete", body, safe=bool(if_revision), once=True)).body)
        return BatchDeleted(answer["deleted"], answer["revision"], answer["missing"])

    @operation
    def delete_prefix(self, prefix: str) -> Flow[int]:
        """Delete the pairs whose keys begin with a prefix, all of the namespace if it is empty; return how many.

        This goes in slices: others may see some of the pairs gone and others not.

        >>> store.put_many({"a/1": 1, "a/2": 2, "b": 3}).written, store.delete_prefix("a/")
        (3, 2)
        """
        params = {"prefix": prefix} if prefix else {"all": "true"}
        with self._forgetting():
            deleted: int = load((yield from self._send("DELETE", "/pairs", params, safe=True)).body)["deleted"]
        return deleted

    @operation
    def update(self, key: str, change: Callable[[V], V], default: Any = KEEP, *, ttl: Ttl = KEEP) -> Flow[Updated[V]]:
        """Read a value, change it, and write it if nobody else has meanwhile; otherwise do it again with the new value.

        `change` returns the new value, and may be called several times. It gets `default` if there is no pair; without one, that
        raises KeyMissing. Like `put` it writes the pair anew: it expires by `ttl`.

        >>> store.update("counter", lambda value: value + 1, default=0).value
        1
        """
        attempt = 0
        while True:
            pair = yield from self._find(key)
            if pair is None and default is KEEP:
                raise missing(key)
            value = change(default if pair is None else pair.value)
            try:
                written = yield from self._put(key, self._codec.dump(value), ttl, 0 if pair is None else pair.revision)
            except RevisionConflict:
                attempt += 1
                yield Sleep(random.uniform(0, min(0.1, 0.001 * 2**attempt)))  # noqa: S311 - lets others finish
            else:
                return Updated(value, written.revision, written.created)

    @operation
    def increment(self, key: str, by: float = 1, *, if_revision: int | None = None) -> Flow[Incremented]:
        """Add to a number, atomically; a missing pair counts as 0. Integers of 64 bits stay exact.

        >>> store.increment("visits").value, store.increment("visits", by=10).value
        (1, 11)
        """
        answer = load((yield from self._change("POST", "/pair/increment", key, dump({"by": by}), JSON, if_revision)).body)
        return Incremented(answer.get("value"), answer["revision"])

    @operation
    def restore(self, key: str, revision: int, *, ttl: Ttl = KEEP, if_revision: int | None = None) -> Flow[Written]:
        """Give a pair, which may be gone, the value again that it got with a revision. Raises RevisionMissing."""
        params = {"restore": revision} | _ttl(ttl)
        response = yield from self._change("PUT", "/pair", key, if_revision=if_revision, params=params)
        return Written(load(response.body)["revision"], created=response.status == HTTPStatus.CREATED)

    @operation
    def patch(self, key: str, patch: Any, *, if_revision: int | None = None) -> Flow[Written]:
        """Change members of a value by a merge patch (RFC 7396), atomically: None removes a member. Raises KeyMissing.

        >>> store.put("profile", {"name": "Anna", "city": "Kazan"}).created
        True
        >>> store.patch("profile", {"city": None}).created, store.get("profile")
        (False, {'name': 'Anna'})
        """
        response = yield from self._change("PATCH", "/pair", key, dump(patch), MERGE_PATCH, if_revision)
        return Written(load(response.body)["revision"], created=False)

    @operation
    def expire(self, key: str, ttl: float | timedelta, *, if_revision: int | None = None) -> Flow[Expiry]:
        """Let a pair expire so many seconds from now. A later expiry keeps its revision. Raises KeyMissing.

        >>> store.put("session", 7).created
        True
        >>> store.expire("session", 60).expires_at > store.expire("session", 30).expires_at
        True
        """
        return (yield from self._set_ttl(key, ttl, if_revision))

    @operation
    def persist(self, key: str, *, if_revision: int | None = None) -> Flow[Expiry]:
        """Let a pair never expire. Raises KeyMissing.

        >>> store.put("session", 7, ttl=60).created, store.persist("session").expires_at
        (True, None)
        """
        return (yield from self._set_ttl(key, None, if_revision))

    # Follow changes.

    @stream
    def watch(self, prefix: str = "", *, after: int | None = None, previous: bool = False) -> Stream[Change[V]]:
        """Yield changes for ever, each once and in order: those after a revision, or from now on.

        With `previous`, removals tell the value that there was, where it was kept.

        It goes on through restarts of the service, cut connections and expired tokens. It ends by an exception only:
        RevisionGone, if the changes that follow are no longer kept (begin again, with an export or a scan); NamespaceMissing, if
        the namespace is deleted; AccessRefused, if there is no valid token any more.

        >>> start = store.put("orders/1", "tea").revision
        >>> store.delete("orders/1")
        True
        >>> changes = store.watch("orders/", after=start - 1, previous=True)
        >>> [(change.kind, change.value, change.previous) for change in (next(changes), next(changes))]
        [('written', 'tea', None), ('deleted', None, 'tea')]
        """
        return Watch(self._channel, self._url, _following(prefix, previous), after).follow(self._parse_change)

    @operation
    def changes(
        self, *, after: int | None = None, prefix: str = "", limit: int = MAX_BATCH, wait: float = 0, previous: bool = False
    ) -> Flow[ChangePage[V]]:
        """Return a page of the changes after a revision; wait so many seconds for one (25 at most).

        >>> start = store.put("a", 1).revision
        >>> page = store.changes(after=start - 1)
        >>> [change.key for change in page.changes], page.last == start
        (['a'], True)
        """
        params = {"limit": limit, **_following(prefix, previous)}
        params |= ({} if after is None else {"after": after}) | ({"wait": wait} if wait else {})
        response = yield from self._send("GET", "/changes", params, safe=True, timeout=wait + 10 if wait else None)
        answer = load(response.body)
        return ChangePage([self._parse_change(change) for change in answer["changes"]], answer["last"], answer["oldest"])

    # Export and import.

    @stream
    def export_lines(self, prefix: str = "") -> Stream[bytes]:
        """Yield an export as lines of JSON: the first has the `revision` after which `watch` continues, each other one a pair.

        An export that is cut off raises AnswerLost.

        >>> store.put("a", 1).created
        True
        >>> list(store.export_lines())[1:]
        [b'{"key":"a","value":1}']
        """
        return self._export(prefix, lambda line: line)

    @stream
    def export(self, prefix: str = "") -> Stream[ExportedPair[V]]:
        """Yield the pairs in the order of their keys, with constant memory, while others write. Raises AnswerLost if cut off."""
        return self._export(prefix, self._parse_exported)

    @operation
    def import_lines(
        self, lines: Iterable[bytes | str] | AsyncIterable[bytes | str], *, mode: str = "replace", strict: bool = False
    ) -> Flow[ImportSummary]:
        """Write the lines of an export, or other lines of `{"key", "value", "expires_at"?}`, with constant memory.

        `mode`: "replace", or "if_absent" to leave pairs as they are that exist. Lines that break a rule are left out and listed,
        unless `strict`: then the first ends the import. Raises ImportRefused. What stopped half-way may safely be repeated. An
        AsyncClient takes asynchronous iterables, too.

        >>> store.import_lines(['{"key": "a", "value": 1}', '{"key": "", "value": 2}']).refused
        1
        """
        body = _join_async(lines) if isinstance(lines, AsyncIterable) else _join(lines)
        params = {"mode": mode} | ({"strict": "true"} if strict else {})
        request = Request("POST", f"{self._url}/import", params, NDJSON, body)
        with self._forgetting():
            members = load((yield from self._channel.send(request)).body)
        return ImportSummary(**{name: members[name] for name in ImportSummary.__dataclass_fields__})

    # Parts of operations.

    def _list(
        self,
        path: str,
        params: Mapping[str, Any],
        member: str,
        limit: int | None,
        parse: Callable[[Mapping[str, Any]], T],
    ) -> Stream[T]:
        """Yield what the pages of a listing have in a member, up to a limit."""
        left = limit
        cursor = None
        while left is None or left > 0:
            page = {**params, "limit": min(left or MAX_BATCH, MAX_BATCH)} | ({"cursor": cursor} if cursor else {})
            answer = load((yield from self._send("GET", path, page, safe=True)).body)
            for members in answer[member]:
                yield Emit(parse(members))
            cursor = answer["next_cursor"]
            if cursor is None:
                return
            left = None if left is None else left - len(answer[member])

    def _export(self, prefix: str, parse: Callable[[bytes], T | None]) -> Stream[T]:
        params = {"prefix": prefix} if prefix else {}
        yield from self._channel.open(Request("GET", f"{self._url}/export", params, safe=True))
        rest = b""
        while (part := (yield Next())) is not None:
            *lines, rest = (rest + part).split(b"\n")
            for item in filter(None, map(parse, lines)):
                yield Emit(item)

    def _parse_exported(self, line: bytes) -> ExportedPair[V] | None:
        members = load(line)
        return parse_exported(members, self._codec.load) if "key" in members else None  # the first line has the revision

    def _read(self, key: str) -> Flow[tuple[Any, str]]:
        """Return the value as JSON has it, or ABSENT, and the id of the request that found it."""
        for value in self._look_up([key]).values():
            return value, ""
        values, request_id = yield from self._read_many([key])
        return values.get(key, ABSENT), request_id

    def _read_many(self, keys: list[str]) -> Flow[tuple[dict[str, Any], str]]:
        return read_values(self._channel, self.name, keys) if self._cache is None else self._cache.read_values(keys)

    def _look_up(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values that the cache has, or ABSENT, by key."""
        if self._cache is None:
            return {}
        entries = {key: self._cache.look_up(key) for key in keys}
        return {key: entry.get() for key, entry in entries.items() if entry is not None}

    @contextmanager
    def _forgetting(self, keys: Iterable[str] | None = None) -> Iterator[None]:
        """Let the cache drop keys, or everything, when a change of them has ended, however it has."""
        try:
            yield
        finally:
            if self._cache is not None:
                self._cache.forget(keys)

    def _find(self, key: str) -> Flow[Pair[V] | None]:
        return (yield from self._find_many([key])).get(key)

    def _find_many(self, keys: list[str]) -> Flow[dict[str, Pair[V]]]:
        body = {"keys": keys, "namespace": self.name, "metadata": True}
        answer = load((yield from post(self._channel, "/read", body, safe=True)).body)
        metadata = answer["metadata"]
        return {key: parse_pair(key, self._codec.load(value), metadata[key]) for key, value in take_values(answer).items()}

    def _put(self, key: str, value: Any, ttl: Ttl, if_revision: int | None) -> Flow[Written]:
        binary = to_binary(value)
        body = dump(value) if binary is None else bytes(binary)
        headers = JSON if binary is None else {"Content-Type": binary.media_type}
        response = yield from self._change("PUT", "/pair", key, body, headers, if_revision, _ttl(ttl))
        return Written(load(response.body)["revision"], created=response.status == HTTPStatus.CREATED)

    def _set_ttl(self, key: str, ttl: Ttl, if_revision: int | None) -> Flow[Expiry]:
        answer = load((yield from self._change("PUT", "/pair/ttl", key, dump({"ttl": to_seconds(ttl)}), JSON, if_revision)).body)
        return Expiry(answer["revision"], parse_time(answer["expires_at"]))

    def _change(
        self,
        method: str,
        path: str,
        key: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        if_revision: int | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Flow[Response]:
        fields = {**(headers or {}), **({} if if_revision is None else _condition(if_revision))}
        with self._forgetting([key]):
            return (
                yield from self._send(
                    method, path, {"key": key, **(params or {})}, fields, body, safe=if_revision is not None, once=True
                )
            )

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        *,
        safe: bool,
        once: bool = False,
        timeout: float | None = None,
    ) -> Flow[Response]:
        request = Request(method, self._url + path, params or {}, headers or {}, content, safe, once, timeout)
        return (yield from self._channel.send(request))

    def _parse_pair(self, members: Mapping[str, Any]) -> Pair[V]:
        value = self._codec.load(take_value(members)) if "value" in members or "binary" in members else None
        return parse_pair(members["key"], value, members)

    def _parse_child(self, members: Mapping[str, Any]) -> Pair[V] | Branch:
        return Branch(members["prefix"]) if "prefix" in members else self._parse_pair(members)

    def _parse_change(self, members: Mapping[str, Any]) -> Change[V]:
        return parse_change(members, self._codec.load)


def _following(prefix: str, previous: bool) -> dict[str, Any]:
    return ({"prefix": prefix} if prefix else {}) | ({"previous": "true"} if previous else {})


def _ttl(ttl: Ttl) -> dict[str, Any]:
    return {} if ttl is KEEP else {"ttl": "null" if ttl is None else to_seconds(ttl)}


def _condition(revision: int) -> dict[str, str]:
    return {"If-Match": f'"{revision}"'} if revision else {"If-None-Match": "*"}


def missing(key: str, request_id: str = "") -> KeyMissing:
    """Return the exception for a pair that does not exist."""
    detail = f"There is no pair {key!r}."
    members = {
        "type": f"{PREFIX}no-such-pair",
        "title": "Pair not found",
        "status": HTTPStatus.NOT_FOUND,
        "detail": detail,
        "key": key,
    }
    return KeyMissing(HTTPStatus.NOT_FOUND, members, request_id)


def _line(line: bytes | str) -> bytes:
    text = line.encode() if isinstance(line, str) else line
    return text if text.endswith(b"\n") else text + b"\n"


def _join(lines: Iterable[bytes | str]) -> Iterator[bytes]:
    """Yield the lines, many at once: each part costs a system call."""
    part = bytearray()
    for line in lines:
        part += _line(line)
        if len(part) >= PART_BYTES:
            yield bytes(part)
            part.clear()
    yield bytes(part)


async def _join_async(lines: AsyncIterable[bytes | str]) -> AsyncIterator[bytes]:
    async for line in lines:
        yield _line(line)


def _select(
    prefix: str, start: str | None, end: str | None, contains: str | None, *, reverse: bool, values: bool
) -> dict[str, Any]:
    """Return the parameters that say which pairs a listing has."""
    params = {"prefix": prefix, "start": start, "end": end, "contains": contains}
    params |= {"reverse": "true" if reverse else None, "keys_only": None if values else "true"}
    return {name: value for name, value in params.items() if value}
