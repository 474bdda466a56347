"""Rules for batches of pairs and keys."""

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from key_value_service.domain.value_objects.batch import MAX_KEYS, AnswerTooLargeError, KeyBatch, WriteBatch
from key_value_service.domain.value_objects.value import MAX_BYTES
from shared_kernel.domain.rules import MAX_VIOLATIONS, RulesBrokenError


def write_violations(data: dict[str, object]) -> list[tuple[str, str]]:
    with pytest.raises(RulesBrokenError) as raised:
        WriteBatch.of(data, orjson.dumps)
    return [(violation.field, violation.rule) for violation in raised.value.violations]


def read_violations(keys: list[str]) -> list[tuple[str, str]]:
    with pytest.raises(RulesBrokenError) as raised:
        KeyBatch(keys)
    return [(violation.field, violation.rule) for violation in raised.value.violations]


def text_of(bytes_of_json: int) -> str:
    return "x" * (bytes_of_json - len('""'))


@pytest.mark.parametrize("count", [1, 2, MAX_KEYS - 1, MAX_KEYS])
def test_write_batch_has_1_to_1000_pairs(count: int) -> None:
    assert len(WriteBatch.of({f"key {number}": number for number in range(count)}, orjson.dumps).pairs) == count


@pytest.mark.parametrize("count", [0, MAX_KEYS + 1, 100_000])
def test_write_batch_of_another_size_is_rejected(count: int) -> None:
    assert write_violations({f"key {number}": 1 for number in range(count)}) == [("data", "count")]


def test_write_batch_keeps_order_and_texts() -> None:
    batch = WriteBatch.of({"b": {"z": 1.0, "a": [-0.0]}, "a": "é"}, orjson.dumps)
    assert list(batch.pairs) == [("b", '{"z":1.0,"a":[-0.0]}'), ("a", '"é"')]


@pytest.mark.parametrize("value", [text_of(MAX_BYTES), "é" * (MAX_BYTES // 2 - 1), [text_of(MAX_BYTES - 2)]])
def test_value_of_exactly_1_mib_is_accepted(value: object) -> None:
    ((_, text),) = WriteBatch.of({"key": value}, orjson.dumps).pairs
    assert len(str(text).encode()) == MAX_BYTES


@pytest.mark.parametrize(
    "value",
    [text_of(MAX_BYTES + 1), "é" * (MAX_BYTES // 2 - 1) + "a", [text_of(MAX_BYTES - 1)], "\n" * (MAX_BYTES // 2)],
)
def test_value_of_one_byte_more_is_rejected(value: object) -> None:
    assert write_violations({"key": value}) == [("data.key", "size")]


def test_all_invalid_pairs_are_reported_at_once() -> None:
    assert write_violations(
        {"good": 1, "": 1, "a\n": 1, "nan": math.nan, "big": 10**1000, "deep": orjson.loads("[" * 65 + "]" * 65), "k" * 513: 1}
    ) == [
        ("data.", "length"),
        ("data.a\n", "control_characters"),
        ("data.nan", "finite"),
        ("data.big", "integer_range"),
        ("data.deep", "levels"),
        ("data." + "k" * 95 + "…", "length"),
    ]


def test_one_invalid_key_or_value_among_many_is_reported() -> None:
    data: dict[str, object] = {f"key-{number}": "x" for number in range(100)}
    assert write_violations({**data, "é": 2, "tab\t": 1}) == [("data.tab\t", "control_characters")]
    assert write_violations({**data, "nan": math.nan}) == [("data.nan", "finite")]


def test_of_a_thousand_invalid_pairs_the_first_are_reported() -> None:
    violations = write_violations({f"{number}\n": 1 for number in range(MAX_KEYS)})
    assert violations == [(f"data.{number}\n", "control_characters") for number in range(MAX_VIOLATIONS)]


def test_key_is_checked_before_its_value() -> None:
    assert write_violations({"": math.nan}) == [("data.", "length")]


def test_invalid_value_is_not_encoded() -> None:
    encoded: list[object] = []

    def encode(value: object) -> bytes:
        encoded.append(value)
        return orjson.dumps(value)

    with pytest.raises(RulesBrokenError):
        WriteBatch.of({"": 1, "a": math.inf, "b": 2}, encode)
    assert encoded == [2]


@pytest.mark.parametrize("count", [1, 2, MAX_KEYS])
def test_key_batch_has_1_to_1000_keys(count: int) -> None:
    keys = [f"key {number}" for number in range(count)]
    assert KeyBatch(keys).keys == keys


@pytest.mark.parametrize("count", [0, MAX_KEYS + 1])
def test_key_batch_of_another_size_is_rejected(count: int) -> None:
    assert read_violations([f"key {number}" for number in range(count)]) == [("keys", "count")]


def test_each_repetition_of_a_key_is_reported() -> None:
    assert read_violations(["a", "b", "a", "c", "b", "a"]) == [("keys.2", "unique"), ("keys.4", "unique"), ("keys.5", "unique")]


def test_key_repeated_a_thousand_times_is_rejected() -> None:
    assert read_violations(["a"] * MAX_KEYS) == [(f"keys.{number}", "unique") for number in range(1, MAX_VIOLATIONS + 1)]


def test_keys_that_differ_in_normalization_or_case_are_different() -> None:
    KeyBatch(["\u00e9", "e\u0301", "\u00c9", "e", "e "])


def test_invalid_keys_are_reported_by_position() -> None:
    assert read_violations(["good", "", "a\x00", "k" * 513, ""]) == [
        ("keys.1", "length"),
        ("keys.2", "control_characters"),
        ("keys.3", "length"),
        ("keys.4", "length"),
    ]


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8))
def test_key_batch_is_accepted_if_and_only_if_keys_differ(keys: list[str]) -> None:
    if len(set(keys)) == len(keys):
        assert KeyBatch(keys).keys == keys
    else:
        assert len(read_violations(keys)) == len(keys) - len(set(keys))


def test_too_large_response_violates_a_rule_of_the_keys() -> None:
    error = AnswerTooLargeError()
    assert isinstance(error, RulesBrokenError)
    assert [(violation.field, violation.rule) for violation in error.violations] == [("keys", "answer_size")]
