"""The history of pairs, and earlier values restored."""

from typing import Any

import pytest

from key_value_client import Binary, RevisionConflict, RevisionMissing


async def test_a_history_begins_with_the_newest_change(pairs: Any) -> None:
    first = await pairs.put("a", {"x": 1})
    second = await pairs.put("a", Binary(b"\xff", "image/png"))
    await pairs.put("b", "another")
    await pairs.delete("a")

    changes = [change async for change in pairs.history("a")]

    assert [(change.kind, change.value) for change in changes] == [
        ("deleted", None),
        ("written", Binary(b"\xff", "image/png")),
        ("written", {"x": 1}),
    ]
    assert [change.revision for change in changes[1:]] == [second.revision, first.revision]
    assert {change.key for change in changes} == {"a"}
    assert [change.kind async for change in pairs.history("a", limit=1)] == ["deleted"]
    assert [change async for change in pairs.history("never")] == []


async def test_an_earlier_value_is_restored(pairs: Any) -> None:
    first = await pairs.put("a", {"x": 1})
    second = await pairs.put("a", {"x": 2}, ttl=60)

    with pytest.raises(RevisionConflict):
        await pairs.restore("a", first.revision, if_revision=first.revision)
    assert not (await pairs.restore("a", first.revision, if_revision=second.revision)).created
    assert await pairs.get("a") == {"x": 1}
    await pairs.delete("a")
    assert (await pairs.restore("a", second.revision, ttl=60)).created
    assert (await pairs.find("a")).expires_at is not None
    with pytest.raises(RevisionMissing):
        await pairs.restore("b", first.revision)
