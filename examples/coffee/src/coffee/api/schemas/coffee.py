"""Kinds of coffee."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from coffee.api.schemas import Body, Name, NotNull, Text
from coffee.db.models.coffee import Roast


class CoffeeCreate(Body):
    """A coffee to be added."""

    name: Name
    origin: Name
    roast: Roast
    description: Text


class CoffeeUpdate(Body):
    """What is changed; what is absent stays. `is_listed`: false takes it off the listing, with its reviews kept."""

    name: Annotated[Name | None, NotNull] = None
    origin: Annotated[Name | None, NotNull] = None
    roast: Annotated[Roast | None, NotNull] = None
    description: Annotated[Text | None, NotNull] = None
    is_listed: Annotated[bool | None, NotNull] = None


class CoffeeOut(BaseModel):
    """A coffee. `rating`: the average of all published reviews, as exact as a floating-point number can be; null without any."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    origin: str
    roast: Roast
    description: str
    roaster: str
    created_at: datetime
    is_listed: bool
    rating: float | None
    rating_count: int
