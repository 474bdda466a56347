"""Kinds of coffee."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Roast = Literal["light", "medium", "dark"]


class Coffee(BaseModel):
    """A kind of coffee, under `coffees/{id}`, with the count and the sum of its published ratings.

    Each review that changes them does so in its own transaction, so they are exact.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    origin: str
    roast: Roast
    description: str
    roaster: str
    created_at: datetime
    is_listed: bool = True
    rating_count: int = 0
    rating_sum: int = 0

    @property
    def rating(self) -> float | None:
        """The average rating; None without any."""
        return self.rating_sum / self.rating_count if self.rating_count else None

    @property
    def rating_rank(self) -> int:
        """The average rating in millionths: what a listing by rating is sorted by."""
        return self.rating_sum * 1_000_000 // self.rating_count if self.rating_count else 0

    def rated(self, before: int | None, after: int | None) -> "Coffee":
        """Return the coffee with a rating changed; None: it does not count."""
        count = self.rating_count + (after is not None) - (before is not None)
        return self.model_copy(update={"rating_count": count, "rating_sum": self.rating_sum + (after or 0) - (before or 0)})
