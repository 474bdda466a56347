"""Long mixtures of all operations, made by hypothesis, whose every answer and every change must be that of a plain model.

An operation that is added gets a rule. `pytest --hypothesis-profile=deep` makes ten times as many mixtures.
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from test_support.key_value.clients import client_of
from test_support.key_value.drawn_operations import (
    LONG_SECONDS,
    conditions,
    edges,
    kinds_of_operations,
    make_comparison,
    make_condition,
    make_operation,
    names,
    numbers,
    operators,
    parts_of_keys,
    targets,
    ttls,
    values,
    wanted_settings,
)
from test_support.key_value.held_service import NO_NAMESPACE, HeldService, answer_of, now, read_changes
from test_support.processes import Service
from test_support.tokens import TokenMaker
from verification.key_value_model import Change, Ttl
from verification.key_value_one_pair import Condition, DeleteOne, Get, Increment, Patch, Put, SetTtl
from verification.key_value_operations import Delete, Read, Response, Write, describe
from verification.key_value_ranges import DeleteRange, Import, ImportedPair
from verification.key_value_transactions import Transact
from verification.recorded_load import read_change

# The first namespace has pairs that expire soon, the second has quotas, in which these would count for a while.
FLEETING, BOUNDED = 0, 1
spaces = st.sampled_from([FLEETING, BOUNDED])


class KeyValueMachine(RuleBasedStateMachine):
    """The service, and the namespaces that it must be like."""

    keys = Bundle("keys")

    def __init__(self, client: httpx.Client, run: str) -> None:
        super().__init__()
        self._client = client
        self._service = HeldService(client)
        self._spaces = self._service.spaces
        self._names = [f"{run}-{kind}" for kind in ("fleeting", "bounded")]

    @initialize(target=keys, parts=st.lists(parts_of_keys, min_size=4, max_size=4, unique=True))
    def begin(self, parts: Sequence[str]) -> MultipleResults[str]:
        for name in self._names:
            self._service.make_namespace(name, {})
        one, other, *_ = parts
        different = [key for key in dict.fromkeys([*parts, one + other, one + one, other + "/ttl"]) if key not in (".", "..")]
        for name in self._names:
            self._service.ask(Write(dict.fromkeys(different[:4], 1), namespace=name))
        return multiple(*different)

    @rule(which=spaces, data=st.dictionaries(keys, values, min_size=1, max_size=5), if_absent=st.booleans(), ttl=ttls)
    def write(self, which: int, data: Mapping[str, Any], if_absent: bool, ttl: Ttl) -> None:
        self._service.ask(Write(data, {}, if_absent, self._allow(which, ttl), self._names[which]))

    @rule(which=spaces, data=st.dictionaries(keys, values, min_size=1, max_size=3), key=keys, off=st.sampled_from([0, 0, 0, 1]))
    def write_if_a_revision_is_the_expected(self, which: int, data: Mapping[str, Any], key: str, off: int) -> None:
        self._service.ask(
            Write(data, {key: self._service.find_revision(self._names[which], key) + off}, namespace=self._names[which])
        )

    @rule(which=spaces, asked=st.lists(keys, min_size=1, max_size=5, unique=True), off=st.sampled_from([None, None, 0, 0, 1]))
    def delete(self, which: int, asked: Sequence[str], off: int | None) -> None:
        expected = {} if off is None else {asked[0]: self._service.find_revision(self._names[which], asked[0]) + off}
        self._service.ask(Delete(asked, expected, self._names[which]))

    @rule(which=spaces, asked=st.lists(keys, min_size=1, max_size=5, unique=True), metadata=st.booleans())
    def read(self, which: int, asked: Sequence[str], metadata: bool) -> None:
        self._service.ask(Read(asked, metadata, self._names[which]))

    @rule(which=spaces, key=keys, kind=conditions, method=st.sampled_from(["GET", "GET", "HEAD"]))
    def read_one(self, which: int, key: str, kind: str, method: str) -> None:
        self._service.ask(Get(key, self._condition(which, key, kind), method, self._names[which]))

    @rule(which=spaces, key=keys, value=values, kind=conditions, ttl=ttls)
    def put_one(self, which: int, key: str, value: Any, kind: str, ttl: Ttl) -> None:
        self._service.ask(Put(key, value, self._condition(which, key, kind), self._allow(which, ttl), self._names[which]))

    @rule(which=spaces, key=keys, patch=values | st.dictionaries(names, values | st.none()), kind=conditions)
    def patch_one(self, which: int, key: str, patch: Any, kind: str) -> None:
        self._service.ask(Patch(key, patch, self._condition(which, key, kind), self._names[which]))

    @rule(which=spaces, key=keys, kind=conditions)
    def delete_one(self, which: int, key: str, kind: str) -> None:
        self._service.ask(DeleteOne(key, self._condition(which, key, kind), self._names[which]))

    @rule(which=spaces, key=keys, ttl=st.sampled_from([None, LONG_SECONDS, 0.001, 0.02]), kind=conditions)
    def set_ttl(self, which: int, key: str, ttl: float | None, kind: str) -> None:
        self._service.ask(SetTtl(key, self._allow(which, ttl), self._condition(which, key, kind), self._names[which]))

    @rule(which=spaces, key=keys, by=edges | numbers, kind=conditions)
    def increment(self, which: int, key: str, by: float, kind: str) -> None:
        self._service.ask(Increment(key, by, self._condition(which, key, kind), self._names[which]))

    @rule(which=spaces, key=keys, limit=st.sampled_from([2**63 - 1, -(2**63)]), beyond=st.integers(0, 1))
    def increment_to_the_limit(self, which: int, key: str, limit: int, beyond: int) -> None:
        pair = self._service.find_pairs(self._names[which]).get(key)
        value = pair.value if pair and type(pair.value) is int else 0
        by = limit - value + (beyond if limit > 0 else -beyond)
        if -(2**63) <= by < 2**64:
            self._service.ask(Increment(key, by, namespace=self._names[which]))

    @rule(
        which=spaces,
        compared=st.lists(
            st.tuples(keys, targets, operators, st.booleans(), values),
            max_size=2,
        ),
        branches=st.lists(
            st.lists(st.tuples(kinds_of_operations, keys, values, numbers, ttls), max_size=4),
            min_size=2,
            max_size=2,
        ),
    )
    def transact(self, which: int, compared: Sequence[Any], branches: Sequence[Sequence[Any]]) -> None:
        name = self._names[which]
        pairs = self._service.find_pairs(name)
        compare = [make_comparison(pairs.get(key), key, *drawn) for key, *drawn in compared]
        then, otherwise = (
            [make_operation(kind, key, value, by, self._allow(which, ttl)) for kind, key, value, by, ttl in branch]
            for branch in branches
        )
        self._service.ask(Transact(compare, then, otherwise, name))

    @rule(
        which=spaces,
        drawn=st.lists(
            st.tuples(keys, values, st.sampled_from([None, None, -1000, LONG_SECONDS * 1000])) | st.none(), max_size=5
        ),
        mode=st.sampled_from(["replace", "if_absent"]),
    )
    def import_lines(self, which: int, drawn: Sequence[tuple[str, Any, float | None] | None], mode: str) -> None:
        lines = [
            "no JSON" if one is None else ImportedPair(one[0], one[1], None if one[2] is None else now() + int(one[2]))
            for one in drawn
        ]
        self._service.ask(Import(lines, mode, self._names[which]))

    @rule(source=spaces)
    def copy_by_export_and_import(self, source: int) -> None:
        name, target = self._names[source], self._names[1 - source]
        exported = self._client.get(f"/namespaces/{name}/export")
        if name not in self._spaces:
            assert answer_of(exported) == NO_NAMESPACE
            return
        space = self._spaces[name]
        head, *lines = map(json.loads, exported.text.split("\n")[:-1])
        self._service.follow(space, head["revision"])
        pairs = space.find_live(now())
        expected = [json.loads(str(ImportedPair(key, pair.value, pair.expires_at))) for key, pair in pairs.items()]
        assert head == {"namespace": name, "revision": space.revision}
        assert json.dumps(lines) == json.dumps(expected)
        self._service.ask(
            Import([ImportedPair(key, pair.value, pair.expires_at) for key, pair in pairs.items()], namespace=target)
        )

    @rule(which=spaces, key=keys, length=st.sampled_from([0, 1, 2, 2, 3, 3]))
    def delete_a_range(self, which: int, key: str, length: int) -> None:
        name, prefix = self._names[which], key[:length]
        query = {"prefix": quote(prefix, safe="")} if prefix else {"all": "true"}
        kept = [one for one in self._service.find_pairs(self._names[which]) if one.startswith(prefix)]
        self._service.ask(DeleteRange(query, kept, name))

    @rule(
        which=spaces,
        key=keys,
        length=st.sampled_from([0, 0, 0, 1, 2]),
        bounds=st.tuples(st.just("") | keys, st.none() | keys),
        limit=st.integers(1, 3),
        flags=st.lists(st.sampled_from(["reverse", "keys_only"]), unique=True),
    )
    def list_a_range(
        self, which: int, key: str, length: int, bounds: tuple[str, str | None], limit: int, flags: Sequence[str]
    ) -> None:
        name, prefix, (start, end) = self._names[which], key[:length], bounds
        asked: dict[str, Any] = {"prefix": prefix, "start": start, "end": end, "limit": limit, **dict.fromkeys(flags, "true")}
        query = {field: value for field, value in asked.items() if value is not None}
        page = self._client.get(f"/namespaces/{name}/pairs", params=query)
        if name not in self._spaces:
            assert answer_of(page) == NO_NAMESPACE
            return
        found = page.json()["pairs"]
        while "next" in page.links:
            assert len(page.json()["pairs"]) <= limit
            page = self._client.get(page.links["next"]["url"])
            found += page.json()["pairs"]
        assert "next" not in page.json()
        space = self._spaces[name]
        self._service.follow(space, page.json()["revision"])
        wanted = [
            {"key": key, **({} if "keys_only" in flags else {"value": pair.value}), **describe(pair)}
            for key, pair in space.find_live(now()).items()
            if key.startswith(prefix) and start <= key and (end is None or key < end)
        ]
        assert json.dumps(found) == json.dumps(wanted[::-1] if "reverse" in flags else wanted)

    @rule(
        which=spaces, key=keys, length=st.integers(0, 1), back=st.integers(-1, 8), limit=st.integers(1, 4), by_watch=st.booleans()
    )
    def follow_changes(self, which: int, key: str, length: int, back: int, limit: int, by_watch: bool) -> None:
        space = self._spaces.get(self._names[which])
        after, prefix = max(0, (space.revision if space else 0) - back), key[:length]
        path = f"/namespaces/{self._names[which]}/"
        query: dict[str, Any] = {"after": after, "prefix": prefix}
        answer = self._client.get(path + "changes", params={**query, "limit": limit})
        if space is None:
            assert answer_of(answer) == NO_NAMESPACE
            return
        if answer.status_code == 410:
            oldest, revision = answer.json()["oldest"], answer.json()["revision"]
            assert after > revision or after < oldest - 1
            return
        told, last = read_changes(answer), answer.json()["last"]
        while last < space.revision:
            answer = self._client.get(path + "changes", params={**query, "after": last, "limit": limit})
            page, last = read_changes(answer), answer.json()["last"]
            assert len(page) <= limit
            told += page
        self._service.follow(space, last)
        assert told == [change for change in space.log if after < change.revision <= last and change.key.startswith(prefix)]
        if by_watch and told:
            assert self._watch(path + "watch", query, len(told)) == told

    @rule(which=spaces, wanted=wanted_settings)
    def put_a_namespace(self, which: int, wanted: dict[str, Any]) -> None:
        name = self._names[which]
        if which == FLEETING or name not in self._spaces:
            wanted = {field: value for field, value in wanted.items() if field in ("description", "default_ttl")}
        if name in self._spaces:
            answer = self._client.put(f"/namespaces/{name}", json=wanted)
            assert answer.status_code == 200
            self._spaces[name].set(wanted)
            assert answer.json() == {"name": name, **self._spaces[name].settings}
        else:
            self._service.make_namespace(name, wanted)

    @rule(which=spaces, force=st.booleans(), again=st.booleans())
    def delete_a_namespace(self, which: int, force: bool, again: bool) -> None:
        name = self._names[which]
        answer = answer_of(self._client.delete(f"/namespaces/{name}", params={"force": force}))
        if name not in self._spaces:
            assert answer == NO_NAMESPACE
        elif not force and self._spaces[name].find_live(now()):
            assert answer == Response(409, {"problem": "namespace-not-empty"})
        else:
            assert answer == Response(204)
            self._service.forget_namespace(name)
            if again:
                self._service.make_namespace(name, {})

    @rule()
    def list_namespaces(self) -> None:
        shown, cursor = [], self._names[0].rpartition("-")[0]
        while cursor is not None and cursor <= self._names[0]:
            page = self._client.get("/namespaces", params={"limit": 1, "cursor": cursor}).json()
            shown += [one for one in page["namespaces"] if one["name"] in self._names]
            cursor = page["next_cursor"]
        assert shown == [{"name": name, **self._spaces[name].settings} for name in sorted(self._spaces)]
        for name in self._names:
            answer = self._client.get(f"/namespaces/{name}")
            assert answer.json() in shown if name in self._spaces else answer_of(answer) == NO_NAMESPACE

    @invariant()
    def what_was_changed_is_as_the_model_has_it(self) -> None:
        self._service.compare()

    def teardown(self) -> None:
        for name in self._spaces:
            self._client.delete(f"/namespaces/{name}", params={"force": True})

    def _condition(self, which: int, key: str, kind: str) -> Condition:
        return make_condition(kind, self._service.find_revision(self._names[which], key))

    def _watch(self, path: str, query: Mapping[str, Any], count: int) -> list[Change]:
        events: list[Change] = []
        with self._client.stream("GET", path, params=query) as stream:
            # Of all that Unicode takes for the end of a line, only this is one here.
            text = ""
            for piece in stream.iter_text():
                *lines, text = (text + piece).split("\n")
                events += [read_change(json.loads(line[6:])) for line in lines if line.startswith("data: ")]
                if len(events) >= count:
                    break
        return events

    @staticmethod
    def _allow(which: int, ttl: Any) -> Any:
        return LONG_SECONDS if which == BOUNDED and isinstance(ttl, float) else ttl


@pytest.mark.timeout(3600)
def test_any_sequence_of_operations_behaves_like_the_model(key_value_service: Service, tokens: TokenMaker) -> None:
    token = tokens.make(scope="admin:machine-*", exp=int(time.time()) + 3600)
    with client_of(key_value_service, token) as client:
        make: Any = lambda: KeyValueMachine(client, f"machine-{uuid4().hex[:12]}")  # noqa: E731 (a callable will do)
        examples = settings().max_examples
        # To find a shorter mixture that fails, too, would take minutes.
        phases = [Phase.reuse, Phase.generate]
        run_state_machine_as_test(make, settings=settings(max_examples=examples, stateful_step_count=30, phases=phases))
