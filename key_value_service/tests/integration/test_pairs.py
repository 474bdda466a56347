import uuid
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from test_support.problems import read_broken_rules

MEBIBYTE = 1024 * 1024


def new_key() -> str:
    return f"key-{uuid.uuid4()}"


def write_text(client: httpx.Client, key: str, text: str) -> httpx.Response:
    """Write a value given as JSON text: Python's numbers cannot represent all of them."""
    body = f'{{"data":{{"{key}":{text}}}}}'
    return client.post("/write", content=body.encode(), headers={"Content-Type": "application/json"})


def read_text(client: httpx.Client, key: str) -> str:
    text = client.post("/read", json={"keys": [key]}).text
    return text.removeprefix(f'{{"data":{{"{key}":').partition('},"missing":[],"revision":')[0]


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_written_pairs_are_read_and_missing_keys_are_in_the_order_requested(key_value: httpx.Client) -> None:
    first, second, absent, also_absent = (new_key() for _ in range(4))
    written = key_value.post("/write", json={"data": {first: {"a": [1, None]}, second: "текст"}})
    revision = written.json()["revision"]
    assert written.json() == {"status": "success", "written": 2, "revision": revision, "skipped": []}
    answer = key_value.post("/read", json={"keys": [also_absent, second, absent, first]})
    found = answer.json()
    assert found.pop("revision") >= revision  # what other tests have written may expire now
    assert found == {"data": {first: {"a": [1, None]}, second: "текст"}, "missing": [also_absent, absent]}


def test_second_write_replaces_the_value(key_value: httpx.Client) -> None:
    key = new_key()
    for value in (1, [2]):
        key_value.post("/write", json={"data": {key: value}}).raise_for_status()
    assert key_value.post("/read", json={"keys": [key]}).json()["data"] == {key: [2]}


@pytest.mark.parametrize(
    "text",
    ["1.0", "1", "-0.0", "0", "{}", "[]", '""', "null", "true", "false", "9223372036854775808", "18446744073709551615",
     "-9223372036854775808", "0.1", "5e-324", '"ключ ☃ 😀"', '{"":{"a":[{}]}}', "[1,1.0,[[]]]", nested(64)],
)  # fmt: skip
def test_value_is_returned_as_written(key_value: httpx.Client, text: str) -> None:
    key = new_key()
    assert write_text(key_value, key, text).status_code == 200
    assert read_text(key_value, key) == text


def test_largest_doubles_are_returned_as_written(key_value: httpx.Client) -> None:
    key = new_key()
    write_text(key_value, key, "[1e308,-1.7976931348623157e308]").raise_for_status()
    assert key_value.post("/read", json={"keys": [key]}).json()["data"][key] == [1e308, -1.7976931348623157e308]


@pytest.mark.parametrize("digits", ["18446744073709551616", "-9223372036854775809", "100000000000000000000", "9" * 1000])
@pytest.mark.parametrize("wrap", ["%s", "[%s]", '{"a":%s,"b":0.1}'])
def test_long_integer_is_returned_digit_for_digit(key_value: httpx.Client, digits: str, wrap: str) -> None:
    """However it was written: JavaScript writes 1e20 with all its digits."""
    text = wrap % digits
    home = new_key()
    pair = "/namespaces/default/pair?key="
    json_type = {"Content-Type": "application/json"}
    write_text(key_value, home, text).raise_for_status()
    key_value.put(f"{pair}{home}put", content=text, headers=json_type).raise_for_status()
    branch = f'[{{"operation":"write","key":"{home}then","value":{text}}}]'
    compare = f'[{{"target":"value","key":"{home}","operand":{text}}}]'
    run = f'{{"compare":{compare},"then":{branch}}}'
    answer = key_value.post("/namespaces/default/transactions", content=run, headers=json_type).raise_for_status()
    assert answer.json()["succeeded"]
    line = f'{{"key":"{home}import","value":{text}}}'
    imported = key_value.post("/namespaces/default/import", content=line, headers={"Content-Type": "application/x-ndjson"})
    assert imported.json()["written"] == 1
    key_value.put(f"{pair}{home}patch", content=f'{{"kept":{text}}}', headers=json_type).raise_for_status()
    merge = {"Content-Type": "application/merge-patch+json"}
    key_value.patch(f"{pair}{home}patch", content=f'{{"new":{text}}}', headers=merge).raise_for_status()

    for key in (home, home + "put", home + "then", home + "import"):
        assert read_text(key_value, key) == text
        assert key_value.get(f"{pair}{key}").text == text
    assert read_text(key_value, home + "patch") == f'{{"kept":{text},"new":{text}}}'
    assert f'"value":{text},' in key_value.get("/namespaces/default/pairs", params={"prefix": home}).text
    assert line in key_value.get("/namespaces/default/export", params={"prefix": home}).text
    changes = key_value.get("/namespaces/default/changes", params={"after": answer.json()["revision"] - 1, "prefix": home})
    assert f'"value":{text}}}' in changes.text


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1" + "0" * 1000, "integer_range"),
        ("-1" + "0" * 1000, "integer_range"),
        (f'{{"deep":[{10**1000}]}}', "integer_range"),
        ("NaN", "finite"),
        ("[Infinity]", "finite"),
        ("-Infinity", "finite"),
        ("1e400", "finite"),
        (nested(65), "levels"),
        (f'"{"x" * MEBIBYTE}"', "size"),
    ],
)
def test_value_that_cannot_be_returned_as_written_is_rejected_by_name(key_value: httpx.Client, text: str, rule: str) -> None:
    key, innocent = new_key(), new_key()
    body = f'{{"data":{{"{innocent}":1,"{key}":{text}}}}}'.encode()
    answer = key_value.post("/write", content=body, headers={"Content-Type": "application/json"})
    assert read_broken_rules(answer) == {(f"data.{key}", rule)}
    assert key_value.post("/read", json={"keys": [innocent, key]}).json()["missing"] == [innocent, key]


