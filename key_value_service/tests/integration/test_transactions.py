"""Transactions over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from test_support.problems import read_broken_rules, read_problem

PATH = "/namespaces/default/transactions"


def new_key() -> str:
    return uuid4().hex


def run(client: httpx.Client, **body: object) -> Any:
    return client.post(PATH, json=body).raise_for_status().json()


def read(client: httpx.Client, *keys: str) -> Any:
    return client.post("/read", json={"keys": keys}).raise_for_status().json()["data"]


def test_results_are_in_the_order_of_the_operations(key_value: httpx.Client) -> None:
    key, counter, absent = '"é/' + new_key(), new_key(), new_key()
    answer = run(
        key_value,
        then=[
            {"operation": "write", "key": key, "value": {"b": 1.0, "a": [18446744073709551615]}, "ttl": 3600},
            {"operation": "read", "key": key},
            {"operation": "read", "key": absent},
            {"operation": "increment", "key": counter, "by": 9007199254740993},
            {"operation": "increment", "key": counter, "by": -0.5},
            {"operation": "delete", "key": key},
            {"operation": "delete", "key": key},
        ],
    )
    revision = answer["revision"]
    expires_at = answer["results"][1]["pair"].pop("expires_at")
    assert expires_at.endswith("Z")
    assert answer == {
        "succeeded": True,
        "results": [
            {"operation": "write", "key": key, "revision": revision - 3, "created": True},
            {
                "operation": "read",
                "key": key,
                "pair": {
                    "value": {"b": 1.0, "a": [18446744073709551615]},
                    "revision": revision - 3,
                    "created_revision": revision - 3,
                    "version": 1,
                },
            },
            {"operation": "read", "key": absent, "pair": None},
            {"operation": "increment", "key": counter, "value": 9007199254740993, "revision": revision - 2, "created": True},
            {"operation": "increment", "key": counter, "value": 9007199254740991.5, "revision": revision - 1, "created": False},
            {"operation": "delete", "key": key, "deleted": True},
            {"operation": "delete", "key": key, "deleted": False},
        ],
        "revision": revision,
    }


def test_comparisons_select_the_branch(key_value: httpx.Client) -> None:
    key = new_key()
    take = {
        "compare": [{"target": "exists", "key": key, "operand": False}, {"target": "revision", "key": key, "operand": 0}],
        "then": [{"operation": "write", "key": key, "value": {"owner": "first"}}],
        "else": [{"operation": "read", "key": key}],
    }
    assert run(key_value, **take)["succeeded"] is True
    refused = run(key_value, **take)
    assert refused["succeeded"] is False
    assert refused["results"][0]["pair"]["value"] == {"owner": "first"}
    release = {
        "compare": [
            {"target": "value", "key": key, "operator": "=", "operand": {"owner": "first"}},
            {"target": "version", "key": key, "operator": "<=", "operand": 1},
            {"target": "revision", "key": key, "operator": ">", "operand": 0},
        ],
        "then": [{"operation": "delete", "key": key}],
    }
    assert run(key_value, **release)["succeeded"] is True
    assert run(key_value, **release) | {"revision": 0} == {"succeeded": False, "results": [], "revision": 0}


def test_failed_operation_is_reported_and_nothing_is_changed(key_value: httpx.Client) -> None:
    text, other = new_key(), new_key()
    key_value.post("/write", json={"data": {text: "many"}}).raise_for_status()
    operations = [{"operation": "write", "key": other, "value": 1}, {"operation": "increment", "key": text, "by": 1}]
    problem = read_problem(key_value.post(PATH, json={"then": operations}), 409, "operation-refused")
    assert (problem["operation"], problem["key"], problem["reason"]) == ("then.1", text, "not a number")
    overflowing = {"then": [{"operation": "increment", "key": other, "by": 2**63 - 1}] * 2}
    problem = read_problem(key_value.post(PATH, json=overflowing), 409, "operation-refused")
    assert (problem["operation"], problem["reason"]) == ("then.1", "overflow")
    assert read(key_value, text, other) == {text: "many"}


def test_concurrent_transactions_never_oversell_a_stock(key_value: httpx.Client) -> None:
    stock, taken = new_key(), new_key()
    key_value.post("/write", json={"data": {stock: 20}}).raise_for_status()
    take = {
        "compare": [{"target": "value", "key": stock, "operator": "!=", "operand": 0}],
        "then": [{"operation": "increment", "key": stock, "by": -1}, {"operation": "increment", "key": taken, "by": 1}],
    }
    with ThreadPoolExecutor(50) as clients:
        succeeded = [answer["succeeded"] for answer in clients.map(lambda _: run(key_value, **take), range(50))]
    assert succeeded.count(True) == 20
    assert read(key_value, stock, taken) == {stock: 0, taken: 20}


WRITE = {"operation": "write", "key": "a", "value": 1}


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ({"then": {}}, {("then", "list_type")}),
        ({"then": [1]}, {("then.0", "dict_type")}),
        ({"then": [{}]}, {("then.0.operation", "missing")}),
        ({"then": [WRITE, {"operation": "x" * 1000, "key": "a"}]}, {("then.1.operation", "literal_error")}),
        ({"then": [{"operation": "write", "value": 1}]}, {("then.0.key", "missing")}),
        (
            {"then": [{"operation": "write", "key": "a", "valeu": 1}]},
            {("then.0.value", "missing"), ("then.0.valeu", "extra_forbidden")},
        ),
        ({"then": [WRITE | {"key": ""}]}, {("then.0.key", "length")}),
        ({"then": [WRITE | {"key": "a\n"}]}, {("then.0.key", "control_characters")}),
        ({"else": [WRITE | {"key": 1}]}, {("else.0.key", "string_type")}),
        ({"then": [WRITE | {"value": 10**1000}]}, {("then.0.value", "integer_range")}),
        ({"then": [WRITE | {"value": "x" * 2**20}]}, {("then.0.value", "size")}),
        ({"then": [WRITE | {"ttl": 0}]}, {("then.0.ttl", "range")}),
        ({"then": [WRITE | {"ttl": "60"}]}, {("then.0.ttl", "float_type")}),
        ({"then": [WRITE | {"if_absent": True}]}, {("then.0.if_absent", "extra_forbidden")}),
        ({"then": [WRITE, {"operation": "read", "key": "a", "value": 1}]}, {("then.1.value", "extra_forbidden")}),
        ({"then": [{"operation": "increment", "key": "a"}]}, {("then.0.by", "missing")}),
        ({"then": [{"operation": "increment", "key": "a", "by": "1"}]}, {("then.0.by", "number")}),
        ({"then": [{"operation": "increment", "key": "a", "by": True}]}, {("then.0.by", "number")}),
        ({"then": [{"operation": "increment", "key": "a", "by": 2**64}]}, {("then.0.by", "integer_range")}),
        ({"then": [WRITE] * 129}, {("then", "too_long")}),
        ({"else": [WRITE] * 129, "more": 1}, {("else", "too_long"), ("more", "extra_forbidden")}),
        ({"compare": [{"target": "exists", "key": "a", "operand": True}] * 129}, {("compare", "too_long")}),
        ({"compare": [{"target": "size", "key": "a", "operand": 1}]}, {("compare.0.target", "literal_error")}),
        ({"compare": [{"target": "value", "key": "a"}]}, {("compare.0.operand", "missing")}),
        ({"compare": [{"target": "revision", "key": "a", "operand": -1}]}, {("compare.0.operand", "greater_than_equal")}),
        ({"compare": [{"target": "version", "key": "a", "operand": 2**53}]}, {("compare.0.operand", "less_than_equal")}),
        ({"compare": [{"target": "exists", "key": "a", "operand": 1}]}, {("compare.0.operand", "bool_type")}),
        (
            {"compare": [{"target": "value", "key": "a", "operand": 1, "operator": "<"}]},
            {("compare.0.operator", "literal_error")},
        ),
        ({"compare": [{"target": "exists", "key": "a", "operand": True, "x": 1}]}, {("compare.0.x", "extra_forbidden")}),
        ({"otherwise": []}, {("otherwise", "extra_forbidden")}),
    ],
)
def test_invalid_transaction_is_reported_by_field_and_nothing_is_changed(
    key_value: httpx.Client, body: dict[str, object], broken: set[tuple[str, str]]
) -> None:
    answer = key_value.post(PATH, json=body)
    assert read_broken_rules(answer) == broken
    assert len(answer.content) < 2000, "what was sent is not sent back"


def test_too_large_response_is_rejected(key_value: httpx.Client) -> None:
    key = new_key()
    key_value.post("/write", json={"data": {key: "x" * (2**20 - 2)}}).raise_for_status()
    answer = key_value.post(PATH, json={"then": [{"operation": "read", "key": key}] * 33})
    assert read_broken_rules(answer) == {("then", "answer_size")}


def test_namespace_must_exist_and_be_in_scope(key_value: httpx.Client) -> None:
    refused = key_value.post("/namespaces/elsewhere/transactions", json={"then": [WRITE]})
    read_problem(refused, 403, "insufficient-scope")
    assert 'scope="write:elsewhere"' in refused.headers["www-authenticate"]
    refused = key_value.post("/namespaces/elsewhere/transactions", json={})
    assert 'scope="read:elsewhere"' in refused.headers["www-authenticate"]
    assert read_broken_rules(key_value.post("/namespaces/No%20Name/transactions", json={})) == {("namespace", "namespace")}
