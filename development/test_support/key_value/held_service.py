"""The service, each answer of which is held to the model."""

import time
from collections.abc import Mapping
from typing import Any

import httpx

from test_support.key_value.modelled_namespace import ModelledNamespace
from verification.key_value_model import Change, Pair
from verification.key_value_operations import Call, Delete, Read, Response, Write
from verification.key_value_ranges import Import
from verification.recorded_load import read_change

NO_NAMESPACE = Response(404, {"problem": "no-such-namespace"})
SOON_MILLISECONDS = 10_000


class HeldService:
    """What is asked of some namespaces, by one client that nobody else comes between. All raise AssertionError.

    But for the sweeper: pairs expire by its own time. So whoever sets a short time to live is kept until it is over.
    """

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.spaces: dict[str, ModelledNamespace] = {}
        self._forgotten: dict[str, int] = {}
        self._changed: set[tuple[str, str]] = set()

    def make_namespace(self, name: str, wanted: Mapping[str, Any]) -> None:
        """Make one without quotas."""
        answer = self.client.put(f"/namespaces/{name}", json=wanted)
        assert answer.status_code == 201, answer.text
        revision = self.client.get(f"/namespaces/{name}/stats").json()["revision"]
        assert revision > self._forgotten.get(name, -1)
        space = self.spaces[name] = ModelledNamespace(name, wanted, answer.json()["created_at"], revision)
        assert answer.json() == {"name": name, **space.settings}
        # What its id takes in a tuple cannot be asked for.
        self.ask(Write({"any": None}, namespace=name))
        told = self.client.get(f"/namespaces/{name}/stats").json()["bytes"]
        space.id_bytes += told - space.statistics["bytes"]
        assert 1 <= space.id_bytes <= 5
        self.ask(Delete(["any"], namespace=name))

    def forget_namespace(self, name: str) -> None:
        """It has been deleted."""
        self._forgotten[name] = self.spaces.pop(name).revision

    def ask(self, call: Call) -> None:
        """Ask, and hold the answer and all that has changed to the model."""
        request = call.request()
        before = now()
        response = self.client.request(request.method, request.path, content=request.body, headers=request.headers)
        after = now()
        answer = answer_of(response)
        if isinstance(call, Import) and not answer.is_refusal:
            answer.document["errors"] = [{"line": error["line"]} for error in answer.document["errors"]]
        space = self.spaces.get(call.namespace)
        if space is None:
            assert answer == (NO_NAMESPACE if response.content else Response(404))
            return
        span = call.find_span(answer)
        told = self._read_log(space, space.revision, until=None if span is None else span.last)
        space.hold(call, answer, told, before, after)
        self._changed |= {(space.name, change.key) for change in told}
        soon = [
            pair.expires_at for pair in space.pairs.values() if pair.expires_at and pair.expires_at < after + SOON_MILLISECONDS
        ]
        while now() <= max(soon, default=0):
            time.sleep(0.001)

    def follow(self, space: ModelledNamespace, revision: int) -> None:
        """Let expire what the log tells up to a revision."""
        if revision > space.revision:
            for change in self._read_log(space, space.revision, until=revision):
                space.expire(change, now())
        assert space.revision >= revision

    def _read_log(self, space: ModelledNamespace, after: int, *, until: int | None) -> list[Change]:
        """Return what came behind a revision: up to another, or all."""
        told: list[Change] = []
        while until is None or after < until:
            answer = self.client.get(f"/namespaces/{space.name}/changes", params={"after": after})
            assert answer.status_code == 200, answer.text
            changes = read_changes(answer)
            if not changes:
                break
            told += changes
            after = answer.json()["last"]
        return told

    def compare(self) -> None:
        """Hold all that was changed, and what it adds up to, to the model."""
        for name, space in self.spaces.items():
            changed = [key for space_name, key in self._changed if space_name == name]
            if changed:
                self.ask(Read(changed, metadata=True, namespace=name))
            self._compare_statistics(space)
        self._changed.clear()

    def _compare_statistics(self, space: ModelledNamespace) -> None:
        told = self.client.get(f"/namespaces/{space.name}/stats").json()
        self.follow(space, told["revision"])
        oldest = told.pop("oldest_change")
        assert told == space.statistics
        assert space.oldest_seen <= oldest <= space.find_oldest()
        space.oldest_seen = oldest

    def find_pairs(self, name: str) -> Mapping[str, Pair]:
        """Return the pairs that are kept, whether they have expired or not."""
        return self.spaces[name].pairs if name in self.spaces else {}

    def find_revision(self, name: str, key: str) -> int:
        """Return a pair's revision, 0 where there is none."""
        live = self.spaces[name].find_live(now()) if name in self.spaces else {}
        return live[key].revision if key in live else 0


def now() -> int:
    """Return the moment in milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 10**6


def answer_of(response: httpx.Response) -> Response:
    """Return what a response tells."""
    return Response.of(response.status_code, response.headers, response.content)


def read_changes(response: httpx.Response) -> list[Change]:
    """Return the changes of a page."""
    return [read_change(told) for told in response.json()["changes"]]
