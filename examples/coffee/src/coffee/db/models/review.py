"""Reviews."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Status = Literal["published", "hidden"]


class Review(BaseModel):
    """A review, under `reviews/{coffee}/{id}`. A moderator may hide it for a reason; then its rating does not count."""

    model_config = ConfigDict(frozen=True)

    id: str
    coffee: str
    author: str
    author_name: str
    rating: int
    text: str
    created_at: datetime
    status: Status = "published"
    reason: str | None = None

    @property
    def counted(self) -> int | None:
        """The rating as far as it counts."""
        return self.rating if self.status == "published" else None
