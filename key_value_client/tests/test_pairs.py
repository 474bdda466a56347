"""Pairs, with both clients."""

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from key_value_client import (
    Binary,
    Branch,
    InvalidValue,
    KeyMissing,
    NotANumber,
    NotJson,
    Pair,
    PreconditionFailed,
    RevisionConflict,
    RuleBroken,
    Written,
)


async def test_a_value_comes_back(pairs: Any) -> None:
    before = (await pairs.stats()).revision
    assert await pairs.put("greeting", {"text": "hello"}) == Written(before + 1, created=True)
    assert await pairs.get("greeting") == {"text": "hello"}
    assert await pairs.put("greeting", "hi") == Written(before + 2, created=False)
    assert await pairs.find("greeting") == Pair("greeting", "hi", before + 2, before + 1, 2, None)


VALUES: list[object] = [10**999, -1.5, 1.0, 1, -0.0, True, None, "", "\u2028ключ", [], {}, [1, 1.0]]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
async def test_values_are_exact(pairs: Any, value: object) -> None:
    await pairs.put("a", value)
    found = await pairs.get("a")
    assert repr(found) == repr(value)
    assert repr((await pairs.find("a")).value) == repr(value)
    assert [repr(pair.value) async for pair in pairs.scan()] == [repr(value)]


@pytest.mark.parametrize("value", [math.nan, math.inf, {1, 2}, "\ud800", object()], ids=lambda value: type(value).__name__)
async def test_a_value_that_is_no_json_is_not_sent(pairs: Any, value: object) -> None:
    with pytest.raises(InvalidValue):
        await pairs.put("a", value)
    with pytest.raises(InvalidValue):
        await pairs.put_many({"a": value})
    assert (await pairs.stats()).pairs == 0


async def test_bytes_come_back_with_their_media_type(pairs: Any) -> None:
    start = (await pairs.stats()).revision
    image = Binary(b"\x89PNG\r\n\x00", "image/png")
    await pairs.put("image", image)
    await pairs.put_many({"bytes": b"\x00\xff", "text": "x", "empty": b""})
    found = await pairs.get("image")
    assert (found, found.media_type) == (image, "image/png")
    assert repr(found) == "Binary(b'\\x89PNG\\r\\n\\x00', 'image/png')"
    assert await pairs.get_many(["image", "bytes", "text", "empty"]) == {
        "image": image,
        "bytes": b"\x00\xff",
        "text": "x",
        "empty": b"",
    }
    assert (await pairs.find("bytes")).value.media_type == "application/octet-stream"
    assert [pair.value async for pair in pairs.scan()] == [b"\x00\xff", b"", image, "x"]
    assert [pair.value async for pair in pairs.export()] == [b"\x00\xff", b"", image, "x"]
    changes = pairs.watch(after=start, previous=True)
    assert [(await anext(changes)).value for _ in range(4)] == [image, "x", b"\x00\xff", b""]
    assert await pairs.pop("image") == image
    assert (await anext(changes)).previous == image
    lines = [line async for line in pairs.export_lines()]
    await pairs.delete_prefix("")
    assert (await pairs.import_lines(lines)).written == 3
    assert await pairs.get("bytes") == b"\x00\xff"
    with pytest.raises(NotJson):
        await pairs.patch("bytes", {})


async def test_an_absent_pair(pairs: Any) -> None:
    with pytest.raises(KeyMissing) as caught:
        await pairs.get("absent")
    assert isinstance(caught.value, KeyError)
    assert caught.value.key == "absent"
    assert caught.value.request_id in str(caught.value)
    assert await pairs.get("absent", default=None) is None
    assert await pairs.get("absent", 7) == 7
    assert await pairs.find("absent") is None
    assert await pairs.delete("absent") is False
    for operation in (pairs.patch("absent", {}), pairs.expire("absent", 5), pairs.persist("absent")):
        with pytest.raises(KeyMissing):
            await operation


