"""Lines to import."""

import json

from benchmarks.transfer import PAIRS_TOGETHER, lines_of_pairs


def test_as_many_pairs_are_made_as_are_wanted() -> None:
    count = 2 * PAIRS_TOGETHER + 1
    lines = b"".join(lines_of_pairs(count)).splitlines()
    pairs = [json.loads(line) for line in lines]
    assert len({pair["key"] for pair in pairs}) == count
    assert pairs[-1] == {"key": f"key-{count - 1:09d}", "value": f"value {count - 1}"}
