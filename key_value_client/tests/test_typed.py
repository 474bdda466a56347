"""Values of types of one's own."""

import sys
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, Field

from key_value_client import InvalidValue, UnexpectedValue


class Order(BaseModel):
    """A model of pydantic's."""

    number: int
    placed: date = Field(alias="placedOn")
    lines: list[str] = []


@dataclass
class Point:
    """A dataclass."""

    x: int
    y: float = 0.0


ORDER = Order(number=7, placedOn=date(2026, 1, 2), lines=["tea"])


def typed(pairs: Any, model: Any) -> Any:
    """Return the typed namespace of either client."""
    return type(pairs)(pairs.blocking.typed(model)) if hasattr(pairs, "blocking") else pairs.typed(model)


async def test_models_come_back(pairs: Any) -> None:
    orders = typed(pairs, Order)
    await orders.put("a", ORDER)
    assert await pairs.get("a") == {"number": 7, "placedOn": "2026-01-02", "lines": ["tea"]}
    assert await orders.get("a") == ORDER
    assert (await orders.find("a")).value == ORDER
    await orders.put_many({"b": ORDER})
    assert await orders.get_many(["a", "b"]) == {"a": ORDER, "b": ORDER}
    assert [pair.value async for pair in orders.scan()] == [ORDER, ORDER]
    updated = await orders.update("a", lambda order: order.model_copy(update={"number": 8}))
    assert updated.value.number == 8
    change = await anext(orders.watch(after=updated.revision - 1, previous=True))
    assert change.value == updated.value
    assert await orders.pop("a") == updated.value
    assert await orders.get("a", None) is None


async def test_a_value_that_does_not_fit_is_named(pairs: Any) -> None:
    orders = typed(pairs, Order)
    await pairs.put("a", {"number": "many"})
    for read in (orders.get("a"), orders.find("a"), orders.get_many(["a"])):
        with pytest.raises(UnexpectedValue, match="number"):
            await read
    with pytest.raises(InvalidValue, match="Order"):
        await orders.put("b", {"number": "many"})
    assert await pairs.find("b") is None


async def test_dataclasses_come_back_with_pydantic_and_without(pairs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    points = typed(pairs, Point)
    await points.put("a", Point(1, 2.5))
    assert await points.get("a") == Point(1, 2.5)
    monkeypatch.setitem(sys.modules, "pydantic", None)
    points = typed(pairs, Point)
    await points.put("b", Point(3))
    assert await points.get_many(["a", "b"]) == {"a": Point(1, 2.5), "b": Point(3)}
    await pairs.put("c", {"z": 1})
    with pytest.raises(UnexpectedValue, match="Point"):
        await points.get("c")
    with pytest.raises(InvalidValue, match="Point"):
        await points.put("c", {"x": 1})
    with pytest.raises(ImportError):
        typed(pairs, Order)