async def test_many_pairs(pairs: Any) -> None:
    written = await pairs.put_many({"a": 1, "b": None})
    assert (written.written, written.skipped) == (2, [])
    first = written.revision - 1
    assert await pairs.get_many(["a", "b", "c", "a"]) == {"a": 1, "b": None}
    assert {key: pair.revision for key, pair in (await pairs.find_many(["a", "b", "c"])).items()} == {"a": first, "b": first + 1}
    again = await pairs.put_many({"a": 2, "c": 3}, if_absent=True)
    assert (again.written, again.skipped) == (1, ["a"])
    with pytest.raises(RevisionConflict) as caught:
        await pairs.put_many({"d": 4}, if_revision={"a": first + 100, "d": 0})
    assert caught.value.conflicts == {"a": first}
    assert caught.value.revision == first
    deleted = await pairs.delete_many(["a", "d"])
    assert (deleted.deleted, deleted.missing) == (1, ["d"])
    assert await pairs.get_many([f"{number}" for number in range(2500)]) == {}
    with pytest.raises(RuleBroken):
        await pairs.put_many({f"{number}": number for number in range(1001)})


async def test_a_pair_is_taken_out(pairs: Any) -> None:
    await pairs.put("a", {"b": 1})
    assert await pairs.pop("a") == {"b": 1}
    assert await pairs.pop("a", 7) == 7
    with pytest.raises(KeyMissing):
        await pairs.pop("a")


async def test_compare_and_set(pairs: Any) -> None:
    first = await pairs.put("a", 1, if_absent=True)
    with pytest.raises(PreconditionFailed) as caught:
        await pairs.put("a", 2, if_absent=True)
    assert isinstance(caught.value, RevisionConflict)
    assert caught.value.revision == first.revision
    second = await pairs.put("a", 2, if_revision=first.revision)
    for refused in (
        pairs.put("a", 3, if_revision=first.revision),
        pairs.delete("a", if_revision=first.revision),
        pairs.patch("a", {}, if_revision=first.revision),
        pairs.increment("a", if_revision=first.revision),
        pairs.expire("a", 60, if_revision=first.revision),
        pairs.delete_many(["a"], if_revision={"a": first.revision}),
    ):
        with pytest.raises(RevisionConflict) as conflict:
            await refused
        assert conflict.value.revision == second.revision
    assert await pairs.delete("a", if_revision=second.revision) is True


async def test_times_to_live(pairs: Any) -> None:
    await pairs.put("a", 1, ttl=timedelta(hours=1))
    left = (await pairs.find("a")).expires_at - datetime.now(timezone.utc)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    assert (await pairs.persist("a")).expires_at is None
    assert (await pairs.find("a")).expires_at is None
    expiry = await pairs.expire("a", 0.05)
    assert expiry.expires_at is not None
    events = pairs.watch(after=expiry.revision)
    assert (await anext(events)).kind == "expired"
    assert await pairs.find("a") is None
    await pairs.put_many({"b": 1}, ttl=60)
    assert (await pairs.find("b")).expires_at is not None
    leased = await pairs.find("b")
    renewed = await pairs.expire("b", 600, if_revision=leased.revision)
    assert (renewed.revision, renewed.expires_at > leased.expires_at) == (leased.revision, True)
    await pairs.put("b", 1, ttl=None)
    assert (await pairs.find("b")).expires_at is None


async def test_increments_and_patches(pairs: Any) -> None:
    assert (await pairs.increment("visits")).value == 1
    assert (await pairs.increment("visits", by=2**53)).value == 2**53 + 1
    assert (await pairs.increment("visits", by=-(2**53))).value == 1
    assert (await pairs.increment("visits", by=0.5)).value == 1.5
    written = await pairs.put("profile", {"name": "Anna", "city": "Kazan"})
    patched = await pairs.patch("profile", {"city": None, "age": 7})
    assert patched.revision == written.revision + 1
    assert await pairs.get("profile") == {"name": "Anna", "age": 7}
    with pytest.raises(NotANumber):
        await pairs.increment("profile")


