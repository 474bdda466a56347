"""The rules for what is written or read at once."""

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
def test_1_to_1000_pairs_may_be_written(count: int) -> None:
    assert len(WriteBatch.of({f"key {number}": number for number in range(count)}, orjson.dumps).pairs) == count


@pytest.mark.parametrize("count", [0, MAX_KEYS + 1, 100_000])
def test_no_or_more_pairs_may_not_be_written(count: int) -> None:
    assert write_violations({f"key {number}": 1 for number in range(count)}) == [("data", "count")]


def test_pairs_keep_their_order_and_their_texts() -> None:
    batch = WriteBatch.of({"b": {"z": 1.0, "a": [-0.0]}, "a": "é"}, orjson.dumps)
    assert list(batch.pairs) == [("b", '{"z":1.0,"a":[-0.0]}'), ("a", '"é"')]


@pytest.mark.parametrize("value", [text_of(MAX_BYTES), "é" * (MAX_BYTES // 2 - 1), [text_of(MAX_BYTES - 2)]])
def test_a_value_of_exactly_1_mib_of_text_may_be_written(value: object) -> None:
    ((_, text),) = WriteBatch.of({"key": value}, orjson.dumps).pairs
    assert len(text.encode()) == MAX_BYTES


@pytest.mark.parametrize(
    "value",
    [text_of(MAX_BYTES + 1), "é" * (MAX_BYTES // 2 - 1) + "a", [text_of(MAX_BYTES - 1)], "\n" * (MAX_BYTES // 2)],
)
def test_a_value_of_one_byte_more_may_not_be_written(value: object) -> None:
    assert write_violations({"key": value}) == [("data.key", "size")]


def test_every_broken_pair_is_told_at_once() -> None:
    assert write_violations(
        {"good": 1, "": 1, "a\n": 1, "nan": math.nan, "big": 2**64, "deep": orjson.loads("[" * 65 + "]" * 65), "k" * 513: 1}
    ) == [
        ("data.", "length"),
        ("data.a\n", "control_characters"),
        ("data.nan", "finite"),
        ("data.big", "integer_range"),
        ("data.deep", "levels"),
        ("data." + "k" * 95 + "…", "length"),
    ]


def test_one_broken_key_or_value_among_many_is_told() -> None:
    data: dict[str, object] = {f"key-{number}": "x" for number in range(100)}
    assert write_violations({**data, "é": 2, "tab\t": 1}) == [("data.tab\t", "control_characters")]
    assert write_violations({**data, "nan": math.nan}) == [("data.nan", "finite")]


def test_of_a_thousand_broken_pairs_the_first_are_told() -> None:
    violations = write_violations({f"{number}\n": 1 for number in range(MAX_KEYS)})
    assert violations == [(f"data.{number}\n", "control_characters") for number in range(MAX_VIOLATIONS)]


def test_a_key_is_judged_before_its_value() -> None:
    assert write_violations({"": math.nan}) == [("data.", "length")]


def test_a_value_that_breaks_a_rule_is_never_encoded() -> None:
    encoded: list[object] = []

    def encode(value: object) -> bytes:
        encoded.append(value)
        return orjson.dumps(value)

    with pytest.raises(RulesBrokenError):
        WriteBatch.of({"": 1, "a": math.inf, "b": 2}, encode)
    assert encoded == [2]


@pytest.mark.parametrize("count", [1, 2, MAX_KEYS])
def test_1_to_1000_keys_may_be_read(count: int) -> None:
    keys = [f"key {number}" for number in range(count)]
    assert KeyBatch(keys).keys == keys


@pytest.mark.parametrize("count", [0, MAX_KEYS + 1])
def test_no_or_more_keys_may_not_be_read(count: int) -> None:
    assert read_violations([f"key {number}" for number in range(count)]) == [("keys", "count")]


def test_a_repeated_key_is_refused_at_each_repetition() -> None:
    assert read_violations(["a", "b", "a", "c", "b", "a"]) == [("keys.2", "unique"), ("keys.4", "unique"), ("keys.5", "unique")]


def test_a_key_repeated_a_thousand_times_is_refused() -> None:
    assert read_violations(["a"] * MAX_KEYS) == [(f"keys.{number}", "unique") for number in range(1, MAX_VIOLATIONS + 1)]


def test_keys_that_differ_in_composition_or_case_are_different() -> None:
    KeyBatch(["\u00e9", "e\u0301", "\u00c9", "e", "e "])


def test_every_broken_key_is_told_by_its_position() -> None:
    assert read_violations(["good", "", "a\x00", "k" * 513, ""]) == [
        ("keys.1", "length"),
        ("keys.2", "control_characters"),
        ("keys.3", "length"),
        ("keys.4", "length"),
    ]


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8))
def test_keys_may_be_read_if_and_only_if_they_differ(keys: list[str]) -> None:
    if len(set(keys)) == len(keys):
        assert KeyBatch(keys).keys == keys
    else:
        assert len(read_violations(keys)) == len(keys) - len(set(keys))


def test_an_answer_that_is_too_large_is_a_broken_rule_of_the_keys() -> None:
    error = AnswerTooLargeError()
    assert isinstance(error, RulesBrokenError)
    assert [(violation.field, violation.rule) for violation in error.violations] == [("keys", "answer_size")]