def test_value_of_exactly_1_mib_is_accepted(key_value: httpx.Client) -> None:
    key, text = new_key(), f'"{"x" * (MEBIBYTE - 2)}"'
    write_text(key_value, key, text).raise_for_status()
    assert read_text(key_value, key) == text


def test_too_large_read_is_rejected_and_succeeds_in_parts(key_value: httpx.Client) -> None:
    keys = [new_key() for _ in range(33)]
    for key in keys:
        write_text(key_value, key, f'"{"x" * (MEBIBYTE - 2)}"').raise_for_status()
    assert read_broken_rules(key_value.post("/read", json={"keys": keys})) == {("keys", "answer_size")}
    assert len(key_value.post("/read", json={"keys": keys[:30]}).json()["data"]) == 30


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("", "length"),
        ("k" * 513, "length"),
        ("я" * 257, "length"),
        ("a\x00b", "control_characters"),
        ("\x85", "control_characters"),
    ],
)
def test_invalid_key_is_rejected(key_value: httpx.Client, key: str, rule: str) -> None:
    [(field, broken)] = read_broken_rules(key_value.post("/write", json={"data": {key: 1}}))
    assert (field.startswith("data."), broken) == (True, rule)
    assert read_broken_rules(key_value.post("/read", json={"keys": ["fine", key]})) == {("keys.1", rule)}


def test_keys_at_the_limits_are_accepted(key_value: httpx.Client) -> None:
    data = {"k" * 512: 1, "я" * 256: 2, " ": 3, '"\\/': 4, "😀": 5}
    key_value.post("/write", json={"data": data}).raise_for_status()
    assert key_value.post("/read", json={"keys": list(data)}).json()["data"] == data


def test_repeated_key_is_rejected(key_value: httpx.Client) -> None:
    assert read_broken_rules(key_value.post("/read", json={"keys": ["a", "b", "a"]})) == {("keys.2", "unique")}


@pytest.mark.parametrize("count", [0, 1001])
def test_batch_has_1_to_1000_keys(key_value: httpx.Client, count: int) -> None:
    keys = [new_key() for _ in range(count)]
    assert read_broken_rules(key_value.post("/write", json={"data": dict.fromkeys(keys, 1)})) == {("data", "count")}
    assert read_broken_rules(key_value.post("/read", json={"keys": keys})) == {("keys", "count")}


def test_batch_of_1000_keys_is_written_and_read(key_value: httpx.Client) -> None:
    data = {new_key(): number for number in range(1000)}
    assert key_value.post("/write", json={"data": data}).json()["written"] == 1000
    assert key_value.post("/read", json={"keys": list(data)}).json()["data"] == data


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(1 - 10**1000, 10**1000 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: (
        st.lists(children, max_size=5) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), children, max_size=5)
    ),
    max_leaves=30,
)
json_keys = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=128)


def as_written(value: Any) -> str:
    """Return a value with the types of its parts: 1, 1.0 and True, and 0.0 and -0.0, are equal in Python, but not in JSON."""
    return repr(value)


@given(data=st.dictionaries(json_keys, json_values, min_size=1, max_size=8))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_returned_as_written(key_value: httpx.Client, data: dict[str, Any]) -> None:
    assert key_value.post("/write", json={"data": data}).json()["written"] == len(data)
    answer = key_value.post("/read", json={"keys": list(data)}).json()
    assert as_written(answer["data"]) == as_written(data)
    assert answer["missing"] == []
