"""The service under test, with each response checked against the model."""

import itertools
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import uuid4

import httpx

from test_support.key_value.namespace_model import NamespaceModel
from verification.key_value_model import Change, Pair
from verification.key_value_one_pair import DeleteOne, Increment, Patch, Put, Restore, SetTtl
from verification.key_value_operations import Call, Delete, Read, Request, Response, Write
from verification.key_value_ranges import Import
from verification.key_value_transactions import Transact
from verification.recorded_load import read_change

NO_NAMESPACE = Response(404, {"problem": "no-such-namespace"})
SOON_MILLISECONDS = 10_000
SPELLING_BYTES = 8
"""By so many may the text of a restored sum of doubles be longer in the model."""

REPEATABLE = (Write, Delete, Put, Patch, DeleteOne, SetTtl, Increment, Restore, Transact)
_NOT_KEPT = ("rule-broken", "not-json", "no-such-namespace")
"""Refusals (names of problems) that are no answers for repetitions."""


class _Kept(NamedTuple):
    """A request with an idempotency key, and its first answer."""

    namespace: str
    request: Request
    answer: str


class CheckedService:
    """Sends calls to some namespaces as their only client, and checks the responses. All methods raise AssertionError.

    Pairs expire when the sweeper gets to them, so a call that sets a short time to live returns only after it is over.
    """

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.spaces: dict[str, NamespaceModel] = {}
        self._deleted: dict[str, int] = {}
        self._changed: set[tuple[str, str]] = set()
        self._kept: list[_Kept] = []
        self._requests = itertools.count()

    def make_namespace(self, name: str, wanted: Mapping[str, Any]) -> None:
        """Create a namespace without quotas, and its model."""
        answer = self.client.put(f"/namespaces/{name}", json=wanted)
        assert answer.status_code == 201, answer.text
        revision = self.client.get(f"/namespaces/{name}/stats").json()["revision"]
        assert revision > self._deleted.get(name, -1)
        space = self.spaces[name] = NamespaceModel(name, wanted, answer.json()["created_at"], revision)
        assert answer.json() == {"name": name, **space.settings}
        # The size of its id in a tuple cannot be requested.
        self.check(Write({"any": None}, namespace=name))
        size = self.client.get(f"/namespaces/{name}/stats").json()["bytes"]
        space.id_bytes += size - space.statistics["bytes"]
        assert 1 <= space.id_bytes <= 5
        self.check(Delete(["any"], namespace=name))

    def remove_namespace(self, name: str) -> None:
        """Remove the model of a namespace that was deleted."""
        self._deleted[name] = self.spaces.pop(name).revision
        self._kept = [kept for kept in self._kept if kept.namespace != name]

    def check(self, call: Call) -> None:
        """Send a call, half of them with idempotency keys, and check the response and all changes against the model."""
        request = call.request()
        is_keyed = isinstance(call, REPEATABLE) and next(self._requests) % 2 == 0
        if is_keyed:
            request = request._replace(headers={**request.headers, "Idempotency-Key": uuid4().hex})
        before = now()
        response = self.client.request(request.method, request.path, content=request.body, headers=request.headers)
        after = now()
        answer = answer_of(response)
        assert not answer.is_replayed
        if is_keyed and not (answer.is_refusal and response.content and answer.document["problem"] in _NOT_KEPT):
            self._kept.append(_Kept(call.namespace, request, answer.text))
        if isinstance(call, Import) and answer.is_refusal:
            answer.document.pop("revision", None)  # of the namespace: pairs may have expired since
        elif isinstance(call, Import):
            answer.document["errors"] = [{"line": error["line"]} for error in answer.document["errors"]]
        space = self.spaces.get(call.namespace)
        if space is None:
            assert answer == (NO_NAMESPACE if response.content else Response(404))
            return
        span = call.find_span(answer)
        changes = self._read_log(space, space.revision, until=None if span is None else span.last)
        space.check(call, answer, changes, before, after)
        self._changed |= {(space.name, change.key) for change in changes}
        if isinstance(call, SetTtl):  # a renewal is in no log
            self._changed.add((space.name, call.key))
        soon = [
            pair.expires_at for pair in space.pairs.values() if pair.expires_at and pair.expires_at < after + SOON_MILLISECONDS
        ]
        while now() <= max(soon, default=0):
            time.sleep(0.001)

    def repeat(self, place: int) -> None:
        """Repeat one of the requests with idempotency keys, if there are any: it gets the first answer.

        That nothing was changed is checked by `compare`.
        """
        if self._kept:
            kept = self._kept[place % len(self._kept)]
            request = kept.request
            response = self.client.request(request.method, request.path, content=request.body, headers=request.headers)
            answer = answer_of(response)
            assert answer.is_replayed
            assert answer._replace(is_replayed=False).text == kept.answer

    def follow(self, space: NamespaceModel, revision: int) -> None:
        """Apply the expiries in the log up to a revision."""
        if revision > space.revision:
            for change in self._read_log(space, space.revision, until=revision):
                space.expire(change, now())
        assert space.revision >= revision

    def _read_log(self, space: NamespaceModel, after: int, *, until: int | None) -> list[Change]:
        """Return the changes after a revision: up to another, or all."""
        found: list[Change] = []
        while until is None or after < until:
            answer = self.client.get(f"/namespaces/{space.name}/changes", params={"after": after, "previous": True})
            assert answer.status_code == 200, answer.text
            changes = read_changes(answer)
            if not changes:
                break
            found += changes
            after = answer.json()["last"]
        return found

    def compare(self) -> None:
        """Check all changed pairs, and the statistics, against the model."""
        for name, space in self.spaces.items():
            changed = [key for space_name, key in self._changed if space_name == name]
            if changed:
                self.check(Read(changed, metadata=True, namespace=name))
            self._compare_statistics(space)
        self._changed.clear()

    def _compare_statistics(self, space: NamespaceModel) -> None:
        statistics = self.client.get(f"/namespaces/{space.name}/stats").json()
        self.follow(space, statistics["revision"])
        oldest = statistics.pop("oldest_change")
        if space.has_history:
            assert statistics.pop("bytes") >= space.statistics["bytes"] - SPELLING_BYTES * len(space.pairs)
            assert statistics == {name: space.statistics[name] for name in ("pairs", "revision")}
        else:
            assert statistics == space.statistics
        assert space.oldest_seen <= oldest <= space.find_oldest()
        space.oldest_seen = oldest

    def find_pairs(self, name: str) -> Mapping[str, Pair]:
        """Return the pairs of the model, including expired ones."""
        return self.spaces[name].pairs if name in self.spaces else {}

    def find_revision(self, name: str, key: str) -> int:
        """Return a pair's revision, 0 if it does not exist."""
        live = self.spaces[name].find_live(now()) if name in self.spaces else {}
        return live[key].revision if key in live else 0


def now() -> int:
    """Return the current time in milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 10**6


def answer_of(response: httpx.Response) -> Response:
    """Return an HTTP response as the model's Response."""
    return Response.of(response.status_code, response.headers, response.content)


def read_changes(response: httpx.Response) -> list[Change]:
    """Return the changes of a page."""
    return [read_change(change) for change in response.json()["changes"]]
