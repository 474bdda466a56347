"""The rendered response to a read."""

import json

import orjson
from hypothesis import given
from hypothesis import strategies as st

from key_value_service.application.pairs.read_pairs import ReadPairsResponse
from key_value_service.domain.value_objects.value import JsonText
from key_value_service.presentation.api.controllers.pairs.batches import _render

keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | keys,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(keys, values, max_size=5), st.lists(keys, max_size=5))
def test_response_has_the_pairs_found_and_the_keys_missing(found: dict[str, object], missing: list[str]) -> None:
    texts = [JsonText(orjson.dumps(value).decode()) for value in found.values()]
    answer = json.loads(_render(ReadPairsResponse([*found, *missing], [*texts, *[None] * len(missing)], 7)))
    # repr distinguishes 1 from 1.0 and -0.0 from 0.0, which == does not.
    assert repr(answer) == repr({"data": found, "missing": missing, "revision": 7})


def test_response_is_compact_utf_8_with_values_as_stored() -> None:
    values = [JsonText("-0.0"), None, JsonText("18446744073709551615")]
    response = ReadPairsResponse(['"é\\', "🔑", "b"], values, 1)
    assert _render(response) == '{"data":{"\\"é\\\\":-0.0,"b":18446744073709551615},"missing":["🔑"],"revision":1}'.encode()


def test_missing_keys_are_in_the_order_requested() -> None:
    response = ReadPairsResponse(["z", "m", "é", "b"], [None, JsonText("1"), None, None], 1)
    assert json.loads(_render(response)) == {"data": {"m": 1}, "missing": ["z", "é", "b"], "revision": 1}


def test_response_may_have_no_pairs_or_no_missing_keys() -> None:
    assert _render(ReadPairsResponse(["a"], [None], 0)) == b'{"data":{},"missing":["a"],"revision":0}'
    assert (
        _render(ReadPairsResponse(["a"], [JsonText("{}")], 2**53))
        == b'{"data":{"a":{}},"missing":[],"revision":9007199254740992}'
    )
