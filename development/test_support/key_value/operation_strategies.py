"""Hypothesis strategies for operations and their parts."""

from typing import Any

from hypothesis import strategies as st

from verification.key_value_model import BY_DEFAULT, Bytes, Pair, Ttl, member_of
from verification.key_value_one_pair import Condition
from verification.key_value_transactions import OPERATORS

LONG_SECONDS, LONGER_SECONDS = 5000.25, 9000.5

parts_of_keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20)
integers = st.integers(-(2**63), 2**64 - 1)
numbers = st.integers(-3, 3) | integers | st.floats(allow_nan=False, allow_infinity=False)
edges = st.sampled_from([2**63 - 1, 2**63 - 2, -(2**63), -(2**63) + 1, 2**64 - 1, -1, 1, 1.7976931348623157e308])
texts = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.sampled_from(["a", "b", "c"])
long_integers = st.sampled_from([2**64, -(2**63) - 1, 10**20]) | st.integers(1 - 10**1000, 10**1000 - 1)
values = (
    numbers
    | edges
    | long_integers
    | st.recursive(
        st.none() | st.booleans() | numbers | long_integers | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | texts, inner, max_size=4),
        max_leaves=8,
    )
)
binaries = st.builds(
    Bytes, st.sampled_from(["image/png", 'text/plain; charset="utf-8"', "text/json", "1.5/x"]), st.binary(max_size=20)
)
values_of_pairs = values | values | values | binaries
"""JSON and, more seldom, bytes."""
ttls = st.sampled_from([BY_DEFAULT, BY_DEFAULT, BY_DEFAULT, None, LONG_SECONDS, 0.001, 0.015])
conditions = st.sampled_from(["", "", "", "match", "match several", "match *", "none *", "none", "other", "none other", "both"])
operators = st.sampled_from([*OPERATORS])
wanted_settings = st.fixed_dictionaries(
    {},
    optional={
        "description": texts,
        "quota_pairs": st.integers(0, 5),
        "quota_bytes": st.integers(0, 200),
        "default_ttl": st.sampled_from([None, LONG_SECONDS]),
        "changes_kept": st.sampled_from([1, 3, 1000]),
        "history_kept": st.sampled_from([0, 1, 3, 1000]),
    },
)
targets = st.sampled_from(["revision", "version", "exists", "value"])
kinds_of_operations = st.sampled_from(["write", "delete", "read", "increment"])


def make_condition(kind: str, revision: int) -> Condition:
    """Return a condition of this kind for a pair with this revision (0: for none)."""
    return {
        "": Condition(),
        "match": Condition(match=[revision or 1]),
        "match several": Condition(match=[revision + 1, revision or 1]),
        "match *": Condition(match="*"),
        "none *": Condition(none_match="*"),
        "none": Condition(none_match=[revision or 1]),
        "other": Condition(match=[revision + 1]),
        "none other": Condition(none_match=[revision + 1]),
        "both": Condition(match="*", none_match=[revision + 1]),
    }[kind]


def make_comparison(pair: Pair | None, key: str, target: str, operator: str, is_right: bool, value: Any) -> dict[str, Any]:
    """Return a comparison with a property of the pair, or with another operand."""
    found = {"exists": pair is not None, "value": pair.value if pair else value}
    found |= {"revision": pair.revision if pair else 0, "version": pair.version if pair else 0}
    other = {"exists": pair is None, "value": value, "revision": 3, "version": 1}
    allowed = operator if target in ("revision", "version") or operator in ("=", "!=") else "="
    return {"target": target, "key": key, "operator": allowed, **member_of((found if is_right else other)[target], "operand")}


def make_operation(kind: str, key: str, value: Any, by: float, ttl: Ttl) -> dict[str, Any]:
    """Return an operation of a transaction."""
    members = {"write": member_of(value) | ({} if ttl == BY_DEFAULT else {"ttl": ttl}), "increment": {"by": by}}
    return {"operation": kind, "key": key, **members.get(kind, {})}