async def test_updates_are_all_kept(pairs: Any) -> None:
    await pairs.update("counter", lambda value: value + 1, default=0)
    updated = await pairs.update("counter", lambda value: value + 1)
    assert (updated.value, updated.created) == (2, False)
    with pytest.raises(KeyMissing):
        await pairs.update("absent", lambda value: value)
    other = pairs.blocking if hasattr(pairs, "blocking") else None
    interfered = []

    def change(value: int) -> int:
        interfered.append(value)
        return value + 10

    if other is not None:  # somebody else is faster, once

        def disturb(value: int) -> int:
            if not interfered:
                other.put("counter", 100)
            return change(value)

        assert (await pairs.update("counter", disturb)).value == 110
        assert interfered == [2, 100]


async def test_children_are_pairs_and_branches_of_one_level(pairs: Any) -> None:
    await pairs.put_many({f"{home}/{number:04}/x": 1 for home in ("a", "b") for number in range(1, 500)})
    await pairs.put_many({f"{home}/{number:04}/x": 1 for home in ("a", "b") for number in range(500, 999)})
    written = await pairs.put("a", 1)
    leaf, *branches = [child async for child in pairs.children()]
    assert (leaf.key, leaf.value, leaf.revision, leaf.version) == ("a", None, written.revision, 1)
    assert branches == [Branch("a/"), Branch("b/")]
    inner = [child async for child in pairs.children("a/", reverse=True)]
    assert inner == [Branch(f"a/{number:04}/") for number in range(998, 0, -1)]
    assert [child async for child in pairs.children("a/", start="a/0500", limit=1)] == [Branch("a/0500/")]
    assert [child.prefix async for child in pairs.children("a/", delimiter="/x", limit=1)] == ["a/0001/x"]
    with pytest.raises(RuleBroken, match="delimiter"):
        [child async for child in pairs.children(delimiter="")]


async def test_pages_lead_on_by_their_cursor(pairs: Any) -> None:
    await pairs.put_many({f"orders/{number}": number for number in range(5)})
    await pairs.put("orders/logo", Binary(b"x", "image/png"))
    seen, cursor = [], None
    while True:
        page = await pairs.page("orders/", limit=2, reverse=True, cursor=cursor)
        seen += [pair.value for pair in page.pairs]
        cursor = page.next_cursor
        if cursor is None:
            break
        with pytest.raises(RuleBroken, match="cursor"):
            await pairs.page("others/", limit=2, cursor=cursor)
    assert seen == [b"x", 4, 3, 2, 1, 0]
    assert [pair.value for pair in (await pairs.page(values=False)).pairs] == [None] * 6
    assert (await pairs.page("nothing")).next_cursor is None


async def test_scans_reach_over_pages(pairs: Any) -> None:
    names = [f"orders/{number:04}" for number in range(2300)]
    for begin in range(0, 2300, 1000):
        await pairs.put_many(dict.fromkeys(names[begin : begin + 1000], 1))
    await pairs.put("other", 2)
    assert [pair.key async for pair in pairs.scan("orders/")] == names
    assert [pair.key async for pair in pairs.scan("orders/", reverse=True)] == names[::-1]
    assert [pair.key async for pair in pairs.scan(limit=1500, values=False)] == names[:1500]
    assert [pair.key async for pair in pairs.scan(start="orders/2299", end="z")] == ["orders/2299", "other"]
    assert [pair.value async for pair in pairs.scan(limit=1, values=False)] == [None]
    assert [pair async for pair in pairs.scan("nothing")] == []
    assert await pairs.delete_prefix("orders/1") == 1000
    assert (await pairs.stats()).pairs == 1301
    assert await pairs.delete_prefix("") == 1301


async def test_what_breaks_a_rule_is_refused(pairs: Any) -> None:
    with pytest.raises(RuleBroken) as caught:
        await pairs.put("", 1)
    assert caught.value.errors[0]["field"] == "key"
    assert "key" in str(caught.value)
    with pytest.raises(RuleBroken):
        await pairs.put("a" * 513, 1)
    with pytest.raises(RuleBroken):
        await pairs.put("a", "x" * (2 * 1024 * 1024))
